"""The origin of a cell: content of the named files, its data and labels, and the code.

A configuration names files, not their content. The record is made when a cell begins, compared when
it continues, and copied to scores.json when it is finished.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cells.record.directory import Cell
from cells.record.environment import software
from cells.record.named_files import named_files
from data.storage.atomic_files import written_aside
from data.storage.file_hashes import FileHashes
from errors import InputError

FILE = "made_from.json"
KEY = "made_from"
"""Key of the record in scores.json."""
DATA = {
    "collection": "the collection (documents, queries or judgements)",
    "labels": "the corrupted training labels",
}
Record = dict[str, Any]

log = logging.getLogger(__name__)


def begin(cell: Cell) -> None:
    """Compare the named files with those that the cell was begun with, and write the record.

    To be called under the cell's lock, after `Cell.claim`.

    Raises:
        InputError: a file has changed; the message names its key and the alternatives.
    """
    record, now = _read(cell), {"files": file_hashes(cell)}
    _check(cell, record, now)
    _write(cell, _with_software(cell, record | {"files": record.get("files", {}) | now["files"]}))


def settle(cell: Cell, collection: str, labels: str) -> Record:
    """Compare data and labels as well, once they are read, and return the completed record.

    Args:
        cell: the cell.
        collection: fingerprint of the collection.
        labels: hash of the changed labels.

    Raises:
        InputError: they are not those that the cell was begun with.
    """
    record = _read(cell)
    now = {"files": file_hashes(cell), "collection": collection, "labels": labels}
    _check(cell, record, now)
    record |= now | {"files": record.get("files", {}) | now["files"]}
    _write(cell, record)
    return record


def check_finished(cell: Cell, scores: Mapping[str, Any]) -> None:
    """Check that a finished cell's files are those that it was made from.

    Raises:
        InputError: a file has changed.
    """
    record = scores.get(KEY)
    if isinstance(record, dict):  # else it was finished by an earlier version
        _check(cell, record, {"files": file_hashes(cell)})


def changed_files(cell: Cell, scores: Mapping[str, Any]) -> bool:
    """Return whether a file that a finished cell's configuration names has changed since."""
    try:
        check_finished(cell, scores)
    except InputError:
        return True
    return False


def file_hashes(cell: Cell) -> dict[str, dict[str, str]]:
    """Return the hashes of the files that the configuration names: key -> name -> hash.

    Raises:
        InputError: a file cannot be read.
    """
    named = named_files(cell.config)
    memory = FileHashes(Path(cell.config["cache_dir"]) / "file_hashes.json")
    paths = [path for files in named.values() for path in files.values()]
    try:
        hashes = iter(memory.of(paths))
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}") from error
    return {key: {name: next(hashes) for name in files} for key, files in named.items()}


def _check(cell: Cell, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    before = then.get("files", {})
    changed = [
        f"{key}={_value(cell.config, key)}"
        for key, files in now["files"].items()
        if _differ(key, before.get(key, {}), files)
    ]
    changed += [
        words
        for key, words in DATA.items()
        if then.get(key, now.get(key)) != now.get(key, then.get(key))
    ]
    if changed:
        raise InputError(
            f"{cell.directory} was made from other input, which has changed since: "
            f"{'; '.join(changed)}. Restore it, give the new input its own cell with "
            "variant=<word>, or start this cell again with overwrite=true."
        )


def _differ(key: str, then: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Return whether content differs; files that are gone or new in the cache do not."""
    if not then or not now:
        return False
    if key.startswith("dataset.") and key != "dataset.path":
        return any(now[name] != then[name] for name in then.keys() & now.keys())
    return dict(then) != dict(now)


def _value(config: Mapping[str, Any], key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _with_software(cell: Cell, record: Record) -> Record:
    """Return the record with the current version of the code; warn if it has changed."""
    known, mine = record.get("software", []), software()
    if known and known[-1] != mine:
        log.warning(
            "%s was begun by another version (%s) and is continued by this one (%s): its numbers "
            "are those of both",
            cell.name,
            _named(known[-1]),
            _named(mine),
        )
    return record | {"software": [*(each for each in known if each != mine), mine]}


def _named(version: Mapping[str, Any]) -> str:
    libraries = version.get("libraries", {})
    commit, source = version.get("commit"), version.get("source")
    return f"commit {commit}, source {source}, torch {libraries.get('torch')}"


def _read(cell: Cell) -> Record:
    path = cell.file(FILE)
    if not path.exists():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        shaped = (
            isinstance(record, dict)
            and isinstance(record.get("software", []), list)
            and all(isinstance(each, dict) for each in record.get("software", []))
            and all(isinstance(files, dict) for files in record.get("files", {}).values())
        )
        fault = None if shaped else "it is not such a record"
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        fault = str(error)
    if fault is not None:
        raise InputError(
            f"{path}, which says what the cell is made from, cannot be read ({fault}): put it "
            "back, or start the cell anew with overwrite=true."
        )
    return dict(record)


def _write(cell: Cell, record: Record) -> None:
    with written_aside(cell.file(FILE)) as aside:
        aside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
