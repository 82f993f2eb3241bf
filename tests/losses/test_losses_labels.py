"""Reading targets: where the one positive of a row stands, by either of the two ways and against a loop."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from losses.labels import only_positive_by_numpy, only_positive_by_torch, read_labels

GRADES = st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 1e-9, -1.0, float("nan")])
ONE_POSITIVE = st.integers(0, 4).map(lambda column: [float(i == column) * 2 for i in range(5)])
TARGETS = st.one_of(
    st.lists(ONE_POSITIVE, min_size=1, max_size=4),
    st.lists(st.lists(GRADES, min_size=5, max_size=5), min_size=1, max_size=4),
)


def only_positive_by_hand(rows: list[list[float]]) -> list[int] | None:
    columns = [[i for i, grade in enumerate(row) if grade > 0] for row in rows]
    return [found[0] for found in columns] if all(len(found) == 1 for found in columns) else None


@pytest.mark.parametrize("read", [only_positive_by_numpy, only_positive_by_torch])
@given(rows=TARGETS)
def test_the_only_positive(
    read: Callable[[Tensor], Tensor | None], rows: list[list[float]]
) -> None:
    column = read(torch.tensor(rows))
    assert (None if column is None else column.tolist()) == only_positive_by_hand(rows)


def test_a_positive_outside_the_mask_or_alone_in_it_is_no_list() -> None:
    targets, everything = torch.tensor([[0.0, 1, 0], [1, 0, 0]]), torch.ones(2, 3, dtype=torch.bool)
    assert read_labels(targets, everything).column.tolist() == [1, 0]
    for mask in ([[1, 0, 1], [1, 1, 1]], [[1, 1, 1], [1, 0, 0]]):
        assert read_labels(targets, torch.tensor(mask, dtype=torch.bool)).column is None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int64, torch.bool])
def test_grades_of_any_type(dtype: torch.dtype) -> None:
    targets = torch.tensor([[0, 1, 0], [1, 0, 0]]).to(dtype)
    assert read_labels(targets, torch.ones(2, 3, dtype=torch.bool)).column.tolist() == [1, 0]
