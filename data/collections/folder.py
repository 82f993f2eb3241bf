"""The user's own collection: a folder in BEIR layout or of tab-separated files."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from data.collections.collection import Collection
from data.ingest.ingestion import Source, ingest
from data.ingest.lines import hash_file, read_judgements, read_texts
from data.ingest.problems import OnProblem
from data.ingest.splits import Judged, SplitRules
from data.storage.cache import Cache
from errors import InputError

CORPUS = ("corpus.jsonl", "documents.tsv")
QUERIES = ("queries.jsonl", "queries.tsv")
QRELS = {
    "train": ("qrels/train.tsv", "qrels.train.tsv"),
    "validation": (
        "qrels/dev.tsv",
        "qrels/validation.tsv",
        "qrels.dev.tsv",
        "qrels.validation.tsv",
    ),
    "test": ("qrels/test.tsv", "qrels.test.tsv"),
}
OPTIONAL = "validation"


def open_folder(
    path: str,
    *,
    cache: Cache,
    relevance: int = 1,
    validation_share: float = 0.1,
    split_seed: int = 0,
    train_pairs: int | None = None,
    validation_queries: int | None = None,
    test_queries: int | None = None,
    on_problem: OnProblem = "fail",
) -> Collection:
    """Open a folder of files as a collection. Every file may be gzipped (`.gz`).

    Files (the first name is BEIR's, the second the tab-separated one):
        corpus.jsonl or documents.tsv; queries.jsonl or queries.tsv; qrels/{train,dev,test}.tsv or
        qrels.{train,dev,test}.tsv, the latter perhaps in TREC's four columns. `dev` may be missing.

    Args:
        path: the folder; its name becomes the collection's.
        cache: stores the checked collection, by the bytes of the files.
        relevance: lowest grade that counts as positive, 1 or more.
        validation_share: share of the training queries, in (0, 1), held out if there is no `dev`.
        split_seed: chooses the held-out queries, and what the limits below keep.
        train_pairs: keep at most so many training pairs (query, positive document), 1 or more; None
            keeps all.
        validation_queries: keep at most so many validation queries, 1 or more; None keeps all.
        test_queries: keep at most so many test queries, 1 or more; None keeps all.
        on_problem: `fail` refuses a folder with unusable records, `drop` leaves them out and
            reports them.

    Returns:
        The collection.

    Raises:
        InputError: files are missing or malformed, or hold unusable records.
    """
    folder = Path(os.path.normpath(Path(path).expanduser().absolute()))  # links keep their names
    corpus, queries, qrels = _layout(folder)
    judged_by = {name: hash_file(file) for name, file in qrels.items()}
    source = Source(
        name=folder.name,
        where=f"dataset.path={folder}",
        documents_key={"corpus": hash_file(corpus), "layout": _reader(corpus)},
        splits_key={
            "queries": hash_file(queries),
            "layout": _reader(queries),
            "qrels": judged_by,
        },
        documents=lambda: read_texts(corpus),
        splits=lambda: _judged(queries, qrels),
    )
    return ingest(
        source,
        SplitRules(
            relevance, validation_share, split_seed, train_pairs, validation_queries, test_queries
        ),
        on_problem,
        cache,
    )


def files_of(folder: Path) -> list[Path]:
    """Return the files that a collection is read from, as far as they are there."""
    roles = {"corpus": CORPUS, "queries": QUERIES, **QRELS}
    found = (_first(folder, names) for names in roles.values())
    return [file for file in found if file is not None]


def _layout(folder: Path) -> tuple[Path, Path, dict[str, Path]]:
    if not folder.is_dir():
        raise InputError(
            f"dataset.path={folder} is not a folder: give one with a corpus, queries and qrels "
            f"({_expected()})"
        )
    found = {
        role: _first(folder, names)
        for role, names in {"corpus": CORPUS, "queries": QUERIES, **QRELS}.items()
    }
    missing = [role for role, file in found.items() if file is None and role != OPTIONAL]
    if missing:
        raise InputError(
            f"dataset.path={folder} lacks: {', '.join(missing)}. Expected there, perhaps with .gz: "
            f"{_expected()}"
        )
    files = {role: file for role, file in found.items() if file is not None}
    return files.pop("corpus"), files.pop("queries"), files


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    candidates: Iterator[Path] = (
        folder / f"{name}{ending}" for name in names for ending in ("", ".gz")
    )
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _reader(path: Path) -> str:
    """Return how a file is read, for the cache's key: its name and, for TSV, a version."""
    name = path.name.removesuffix(".gz")
    return f"{name} 2" if name.endswith(".tsv") else name  # 2: headers are left out


def _expected() -> str:
    roles = [("corpus", CORPUS), ("queries", QUERIES), *QRELS.items()]
    return "; ".join(
        f"{role}{' (optional)' if role == OPTIONAL else ''}: {' or '.join(names)}"
        for role, names in roles
    )


def _judged(queries: Path, qrels: Mapping[str, Path]) -> dict[str, Judged]:
    texts = _unique_queries(queries)
    return {name: Judged(texts, read_judgements(file)) for name, file in qrels.items()}


def _unique_queries(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for query_id, text in read_texts(path):
        if texts.setdefault(query_id, text) != text:
            raise InputError(
                f"{path} gives two texts for the query id {query_id}: give every query its own id"
            )
    return texts
