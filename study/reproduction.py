"""Compare new cells with stored ones: `python -m study.reproduction outputs results/small`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich import get_console
from rich.table import Table

from errors import InputError
from reporting.reading.cells import read_cells
from study.archive import restore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reporting.reading.cells import FinishedCell

TOLERANCE = 0.01
"""Tolerance: another BLAS or processor adds in a different order, and training amplifies that."""


class Reproduced(NamedTuple):
    """One cell, stored and run again.

    Attributes:
        cell: its name.
        measure: the measure that differs most, or the first.
        stored: its stored value.
        again: its value now; None: the cell is not there.
        same_labels: whether noise corrupted the same labels; None: a cell does not record them.
    """

    cell: str
    measure: str
    stored: float
    again: float | None
    same_labels: bool | None

    def agrees(self, tolerance: float) -> bool:
        """Return whether all measures are within the tolerance."""
        return self.again is not None and abs(self.stored - self.again) <= tolerance


def compare(stored: Sequence[FinishedCell], again: Mapping[str, FinishedCell]) -> list[Reproduced]:
    """Compare every stored cell with the one of the same name.

    Raises:
        InputError: if one was scored on other data.
    """
    return [_compare(cell, again.get(cell.name)) for cell in stored]


def _compare(stored: FinishedCell, again: FinishedCell | None) -> Reproduced:
    if again is None:
        first = next(iter(stored.measures))
        return Reproduced(stored.name, first, stored.measures[first], None, same_labels=False)
    if stored.fingerprint != again.fingerprint:
        then, now = (cell.scores["versions"]["python"] for cell in (stored, again))
        raise InputError(
            f"{stored.name} was scored on other data: {again.fingerprint} instead of "
            f"{stored.fingerprint}. The embedded collection is made from the standard library of "
            f"the Python that runs; the stored numbers are of Python {then}, this is {now}."
        )
    lacking = ", ".join(stored.measures.keys() - again.measures.keys())
    if lacking:
        raise InputError(f"{stored.name} was run again without {lacking}: add to measures.")
    most = max(stored.measures, key=lambda name: abs(stored.measures[name] - again.measures[name]))
    same = _same_labels(*(cell.scores["noise"] for cell in (stored, again)))
    return Reproduced(stored.name, most, stored.measures[most], again.measures[most], same)


def _same_labels(stored: Mapping[str, Any], again: Mapping[str, Any]) -> bool | None:
    """Return whether both audits change the same labels; other columns may differ."""
    if "labels" in stored and "labels" in again:
        return bool(stored["labels"] == again["labels"])
    return True if stored["audit_sha256"] == again["audit_sha256"] else None


def main(arguments: list[str] | None = None) -> None:
    """Print each cell's largest difference; exit status 1 if one is beyond the tolerance."""
    parser = argparse.ArgumentParser(prog="python -m study.reproduction", description=__doc__)
    parser.add_argument("outputs", type=Path, help="output_dir of the cells that were run again")
    parser.add_argument("results", type=Path, help="folder of the stored ones")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        help=f"largest difference of a measure's mean (default: {TOLERANCE})",
    )
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            restore(given.results, Path(folder))
            stored = read_cells(Path(folder)).finished
            compared = compare(
                stored, {cell.name: cell for cell in read_cells(given.outputs).finished}
            )
    except InputError as error:
        sys.exit(str(error))
    _show(compared)
    far = sum(not each.agrees(given.tolerance) for each in compared)
    if far:
        sys.exit(
            f"{far} of {len(compared)} cells are missing or differ by more than {given.tolerance:g}"
        )
    sys.stdout.write(
        f"{len(compared)} cells agree with {given.results} within {given.tolerance:g}\n"
    )


def _show(compared: Sequence[Reproduced]) -> None:
    table = Table("cell", "measure that differs most", "stored", "now", "difference", "same labels")
    for each in compared:
        again, difference = (
            ("missing", "")
            if each.again is None
            else (f"{each.again:.4f}", f"{each.again - each.stored:+.6f}")
        )
        table.add_row(
            each.cell,
            each.measure,
            f"{each.stored:.4f}",
            again,
            difference,
            {True: "yes", False: "no", None: "not recorded"}[each.same_labels],
        )
    get_console().print(table)


if __name__ == "__main__":
    main()
