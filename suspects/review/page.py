"""One self-contained HTML page: suspect labels side by side with the likely documents."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data import Collection
from data.storage.atomic_files import written_aside
from html_pages import rendered
from suspects.decisions import COLLECTION, Decision
from suspects.suspicion import Suspect

TEMPLATE = Path(__file__).parent / "assets" / "review.html"
LENGTH = 6000
"""Characters of a document that are shown."""


def write_review(
    suspects: Sequence[Suspect], collection: Collection, total: int, path: Path
) -> None:
    """Write the page, completely or not at all.

    Texts are data: they reach the page as JSON and the reader as text, whatever they contain.

    Args:
        suspects: the pairs to review, most suspect first.
        collection: the collection, with the texts.
        total: how many pairs were judged.
        path: the file.
    """
    html = rendered(
        TEMPLATE,
        name=collection.name,
        total=total,
        content={
            "name": collection.name,
            "collection": collection.fingerprint,
            "mark": COLLECTION,
            "fields": Decision._fields,
            "pairs": [_shown(suspect, collection) for suspect in suspects],
        },
    )
    with written_aside(path) as aside:
        aside.write_text(html, encoding="utf-8")


def _shown(suspect: Suspect, collection: Collection) -> dict[str, Any]:
    texts = {
        "query": collection.train.queries[suspect.query_id],
        "labelled": _document(suspect.doc_id, collection),
        "likely": _document(suspect.likely_doc_id, collection),
    }
    return suspect._asdict() | {"evidence": f"{suspect.evidence:.3g}"} | texts


def _document(doc_id: str, collection: Collection) -> str:
    if not doc_id:
        return ""
    text = collection.documents.text(collection.documents.row(doc_id))
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 1]}…"
