"""The work of report.py: read the chosen cells, analyse them, write and show the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich import get_console

from errors import InputError
from reporting.reading.cells import Cells, read_cells
from reporting.reading.file_contents import different_files
from reporting.reading.filters import parse_filters

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.comparisons import Plan

OUT = Path("report")
BASELINE_LOSS, FOCUS_LOSS = "cross_entropy", "label_weakening"
RUN_MEASURES = ("nDCG@10", "RR@10", "R@100", "AP")  # those of conf/config.yaml


def run_command(arguments: Namespace) -> int:
    """Run the command and return its exit status.

    Raises:
        InputError: for arguments or files that cannot be used.
    """
    _check(arguments)
    if arguments.status:
        return _status(arguments)
    out = None if arguments.terminal and arguments.out is None else arguments.out or OUT
    if out is not None:
        from reporting.output_folder import check_folder

        check_folder(out)
    analysis = _of_runs(arguments) if arguments.runs else _of_cells(arguments)
    if out is not None:
        _write(analysis, out)
    if arguments.terminal:
        _show(analysis if arguments.measure else _leading(analysis))
    _say(analysis, out)
    if arguments.wandb:
        from reporting.wandb_report import log_report

        log_report(
            analysis,
            out,
            mode=arguments.wandb,
            project=arguments.wandb_project,
            entity=arguments.wandb_entity,
        )
    return int(arguments.strict and bool(analysis.cells.corrupt))


def _check(arguments: Namespace) -> None:
    if (arguments.output_dir is None) == (arguments.runs is None):
        raise InputError(
            "give either the output_dir of a sweep, e.g. report.py outputs/, or --runs "
            "name=path.trec ... --qrels file."
        )
    if (arguments.runs is None) != (arguments.qrels is None):
        raise InputError(
            "--runs and --qrels belong together: give the run files and their judgements."
        )
    if arguments.output_dir is not None and "=" in str(arguments.output_dir):
        raise InputError(
            f"{arguments.output_dir} is a filter: give the output_dir before it, e.g. report.py "
            f"outputs/ {arguments.output_dir}."
        )
    if arguments.status and (arguments.runs or arguments.filters):
        raise InputError("--status shows all cells of an output_dir: leave filters and --runs out.")
    if arguments.tuned and arguments.runs:
        raise InputError("--tuned chooses among cells: leave it out with --runs.")
    if not 0 < arguments.alpha < 1:
        raise InputError(f"--alpha {arguments.alpha} must be between 0 and 1, e.g. 0.05.")
    if arguments.resamples < 1:
        raise InputError(f"--resamples {arguments.resamples} must be 1 or more, e.g. 10000.")
    if not 0 <= arguments.seed < 1 << 63:
        raise InputError(f"--seed {arguments.seed} must be at least 0 and below 2^63, e.g. 0.")


def _status(arguments: Namespace) -> int:
    from cells.planning.state_tables import lines_of
    from cells.planning.states import states_in

    if not arguments.output_dir.is_dir():
        raise InputError(
            f"{arguments.output_dir} is not a folder: give the output_dir of a sweep, e.g. "
            "outputs/."
        )
    for line in lines_of(states_in(arguments.output_dir), every=True):
        get_console().print(line, soft_wrap=True)
    return 0


def _of_cells(arguments: Namespace) -> Analysis:
    from reporting.statistics.analysis import analyse
    from reporting.statistics.tried_variants import only_chosen, tried_variants, unequal_budgets

    cells = read_cells(arguments.output_dir, parse_filters(arguments.filters))
    if not cells.finished:
        raise InputError(_nothing(arguments.output_dir, cells))
    measure = (arguments.measure or list(cells.finished[0].measures))[0]
    tried = tried_variants(cells.finished, measure)
    if arguments.tuned:
        cells = cells._replace(finished=only_chosen(cells.finished, tried))
    losses = sorted({cell.loss for cell in cells.finished})
    plan = _plan(arguments, losses, baseline=BASELINE_LOSS, focus=FOCUS_LOSS)
    analysis = analyse(cells, plan, arguments.measure)
    if not analysis.groups:
        raise InputError(_nothing(arguments.output_dir, analysis.cells))
    notes = [f"No finished cell has {value}." for value in cells.unmatched]
    if plan.baseline is None:
        notes.append(
            f"No finished cell of {BASELINE_LOSS}: give --baseline to compare with another loss."
        )
    notes += different_files(analysis.cells.finished)
    if arguments.tuned:
        notes += unequal_budgets(tried)
    return analysis._replace(notes=[*notes, *analysis.notes], variants=tried)


def _of_runs(arguments: Namespace) -> Analysis:
    from reporting.reading.system_runs import read_runs
    from reporting.statistics.analysis import conclude

    pairs = [_named(argument) for argument in arguments.runs]
    plan = _plan(arguments, [name for name, _ in pairs], baseline=pairs[0][0], focus=None)
    read, notes = read_runs(pairs, arguments.qrels, arguments.measure or RUN_MEASURES)
    analysis = conclude(Cells([], [], [], []), read, plan)
    return analysis._replace(notes=[*notes, *analysis.notes])


def _named(argument: str) -> tuple[str, Path]:
    name, equals, path = argument.partition("=")
    if not equals or not name or not path:
        raise InputError(f"--runs {argument}: write name=path, e.g. bm25=runs/bm25.trec.")
    return name, Path(path)


def _plan(
    arguments: Namespace, losses: Sequence[str], *, baseline: str | None, focus: str | None
) -> Plan:
    from reporting.statistics.comparisons import Plan

    return Plan(
        _chosen("--baseline", arguments.baseline, baseline, losses),
        _chosen("--focus", arguments.focus, focus, losses),
        arguments.test,
        arguments.alpha,
        arguments.resamples,
        arguments.seed,
        arguments.tuned,
    )


def _chosen(option: str, asked: str | None, usual: str | None, losses: Sequence[str]) -> str | None:
    """Return the chosen loss, or else the usual one, if it is finished."""
    if asked is not None and asked not in losses:
        raise InputError(
            f"{option} {asked}: no finished cell has that loss. Finished: {', '.join(losses)}."
        )
    return asked if asked is not None else usual if usual in losses else None


def _nothing(output_dir: Path, cells: Cells) -> str:
    unmatched = f"; no finished cell has {', '.join(cells.unmatched)}" if cells.unmatched else ""
    return (
        f"{output_dir}: no finished cell to report on ({len(cells.incomplete)} not finished, "
        f"{len(cells.corrupt)} damaged{unmatched}). Finish some with run.py, or relax the filters; "
        f"report.py {output_dir} --status shows their progress."
    )


def _write(analysis: Analysis, out: Path) -> None:
    from reporting.output_folder import prepare_folder
    from reporting.page import write_page
    from reporting.tables.csv_files import write_csvs
    from reporting.tables.result_tables import tables_of
    from reporting.tables.table_files import write_table

    prepare_folder(analysis, out)
    write_csvs(analysis, out)
    for table in tables_of(analysis):
        write_table(table, out / "tables")
    write_page(analysis, out)


def _leading(analysis: Analysis) -> Analysis:
    """Return the tables of the first measure."""
    return analysis._replace(measures=analysis.measures[:1], rankings=analysis.rankings[:1])


def _show(analysis: Analysis) -> None:
    from reporting.statistics.tried_variants import choices_in_words
    from reporting.tables.result_tables import tables_of
    from reporting.tables.table_files import rich_table

    for table in tables_of(analysis):
        get_console().print(table.caption, style="italic", markup=False)
        get_console().print(rich_table(table))
    for sentence in choices_in_words(analysis.variants, analysis.measures[0]):
        get_console().print(sentence, markup=False, soft_wrap=True)


def _say(analysis: Analysis, out: Path | None) -> None:
    """Print what was read, what could not be read, and where the report is."""
    console, cells = get_console(), analysis.cells
    for problem in cells.corrupt:
        console.print(
            f"damaged, left out: {problem.cell}: {problem.reason}",
            style="red",
            markup=False,
            soft_wrap=True,
        )
    for note in analysis.notes:
        console.print(note, style="yellow", markup=False, soft_wrap=True)
    what = f"{len(cells.finished)} finished cells" if cells.finished else "Runs"
    counts = (
        f"{what} in {len(analysis.groups)} groups, {len(cells.incomplete)} not finished, "
        f"{len(cells.corrupt)} damaged"
    )
    significant = sum(found.significant for found in analysis.comparisons)
    tests = f"{len(analysis.comparisons)} comparisons, {significant} significant"
    console.print(
        f"{counts}; {tests}.{f' The report is in {out}/' if out else ''}",
        markup=False,
        soft_wrap=True,
    )
