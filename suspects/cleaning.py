"""Training judgements without the labels that were decided against."""

from collections.abc import Iterable
from typing import NamedTuple

from data import Qrels
from errors import InputError
from suspects.decisions import Decision


class Cleaned(NamedTuple):
    """Cleaned judgements.

    Attributes:
        qrels: the judgements, sorted by query and document id; queries that have lost every
            positive are left out.
        counts: how many labels were dropped and replaced, and how many queries were left out.
    """

    qrels: Qrels
    counts: dict[str, int]


def cleaned(qrels: Qrels, decisions: Iterable[Decision]) -> Cleaned:
    """Return the judgements after the decisions.

    A dropped pair is no longer judged. A document that takes over a label takes its grade too; if
    several labels fall to one document, it has the highest grade.

    Args:
        qrels: the judgements.
        decisions: at most one a label.

    Raises:
        InputError: no positive would be left.
    """
    labels = {query_id: dict(judged) for query_id, judged in qrels.items()}
    moved: list[tuple[Decision, int]] = []
    counts = {"dropped": 0, "replaced": 0}
    for decision in decisions:
        if decision.decision == "keep":
            continue
        grade = labels[decision.query_id].pop(decision.doc_id)
        counts["replaced" if decision.decision == "replace" else "dropped"] += 1
        if decision.decision == "replace":
            moved.append((decision, grade))
    for decision, grade in moved:
        judged = labels[decision.query_id]
        judged[decision.likely_doc_id] = max(grade, judged.get(decision.likely_doc_id, grade))
    kept = {
        query_id: dict(sorted(judged.items()))
        for query_id, judged in sorted(labels.items())
        if max(judged.values(), default=0) > 0
    }
    if not kept:
        raise InputError(
            "task.share, task.threshold or task.decisions would leave no training label: clean "
            "fewer pairs."
        )
    before = sum(max(judged.values(), default=0) > 0 for judged in qrels.values())
    return Cleaned(kept, counts | {"queries_left_out": before - len(kept)})
