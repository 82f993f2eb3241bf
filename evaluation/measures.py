"""The one place that computes measures.

ir-measures (MacAvaney, Macdonald and Ounis, "Streamlining evaluation with ir-measures", ECIR 2022)
calls the field's reference programs, which break ties in different ways and accept NaN silently.
They never see our scores: each document is passed with the score -rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, cast

import numpy as np

from data.runs.ranked_lists import NO_DOCUMENT, Run, document_names
from errors import InputError
from evaluation.measure_names import deepest_cutoff, programs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ir_measures

    from data.collections.records import Qrels

SHOWN = 3  # query ids in a message


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a run.

    Attributes:
        mean: measure -> mean over all judged queries.
        per_query: query_id -> measure -> value, for all judged queries.
    """

    mean: dict[str, float]
    per_query: dict[str, dict[str, float]]


def score_run(
    run: Run, qrels: Qrels, measures: Sequence[ir_measures.Measure], doc_id: Callable[[int], str]
) -> Scores:
    """Score a run against judgements.

    The mean is over every query in `qrels`. A judged query that the run lacks counts as
    0, and so does, as ir-measures has it, a query without a relevant judgement: leaving it out
    would let the set of queries vary with a measure's threshold. Queries without judgements are not
    scored.

    Args:
        run: the ranked lists.
        qrels: the judgements, clean ones.
        measures: from `measure_names.parse_measures`.
        doc_id: the id of a document row (`TextStore.doc_id`).

    Raises:
        InputError: no query is judged, or the run has none of the judged queries.
    """
    if not qrels:
        raise InputError(
            "no query of the split has judgements: there is nothing to score. Choose a dataset "
            "with test and validation qrels"
        )
    _check_common(run, qrels)
    depth = deepest_cutoff(measures, run.depth)
    judged = np.array([query_id in qrels for query_id in run.query_ids], dtype=bool)
    names = document_names(run.rows[judged, :depth], doc_id)
    ranks = {
        query_id: {names[row]: -float(rank) for rank, row in enumerate(rows) if row != NO_DOCUMENT}
        for query_id, rows in zip(run.query_ids, run.rows[:, :depth].tolist(), strict=True)
        if query_id in qrels
    }
    result = programs.calc(measures, qrels, ranks)
    per_query: dict[str, dict[str, float]] = {query_id: {} for query_id in qrels}
    for metric in result.per_query:
        per_query[metric.query_id][str(metric.measure)] = float(metric.value)
    mean = cast("dict[ir_measures.Measure, float]", result.aggregated)
    return Scores({str(measure): float(mean[measure]) for measure in measures}, per_query)


def _check_common(run: Run, qrels: Qrels) -> None:
    if qrels.keys().isdisjoint(run.query_ids):
        asked, answered = (", ".join(islice(ids, SHOWN)) for ids in (qrels, run.query_ids))
        raise InputError(
            f"the run has none of the {len(qrels)} judged queries. Judged are {asked}; the run has "
            f"{answered or 'no queries at all'}. Give a run for the judged queries"
        )
