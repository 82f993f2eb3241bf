"""The documents of one collection that the page shows, each once, with their corrupted labels."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from errors import InputError
from noise import Audit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noise.audit.row import AuditRow
    from reporting.page.texts import CollectionTexts

log = logging.getLogger(__name__)

AUDIT_ROWS = 3
"""The most corrupted labels that are shown per document."""


class PageDocuments:
    """Collects documents and training queries; everything else refers to them by number.

    Args:
        texts: the texts of the collection.
    """

    def __init__(self, texts: CollectionTexts) -> None:
        self._texts = texts
        self._places: dict[str, int] = {}
        self._train: dict[str, int] = {}

    def content(self) -> dict[str, Any]:
        """Return the documents and training queries, each [id, text or null].

        If there are no texts, the reason is included.
        """
        return {
            "reason": self._texts.reason,
            "relevance": self._texts.relevance,
            "documents": [[doc_id, self._texts.document(doc_id)] for doc_id in self._places],
            "train": [[query_id, self._texts.train_query(query_id)] for query_id in self._train],
        }

    def query(
        self,
        query_id: str,
        lists: Sequence[Sequence[str]],
        values: Sequence[tuple[float, float | None]],
        top: int,
    ) -> dict[str, Any]:
        """Return a query as JSON values.

        Args:
            query_id: its id.
            lists: ranked document ids under each loss.
            values: for each loss, the measure's mean over seeds and its value in the run shown.
            top: number of documents shown of each list.
        """
        judged = self._texts.judgements(query_id)
        relevant = [doc_id for doc_id, grade in judged.items() if grade >= self._texts.relevance]
        return {
            "id": query_id,
            "text": self._texts.test_query(query_id),
            "values": values,
            "runs": [[self._place(doc_id) for doc_id in ranked[:top]] for ranked in lists],
            "judged": [
                [self._place(doc_id), grade]
                for doc_id, grade in judged.items()
                if doc_id in self._places or doc_id in relevant
            ],
            "ranks": [[_rank(ranked, doc_id) for doc_id in relevant] for ranked in lists],
            "relevant": [self._place(doc_id) for doc_id in relevant],
        }

    def audit(self, path: Path) -> dict[int, list[Any]]:
        """Return the training labels that noise took from the documents so far, or gave to them.

        By document: the number of such labels, then the first of them as [`inserted` or `removed`,
        training query, other document, rank of the inserted document among its candidates,
        similarity of the two documents].
        """
        try:
            rows = [row for row in Audit.read(path).rows if row.corrupts]
        except InputError as error:
            log.info("%s", error)
            return {}
        found: defaultdict[int, list[Any]] = defaultdict(lambda: [0])
        shown = dict(self._places)
        for row in rows:
            if row.inserted in shown and row.inserts_positive:
                self._note(found[shown[row.inserted]], row, "inserted", row.removed)
            if row.removed in shown and row.loses_positive:
                self._note(found[shown[row.removed]], row, "removed", row.inserted)
        return dict(found)

    def _note(self, notes: list[Any], row: AuditRow, what: str, other: str) -> None:
        notes[0] += 1
        if notes[0] <= AUDIT_ROWS:
            query = self._train.setdefault(row.query_id, len(self._train))
            notes.append(
                [
                    what,
                    query,
                    self._place(other) if other else None,
                    row.rank,
                    row.similarity_removed,
                ]
            )

    def _place(self, doc_id: str) -> int:
        return self._places.setdefault(doc_id, len(self._places))


def _rank(ranked: Sequence[str], doc_id: str) -> int | None:
    return ranked.index(doc_id) + 1 if doc_id in ranked else None
