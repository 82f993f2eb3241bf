"""The goals are answered by what the cells say."""

import numpy as np
import pytest

from reporting.reading.cells import Cells
from reporting.statistics.analysis import conclude
from reporting.statistics.comparisons import Plan
from reporting.statistics.groups import Condition, Group, Groups
from study.goals import answers, average_ranks
from study.last_epochs import last_epochs
from study.short_tables import conditions, ranks

QUERIES = 50


def group(loss, ratio, value, *, noise="semantic", dataset="scifact", model="static", cells=()):
    """A loss whose queries have this value on average."""
    spread = np.linspace(-0.05, 0.05, QUERIES)
    values = value + (spread if loss == "cross_entropy" else spread[::-1] / 50)
    return Group(
        condition=Condition(dataset, model, noise, ratio),
        loss=loss,
        seeds=(1,),
        cells=tuple(cells),
        measures=("nDCG@10",),
        query_ids=tuple(map(str, range(QUERIES))),
        seed_values=np.array([[values.mean()]]),
        per_query=values[np.newaxis],
    )


def analysed(*groups):
    read = Groups(sorted(groups, key=lambda each: (each.condition, each.loss)), ("nDCG@10",), [])
    return conclude(Cells([], [], [], []), read, Plan("cross_entropy", None, resamples=100))


@pytest.fixture
def analysis():
    return analysed(
        group("cross_entropy", 0.0, 0.80),
        group("cross_entropy", 0.4, 0.60),
        group("cross_entropy", 0.4, 0.68, noise="clean_pairs"),
        group("elr", 0.0, 0.79),
        group("elr", 0.4, 0.64),
        group("label_weakening", 0.0, 0.796),
        group("label_weakening", 0.4, 0.70),
        group("label_weakening_literal", 0.0, 0.80),
        group("label_weakening_literal", 0.4, 0.75),
    )


def test_each_goal_has_a_number(analysis):
    first, both, significant, clean, won_back, detected = answers(analysis)
    # the published setting is better, but has no part in the ranking
    assert first.measured == "1.00, place 1 of 3; elr 2.00 (1 of 20 conditions)"
    assert first.met
    assert "(1 of 16 conditions)" in both.measured
    assert (significant.measured, significant.met) == ("better in 1 of 1, worse in 0", True)
    assert clean.measured == (
        "0.0040 behind (static on scifact), 0.0040 behind on average (1 of 20 conditions)"
    )
    assert clean.met is False, "the average may be .002"
    # noise costs .20; half of that is wanted, but leaving out the wrong pairs wins .08
    assert (won_back.measured, won_back.met) == ("0.50 of 0.40 needed (1 conditions)", True)
    assert (detected.measured, detected.met) == ("not run", None)


def test_without_cells_nothing_is_met():
    assert all(answer.met is None for answer in answers(analysed()))


def test_ranks_are_those_of_conditions_with_every_loss(analysis):
    assert average_ranks(analysis, ["static"], {0.0}) == (
        {"cross_entropy": 1.0, "label_weakening": 2.0, "elr": 3.0},
        1,
    )
    assert "| label_weakening | 2.0 |  | 1.0 |  |" in ranks(analysis)


def test_the_row_of_a_model_and_collection_holds_its_conditions(analysis):
    (row,) = conditions(analysis).splitlines()[2:]
    assert row == ("| static | scifact | 0.800 | 0.796 | 0.600 | 0.700 | 0.640 elr | 0.680 |  |  |")


class Scored:
    """A finished cell, as far as its epochs go."""

    def __init__(self, selected, last):
        self.scores = {"selected_epoch": selected, "last_epoch": last}


def test_the_last_epoch_stands_beside_the_selected_one():
    cells = [
        Scored(selected, {"epoch": 9, "measures": {"nDCG@10": value}})
        for selected, value in ((0, 0.4), (3, 0.6))
    ]
    untested = group("elr", 0.4, 0.6, cells=[cells[0], Scored(1, None)])
    (found,) = last_epochs([group("cores", 0.4, 0.6, cells=cells), untested], "nDCG@10")
    assert (found.loss, found.selected_epoch, found.last_epoch) == ("cores", 1.5, 9)
    assert (found.selected, found.last) == pytest.approx((0.6, 0.5))
