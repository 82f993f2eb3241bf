"""Shifted grades: annotators agree more on what is relevant than on how relevant it is."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from math import isclose
from typing import Any

import numpy as np

import checks
from data.collections.collection import Collection
from errors import InputError
from keyed_random import keyed_uniform
from noise.audit.apply_rows import EMPTIED
from noise.audit.row import AuditRow
from noise.model import NoiseModel, Recipe, Work
from noise.selection.document_order import DocumentOrder
from noise.selection.order import (
    Pair,
    Relabelling,
    count,
    in_order,
    negatives,
    positives,
    skip,
    until,
)
from noise.selection.relevant import Relevant

Matrix = list[list[float]]
EXAMPLE = (
    "a square matrix of probabilities with a row for every level and rows that sum to 1, e.g. "
    "[[1,0,0],[.2,.6,.2],[.1,.3,.6]]"
)


class GradeShift(NoiseModel):
    """Moves floor(ratio x N + 1/2) of N judgements to another level 0 .. L, the highest grade.

    With a transition matrix t, P(g -> g') is proportional to t[g][g'] (g' != g), and the
    probability that level g moves at all to 1 - t[g][g]; the ratio fixes the total. Without one,
    every level at most `distance` away is equally likely.

    Args:
        ratio: share of the judgements to move, in [0, 1).
        seed: of the keyed hashes.
        distance: greatest number of levels a judgement moves, at least 1; used without a matrix.
        transition: square matrix over the levels from 0 up, rows sum to 1; None for `distance`.
        negatives: whether judgements of grade 0 or less are among the N too, as level 0.
        emptied: what becomes of a query that loses every positive: `keep` it with its negatives
            alone, or `drop` it.
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.
    """

    name = "grade"
    version = "grade-1"

    def __init__(
        self,
        *,
        ratio: float,
        seed: int,
        distance: int = 1,
        transition: Sequence[Sequence[float]] | None = None,
        negatives: bool = False,
        emptied: str = "keep",
        audit: str | None = None,
    ) -> None:
        super().__init__(ratio, seed, audit)
        self.distance = checks.integer("noise.distance", distance, 1)
        self.transition = None if transition is None else _checked(transition)
        self.negatives = checks.switch("noise.negatives", negatives)
        self.emptied = checks.choice("noise.emptied", emptied, EMPTIED)

    def recipe(self, collection: Collection) -> Recipe:
        """Return the walk along the judgements.

        Raises:
            InputError: the matrix has fewer levels than the judgements.
        """
        qrels = collection.train.qrels
        judgements = positives(qrels) + (negatives(qrels) if self.negatives else [])
        moves = self._moves(max((grade for _, _, grade in judgements), default=1))
        rates = {
            (query_id, doc_id): sum(moves[max(grade, 0)]) for query_id, doc_id, grade in judgements
        }

        def rows() -> Iterator[AuditRow]:
            pairs = in_order(judgements, self.seed, rates)
            return until(
                self._outcomes(collection, pairs, moves),
                count(self.ratio or 0.0, len(judgements)),
                self.name,
                self.ratio,
            )

        parameters = {
            "distance": self.distance,
            "transition": self.transition,
            "negatives": self.negatives,
            "emptied": self.emptied,
        }
        return Recipe(qrels, len(judgements), parameters, lambda: Work(rows), self.emptied)

    def _moves(self, highest: int) -> Matrix:
        """Return the weights of moves between levels [L + 1, L + 1], zero on the diagonal.

        The sum of a row is the relative rate of its level.
        """
        levels = range(highest + 1)
        if self.transition is None:
            near = [
                [float(0 < abs(to - level) <= self.distance) for to in levels] for level in levels
            ]
            return [[weight / sum(row) for weight in row] for row in near]
        if len(self.transition) <= highest:
            raise InputError(
                f"noise.transition has {len(self.transition)} levels, the training judgements have "
                f"{highest + 1} (0 to {highest}). Give a square matrix with a row for every level"
            )
        return [
            [0.0 if to == level else weight for to, weight in enumerate(row)]
            for level, row in enumerate(self.transition)
        ]

    def _outcomes(
        self, collection: Collection, pairs: Iterable[Pair], moves: Matrix
    ) -> Iterator[AuditRow]:
        order = DocumentOrder(collection)
        relevant = Relevant(collection, order)
        for pair in pairs:
            if (
                pair.grade < 1
                and not relevant.wrong(pair.query_id, np.array([order.position(pair.doc_id)]))[0]
            ):
                yield skip(pair, "known positive", self.version)
            else:
                level = _drawn(
                    moves[max(pair.grade, 0)],
                    keyed_uniform(self.version, self.seed, "level", pair.query_id, pair.doc_id),
                )
                yield Relabelling(self.name, self.version).row(
                    pair, pair.grade, level, f"{max(pair.grade, 0)} to {level}"
                )


def _checked(transition: Any) -> Matrix:
    if not isinstance(transition, Sequence) or not all(
        isinstance(row, Sequence) and not isinstance(row, str) for row in transition
    ):
        raise InputError(
            f"noise.transition={transition} is not a matrix. Allowed: {EXAMPLE}; or null"
        )
    rows = [
        [
            checks.real("noise.transition", value, "probabilities from 0 to 1", 0.0, 1.0)
            for value in row
        ]
        for row in transition
    ]
    for level, row in enumerate(rows):
        if len(row) != len(rows):
            raise InputError(
                f"noise.transition: row {level} has {len(row)} entries in a matrix of {len(rows)} "
                f"rows. Allowed: {EXAMPLE}"
            )
        if not isclose(sum(row), 1.0, abs_tol=1e-6):
            raise InputError(
                f"noise.transition: row {level}, {row}, sums to {sum(row):g}. Allowed: {EXAMPLE}"
            )
    return rows


def _drawn(weights: list[float], draw: float) -> int:
    """Return the level at which the cumulative weight passes the draw."""
    total = sum(weights)
    passed = (level for level, mass in enumerate(accumulate(weights)) if mass > draw * total)
    return next(passed, max(level for level, weight in enumerate(weights) if weight > 0))
