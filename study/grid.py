"""Run what is missing of the study of docs/results.md: `python -m study.grid`.

    python -m study.grid --missing              how many cells are missing, and their hours
    python -m study.grid --only tldr adapter    a part of it, such as a second machine's

The real collections are looked for in the folder that STUDY_DATA names (BEIR layout). Every piece
is a sweep whose finished cells are skipped, so the command can be stopped and given again. Set
SWEEP_JOBS to run several cells at once.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from cells.planning.states import State, state_of
from errors import InputError
from study.archive import restore
from study.stages import (
    COLLECTIONS,
    DATA,
    MODELS,
    RATES,
    ROOT,
    Piece,
    pieces,
    tuning,
)
from study.tuning import FILE as LEARNING_RATES
from study.tuning import rates_to_try
from terminal import one_line_for_ctrl_c

OUTPUTS, TUNED, RESULTS = Path("outputs/study"), Path("outputs/study_tune"), Path("results/study")
WIDENINGS = 8  # sweeps of learning rates, each wider by one at an edge


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, or say how much that is."""
    given = _parser().parse_args(arguments)
    words = tuple(given.only)
    if DATA not in os.environ and not given.missing:
        sys.exit(
            f"{DATA} names no folder: set it to the folder with {', '.join(COLLECTIONS[:-1])}."
        )
    if any(RESULTS.glob("*/*.tar.xz")):
        try:
            restore(RESULTS, OUTPUTS)
        except InputError as error:
            sys.exit(str(error))
    wanted = [piece for piece in pieces() if piece.concerns(words)]
    if given.missing:
        sys.stdout.write(missing(wanted))
        return
    for piece in wanted:
        _tune(piece)
        _run([sys.executable, "run.py", *piece.arguments()])
        _run([sys.executable, "-m", "study.archive", "store", str(OUTPUTS), str(RESULTS)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m study.grid",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    choices = (*COLLECTIONS, *MODELS)
    parser.add_argument(
        "--only",
        nargs="+",
        default=(),
        choices=choices,
        metavar="NAME",
        help=f"collections or models: {', '.join(choices)} (default: all)",
    )
    parser.add_argument(
        "--missing",
        action="store_true",
        help="restore the stored cells and say what is missing; run nothing",
    )
    return parser


def _tune(piece: Piece) -> None:
    """Choose learning rates for a piece's collection and model, unless that is done."""
    model = piece.overrides["model"]
    if model not in RATES:
        return  # every loss takes the preset's learning rate
    setting = f"{piece.collection}/{model}"
    for _ in range(WIDENINGS):
        rates = rates_to_try(ROOT / LEARNING_RATES, setting, piece.losses(), RATES[model])
        if not rates:
            return
        _run([sys.executable, "run.py", *tuning(piece.collection, model, rates).arguments()])
        _run([sys.executable, "-m", "study.tuning", str(TUNED / setting)])


def _run(command: list[str]) -> None:
    sys.stdout.write(" ".join(command) + "\n")
    sys.stdout.flush()
    ended = subprocess.run(command, cwd=ROOT, check=False)
    if ended.returncode:
        sys.exit(ended.returncode)  # it has said why


def missing(wanted: Iterable[Piece]) -> str:
    """Return a line for each model and collection: cells missing of all, and their hours.

    Hours are estimated from finished cells of the same model and collection.
    """
    lines = []
    for place, states in sorted(_by_place(wanted).items()):
        seconds = [state.seconds for state in states if state.state == "done"]
        left = sum(state.state != "done" for state in states)
        hours = f"{left * sum(seconds) / len(seconds) / 3600:.1f} h" if seconds else "hours unknown"
        lines.append(f"{place}: {left} of {len(states)} cells missing, {hours}\n")
    return "".join(lines)


def _by_place(wanted: Iterable[Piece]) -> dict[str, list[State]]:
    found: dict[str, dict[str, State]] = {}
    for cell in _cells(wanted):
        collection, model, *_ = cell.split("/")
        found.setdefault(f"{model} on {collection}", {})[cell] = state_of(ROOT / OUTPUTS, cell)
    return {place: list(states.values()) for place, states in found.items()}


def _cells(wanted: Iterable[Piece]) -> Iterator[str]:
    for piece in wanted:
        yield from piece.cells()


if __name__ == "__main__":
    one_line_for_ctrl_c()
    main()
