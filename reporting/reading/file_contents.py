"""Whether the cells that a report compares were made from the same files."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporting.reading.cells import FinishedCell

OF_A_SEED = {"noise.audit"}
"""Keys of files that may differ from seed to seed."""


def different_files(cells: Sequence[FinishedCell]) -> list[str]:
    """Return a sentence for each key that names different content in cells that are compared.

    Compared are cells with the same collection, model, noise and ratio. Cells of earlier versions
    do not record the content.
    """
    contents: defaultdict[tuple[object, ...], dict[str, str]] = defaultdict(dict)
    for cell in cells:
        for key, content in _contents(cell):
            seed = cell.seed if key in OF_A_SEED else None
            condition = (key, cell.dataset, cell.model, cell.noise, cell.ratio, seed)
            contents[condition].setdefault(content, cell.name)
    differing: dict[str, tuple[str, ...]] = {}
    for compared, found in contents.items():
        if len(found) > 1:
            differing.setdefault(str(compared[0]), tuple(found.values())[:2])
    return [
        f"Cells that are compared were made from different files: {key} has another content in "
        f"{first} than in {second}."
        for key, (first, second) in sorted(differing.items())
    ]


def _contents(cell: FinishedCell) -> Iterator[tuple[str, str]]:
    record = cell.scores.get("made_from")
    files = record.get("files") if isinstance(record, dict) else None
    for key, hashes in files.items() if isinstance(files, dict) else ():
        if isinstance(hashes, dict):
            yield str(key), repr(sorted(hashes.items()))
