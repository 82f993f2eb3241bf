"""Runs of any system, read from TREC files, scored, and grouped for the same statistics."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data.ingest.lines import read_judgements
from data.runs.ranked_lists import Run, ranked_run
from data.runs.trec import listed_documents
from errors import InputError
from evaluation import parse_measures, read_trec, score_run
from reporting.statistics.groups import Condition, Group, Groups
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from data.collections.records import Qrels
    from evaluation import Scores

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


class SystemRun(NamedTuple):
    """A run of some system.

    Attributes:
        system: its name.
        where: the file, or words that name the run in messages.
        run: the ranked lists.
        documents: the ids of its rows.
    """

    system: str
    where: str
    run: Run
    documents: DocumentIds


def run_from_file(system: str, path: Path) -> SystemRun:
    """Read a TREC run.

    Raises:
        InputError: the file cannot be read, or holds a score that is not finite.
    """
    documents = DocumentIds(listed_documents(path))
    return SystemRun(system, str(path), read_trec(path, documents), documents)


def run_from_scores(system: str, scores: Mapping[str, Mapping[str, float]]) -> SystemRun:
    """Rank scores in memory, query_id -> doc_id -> score.

    Raises:
        InputError: there are none, or a score is not finite.
    """
    pairs = [(query_id, *each) for query_id, listed in scores.items() for each in listed.items()]
    if bad := [f"{query} -> {doc}" for query, doc, score in pairs if not math.isfinite(score)]:
        raise InputError(f"run {system}: {len(bad)} scores are not finite, e.g. of {bad[0]}")
    if not pairs:
        raise InputError(f"run {system} is empty: give query_id -> doc_id -> score")
    documents = DocumentIds({doc_id for _, doc_id, _ in pairs})
    lists = {
        query_id: [(float(score), documents.row(doc_id)) for doc_id, score in listed.items()]
        for query_id, listed in scores.items()
    }
    return SystemRun(system, f"run {system}", ranked_run(lists), documents)


def scored_systems(
    runs: Iterable[SystemRun], qrels: Qrels, measures: Sequence[str], dataset: str
) -> tuple[Groups, list[str]]:
    """Score runs; several runs of one system are its seeds.

    Args:
        runs: the runs, read one after the other.
        qrels: judgements of the queries.
        measures: ir-measures names.
        dataset: the name of the test collection in tables.

    Returns:
        One group per system, under the condition (dataset, run, none, 0), and notes on queries that
        are missing from runs.

    Raises:
        InputError: for an unknown measure, or a run without any judged query.
    """
    parsed = parse_measures(measures)
    condition = Condition(dataset, MODEL, NOISE, 0.0)
    scores: defaultdict[str, list[Scores]] = defaultdict(list)
    notes: list[str] = []
    for system, where, run, documents in runs:
        scores[system].append(score_run(run, qrels, parsed, documents.doc_id))
        notes.extend(_unlike(where, run, qrels))
        if deep := [each for each in parsed if each.params.get("cutoff", 0) > run.depth]:
            notes.append(
                f"{where} lists at most {run.depth} documents per query: "
                f"{', '.join(map(str, deep))} see no more."
            )
    groups = [_group(condition, name, scores[name]) for name in sorted(scores)]
    return Groups(groups, tuple(map(str, parsed)), []), notes


def read_runs(
    runs: Sequence[tuple[str, Path]], qrels_path: Path, measures: Sequence[str]
) -> tuple[Groups, list[str]]:
    """Score run files, as `scored_systems` does; the data set is named like the qrels file.

    Args:
        runs: name and file of each.
        qrels_path: judgements of the queries, TREC or BEIR columns.
        measures: ir-measures names.

    Raises:
        InputError: for an unknown measure, or a file that cannot be read or holds a score that is
            not finite.
    """
    qrels = read_qrels(qrels_path)
    dataset = qrels_path.name.removesuffix(".gz").rpartition(".")[0] or qrels_path.name
    files = (run_from_file(*each) for each in track(runs, "Scoring runs"))
    return scored_systems(files, qrels, measures, dataset)


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


def _unlike(where: str, run: Run, qrels: Qrels) -> Iterable[str]:
    answered = set(run.query_ids)
    absent, unjudged = qrels.keys() - answered, answered - qrels.keys()
    if absent:
        some = f"{len(absent)} of {len(qrels)} judged queries ({', '.join(sorted(absent)[:3])})"
        yield f"{where} lacks {some}: they count as 0."
    if unjudged:
        some = f"{len(unjudged)} ({', '.join(sorted(unjudged)[:3])})"
        yield f"{where} has queries without judgements: {some}. They are not scored."


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
