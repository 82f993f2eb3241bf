"""Runs of any system, read from TREC files, scored, and grouped for the same statistics."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from data.ingest.lines import read_judgements
from data.runs.trec import listed_documents
from errors import InputError
from evaluation import parse_measures, read_trec, score_run
from reporting.statistics.groups import Condition, Group, Groups
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from data.collections.records import Qrels
    from evaluation import Run, Scores

MODEL, NOISE = "run", "none"  # shown in the tables, since they are not known of another system


class DocumentIds:
    """Rows for the documents of run files, in the order of their ids.

    Equal scores are therefore ordered by document id.

    Args:
        doc_ids: the ids.
    """

    def __init__(self, doc_ids: Iterable[str]) -> None:
        self._ids = sorted(doc_ids)
        self._rows = {doc_id: row for row, doc_id in enumerate(self._ids)}

    def __contains__(self, doc_id: str) -> bool:
        """Return whether a run file lists it."""
        return doc_id in self._rows

    def row(self, doc_id: str) -> int:
        """Return its row."""
        return self._rows[doc_id]

    def doc_id(self, row: int) -> str:
        """Return the id of a row."""
        return self._ids[row]


def read_runs(
    runs: Sequence[tuple[str, Path]], qrels_path: Path, measures: Sequence[str]
) -> tuple[Groups, list[str]]:
    """Score run files; several files with one name are the seeds of one system.

    Args:
        runs: name and file of each.
        qrels_path: judgements of the queries, TREC or BEIR columns.
        measures: ir-measures names.

    Returns:
        One group per name, under the condition (name of the qrels file, run, none, 0), and notes on
        queries that are missing from runs.

    Raises:
        InputError: for an unknown measure, or a file that cannot be read or holds a score that is
            not finite.
    """
    parsed = parse_measures(measures)
    qrels = read_qrels(qrels_path)
    condition = Condition(
        qrels_path.name.removesuffix(".gz").rpartition(".")[0] or qrels_path.name, MODEL, NOISE, 0.0
    )
    scores: defaultdict[str, list[Scores]] = defaultdict(list)
    notes: list[str] = []
    for name, path in track(runs, "Scoring runs"):
        documents = DocumentIds(listed_documents(path))
        run = read_trec(path, documents)
        scores[name].append(score_run(run, qrels, parsed, documents.doc_id))
        notes.extend(_unlike(path, run, qrels))
        if deep := [each for each in parsed if each.params.get("cutoff", 0) > run.depth]:
            notes.append(
                f"{path} lists at most {run.depth} documents per query: "
                f"{', '.join(map(str, deep))} see no more."
            )
    groups = [_group(condition, name, scores[name]) for name in sorted(scores)]
    return Groups(groups, tuple(map(str, parsed)), []), notes


def read_qrels(path: Path) -> Qrels:
    """Read judgements.

    Raises:
        InputError: if the file cannot be read, is empty, or gives a pair two grades.
    """
    qrels: Qrels = {}
    for judgement in read_judgements(path):
        grade = qrels.setdefault(judgement.query_id, {}).setdefault(
            judgement.doc_id, judgement.grade
        )
        if grade != judgement.grade:
            raise InputError(
                f"{path}: document {judgement.doc_id} has grades {grade} and {judgement.grade} for "
                f"query {judgement.query_id}: keep one."
            )
    if not qrels:
        raise InputError(f"--qrels {path} holds no judgements.")
    return qrels


def _unlike(path: Path, run: Run, qrels: Qrels) -> Iterable[str]:
    answered = set(run.query_ids)
    absent, unjudged = qrels.keys() - answered, answered - qrels.keys()
    if absent:
        some = f"{len(absent)} of {len(qrels)} judged queries ({', '.join(sorted(absent)[:3])})"
        yield f"{path} lacks {some}: they count as 0."
    if unjudged:
        some = f"{len(unjudged)} ({', '.join(sorted(unjudged)[:3])})"
        yield f"{path} has queries without judgements: {some}. They are not scored."


def _group(condition: Condition, name: str, scores: Sequence[Scores]) -> Group:
    measures = tuple(scores[0].mean)
    query_ids = tuple(sorted(scores[0].per_query))
    values = np.array(
        [
            [[of_seed.per_query[query][measure] for query in query_ids] for measure in measures]
            for of_seed in scores
        ]
    )
    means = np.array([[of_seed.mean[measure] for measure in measures] for of_seed in scores])
    return Group(
        condition,
        name,
        tuple(range(1, len(scores) + 1)),
        (),
        measures,
        query_ids,
        means,
        values.mean(axis=0),
    )
