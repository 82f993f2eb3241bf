"""Whether the files in ir_datasets' folder are those that a cache was built from."""

import json
from collections.abc import Iterable
from pathlib import Path

from data.collections.ir_datasets_home import source_files
from data.storage.atomic_files import written_aside
from data.storage.cache import Cache
from data.storage.file_hashes import FileHashes

MEMORY = "file_hashes.json"
"""Below the root of the cache: the hashes of files, by size and times."""
FIRST_SEEN = "ir_datasets_sources.json"
"""Below the root of the cache: the hash of each source file as it was first seen."""


def replaced_sources(identifiers: Iterable[str], cache: Cache) -> dict[str, str]:
    """Return the hashes, by path, of source files that changed since this cache first saw them.

    A collection is cached by its ids. Where somebody else's files stand under the same names, for
    instance since `IR_DATASETS_HOME` is another folder, these hashes belong into the key.
    """
    files = {name: path for each in identifiers for name, path in source_files(each).items()}
    if not files:
        return {}
    memory = FileHashes(cache.root / MEMORY)
    now = dict(zip(files, memory.of(files.values()), strict=True))
    first = _read(cache.root / FIRST_SEEN)
    new = {name: digest for name, digest in now.items() if name not in first}
    if new and not cache.frozen:
        with written_aside(cache.root / FIRST_SEEN) as aside:
            aside.write_text(json.dumps(first | new, indent=1, sort_keys=True), encoding="utf-8")
    return {name: digest for name, digest in now.items() if first.get(name, digest) != digest}


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in content.items()}
    except (OSError, ValueError, AttributeError):
        return {}
