"""From audit rows to judgements and back, and the error rates that the rows cause."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from data.collections.collection import Collection
from data.collections.records import Qrels
from noise.audit.row import DROP, AuditRow

EMPTIED = {"keep", "drop"}
"""What to do with a query without positives: keep it with its negatives only, or drop it."""


class Rates(TypedDict):
    """Counts and rates of the audit header; `noise.audit.audit.AuditHeader` says what they mean."""

    false_positives: int
    false_negatives: int
    eps_plus: float
    eps_minus_judged: float | None
    eps_minus_corpus: float
    queries_without_positive: int
    queries_all_wrong: int


def apply_rows(rows: Iterable[AuditRow], qrels: Qrels) -> Qrels:
    """Return the noisy judgements of clean ones, sorted by id, without changing the input."""
    noisy = {query_id: dict(judged) for query_id, judged in qrels.items()}
    for row in rows:
        judged = noisy.setdefault(row.query_id, {})
        _set(judged, row.removed, row.removed_to)
        _set(judged, row.inserted, row.inserted_to)
    return canonical(noisy)


def undo_rows(rows: Sequence[AuditRow], qrels: Qrels) -> Qrels:
    """Return the clean judgements of noisy ones, sorted by id, without changing the input."""
    clean = {query_id: dict(judged) for query_id, judged in qrels.items()}
    for row in reversed(rows):
        judged = clean.setdefault(row.query_id, {})
        _set(judged, row.inserted, row.inserted_from)
        _set(judged, row.removed, row.removed_from)
    return canonical(clean)


def canonical(qrels: Qrels) -> Qrels:
    """Return the judgements sorted, without empty queries: equal ones have equal bytes."""
    return {
        query_id: dict(sorted(qrels[query_id].items()))
        for query_id in sorted(qrels)
        if qrels[query_id]
    }


def drops(clean: Qrels, rows: Sequence[AuditRow], version: str) -> list[AuditRow]:
    """Return rows, sorted by ids, that drop the judgements of queries without a positive."""
    noisy = apply_rows(rows, clean)
    return [
        AuditRow(
            query_id,
            DROP,
            doc_id,
            grade,
            None,
            "",
            None,
            None,
            None,
            None,
            None,
            0.0,
            "no positive left",
            version,
        )
        for query_id, judged in noisy.items()
        if not _has_positive(judged)
        for doc_id, grade in judged.items()
    ]


def realised_rates(collection: Collection, clean: Qrels, rows: Sequence[AuditRow]) -> Rates:
    """Return the rates of label errors that the rows cause.

    eps+ = P(not positive | train positive), eps- = P(positive | not relevant). "Not relevant" means
    judged so for one rate, and for the other every pair of a train query and a document that is not
    a known positive.
    """
    changes = [row for row in rows if row.corrupts]
    noisy = apply_rows(rows, clean)
    wrong = sum(row.inserts_positive for row in changes)
    lost = sum(row.loses_positive for row in changes)
    judged_negative = sum(grade < 1 for judged in clean.values() for grade in judged.values())
    toggled = sum(row.inserts_positive and row.inserted_from is not None for row in changes)
    relevant = sum(len(collection.known_positives(query_id)) for query_id in clean)
    n_positive = sum(grade >= 1 for judged in clean.values() for grade in judged.values())
    irrelevant = len(clean) * len(collection.documents) - relevant
    return Rates(
        false_positives=wrong,
        false_negatives=lost,
        eps_plus=_share(lost, n_positive),
        eps_minus_judged=_share(toggled, judged_negative) if judged_negative else None,
        eps_minus_corpus=_share(wrong, irrelevant),
        queries_without_positive=sum(
            not _has_positive(noisy.get(query_id, {})) for query_id in clean
        ),
        queries_all_wrong=sum(
            not _keeps_positive(judged, noisy.get(query_id, {}))
            for query_id, judged in clean.items()
        ),
    )


def _set(judged: dict[str, int], doc_id: str, grade: int | None) -> None:
    if not doc_id:
        return
    if grade is None:
        judged.pop(doc_id, None)
    else:
        judged[doc_id] = grade


def _has_positive(judged: dict[str, int]) -> bool:
    return any(grade >= 1 for grade in judged.values())


def _keeps_positive(clean: dict[str, int], noisy: dict[str, int]) -> bool:
    return any(grade >= 1 and noisy.get(doc_id, 0) >= 1 for doc_id, grade in clean.items())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
