"""Compare finished cells: tables, significance, ranks, robustness curves and one HTML page.

    python report.py outputs/ [filters] --out report/
    python report.py outputs/ --status
    python report.py --runs bm25=a.trec mine=b.trec --qrels qrels.txt

Filters are like dataset=scifact, loss=cross_entropy,label_* or noise.ratio=0.0,0.4. --status shows
the progress of the cells; --runs compares runs of any system with the same statistics.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from errors import InputError
from terminal import any_terminal, one_line_for_ctrl_c, without_bars


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = arguments.add_argument
    add("output_dir", nargs="?", type=Path, help="folder with the cells")
    add(
        "filters",
        nargs="*",
        help="key=value,value with the keys dataset, model, loss, noise, noise.ratio, seed",
    )
    add("--out", type=Path, help="folder of the report (default: report/)")
    _statistics(add)
    _output(add)
    return arguments


def _statistics(add: Callable[..., object]) -> None:
    add(
        "--baseline",
        help="the loss to compare all others with (default: cross_entropy; for runs, the first)",
    )
    add(
        "--focus",
        help="the loss to compare with all others (default: label_weakening; for runs, none)",
    )
    add(
        "--tuned",
        action="store_true",
        help="of each loss, take the variant (such as a swept learning rate) that is best on "
        "validation, under each condition",
    )
    add(
        "--measure",
        action="append",
        metavar="MEASURE",
        help="an ir-measures name; may be repeated (default: all that the cells have)",
    )
    add(
        "--test",
        choices=("t", "randomisation"),
        default="t",
        help="the test that decides what is significant (default: t)",
    )
    add(
        "--alpha",
        type=float,
        default=0.05,
        help="level of significance of a family of tests (default: 0.05)",
    )
    add(
        "--resamples",
        type=int,
        default=10_000,
        help="draws of the randomisation test and the bootstrap (default: 10000)",
    )
    add("--seed", type=int, default=0, help="seed of these draws (default: 0)")


def _output(add: Callable[..., object]) -> None:
    add("--strict", action="store_true", help="exit status 1 if a cell's files are damaged")
    add(
        "--terminal",
        action="store_true",
        help="show the tables here; without --out, write no files",
    )
    add("--status", action="store_true", help="show the progress of the cells, and nothing else")
    add(
        "--runs",
        nargs="+",
        metavar="NAME=PATH",
        help="TREC run files to compare instead of cells; files with one name are its seeds",
    )
    add("--qrels", type=Path, help="judgements for --runs, in TREC or BEIR columns")
    add(
        "--wandb",
        choices=("offline", "online"),
        help="log the report as a W&B run of job type `report`",
    )
    add(
        "--wandb-project",
        default="retrieval-under-noise",
        help="its project (default: retrieval-under-noise)",
    )
    add("--wandb-entity", help="its user or team")


def main() -> int:
    """Run the command line; return the exit status."""
    one_line_for_ctrl_c()
    any_terminal()
    without_bars()
    arguments = parser().parse_intermixed_args()  # filters may follow options
    try:
        from reporting.command import run_command

        return run_command(arguments)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
