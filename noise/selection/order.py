"""The order of judgements, fixed by the seed; a ratio corrupts its beginning."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from data.collections.records import Qrels
from errors import InputError
from keyed_random import keyed_uniform
from noise.audit.row import SKIP, AuditRow

SELECTION = "semswap-1"
"""Version in the key of the order, shared by all models, so that they corrupt the same pairs."""

log = logging.getLogger(__name__)


class Pair(NamedTuple):
    """One judgement of the train split with its place in the order.

    Attributes:
        query_id: the query.
        doc_id: the judged document.
        grade: its grade.
        draw: keyed-hash uniform; the order is ascending in it unless rates differ.
    """

    query_id: str
    doc_id: str
    grade: int
    draw: float


def positives(qrels: Qrels) -> list[tuple[str, str, int]]:
    """Return the judgements (query_id, doc_id, grade) of grade 1 or more."""
    return [
        (query_id, doc_id, grade)
        for query_id, judged in qrels.items()
        for doc_id, grade in judged.items()
        if grade >= 1
    ]


def negatives(qrels: Qrels) -> list[tuple[str, str, int]]:
    """Return the judgements (query_id, doc_id, grade) of grade 0 or less."""
    return [
        (query_id, doc_id, grade)
        for query_id, judged in qrels.items()
        for doc_id, grade in judged.items()
        if grade <= 0
    ]


def in_order(
    judgements: Iterable[tuple[str, str, int]],
    seed: int,
    rates: Mapping[tuple[str, str], float] | None = None,
) -> list[Pair]:
    """Return the judgements in the order in which noise reaches them.

    The key of a pair is u = keyed_uniform("select", query_id, doc_id), or u / rate where rates are
    given; ascending, ties by ids. The first M of this order are a draw of M pairs without
    replacement with probabilities (nearly) proportional to the rates, and a smaller M draws a
    subset of a larger one.

    Args:
        judgements: (query_id, doc_id, grade), in any order.
        seed: the noise seed.
        rates: relative rate of each (query_id, doc_id); pairs of rate 0 are left out.

    Reference:
        E. Ohlsson, "Sequential Poisson sampling", Journal of Official Statistics 14(2), 1998.
    """
    pairs = [
        Pair(*judgement, keyed_uniform(SELECTION, seed, "select", *judgement[:2]))
        for judgement in judgements
    ]
    if rates is None:
        return sorted(pairs, key=lambda pair: (pair.draw, pair.query_id, pair.doc_id))
    possible = [pair for pair in pairs if rates[pair.query_id, pair.doc_id] > 0]
    return sorted(
        possible,
        key=lambda pair: (
            pair.draw / rates[pair.query_id, pair.doc_id],
            pair.query_id,
            pair.doc_id,
        ),
    )


class Relabelling(NamedTuple):
    """Rows that change the label of the judged document, without a substitute.

    Attributes:
        kind: the noise, for the audit.
        version: version of the algorithm.
    """

    kind: str
    version: str

    def row(self, pair: Pair, before: int | None, after: int | None, mode: str) -> AuditRow:
        """Return the row that moves a label from grade `before` to `after`.

        A label that was not positive counts as inserted.
        """
        removed, inserted = (pair.doc_id, ""), ("", pair.doc_id)
        removed_id, inserted_id = removed if (before or 0) >= 1 else inserted
        return AuditRow(
            query_id=pair.query_id,
            kind=self.kind,
            removed=removed_id,
            removed_from=before if removed_id else None,
            removed_to=after if removed_id else None,
            inserted=inserted_id,
            inserted_from=before if inserted_id else None,
            inserted_to=after if inserted_id else None,
            rank=None,
            similarity_query=None,
            similarity_removed=None,
            draw=pair.draw,
            mode=mode,
            version=self.version,
        )


def skip(pair: Pair, reason: str, version: str) -> AuditRow:
    """Return the row of a judgement that could not be corrupted and stays unchanged."""
    return Relabelling(SKIP, version).row(pair, pair.grade, pair.grade, reason)


def count(ratio: float, units: int) -> int:
    """Return how many of `units` judgements a ratio corrupts: floor(ratio x units + 1/2)."""
    wanted = int(ratio * units + 0.5)
    if wanted == 0 and ratio > 0:
        log.warning(
            "noise.ratio=%s of %d judgements rounds to 0: nothing is corrupted", ratio, units
        )
    return wanted


def until(
    outcomes: Iterable[AuditRow], wanted: int, model: str, ratio: float | None
) -> Iterator[AuditRow]:
    """Yield rows until `wanted` of them corrupt a judgement.

    Args:
        outcomes: one row for each judgement, in order.
        wanted: number of corruptions.
        model: name of the noise model, for the message.
        ratio: the ratio that requires so many, for the message.

    Raises:
        InputError: the outcomes end earlier; a smaller ratio is never returned silently.
    """
    done = 0
    rows = iter(outcomes)
    while done < wanted:
        row = next(rows, None)
        if row is None:
            raise InputError(
                f"noise.ratio={ratio} asks for {wanted} corruptions, but {model} noise can corrupt "
                f"only {done} judgements of this collection: for the others no unjudged document "
                "is left but copies of right ones, or they must stay. Lower noise.ratio or choose "
                "another model"
            )
        yield row
        done += row.corrupts
