"""A W&B workspace laid out for cells: robustness, belief in wrong labels, validation, the grid.

Usage: python -m reporting.wandb_workspace --entity TEAM [--project retrieval-under-noise]
[--measure nDCG@10]

It needs a network, an API key and `pip install wandb-workspaces`. Without a network, the page that
report.py writes shows the same.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from cells.tracking.wandb_mode import usable_mode
from errors import InputError

if TYPE_CHECKING:
    from wandb_workspaces.workspaces import Section, Workspace

NAME = "Retrieval under noise"
GROUPS = ("grid.dataset", "grid.model", "grid.loss", "grid.ratio")
"""Keys of the configuration that W&B groups by: it averages over seeds."""

CURVES = {
    "Belief in right and wrong labels": ("train/confidence_clean", "train/confidence_corrupted"),
    "Memorisation": ("train/memorisation",),
    "Recovery": ("train/recovery",),
}


def workspace(entity: str, project: str, measure: str) -> Workspace:
    """Return the workspace, which its `save` sends to the server.

    Args:
        entity: user or team.
        project: the project.
        measure: the main measure, as in the summary of the cells.

    Raises:
        InputError: the package wandb-workspaces is not installed.
    """
    try:
        from wandb_workspaces.workspaces import Config, Metric, RunsetSettings, Workspace
    except ImportError as error:
        raise InputError("pip install wandb-workspaces: it lays workspaces out") from error
    return Workspace(
        entity=entity,
        project=project,
        name=NAME,
        sections=[_outcomes(measure), _training(measure)],
        runset_settings=RunsetSettings(
            groupby=[Config(name) for name in GROUPS],
            filters=[Metric("JobType") == "train"],
        ),
    )


def _outcomes(measure: str) -> Section:
    from wandb_workspaces.reports.v2 import (
        Config,
        ParallelCoordinatesPlot,
        ParallelCoordinatesPlotColumn,
        ScatterPlot,
        SummaryMetric,
    )
    from wandb_workspaces.workspaces import Section

    ratio, value = Config("grid.ratio"), SummaryMetric(measure)
    axes = (Config("grid.dataset"), Config("grid.loss"), ratio, value)
    return Section(
        name="Outcomes",
        is_open=True,
        panels=[
            ScatterPlot(title=f"Robustness: {measure} against the noise ratio", x=ratio, y=value),
            ParallelCoordinatesPlot(
                title="The grid", columns=[ParallelCoordinatesPlotColumn(axis) for axis in axes]
            ),
        ],
    )


def _training(measure: str) -> Section:
    from wandb_workspaces.reports.v2 import LinePlot
    from wandb_workspaces.workspaces import Section

    epochs = {f"Validation {measure}": (f"validation/{measure}",)} | CURVES
    plots = [LinePlot(title=title, x="epoch", y=list(names)) for title, names in epochs.items()]
    steps = LinePlot(title="Training loss", x="step", y=["train/step_loss"])
    return Section(name="Training", is_open=True, panels=[*plots, steps])


def main(arguments: list[str]) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entity", required=True, help="user or team")
    parser.add_argument("--project", default="retrieval-under-noise")
    parser.add_argument("--measure", default="nDCG@10")
    chosen = parser.parse_args(arguments)
    laid_out = workspace(chosen.entity, chosen.project, chosen.measure)
    if usable_mode("online") != "online":
        raise InputError("no workspace was made; report.py writes a page with the same content")
    laid_out.save()
    sys.stdout.write(f"{laid_out.url}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as fault:
        sys.exit(str(fault))
