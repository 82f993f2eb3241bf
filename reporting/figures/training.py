"""Training by epoch, from history.csv: learning curves, memorisation, detection of wrong labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reporting.figures.chart import Panel
from reporting.figures.marks import dots, end_labels, line, whole_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from reporting.figures.chart import Chart
    from reporting.figures.scenes import Scene, Stage

Lines = dict[str, "NDArray[np.float64]"]


def learning(stage: Stage) -> Chart | None:
    """Draw the validation measure and the confidence in clean and corrupted labels by epoch."""
    columns = {
        f"validation/{stage.measure}": f"validation {stage.measure}",
        "train/confidence_clean": "confidence in clean labels",
        "train/confidence_corrupted": "confidence in corrupted labels",
    }
    caption = (
        "Training at the largest noise ratio, mean over seeds. Confidence: softmax probability of "
        "the labelled positive among its candidates, averaged over the training examples; unlike "
        "the value of the loss, it can be compared between losses. A robust loss has high "
        "confidence in clean labels and low confidence in corrupted ones. Numbers: "
        f"histories.csv.{stage.left_out()}"
    )
    return _over_epochs(
        stage, "learning", "Learning curves, clean against corrupted labels", caption, columns
    )


def memorisation(stage: Stage) -> Chart | None:
    """Draw memorisation and recovery by epoch."""
    columns = {"train/memorisation": "memorisation", "train/recovery": "recovery"}
    caption = (
        "Training at the largest noise ratio, mean over seeds. Memorisation: share of corrupted "
        "examples whose wrong label the model ranks first. Recovery: share whose true document it "
        f"ranks first nevertheless. Numbers: histories.csv.{stage.left_out()}"
    )
    return _over_epochs(stage, "memorisation", "Memorisation and recovery", caption, columns)


def detector(stage: Stage) -> Chart | None:
    """Draw precision and recall of `ambiguous` as a detector of corrupted labels, and its AUROC."""
    caption = (
        "Largest noise ratio, mean over seeds. Left: precision against recall of the ambiguous "
        "examples of label weakening, taken as a detector of corrupted labels; one point per "
        "epoch, the last one large (an epoch in which a seed detected nothing has no precision). "
        "Right: area under the ROC curve of doubt, the largest probability of an unlabelled "
        f"candidate, for any loss (0.5: chance). Numbers: histories.csv.{stage.left_out()}"
    )
    panels = []
    for scene in stage.scenes:
        paths = {
            loss: path
            for loss in scene.groups
            if (path := _detections(stage, scene, loss)) is not None
        }
        if paths:
            panels.append(_trajectory(stage, scene, paths))
        auroc = _lines(stage, scene, "train/detector_auroc")
        if auroc:
            panels.append(_epochs(stage, scene, auroc, "AUROC of doubt"))
    return stage.chart("detector", "Detecting corrupted labels", caption, panels)


def _over_epochs(
    stage: Stage, name: str, title: str, caption: str, columns: dict[str, str]
) -> Chart | None:
    panels = [
        _epochs(stage, scene, lines, label)
        for scene in stage.scenes
        for column, label in columns.items()
        if (lines := _lines(stage, scene, column))
    ]
    return stage.chart(name, title, caption, panels, columns=len(columns))


def _lines(stage: Stage, scene: Scene, column: str) -> Lines:
    """Return a column of history.csv for every loss that has it.

    Without noise there are no corrupted labels, so their columns are missing.
    """
    found = {
        loss: stage.histories[scene.setting, loss]
        for loss in scene.groups
        if (scene.setting, loss) in stage.histories
    }
    lines = {
        loss: history.columns[column]
        for loss, history in found.items()
        if column in history.columns
    }
    return {loss: values for loss, values in lines.items() if np.isfinite(values).any()}


def _epochs(stage: Stage, scene: Scene, lines: Lines, label: str) -> Panel:
    def draw(axes: Axes) -> None:
        for loss, values in lines.items():
            line(axes, stage.looks[loss], range(1, len(values) + 1), values.tolist(), markers=True)
        end_labels(
            axes,
            stage.looks,
            {loss: float(values[-1]) for loss, values in lines.items() if np.isfinite(values[-1])},
        )
        whole_ticks(axes)
        axes.set_xlabel("epoch")
        axes.set_ylabel(label)

    ends = ", ".join(
        f"{loss} {values[0]:.3f} to {values[-1]:.3f}" for loss, values in lines.items()
    )
    words = f"{label[0].upper()}{label[1:]} over the epochs, first to last: {ends}."
    return Panel(stage.place(scene), draw, words, tuple(lines))


def _detections(stage: Stage, scene: Scene, loss: str) -> NDArray[np.float64] | None:
    """Return recall and precision of the epochs where both are defined [2, E]."""
    history = stage.histories.get((scene.setting, loss))
    names = ("train/detector_recall", "train/detector_precision")
    if history is None or not all(name in history.columns for name in names):
        return None
    both = np.array([history.columns[name] for name in names])
    defined = both[:, np.isfinite(both).all(axis=0)]
    return defined if defined.size else None


def _trajectory(stage: Stage, scene: Scene, paths: dict[str, NDArray[np.float64]]) -> Panel:
    def draw(axes: Axes) -> None:
        for loss, (recall, precision) in paths.items():
            line(
                axes,
                stage.looks[loss]._replace(width=1.0),
                recall.tolist(),
                precision.tolist(),
                markers=True,
            )
            dots(axes, stage.looks[loss], recall[-1:].tolist(), precision[-1:].tolist())
        axes.axhline(scene.corrupted, linewidth=0.8, linestyle=(0, (1, 2)))
        axes.annotate(
            "chance",
            (1, scene.corrupted),
            xytext=(-2, 3),
            textcoords="offset points",
            ha="right",
            fontsize=7,
        )
        axes.set(
            xlim=(-0.03, 1.03),
            ylim=(-0.03, 1.03),
            xlabel="recall of corrupted labels",
            ylabel="precision",
        )

    ends = ", ".join(
        f"{loss} precision {path[1, -1]:.3f} at recall {path[0, -1]:.3f}"
        for loss, path in paths.items()
    )
    return Panel(
        stage.place(scene),
        draw,
        f"Ambiguity as a detector of corrupted labels, last epoch: {ends}.",
        tuple(paths),
    )
