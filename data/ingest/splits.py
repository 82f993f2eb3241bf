"""From the judgements of a source to the three splits of a collection."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from data.collections.records import Judgement, Qrels, Split
from data.ingest.holdout import held_out
from data.ingest.problems import Tally
from data.storage.text_store import TextStore
from data.storage.unicode_text import well_formed
from errors import InputError


class Judged(NamedTuple):
    """One split as its source gives it.

    Attributes:
        queries: query_id -> text; may hold queries that the split does not judge.
        judgements: consumed once.
    """

    queries: Mapping[str, str]
    judgements: Iterable[Judgement]


Judgeds: TypeAlias = Mapping[str, Judged]
"""`train`, `test` and, where the source has one, `validation`."""


@dataclass(frozen=True, slots=True)
class SplitRules:
    """How judgements become splits.

    Args:
        relevance: lowest published grade that is positive.
        validation_share: part of the training queries that is held out where there is no validation
            split.
        split_seed: chooses them, and what the limits below keep.
        train_pairs: keep at most so many training pairs; None keeps all.
        validation_queries: keep at most so many validation queries; None keeps all.
        test_queries: keep at most so many test queries; None keeps all.
    """

    relevance: int
    validation_share: float
    split_seed: int
    train_pairs: int | None = None
    validation_queries: int | None = None
    test_queries: int | None = None

    @property
    def before_limits(self) -> dict[str, int | float]:
        """The rules without the limits."""
        return {
            "relevance": self.relevance,
            "validation_share": self.validation_share,
            "split_seed": self.split_seed,
        }


def make_splits(
    judged: Judgeds, documents: TextStore, rules: SplitRules, tally: Tally, where: str
) -> tuple[Split, Split, Split]:
    """Check the judgements and return the train, validation and test splits.

    Left out and counted in `tally`: judgements of unknown documents or queries, or that contradict
    each other; queries without text; training queries without a positive; queries that a later
    split (train, validation, test) repeats in the same words. Validation and test queries without a
    positive are kept, since published means include them.

    Args:
        judged: the source's splits.
        documents: the collection's documents.
        rules: how to shift grades and hold queries out.
        tally: receives what was left out.
        where: the setting and value that name the source, for messages.

    Returns:
        The splits, queries in the order of the source.

    Raises:
        InputError: a split ends up empty.
    """
    checked = {name: _checked(name, part, documents, tally) for name, part in judged.items()}
    test = checked["test"]
    train = _without_leaks(_trainable(checked["train"], rules.relevance, tally), test, tally)
    if "validation" in checked:
        validation = _without_leaks(checked["validation"], test, tally)
        train = _without_leaks(train, validation, tally)
    elif len(train.queries) > 1:
        train, validation = _hold_out(train, rules)
    else:
        few = (
            f"{len(train.queries)} usable training queries, too few to hold some out for validation"
        )
        raise InputError(f"{where} has {few}{tally.listed()}")
    for split in (train, validation, test):
        if not any(grade > 0 for grades in split.qrels.values() for grade in grades.values()):
            raise InputError(
                f"{where} has no usable {split.name} query: one that is judged and has a positive "
                f"document{tally.listed()}"
            )
    return _shifted(train, rules.relevance), validation, test


def without_positive(split: Split, relevance: int) -> list[str]:
    """Return the queries of a split whose best grade lies below `relevance`."""
    return [
        query_id for query_id, grades in split.qrels.items() if max(grades.values()) < relevance
    ]


def _checked(name: str, judged: Judged, documents: TextStore, tally: Tally) -> Split:
    qrels = _known(name, judged, documents, tally)
    queries = {
        query_id: well_formed(text)
        for query_id, text in judged.queries.items()
        if qrels.get(query_id)
    }
    return Split(name, queries, {query_id: qrels[query_id] for query_id in queries})


def _trainable(train: Split, relevance: int, tally: Tally) -> Split:
    lacking = without_positive(train, relevance)
    for query_id in lacking:
        tally.add("train queries have no positive judgement", query_id)
    return _part(train, "train", train.queries.keys() - set(lacking))


def _known(name: str, judged: Judged, documents: TextStore, tally: Tally) -> Qrels:
    """Return the judgements of known queries and documents, without contradictory ones."""
    no_query, no_text = (
        f"{name} judgements name a query that is not there",
        f"{name} judgements belong to a query without text",
    )
    spaced = f"{name} judgements have a query id with white space, which a TREC run cannot hold"
    no_document = f"{name} judgements name a document that is not there"
    qrels: Qrels = {}
    contradicted: set[tuple[str, str]] = set()
    for query_id, doc_id, grade in judged.judgements:
        pair = f"{query_id} -> {doc_id}"
        if query_id not in judged.queries:
            tally.add(no_query, pair)
        elif any(map(str.isspace, query_id)):
            tally.add(spaced, pair)
        elif not judged.queries[query_id].strip():
            tally.add(no_text, pair)
        elif doc_id not in documents:
            tally.add(no_document, pair)
        elif qrels.setdefault(query_id, {}).setdefault(doc_id, grade) != grade:
            contradicted.add((query_id, doc_id))
    for query_id, doc_id in sorted(contradicted):
        tally.add(
            f"{name} pairs are judged twice, with different grades", f"{query_id} -> {doc_id}"
        )
        del qrels[query_id][doc_id]
    return qrels


def _without_leaks(split: Split, later: Split, tally: Tally) -> Split:
    """Leave out the queries that a later split repeats."""
    asked = set(map(_words, later.queries.values()))
    leaks = [
        query_id
        for query_id, text in split.queries.items()
        if query_id in later.queries or _words(text) in asked
    ]
    for query_id in leaks:
        tally.add(f"{split.name} queries are also {later.name} queries", query_id)
    return _part(split, split.name, split.queries.keys() - leaks)


def _hold_out(train: Split, rules: SplitRules) -> tuple[Split, Split]:
    """Divide the training queries; keep queries with the same words together."""
    wordings = {query_id: _words(text) for query_id, text in train.queries.items()}
    chosen = held_out(set(wordings.values()), rules.validation_share, rules.split_seed)
    held = {query_id for query_id, wording in wordings.items() if wording in chosen}
    return _part(train, "train", train.queries.keys() - held), _part(train, "validation", held)


def _part(split: Split, name: str, query_ids: Iterable[str]) -> Split:
    wanted = set(query_ids)
    queries = {query_id: text for query_id, text in split.queries.items() if query_id in wanted}
    return Split(name, queries, {query_id: split.qrels[query_id] for query_id in queries})


def _shifted(split: Split, relevance: int) -> Split:
    qrels = {
        query_id: {doc_id: grade - relevance + 1 for doc_id, grade in grades.items()}
        for query_id, grades in split.qrels.items()
    }
    return Split(split.name, split.queries, qrels)


def _words(text: str) -> str:
    return " ".join(text.casefold().split())
