"""The content of the figures: settings at their largest noise ratio, and the looks of losses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

from reporting.figures.chart import Chart
from reporting.figures.looks import Look, looks
from reporting.reading.histories import History, mean_history
from reporting.statistics.references import Reference, references
from reporting.words import ratio_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reporting.figures.chart import Panel
    from reporting.statistics.analysis import Analysis
    from reporting.statistics.groups import Group

PANELS = 6
"""The most settings that a figure shows."""


class Setting(NamedTuple):
    """A data set, a model and a noise model: a panel of a figure."""

    dataset: str
    model: str
    noise: str


class Scene(NamedTuple):
    """A setting at its largest noise ratio.

    Attributes:
        setting: the setting.
        title: its name.
        ratio: the largest ratio with a finished cell.
        groups: cells over seeds at that ratio, by loss.
    """

    setting: Setting
    title: str
    ratio: float
    groups: Mapping[str, Group]

    @property
    def corrupted(self) -> float:
        """Share of the training examples whose label is wrong; the ratio where cells lack it."""
        shares = [
            cell.scores["noise"]["false_positives"] / cell.scores["data"]["training_examples"]
            for group in self.groups.values()
            for cell in group.cells
            if "false_positives" in (cell.scores.get("noise") or {})
            and "training_examples" in cell.scores["data"]
        ]
        return mean(shares) if shares else self.ratio


@dataclass(frozen=True)
class Stage:
    """All scenes of a report.

    Attributes:
        analysis: the report's content.
        panels: the most settings that a figure shows.
    """

    analysis: Analysis
    panels: int = PANELS

    @property
    def measure(self) -> str:
        """The first measure, which the figures show."""
        return self.analysis.measures[0]

    @property
    def noun(self) -> str:
        """What is compared: losses, or the systems whose runs were read."""
        return "loss" if self.analysis.cells.finished else "system"

    @cached_property
    def looks(self) -> dict[str, Look]:
        """The look of every loss."""
        values: dict[str, list[float]] = {}
        for group in self.analysis.groups:
            values.setdefault(group.loss, []).append(group.mean(self.measure))
        best_first = sorted(values, key=lambda loss: (-mean(values[loss]), loss))
        return looks(
            best_first, baseline=self.analysis.plan.baseline, focus=self.analysis.plan.focus
        )

    def chart(
        self, name: str, title: str, caption: str, panels: Sequence[Panel], *, columns: int = 2
    ) -> Chart | None:
        """Return the figure, whose legend names what its panels draw; None without panels."""
        drawn = {loss for panel in panels for loss in panel.losses}
        legend = {loss: look for loss, look in self.looks.items() if loss in drawn}
        return Chart(name, title, caption, tuple(panels), legend, columns) if panels else None

    @cached_property
    def references(self) -> dict[tuple[str, str], list[Reference]]:
        """The untrained model and BM25, by data set and model."""
        return references(self.analysis.cells.finished, self.analysis.measures)

    @cached_property
    def settings(self) -> list[Setting]:
        """The settings by name; `noise=none` only if the collection has no other noise."""
        found = sorted({Setting(*group.condition[:3]) for group in self.analysis.groups})
        noisy = {setting[:2] for setting in found if setting.noise != "none"}
        return [setting for setting in found if setting.noise != "none" or setting[:2] not in noisy]

    @cached_property
    def scenes(self) -> list[Scene]:
        """The first settings, at their largest ratios."""
        return [self._scene(setting) for setting in self.settings[: self.panels]]

    @cached_property
    def histories(self) -> dict[tuple[Setting, str], History]:
        """The course of training in the scenes, by setting and loss."""
        read = {
            (scene.setting, loss): mean_history(group)
            for scene in self.scenes
            for loss, group in scene.groups.items()
        }
        return {key: history for key, history in read.items() if history is not None}

    def title(self, setting: Setting) -> str:
        """Return the name of a setting, with its noise if there are several."""
        if not self.analysis.cells.finished:  # runs of other systems, of unknown models
            return setting.dataset
        several = len({other.noise for other in self.settings}) > 1
        return " · ".join(setting if several else setting[:2])

    def place(self, scene: Scene) -> str:
        """Return the title of a scene with its noise ratio."""
        known = self.analysis.cells.finished
        return f"{scene.title}, ratio {ratio_name(scene.ratio)}" if known else scene.title

    def left_out(self) -> str:
        """Return a sentence on the settings that are not shown; empty if all are."""
        more = len(self.settings) - self.panels
        return (
            f" The first {self.panels} of {len(self.settings)} settings are shown."
            if more > 0
            else ""
        )

    def _scene(self, setting: Setting) -> Scene:
        members = [group for group in self.analysis.groups if group.condition[:3] == setting]
        ratio = max(group.condition.ratio for group in members)
        return Scene(
            setting,
            self.title(setting),
            ratio,
            {group.loss: group for group in members if group.condition.ratio == ratio},
        )
