"""Training examples of other trainers, whatever their columns: a query, positives and negatives.

Columns that are understood, found by their names in each record:
    anchor (or query, question, sentence1), positive (or answer, passage, document, sentence2),
        negative, negative_1, negative_2 ...: sentence-transformers; `label` is a
        whole number for a labelled pair (0: negative), as are `score` and `scores` without a
        decimal point; otherwise these are a teacher's scores of the positive and each negative, in
        this order
    query, pos, neg, and perhaps pos_scores and neg_scores: lists, as FlagEmbedding has them
    query_id, query, positive_passages, negative_passages: tevatron
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from errors import InputError

QUERIES = ("anchor", "query", "question", "sentence1")
POSITIVES = ("positive", "answer", "passage", "document", "sentence2")
LABELS = ("label", "labels")
SCORES = ("scores", "score", *LABELS)


class Passage(NamedTuple):
    """A document of an example.

    Attributes:
        text: title and text, joined.
        grade: 1 for a positive, 0 for a negative.
        doc_id: its id; None: the source has none.
        score: what a teacher gave it; None: nothing.
    """

    text: str
    grade: int
    doc_id: str | None = None
    score: float | None = None


class ImportedExample(NamedTuple):
    """A query with its documents."""

    query: str
    passages: list[Passage]
    query_id: str | None = None


def example_of(record: Mapping[str, Any], where: str) -> ImportedExample:
    """Return the example that a record holds.

    Args:
        record: column -> value.
        where: names the record in messages.

    Raises:
        InputError: its columns are not understood, or a value has the wrong form.
    """
    try:
        if "positive_passages" in record:
            return _tevatron(record)
        if "pos" in record:
            return _lists(record)
        return _columns(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{where}: its columns ({', '.join(map(str, record))}) are not those of training "
            f"examples ({error}). Understood are anchor, positive, negative ... and scores; query, "
            "pos, neg; and query_id, query, positive_passages, negative_passages"
        ) from error


def _tevatron(record: Mapping[str, Any]) -> ImportedExample:
    passages = [
        Passage(_joined(passage), grade, str(passage["docid"]), _number(passage.get("score")))
        for column, grade in (("positive_passages", 1), ("negative_passages", 0))
        for passage in record.get(column) or ()
    ]
    return ImportedExample(_text(record["query"]), passages, str(record["query_id"]))


def _joined(passage: Mapping[str, Any]) -> str:
    return f"{passage.get('title') or ''} {_text(passage['text'])}".strip()


def _lists(record: Mapping[str, Any]) -> ImportedExample:
    passages = []
    for column, grade in (("pos", 1), ("neg", 0)):
        texts = record.get(column) or []
        scores = record.get(f"{column}_scores") or [None] * len(texts)
        passages += [
            Passage(_text(text), grade, None, _number(score))
            for text, score in zip(texts, scores, strict=True)
        ]
    return ImportedExample(_text(record["query"]), passages)


def _columns(record: Mapping[str, Any]) -> ImportedExample:
    query, positive = _first(record, QUERIES), _first(record, POSITIVES)
    names = [name for name in record if name.startswith("negative")]
    texts = [_text(record[name]) for name in (positive, *sorted(names, key=_place))]
    column = next((name for name in SCORES if record.get(name) is not None), None)
    given: Any = None if column is None else record[column]
    if len(texts) == 1 and _is_label(column, given):
        return ImportedExample(_text(record[query]), [Passage(texts[0], int(given > 0))])
    scores = _scores(given, len(texts))
    return ImportedExample(
        _text(record[query]),
        [
            Passage(text, int(place == 0), None, score)
            for place, (text, score) in enumerate(zip(texts, scores, strict=True))
        ],
    )


def _is_label(column: str | None, given: Any) -> bool:
    """Return whether a number is a label: a whole one, as a fraction too if the column says so."""
    if isinstance(given, float) and column in LABELS:
        return given.is_integer()
    return isinstance(given, int)


def _scores(given: Any, documents: int) -> list[float | None]:
    if given is None:
        return [None] * documents
    scores = list(given) if isinstance(given, Sequence) else [given]
    if len(scores) != documents:
        raise ValueError(
            f"{len(scores)} scores for {documents} documents; a margin is no score of a document"
        )
    return [_number(score) for score in scores]


def _first(record: Mapping[str, Any], names: Sequence[str]) -> str:
    found = next((name for name in names if name in record), None)
    if found is None:
        raise KeyError(f"none of {', '.join(names)}")
    return found


def _place(name: str) -> int:
    return int(name.removeprefix("negative").lstrip("_") or 0)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no text")
    return value


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def records_of(source: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the records of a file or of a Hugging Face data set, each with words that name it.

    Args:
        source: JSON lines (.jsonl, .json, perhaps with .gz), a .parquet file, a folder that
            `save_to_disk` wrote, or `name`, `name:split` or `name:config:split` on the hub.

    Raises:
        InputError: there is no such file, it cannot be read, or `datasets` is not installed.
    """
    from data.exchange.example_sources import json_records, table_records

    if source.removesuffix(".gz").endswith((".jsonl", ".json")):
        return json_records(source)
    return table_records(source)
