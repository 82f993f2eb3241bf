"""Rows with one positive or with all of their query."""

import numpy as np
import pytest
import torch

from data import (
    collate,
)


def test_the_positive_is_named_by_its_column(examples, stores):
    index = np.arange(4)
    negatives = np.array([[3], [4], [5], [6]])
    batch = collate(examples, index, negatives, stores, in_batch=True)
    assert batch.positive_rows.tolist() == [0, 1, 2, 3]
    found = batch.document_rows[batch.positive_columns]
    assert found.tolist() == examples.document_rows.tolist()
    assert (batch.targets > 0).sum(1).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("in_batch", [True, False])
def test_a_row_can_have_all_positives_of_its_query(examples, stores, in_batch):
    """Query 0 has the positives 0 and 2, of grades 1 and 2; each of its examples lists both."""
    index, negatives = np.array([1, 2, 0]), np.array([[3], [4], [5]])
    batch = collate(examples, index, negatives, stores, in_batch=in_batch, all_positives=True)
    grades = [
        {int(batch.document_rows[column]): float(row[column]) for column in row.nonzero()}
        for row in batch.targets
    ]
    assert grades == [{0: 1.0, 2: 2.0}, {1: 1.0}, {0: 1.0, 2: 2.0}]
    assert batch.mask[batch.targets > 0].all()
    assert batch.own[batch.targets > 0].all()
    named = torch.stack([batch.positive_rows, batch.positive_columns], dim=1)
    assert sorted(named.tolist()) == batch.targets.nonzero().tolist()
    own = batch.document_rows[batch.positive_columns[:3]]
    assert own.tolist() == examples.document_rows[index].tolist()
    if in_batch:  # another query's positives are candidates
        assert batch.mask.sum(1).tolist() == [6, 6, 6]
    else:
        assert batch.mask.sum(1).tolist() == [3, 2, 3]
