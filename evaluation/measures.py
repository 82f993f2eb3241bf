"""Measures by their ir-measures names, and the one place that computes them.

ir-measures (MacAvaney, Macdonald and Ounis, "Streamlining evaluation with ir-measures", ECIR 2022)
calls the field's reference programs, which break ties differently from one another and take NaN
without a word. They never see our scores: a document is handed over with the score -rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

import ir_measures
import numpy as np

from data.runs.run import NO_DOCUMENT, Run, document_names
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from data.collections.records import Qrels

EXAMPLES = "nDCG@10, RR@10, R@100, AP, P@5, Success@5, AP(rel=2)@1000"


@dataclass(frozen=True, slots=True)
class Scores:
    """What a run scored.

    Attributes:
        mean: measure -> mean over all judged queries.
        per_query: query_id -> measure -> value, for all judged queries.
    """

    mean: dict[str, float]
    per_query: dict[str, dict[str, float]]


def parse_measures(names: Iterable[str]) -> list[ir_measures.Measure]:
    """Return the measures that the names mean, each once.

    Raises:
        InputError: when there are none, or a name is unknown, malformed, or computed by no
            installed program.
    """
    measures = list(dict.fromkeys(map(_parsed, names)))
    if not measures:
        raise InputError(f"measures=[] must name at least one measure, for example {EXAMPLES}")
    return measures


def _parsed(name: str) -> ir_measures.Measure:
    try:
        measure = ir_measures.parse_measure(name)
        measure.validate_params()  # type: ignore[no-untyped-call] # ir-measures' own gap
    except (ValueError, NameError, AssertionError, TypeError) as error:
        raise InputError(
            f"measures: {name!r} is not an ir-measures measure{_suggestion(name)}. Examples: "
            f"{EXAMPLES} ({error})"
        ) from error
    # ir-measures' own gap
    if not ir_measures.DefaultPipeline.supports(measure):  # type: ignore[no-untyped-call]
        raise InputError(
            f"measures: no installed program computes {name!r}. Use others, for example {EXAMPLES}"
        )
    return measure


def _suggestion(name: str) -> str:
    base, at, cutoff = name.partition("@")
    known = {
        measure.lower(): measure for measure in reversed(ir_measures.measures.registry)
    }  # reversed: names come before their aliases
    nearest = get_close_matches(base.lower().rstrip("0123456789"), known, n=1)
    cutoff = cutoff if at else base[len(base.rstrip("0123456789")) :]
    return (
        f" (did you mean {known[nearest[0]]}{'@' + cutoff if cutoff else ''}?)" if nearest else ""
    )


def deepest_cutoff(measures: Sequence[ir_measures.Measure], depth: int) -> int:
    """Return the last rank that some measure reads: its cutoff, or `depth` where a measure, such as AP, reads the whole list."""
    return max(min(int(measure.params.get("cutoff", depth)), depth) for measure in measures)


def score_run(
    run: Run, qrels: Qrels, measures: Sequence[ir_measures.Measure], doc_id: Callable[[int], str]
) -> Scores:
    """Scores a run against judgements.

    The mean is over every query in `qrels`. A judged query that the run does not answer counts as
    0, and so does, as ir-measures has it, a query without a relevant judgement: leaving it out
    would let the set of queries vary with a measure's threshold. Queries without judgements are not
    scored.

    Args:
        run: the ranked lists.
        qrels: the judgements, clean ones.
        measures: from `parse_measures`.
        doc_id: the id of a document row (`TextStore.doc_id`).

    Raises:
        InputError: when no query is judged.
    """
    if not qrels:
        raise InputError(
            "no query of the split has judgements: there is nothing to score. Choose a dataset "
            "with test and validation qrels"
        )
    depth = deepest_cutoff(measures, run.depth)
    judged = np.array([query_id in qrels for query_id in run.query_ids], dtype=bool)
    names = document_names(run.rows[judged, :depth], doc_id)
    ranks = {
        query_id: {names[row]: -float(rank) for rank, row in enumerate(rows) if row != NO_DOCUMENT}
        for query_id, rows in zip(run.query_ids, run.rows[:, :depth].tolist(), strict=True)
        if query_id in qrels
    }
    result = ir_measures.calc(measures, qrels, ranks)
    per_query: dict[str, dict[str, float]] = {query_id: {} for query_id in qrels}
    for metric in result.per_query:
        per_query[metric.query_id][str(metric.measure)] = float(metric.value)
    mean = cast("dict[ir_measures.Measure, float]", result.aggregated)
    return Scores({str(measure): float(mean[measure]) for measure in measures}, per_query)
