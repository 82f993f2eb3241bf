"""Limits on the scores of mined negatives, as the configuration sets them."""

import logging
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

import checks
from data import Collection, TrainingExamples
from data.training.score_limits import FALLBACKS, LimitCounts, ScoreLimits, limited
from errors import InputError
from evaluation import Run, read_trec

log = logging.getLogger(__name__)

LIMITS = ("absolute_margin", "relative_margin", "max_score")


def check_limits(negatives: DictConfig) -> None:
    """Check the limits before any work.

    Raises:
        InputError: for a value out of range, or a value without effect.
    """
    checks.choice("negatives.fallback", negatives.fallback, FALLBACKS)
    given = [key for key in LIMITS if negatives[key] is not None]
    for key in given:
        low, high, where = (
            (-1, 1, "between -1 and 1") if key == "relative_margin" else (-np.inf, np.inf, "finite")
        )
        allowed = f"a number, {where}, or null for no limit"
        checks.real(
            f"negatives.{key}", negatives[key], allowed, low, high, open_low=True, open_high=True
        )
    mined = negatives.per_example > 0 and negatives.depth > 0
    if given and not mined:
        raise InputError(
            f"negatives.{given[0]}={negatives[given[0]]}: nothing is mined with "
            f"negatives.per_example={negatives.per_example} and negatives.depth="
            f"{negatives.depth}; raise them, or set {given[0]} to null."
        )
    if negatives.scores is not None and not given:
        raise InputError(
            f"negatives.scores={negatives.scores}: nothing reads it; set "
            f"{', '.join(f'negatives.{key}' for key in LIMITS[:-1])} or negatives.max_score, or "
            "scores to null."
        )
    if given and negatives.fallback == "drop" and negatives.refresh_every is not None:
        raise InputError(
            "negatives.fallback=drop: which pairs are left changes with every "
            f"negatives.refresh_every={negatives.refresh_every} epochs, and an epoch's length "
            "must not. Set negatives.fallback to random or keep, or refresh_every to null."
        )


def within_limits(
    negatives: DictConfig, collection: Collection, examples: TrainingExamples, run: Run | None
) -> tuple[TrainingExamples, dict[str, LimitCounts]]:
    """Return the examples with the configured limits on their mined negatives, and counts.

    Without limits the counts are empty.

    Args:
        negatives: the configuration.
        collection: the collection.
        examples: its training examples.
        run: the complete run to mine negatives from; None: none are mined.

    Raises:
        InputError: for a file of scores that cannot be used, or limits that leave nothing.
    """
    limits = ScoreLimits(*(negatives[key] for key in LIMITS))
    if run is None or limits == ScoreLimits():
        return examples, {}
    examples, counts = limited(
        examples,
        limits,
        run if negatives.scores is None else _scores(Path(negatives.scores), collection),
        list(collection.train.queries),
        wanted=negatives.per_example,
        fallback=negatives.fallback,
    )
    _report(counts["all"], negatives)
    return examples, counts


def _scores(path: Path, collection: Collection) -> Run:
    run = read_trec(path, collection.documents)
    if not set(run.query_ids) & set(collection.train.queries):
        raise InputError(
            f"negatives.scores={path}: it has none of the {len(collection.train.queries)} "
            "training queries; give a run for the training queries."
        )
    if _only_ranks(run):
        raise InputError(
            f"negatives.scores={path}: its scores are ranks (neighbours differ by exactly 1), and "
            "margins between ranks mean nothing; give a run with the scores of a system."
        )
    return run


def _only_ranks(run: Run) -> bool:
    pairs = np.isfinite(run.scores[:, 1:])
    steps = (run.scores[:, :-1] - run.scores[:, 1:])[pairs]
    return bool(len(steps) and (steps == 1).all())


def _report(counts: LimitCounts, negatives: DictConfig) -> None:
    outcome = {
        "random": "they get random documents",
        "keep": "they keep the mined ones",
        "drop": "they are left out",
    }[negatives.fallback]
    log.info(
        "negatives: %d of %d mined candidates are within the limits; %d of %d training pairs have "
        "fewer than negatives.per_example=%d: %s",
        counts.allowed,
        counts.candidates,
        counts.short,
        counts.pairs,
        negatives.per_example,
        outcome,
    )
    if counts.unlisted_positives and negatives.scores is not None:
        log.warning(
            "negatives.scores=%s does not list the positive of %d of %d training pairs: such a "
            "positive is assumed to score less than all listed documents",
            negatives.scores,
            counts.unlisted_positives,
            counts.pairs,
        )
