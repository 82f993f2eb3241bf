"""Limits on the scores of mined negatives, which exclude likely false negatives.

A document that scores too close to a pair's positive, or too high, is not a negative of the pair.

The limits are those of `mine_hard_negatives` in sentence-transformers, with its names. Here each
pair has the limit of its own positive (sentence-transformers uses the lowest of the query's
positives, which one wrong label would lower for all).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data.training.negatives import Pairs, aligned_candidates
from errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.runs.ranked_lists import Run
    from data.training.examples import TrainingExamples

FALLBACKS = ("random", "keep", "drop")
"""What to do with a pair that the limits leave with too few mined negatives."""
BLOCK = 65_536  # queries or pairs that are looked up at once: bounds the memory
UNLISTED = np.float32(-np.inf)


@dataclass(frozen=True, slots=True)
class ScoreLimits:
    """The highest score that a mined negative of a pair may have.

        s <= s+ - absolute_margin,  s <= s+ - relative_margin |s+|,  s <= max_score

    with s the negative's score and s+ the positive's. The relative margin uses the size of s+, so
    that it is also a margin for negative scores.

    Attributes:
        absolute_margin: any number; None: no such limit.
        relative_margin: between -1 and 1; None: no such limit.
        max_score: any number; None: no such limit.

    References:
        de Souza P. Moreira et al., "NV-Retriever", arXiv 2407.15831, section 3 (both margins). Qu
        et al., "RocketQA", NAACL 2021, section 3.2 (a maximum score, by a cross-encoder).
    """

    absolute_margin: float | None = None
    relative_margin: float | None = None
    max_score: float | None = None

    def ceilings(self, positives: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the limit of each pair from its positive's score; -inf if the run lacks it [E]."""
        known = np.where(np.isneginf(positives), np.float32(0), positives)
        limits = [np.full_like(positives, np.inf)]
        if self.absolute_margin is not None:
            limits.append(known - np.float32(self.absolute_margin))
        if self.relative_margin is not None:
            limits.append(known - np.float32(self.relative_margin) * np.abs(known))
        if len(limits) > 1:  # a positive that is not listed scores less than all that are
            limits.append(np.where(np.isneginf(positives), UNLISTED, np.float32(np.inf)))
        if self.max_score is not None:
            limits.append(np.full_like(positives, self.max_score))
        ceilings: NDArray[np.float32] = np.minimum.reduce(limits)
        return ceilings


class LimitCounts(NamedTuple):
    """The mined negatives of some training pairs that remain within the limits.

    Attributes:
        pairs: the pairs, before any is dropped.
        unlisted_positives: those whose positive the scoring run does not list.
        candidates: their mined candidates.
        allowed: mined candidates within the limits.
        emptied: pairs that had mined candidates and have none left.
        short: pairs that the limits leave with fewer negatives than wanted, judged ones included.
    """

    pairs: int
    unlisted_positives: int
    candidates: int
    allowed: int
    emptied: int
    short: int


def limited(
    examples: TrainingExamples,
    limits: ScoreLimits,
    run: Run,
    query_ids: list[str],
    *,
    wanted: int,
    fallback: str,
) -> tuple[TrainingExamples, dict[str, LimitCounts]]:
    """Put limits on the scores of the examples' mined negatives; judged ones always stay.

    Args:
        examples: the training examples, by query row.
        limits: the limits.
        run: scores candidates and positives; what it does not list scores less than all it lists.
        query_ids: the train queries; their order gives the query rows.
        wanted: negatives of a pair.
        fallback: a pair that is left with fewer gets `random` documents, `keep`s its mined
            candidates as if there were no limits, or is `drop`ped.

    Returns:
        The examples, and what the limits left to `all` pairs and, a diagnostic, to the `corrupted`
        ones.

    Raises:
        InputError: if every pair would be dropped.
    """
    lookup = _RunScores(run, query_ids, len(examples.first_copies))
    pools = examples.pools
    scores = lookup.of(Pairs(pools.documents.owners, pools.documents.values.astype(np.int64)))
    scores[pools.documents.places < pools.judged[pools.documents.owners]] = UNLISTED
    positives = lookup.of(Pairs(examples.query_rows, examples.document_rows))
    ceilings = limits.ceilings(positives)
    examples = replace(examples, pools=pools._replace(scores=scores), ceilings=ceilings)
    judged = pools.judged[examples.query_rows]
    mined = pools.documents.lengths[examples.query_rows] - judged
    allowed = allowed_candidates(examples) - judged
    short = (allowed < mined) & (judged + allowed < wanted)

    def counts(which: NDArray[np.bool_]) -> LimitCounts:
        found = (
            which,
            np.isneginf(positives) & which,
            mined * which,
            allowed * which,
            (allowed == 0) & (mined > 0) & which,
            short & which,
        )
        return LimitCounts(*(int(each.sum()) for each in found))

    summary = {"all": counts(np.ones_like(short)), "corrupted": counts(examples.corrupted)}
    return _fallen_back(examples, short, fallback), summary


def allowed_candidates(examples: TrainingExamples) -> NDArray[np.int64]:
    """Return the number of possible negatives within the limits for every example [E]."""
    blocks = [np.zeros(0, np.int64)]
    for start in range(0, len(examples), BLOCK):
        index = np.arange(start, min(start + BLOCK, len(examples)))
        lists = examples.pools.documents.take(examples.query_rows[index])
        within = examples.within_limits(index, lists.owners)
        blocks.append(np.bincount(lists.owners[within], minlength=len(index)))
    return np.concatenate(blocks)


def _fallen_back(
    examples: TrainingExamples, short: NDArray[np.bool_], fallback: str
) -> TrainingExamples:
    assert examples.ceilings is not None
    if fallback == "random" or not short.any():
        return examples
    if fallback == "keep":
        return replace(examples, ceilings=np.where(short, np.float32(np.inf), examples.ceilings))
    if short.all():
        raise InputError(
            f"negatives.fallback=drop: the limits leave all {len(examples)} training pairs without "
            "enough negatives. Loosen negatives.absolute_margin, negatives.relative_margin or "
            "negatives.max_score, raise negatives.depth, or set negatives.fallback=random"
        )
    return examples.only(~short)


class _RunScores:
    """Scores of a run by query row and document row.

    Args:
        run: the run.
        query_ids: their order gives the query rows.
        n_documents: number of documents in the collection.
    """

    def __init__(self, run: Run, query_ids: list[str], n_documents: int) -> None:
        self._rows = aligned_candidates(run, query_ids, run.depth)
        places = {query_id: row for row, query_id in enumerate(query_ids)}
        self._scores = np.full(self._rows.shape, UNLISTED)
        for place, query_id in enumerate(run.query_ids):
            if query_id in places:
                self._scores[places[query_id]] = run.scores[place]
        self._n_documents = n_documents

    def of(self, pairs: Pairs) -> NDArray[np.float32]:
        """Return the scores of pairs sorted by query row; -inf for pairs not in the run [N]."""
        scores = np.full(len(pairs.query_rows), UNLISTED)
        for start in range(0, len(self._rows), BLOCK):
            first, last = np.searchsorted(pairs.query_rows, (start, start + BLOCK))
            part = Pairs(pairs.query_rows[first:last] - start, pairs.document_rows[first:last])
            scores[first:last] = self._block(part, slice(start, start + BLOCK))
        return scores

    def _block(self, pairs: Pairs, block: slice) -> NDArray[np.float32]:
        rows, scores = self._rows[block], self._scores[block]
        listed = rows >= 0
        keys = (np.arange(len(rows))[:, None] * self._n_documents + rows)[listed]
        if not len(keys):
            return np.full(len(pairs.query_rows), UNLISTED)
        order = keys.argsort()
        wanted = pairs.query_rows * self._n_documents + pairs.document_rows
        places = np.searchsorted(keys[order], wanted).clip(max=len(keys) - 1)
        return np.where(keys[order][places] == wanted, scores[listed][order][places], UNLISTED)
