"""The collection `demo`: real text that every machine has, from Python's own standard library.

Documents are the definitions of the library: the source of every documented function and class,
without docstrings. Queries are the sentences of those docstrings, each looking for the definition
it describes. Sentences are split by hash, so a definition seen in training can be the answer to a
test query in other words. The text is that of the running Python, so numbers can be compared only
between equal versions of Python.
"""

import ast
import os
import re
import sys
import sysconfig
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache as remember
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, TypeAlias

from data.collections.collection import Collection
from data.collections.records import Document, Judgement
from data.ingest.ingestion import Source, ingest
from data.ingest.splits import Judged, SplitRules
from data.storage.cache import Cache, JsonValue

RECIPE = 1
"""Version; increase it whenever the same library would give another collection."""

EXCLUDED = frozenset(
    {
        "site-packages",
        "dist-packages",
        "test",
        "tests",
        "idlelib",
        "idle_test",
        "lib2to3",
        "distutils",
        "turtledemo",
        "pydoc_data",
    }
)
"""Folders that vary with versions and distributions, or are not library code."""

SENTENCES = 6
WORDS = range(4, 41)
LETTERS = 0.75
TEST_SHARE = 0.12
LONGEST = 4000
"""Characters kept of a definition: more than a short-text encoder reads; few classes are longer."""

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Described(NamedTuple):
    """A definition: dotted name, source without docstrings, and the sentences that describe it."""

    name: str
    source: str
    sentences: Sequence[str]


def open_standard_library(
    *,
    cache: Cache,
    validation_share: float = 0.05,
    split_seed: int = 0,
    train_pairs: int | None = None,
    validation_queries: int | None = None,
    test_queries: int | None = None,
) -> Collection:
    """Open the embedded collection; it is built once for a Python installation.

    Args:
        cache: holds the collection.
        validation_share: share of the training queries held out for validation, in (0, 1).
        split_seed: chooses the held-out queries, and what the limits below keep.
        train_pairs: keep at most so many training pairs (query, positive document), 1 or more; None
            keeps all.
        validation_queries: keep at most so many validation queries, 1 or more; None keeps all.
        test_queries: keep at most so many test queries, 1 or more; None keeps all.

    Returns:
        The collection, about 7,000 documents and 11,500 queries.

    Raises:
        InputError: `validation_share` is out of range, or the library's source is not installed.
    """
    root = Path(sysconfig.get_paths()["stdlib"])
    key: dict[str, JsonValue] = {"recipe": RECIPE, "python": sys.version, "files": _stamp(root)}
    described = remember(lambda: described_definitions(root))
    source = Source(
        name="demo",
        where=f"the standard library in {root}",
        documents_key=key,
        splits_key=key,
        documents=lambda: (
            Document(definition.name, definition.source) for definition in described()
        ),
        splits=lambda: _splits(described()),
    )
    return ingest(
        source,
        SplitRules(1, validation_share, split_seed, train_pairs, validation_queries, test_queries),
        "drop",
        cache,
    )


def described_definitions(root: Path) -> list[Described]:
    """Return the documented definitions of every module under `root`, in the order of their names.

    Args:
        root: the folder of a library.

    Returns:
        The definitions; those without a usable sentence are documents without a query.
    """
    found: list[Described] = []
    for path in _modules(root):
        found.extend(
            _described(
                path,
                ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"),
            )
        )
    copies: Counter[str] = Counter()
    unique = []
    for definition in sorted(found):
        copies[definition.name] += 1  # the same name is defined again in another branch
        number = copies[definition.name]
        unique.append(
            definition if number == 1 else definition._replace(name=f"{definition.name}#{number}")
        )
    return unique


def _modules(root: Path) -> list[Path]:
    found: list[Path] = []
    # not rglob, which would walk through all of site-packages
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in EXCLUDED]
        found += [Path(folder, name) for name in names if name.endswith(".py")]
    return sorted(found)


def _stamp(root: Path) -> str:
    """Return a stamp that identifies the state of the library without reading it."""
    states = [
        (str(path.relative_to(root)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in _modules(root)
    ]
    return blake2b(repr(states).encode(), digest_size=16).hexdigest()


def _described(path: Path, module: str) -> Iterator[Described]:
    try:
        with tokenize.open(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the library's own source
            text = file.read()
            tree = ast.parse(text)
    except (SyntaxError, UnicodeDecodeError):
        return  # a template or a file for another interpreter
    # not splitlines, for which a form feed ends a line
    lines = _without_docstrings(text.split("\n"), tree)
    for name, node in _definitions(tree, module):
        if docstring := ast.get_docstring(node):
            yield Described(name, _source(lines, node), sentences(docstring))


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            name = f"{prefix}.{child.name}"
            yield name, child
            yield from _definitions(child, name)
        elif isinstance(child, ast.stmt):
            yield from _definitions(child, prefix)


def _without_docstrings(lines: list[str], tree: ast.Module) -> list[str | None]:
    """Blank out every docstring, also of methods, since a class must not match by quoting them."""
    kept: list[str | None] = list(lines)
    for _, node in _definitions(tree, ""):
        if ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            first, last = docstring.lineno - 1, docstring.end_lineno or docstring.lineno
            header = lines[first][
                : docstring.col_offset
            ].rstrip()  # of `class Error(Exception): "..."`
            kept[first:last] = [header or None, *[None] * (last - first - 1)]
    return kept


def _source(lines: Sequence[str | None], node: Definition) -> str:
    indentation = " " * node.col_offset
    body = [
        line.removeprefix(indentation)
        for line in lines[node.lineno - 1 : node.end_lineno]
        if line is not None and line.strip()
    ]
    return "\n".join(body)[:LONGEST]


def sentences(docstring: str) -> list[str]:
    """Return up to six sentences of prose, without examples, signatures and tables.

    Args:
        docstring: a docstring without its indentation.

    Returns:
        The sentences, each on one line, in their order.
    """
    found = []
    for paragraph in re.split(r"\n\s*\n", docstring):
        if ">>>" not in paragraph:
            prose = " ".join(paragraph.split())
            found += [
                sentence
                for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", prose)
                if _is_prose(sentence)
            ]
    return found[:SENTENCES]


def _is_prose(sentence: str) -> bool:
    letters = sum(character.isalpha() or character == " " for character in sentence)
    return len(sentence.split()) in WORDS and letters >= LETTERS * len(sentence)


def _splits(described: Sequence[Described]) -> Mapping[str, Judged]:
    """Divide the sentences by hash; leave out a sentence that describes several definitions."""
    said = Counter(
        sentence.casefold() for definition in described for sentence in definition.sentences
    )
    queries: dict[str, dict[str, str]] = {"train": {}, "test": {}}
    judgements: dict[str, list[Judgement]] = {"train": [], "test": []}
    for name, _, texts in described:
        for number, text in enumerate(texts, start=1):
            if said[text.casefold()] == 1:
                split = "test" if _fraction(text) < TEST_SHARE else "train"
                queries[split][f"{name}/{number}"] = text
                judgements[split].append(Judgement(f"{name}/{number}", name, 1))
    return {split: Judged(queries[split], judgements[split]) for split in queries}


def _fraction(text: str) -> float:
    return (
        int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
        / 2**64
    )
