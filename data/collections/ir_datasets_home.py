"""Loading from ir_datasets without hanging, with messages that name a missing file and its place.

ir_datasets has no offline switch: a missing file is noticed when the first record is read, as
a failed connection.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tarfile import TarError
from typing import Any
from urllib.parse import urlsplit
from zipfile import BadZipFile

from errors import InputError
from terminal import quiet

PATIENCE = {"IR_DATASETS_DL_TRIES": "2", "IR_DATASETS_DL_TIMEOUT": "10"}
"""Time limits that report a dead network in half a minute; the user's environment has priority."""

NOT_READ = ("docpairs", "triples", "scoreddocs", "run")
"""Parts of the names of files that hold neither documents nor queries nor judgements."""
READ_ERRORS = (OSError, RuntimeError, EOFError, UnicodeError, BadZipFile, TarError)
"""Exceptions of ir_datasets for missing and damaged files.

A failed connection is an OSError or, after several mirrors, a RuntimeError.
"""


def home() -> Path:
    """Return the folder where ir_datasets keeps its files."""
    return Path(os.environ.get("IR_DATASETS_HOME", Path.home() / ".ir_datasets"))


def source_files(identifier: str) -> dict[str, Path]:
    """Return the downloaded files of an id that are present: path below `home()` -> file."""
    collection, *parts = identifier.split("/")
    paths = (
        Path(collection) / entry["cache_path"]
        for entry in _downloads().get(collection, {}).values()
        if "cache_path" in entry and not any(word in entry["cache_path"] for word in NOT_READ)
    )
    wanted = (path for path in paths if set(path.parts[1:-1]) <= set(parts))
    return {str(path): home() / path for path in wanted if (home() / path).is_file()}


def load(key: str, identifier: str) -> Any:
    """Return the ir_datasets object of an id; nothing is downloaded yet.

    Args:
        key: the setting under `dataset` that holds the id, for messages.
        identifier: the id.

    Raises:
        InputError: the id is unknown, or the folder of ir_datasets cannot be made.
    """
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)  # the only way to configure ir_datasets
    quiet("ir_datasets")
    try:
        import ir_datasets  # here: the import makes folders and takes half a second
    except OSError as error:
        advice = "Set it to a folder where collections may be kept"
        raise InputError(
            f"IR_DATASETS_HOME={home()} cannot be written: {error.strerror}. {advice}"
        ) from error
    try:
        return ir_datasets.load(identifier)
    except KeyError:
        known = f"ir_datasets {version('ir_datasets')}: see https://ir-datasets.com"
        raise InputError(f"dataset.{key}={identifier} is not an id of {known}") from None


@contextmanager
def readable(key: str, identifier: str) -> Iterator[None]:
    """Turn a failed read inside the block into a message that says what to do.

    Raises:
        InputError: a file is missing and cannot be downloaded, or is damaged.
    """
    try:
        yield
    except READ_ERRORS as error:
        raise InputError(f"dataset.{key}={identifier} {_advice(identifier, error)}") from error


def _advice(identifier: str, error: Exception) -> str:
    collection = identifier.partition("/")[0]
    kind = type(error).__name__
    wanted = _wanted(collection, str(error))
    if wanted:
        return (
            f"is not here and cannot be downloaded ({kind}). Connect to the network once, or fetch "
            f"elsewhere and put in place:\n  {wanted}"
        )
    folder = home() / collection
    return (
        f"cannot be read from {folder} ({kind}: {error}). A damaged file there is not downloaded "
        "again until you delete it"
    )


def _wanted(collection: str, message: str) -> str:
    """Return `path <- url` of every file of the collection whose download has failed."""
    entries = _downloads().get(collection, {}).values()
    sources = [
        (entry["url"], entry["cache_path"])
        for entry in entries
        if isinstance(entry.get("url"), str) and "cache_path" in entry
    ]
    return "\n  ".join(
        f"{home() / collection / path} <- {url}"
        for url, path in sources
        if urlsplit(url).path in message
    )


@cache
def _downloads() -> dict[str, Any]:
    """Return what ir_datasets knows about the files of each collection.

    ir_datasets is not imported, since its import takes half a second and makes folders.
    """
    spec = find_spec("ir_datasets")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "etc" / "downloads.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return known
