"""The records of a test collection, in the words of the field."""

from dataclasses import dataclass
from typing import NamedTuple

Qrels = dict[str, dict[str, int]]
"""Grades by query_id and doc_id.

1 or more is positive, 0 or less was judged not relevant; absent pairs were never judged.
"""


class Document(NamedTuple):
    """A document as its source gives it, title and body already joined."""

    doc_id: str
    text: str


class Judgement(NamedTuple):
    """One line of a qrels file, with the grade as published."""

    query_id: str
    doc_id: str
    grade: int


@dataclass(frozen=True, slots=True)
class Split:
    """The judged queries of one split.

    Attributes:
        name: `train`, `validation` or `test`.
        queries: query_id -> text, in a fixed order; exactly the queries that `qrels` judges.
        qrels: the judgements; every query has at least one, every training query at least one
            positive.
    """

    name: str
    queries: dict[str, str]
    qrels: Qrels
