"""Sweeps that are refused as a whole, because cells of theirs would meet each other or others."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from cells.planning.variants import expression, hidden
from errors import InputError

SHOWN = 3
"""Cells that a message names."""
LINE = re.compile(r"(?P<key>\S+) \(there: (?P<there>.*), here: (?P<here>.*)\)", re.DOTALL)
WORD = re.compile(r"[\w.+-]{1,20}")


def refuse_clashes(differing: Mapping[str, Sequence[str]], count: int) -> None:
    """Refuse a sweep if directories of its cells hold work of another configuration.

    Args:
        differing: cell -> lines `key (there: value, here: value)`.
        count: the number of cells in the sweep.

    Raises:
        InputError: naming cells, keys, and a `variant` that tells them apart.
    """
    if not differing:
        return
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for cell, lines in differing.items():
        alike[tuple(lines)].append(cell)
    said = [f"  {_some(cells)}: {'; '.join(lines)}" for lines, cells in alike.items()]
    more = f"\n  and {len(said) - SHOWN} other differences" if len(said) > SHOWN else ""
    shown = "\n".join(said[:SHOWN])
    raise InputError(
        f"nothing was launched: the directories of {len(differing)} of {count} cells hold another "
        f"configuration.\n{shown}{more}\nGive these cells a name of their own with "
        f"variant={_variant(list(alike))}, or replace the earlier ones with overwrite=true."
    )


def refuse_missing(missing: Mapping[str, Sequence[str]]) -> None:
    """Refuse a sweep if its cells need files that do not exist.

    Args:
        missing: cell -> `key=value` of each such file.

    Raises:
        InputError: naming all of them, each with a cell that needs it.
    """
    needed = {file: cell for cell, files in missing.items() for file in files}
    if needed:
        lines = "\n".join(f"  {file} (e.g. {cell})" for file, cell in needed.items())
        raise InputError(
            f"nothing was launched, because cells need what does not exist:\n{lines}\nCorrect the "
            f"paths, which are relative to {Path.cwd()}."
        )


def refuse_shared_paths(jobs: Sequence[Sequence[str]], paths: Sequence[str]) -> None:
    """Refuse a grid of which two cells would write to one directory.

    Args:
        jobs: the overrides of each cell.
        paths: the directory of each cell.

    Raises:
        InputError: naming the directory, the keys, and a `variant` that tells them apart.
    """
    columns = hidden(jobs, paths)
    if not columns:
        return
    keys = [jobs[0][n].partition("=")[0].lstrip("+~") for n in columns]
    shared = next(path for path in paths if paths.count(path) > 1)
    raise InputError(
        f"nothing was launched: cells of the grid share a directory, such as {shared}, because "
        f"their names do not show {', '.join(keys)}. Leave variant out, and they are named by "
        f"these keys, or name them yourself, e.g. variant='{expression(keys)}'."
    )


def _some(cells: Sequence[str]) -> str:
    more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
    return f"{cells[0]}{more}"


def _variant(differences: Sequence[Sequence[str]]) -> str:
    """Return what to write after `variant=` to tell the cells apart."""
    found = [LINE.fullmatch(line) for lines in differences for line in lines]
    keys = dict.fromkeys(match["key"] for match in found if match is not None)
    plain = all(match is not None and WORD.fullmatch(match["here"]) for match in found)
    return f"'{expression(list(keys))}'" if plain and len(keys) < SHOWN else "<word>"
