"""Natural noise: labels of lower quality for queries whose better labels are known."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import checks
from data.collections.collection import Collection
from data.collections.records import Judgement, Qrels
from data.ingest.lines import hash_file
from errors import InputError
from noise.audit.apply_rows import EMPTIED
from noise.audit.row import AuditRow
from noise.model import NoiseModel, Recipe, Work
from noise.selection.label_file import read_labels
from noise.selection.order import Relabelling, count, in_order


class Natural(NoiseModel):
    """Trains on the labels of a qrels file, or on lower grades, while the clean core is known.

    The noisy labels are the judgements with at least `min_grade`. The clean ones are those with at
    least `clean_grade` or, if a file is given and `clean_grade` is None, the training judgements of
    the collection. The audit lists the N judgements in which they differ: undoing it gives the
    clean core, and a ratio includes only floor(ratio x N + 1/2) of them. Grades are those of the
    training judgements, in which `dataset.relevance` is 1. They count from `min_grade`, which
    becomes 1; grades of at most 0 stay negatives.

    Args:
        qrels: qrels file (TREC or BEIR columns, `.gz` or not) of the training queries; None for the
            collection's own training judgements.
        min_grade: lowest grade that is a label, at least 1.
        clean_grade: lowest grade of the clean core, at least min_grade; None: with `qrels`, the
            collection's training judgements are the core, and without, the grades above min_grade.
        ratio: share of the differing judgements, in [0, 1); 0 is the clean core; None: all of them.
        seed: of the keyed hashes.
        emptied: what becomes of a query that loses every positive: `keep` it with its negatives
            alone, or `drop` it.
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.
    """

    name = "natural"
    version = "natural-1"

    def __init__(
        self,
        *,
        qrels: str | None = None,
        min_grade: int = 1,
        clean_grade: int | None = None,
        ratio: float | None = None,
        seed: int = 0,
        emptied: str = "keep",
        audit: str | None = None,
    ) -> None:
        super().__init__(0.0 if ratio is None else ratio, seed, audit)
        self.ratio = None if ratio is None else self.ratio
        self.qrels = None if qrels is None else Path(qrels).expanduser()
        self.min_grade = checks.integer("noise.min_grade", min_grade, 1)
        if clean_grade is None and self.qrels is None:
            clean_grade = self.min_grade + 1
        self.clean_grade = (
            None
            if clean_grade is None
            else checks.integer("noise.clean_grade", clean_grade, self.min_grade)
        )
        self.emptied = checks.choice("noise.emptied", emptied, EMPTIED)

    def recipe(self, collection: Collection) -> Recipe:
        """Return the differences between the dirty and the clean labels.

        Raises:
            InputError: the file cannot be read, or there are no clean labels.
        """
        published, ignored = self._published(collection)
        dirty = _labels(published, self.min_grade, self.min_grade)
        clean = (
            collection.train.qrels
            if self.clean_grade is None
            else _labels(published, self.clean_grade, self.min_grade)
        )
        if not any(grade >= 1 for judged in clean.values() for grade in judged.values()):
            raise InputError(
                f"noise.clean_grade={self.clean_grade}: no training judgement of {collection.name} "
                "is so high, so no clean core is known. Lower it, or give a file with more grades "
                "as noise.qrels"
            )
        differences = _differences(clean, dirty)
        wanted = len(differences) if self.ratio is None else count(self.ratio, len(differences))
        parameters = {
            "min_grade": self.min_grade,
            "clean_grade": self.clean_grade,
            "emptied": self.emptied,
            "qrels": None if self.qrels is None else hash_file(self.qrels),
        }

        def rows() -> Iterator[AuditRow]:
            chosen = in_order(
                ((query_id, doc_id, 0) for query_id, doc_id in differences), self.seed
            )[:wanted]
            relabelling = Relabelling(self.name, self.version)
            return (
                relabelling.row(pair, *differences[pair.query_id, pair.doc_id], "")
                for pair in chosen
            )

        return Recipe(
            clean,
            len(differences),
            parameters,
            lambda: Work(rows),
            self.emptied,
            {"ignored": ignored},
        )

    def _published(self, collection: Collection) -> tuple[list[Judgement], int]:
        """Return the judgements of known queries and documents, and the number of others."""
        if self.qrels is None:
            return [
                Judgement(q, d, grade)
                for q, judged in collection.train.qrels.items()
                for d, grade in judged.items()
            ], 0
        return read_labels(self.qrels, collection)


class Difference(NamedTuple):
    """A judgement before and after; None means not judged."""

    clean: int | None
    dirty: int | None


def _labels(judgements: Iterable[Judgement], threshold: int, unit: int) -> Qrels:
    """Return grades of at least `threshold`, counted from `unit` as 1, and those <= 0."""
    labels: Qrels = {}
    for query_id, doc_id, grade in judgements:
        if grade <= 0 or grade >= threshold:
            labels.setdefault(query_id, {})[doc_id] = grade if grade <= 0 else grade - unit + 1
    return labels


def _differences(clean: Qrels, dirty: Qrels) -> dict[tuple[str, str], Difference]:
    pairs = {
        (query_id, doc_id)
        for qrels in (clean, dirty)
        for query_id, judged in qrels.items()
        for doc_id in judged
    }
    both = {
        pair: Difference(*(qrels.get(pair[0], {}).get(pair[1]) for qrels in (clean, dirty)))
        for pair in pairs
    }
    return {pair: each for pair, each in both.items() if each.clean != each.dirty}
