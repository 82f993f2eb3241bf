"""A report as a W&B run of job type `report`: its tables, curves, figures and files."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wandb

from cells.tracking.wandb_mode import usable_mode
from reporting.tables.csv_files import known, sheets
from reporting.words import ratio_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporting.statistics.analysis import Analysis

KINDS = ("dataset", "model", "loss", "noise")


def log_report(
    analysis: Analysis, out: Path | None, *, mode: str, project: str, entity: str | None
) -> None:
    """Log the report, with names that give each kind of content its own section in the workspace.

    Args:
        analysis: the report's content.
        out: the folder of the report; None: it was not written, and only numbers are logged.
        mode: offline or online.
        project: W&B project.
        entity: W&B user or team; None: the default of the account.
    """
    places = [
        (group.condition.dataset, group.condition.model, group.loss, group.condition.noise)
        for group in analysis.groups
    ]
    with wandb.init(
        project=project,
        entity=entity,
        mode=usable_mode(mode),  # type: ignore[arg-type] # offline or online
        name="report",
        group="report",
        job_type="report",
        tags=sorted({place[0] for place in places}),
        config={"plan": asdict(analysis.plan)}
        | {
            kind: sorted(set(names))
            for kind, names in zip(KINDS, zip(*places, strict=True), strict=True)
        },
        dir=out or Path.cwd(),
        reinit="finish_previous",
        settings=wandb.Settings(silent=True, console="off"),
    ) as run:
        run.summary.update(dict(_summary(analysis)))
        run.log(dict([*_tables(analysis), *_plots(analysis), *_figures(out)]))
        if out is not None:
            run.log_artifact(_files(out, run.id))


def _summary(analysis: Analysis) -> Iterator[tuple[str, object]]:
    """Return counts, the best loss under each condition, average ranks and areas."""
    for state in ("finished", "incomplete", "corrupt"):
        yield f"cells/{state}", len(getattr(analysis.cells, state))
    yield "comparisons/tested", len(analysis.comparisons)
    yield "comparisons/significant", sum(found.significant for found in analysis.comparisons)
    measure = analysis.measures[0]
    for condition in sorted({group.condition for group in analysis.groups}):
        best = max(
            (group for group in analysis.groups if group.condition == condition),
            key=lambda group: group.mean(measure),
        )
        yield f"best/{'/'.join(condition[:3])}-{ratio_name(condition.ratio)}/{measure}", best.loss
    for ranking in analysis.rankings:
        for loss, mean_rank in zip(ranking.losses, ranking.mean_ranks, strict=True):
            yield f"rank/{ranking.measure}/{loss}", mean_rank
    for curve in analysis.curves:
        if curve.area is not None:
            yield f"area/{'/'.join(curve[:5])}", curve.area


def _tables(analysis: Analysis) -> Iterator[tuple[str, Any]]:
    for name, sheet in sheets(analysis).items():
        # W&B shows no more; the files have all of them
        rows = islice(sheet.rows, wandb.Table.MAX_ROWS)
        yield (
            f"table/{name}",
            wandb.Table(columns=[*sheet.columns], data=[known(row) for row in rows]),
        )


def _plots(analysis: Analysis) -> Iterator[tuple[str, Any]]:
    """Yield the robustness curves of the first measure, one plot per data set, model and noise."""
    measure = analysis.measures[0]
    panels = sorted({curve[1:4] for curve in analysis.curves})
    for panel in panels:
        lines = [
            curve for curve in analysis.curves if curve.measure == measure and curve[1:4] == panel
        ]
        name = "/".join(map(str, panel))
        yield (
            f"robustness/{name}",
            wandb.plot.line_series(
                [[point.ratio for point in curve.points] for curve in lines],
                [[point.mean for point in curve.points] for curve in lines],
                keys=[curve.loss for curve in lines],
                title=f"{measure}, {name}",
                xname="noise ratio",
            ),
        )


def _figures(out: Path | None) -> Iterator[tuple[str, Any]]:
    for path in sorted((out / "figures").glob("*.png")) if out else ():
        yield f"figure/{path.stem}", wandb.Image(str(path))


def _files(out: Path, run_id: str) -> wandb.Artifact:
    """Return the report's files, without W&B's own."""
    artifact = wandb.Artifact(f"report-{run_id}", type="report")
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out)
        if path.is_file() and name.parts[0] != "wandb":
            artifact.add_file(str(path), name=name.as_posix())
    return artifact
