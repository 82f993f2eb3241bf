"""What becomes of suspect labels, decided by a rule or by a reviewer's file."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from data import Collection, Qrels
from data.ingest.lines import read_lines
from errors import InputError
from suspects.suspicion import Suspect

ACTIONS = ("keep", "replace", "drop")
COLLECTION = "# collection: "
"""Begins the first line of a TSV file, before the fingerprint of the collection."""


class Decision(NamedTuple):
    """What becomes of a label.

    Attributes:
        query_id: the query.
        doc_id: the labelled document.
        decision: one of ACTIONS.
        likely_doc_id: the document that gets the label instead, if the decision is to replace it.
    """

    query_id: str
    doc_id: str
    decision: str
    likely_doc_id: str


def decide(
    suspects: Sequence[Suspect],
    action: str,
    *,
    share: float | None = None,
    threshold: float | None = None,
) -> list[Decision]:
    """Return the decision for the most suspect pairs; those without a likely document are dropped.

    Args:
        suspects: all pairs, most suspect first.
        action: `drop` or `replace`.
        share: of the pairs to decide, in (0, 1), rounded half up; None: see `threshold`.
        threshold: decide pairs with more evidence.
    """
    if share is not None:
        chosen = list(suspects[: int(share * len(suspects) + 0.5)])
    else:
        chosen = [each for each in suspects if threshold is None or each.evidence > threshold]
    return [
        Decision(
            each.query_id,
            each.doc_id,
            action if each.likely_doc_id else "drop",
            each.likely_doc_id,
        )
        for each in chosen
    ]


def read_decisions(path: Path, collection: Collection, qrels: Qrels) -> list[Decision]:
    """Return the decisions in a file that the review page has downloaded, TSV or JSON.

    Args:
        path: the file.
        collection: the collection that was reviewed.
        qrels: its training labels.

    Raises:
        InputError: the file cannot be read, is of another collection, decides about something that
            is no label, or decides twice or unclearly.
    """
    fingerprint, rows = _json(path) if path.suffix == ".json" else _tsv(path)
    if fingerprint is not None and fingerprint != collection.fingerprint:
        raise InputError(
            f"task.decisions={path}: it is of another collection, or this one has changed since; "
            f"give the decisions about {collection.name} as it is now."
        )
    decisions: dict[tuple[str, str], Decision] = {}
    for number, row in enumerate(rows, 1):
        decision = _decision(row)
        fault = _fault(decision, collection, qrels)
        if decision is not None and decision[:2] in decisions:
            fault = f"{_pair(decision)} is decided twice"
        if decision is None or fault is not None:
            raise InputError(f"task.decisions={path}, decision {number}: {fault}.")
        decisions[decision[:2]] = decision
    return list(decisions.values())


def _decision(row: Mapping[str, Any]) -> Decision | None:
    values = [row.get(name) for name in Decision._fields]
    return Decision(*map(str, values)) if all(isinstance(v, str) for v in values) else None


def _fault(decision: Decision | None, collection: Collection, qrels: Qrels) -> str | None:
    """Return what is wrong with a decision, in words, or None."""
    if decision is None:
        return f"it needs the texts {', '.join(Decision._fields)}"
    if decision.decision not in ACTIONS:
        return f"{decision.decision!r} is none of {', '.join(ACTIONS)}"
    if qrels.get(decision.query_id, {}).get(decision.doc_id, 0) < 1:
        return f"{_pair(decision)} is no training label of {collection.name}"
    if decision.decision == "replace" and decision.likely_doc_id not in collection.documents:
        return f"the document {decision.likely_doc_id!r} is not in {collection.name}"
    return None


def _pair(decision: Decision) -> str:
    return f"query {decision.query_id}, document {decision.doc_id}"


def _json(path: Path) -> tuple[str | None, list[Mapping[str, Any]]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        rows = content["decisions"]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _unreadable(path, "it holds no list of decisions")
        return content.get("collection"), rows
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise _unreadable(path, str(error)) from error


def _tsv(path: Path) -> tuple[str | None, list[Mapping[str, Any]]]:
    lines = [line.text for line in read_lines(path)]
    marked = bool(lines) and lines[0].startswith(COLLECTION)
    fingerprint = lines.pop(0).removeprefix(COLLECTION).strip() if marked else None
    rows = list(_rows(lines))
    if not rows or tuple(rows[0]) != Decision._fields:
        raise _unreadable(path, f"its columns must be {', '.join(Decision._fields)}")
    fields = Decision._fields
    return fingerprint, [dict(zip(fields, row, strict=False)) for row in rows[1:]]


def _rows(lines: list[str]) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        f"task.decisions={path} cannot be read ({reason}): give the file that the review page has "
        "downloaded."
    )
