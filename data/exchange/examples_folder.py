"""Training examples of other trainers as a collection in BEIR layout."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import checks
from data.collections.records import Qrels
from data.exchange.example_records import ImportedExample
from data.exchange.qrels_file import write_qrels
from data.ingest.holdout import held_out
from data.storage.atomic_files import written_aside
from errors import InputError

log = logging.getLogger(__name__)

TEACHER = "teacher.trec"
SHOWN = 60  # characters of a text in a message


class Gathered(NamedTuple):
    """The content of examples.

    Attributes:
        documents: doc_id -> text.
        queries: query_id -> text.
        qrels: query_id -> doc_id -> 1 for a positive, 0 for a negative.
        scores: query_id -> doc_id -> score of a teacher.
    """

    documents: dict[str, str]
    queries: dict[str, str]
    qrels: Qrels
    scores: dict[str, dict[str, float]]


def write_examples_folder(
    examples: Iterable[ImportedExample],
    folder: Path,
    *,
    test: Iterable[ImportedExample] | None = None,
    test_share: float = 0.1,
    seed: int = 0,
) -> Gathered:
    """Write corpus.jsonl, queries.jsonl, qrels/ and, of a teacher's scores, teacher.trec.

    Equal texts are one document and one query. Where an example calls a document positive and
    another calls it negative, it is positive, and how often that happens is logged.

    Args:
        examples: the training examples.
        folder: a folder that does not exist, or is empty.
        test: examples to test on; None: a share of the queries is held out.
        test_share: that share, in (0, 1).
        seed: chooses the queries that are held out.

    Returns:
        What was written, all splits together.

    Raises:
        InputError: there are too few queries, two texts have one id, or the folder holds files.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {folder} is a file: choose a new folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"--out {folder} holds files: choose a new folder.")
    checks.real(
        "--test-share", test_share, "between 0 and 1", 0.0, 1.0, open_low=True, open_high=True
    )
    trained, tested = list(examples), list(test or ())
    if test is not None and not tested:
        raise InputError("--test holds no examples: leave it out to hold out a share.")
    gathered = gather(chain(trained, tested))
    if len(gathered.queries) < 2:  # noqa: PLR2004 - one to train, one to test
        raise InputError("the examples have fewer than two queries with a positive document.")
    chosen = set(gather(tested).queries) if tested else held_out(gathered.queries, test_share, seed)
    folder.mkdir(parents=True, exist_ok=True)
    _write_texts(folder / "corpus.jsonl", gathered.documents)
    _write_texts(folder / "queries.jsonl", gathered.queries)
    for split, wanted in (("train", gathered.queries.keys() - chosen), ("test", chosen)):
        judged = {query: gathered.qrels[query] for query in gathered.queries if query in wanted}
        write_qrels(judged, folder / "qrels" / f"{split}.tsv")
    if gathered.scores:
        _write_run(folder / TEACHER, gathered.scores)
    return gathered


def gather(examples: Iterable[ImportedExample]) -> Gathered:
    """Return the content of examples, without queries that have no positive document."""
    found = Gathered({}, {}, defaultdict(dict), defaultdict(dict))
    contradicted = set()
    for query, passages, given in examples:
        query_id = given or _id("q", query)
        _once(found.queries, query_id, query, "query")
        for passage in passages:
            doc_id = passage.doc_id or _id("d", passage.text)
            _once(found.documents, doc_id, passage.text, "document")
            known = found.qrels[query_id].setdefault(doc_id, passage.grade)
            if known != passage.grade:
                contradicted.add((query_id, doc_id))
                found.qrels[query_id][doc_id] = 1
            if passage.score is not None:
                found.scores[query_id][doc_id] = passage.score
    if contradicted:
        log.warning(
            "%d documents are positive and negative for one query: taken as positive",
            len(contradicted),
        )
    return _with_positives(found)


def _once(texts: dict[str, str], text_id: str, text: str, what: str) -> None:
    if texts.setdefault(text_id, text) != text:
        raise InputError(
            f"the {what} id {text_id} has two texts, {texts[text_id][:SHOWN]!r} and "
            f"{text[:SHOWN]!r}: ids must agree over all files, also that of --test."
        )


def _with_positives(found: Gathered) -> Gathered:
    kept = {query: judged for query, judged in found.qrels.items() if 1 in judged.values()}
    if lacking := len(found.queries) - len(kept):
        log.warning("%d queries have no positive document: left out", lacking)
    return Gathered(
        found.documents,
        {query: text for query, text in found.queries.items() if query in kept},
        kept,
        {query: scores for query, scores in found.scores.items() if query in kept},
    )


def _id(kind: str, text: str) -> str:
    return kind + blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _write_texts(path: Path, texts: Mapping[str, str]) -> None:
    with written_aside(path) as aside, aside.open("w", encoding="utf-8") as file:
        for text_id, text in texts.items():
            file.write(json.dumps({"_id": text_id, "text": text}, ensure_ascii=False) + "\n")


def _write_run(path: Path, scores: Mapping[str, Mapping[str, float]]) -> None:
    with written_aside(path) as aside, aside.open("w", encoding="utf-8") as file:
        for query_id, listed in scores.items():
            ranked = sorted(listed.items(), key=lambda pair: (-pair[1], pair[0]))
            for rank, (doc_id, score) in enumerate(ranked, start=1):
                file.write(f"{query_id} Q0 {doc_id} {rank} {score!r} teacher\n")
