"""The figure of docs/noise.md: cost against corpus size, with the straight line that fits best."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.storage.atomic_files import written_aside


class FittedLine(NamedTuple):
    """y = start + slope x by least squares.

    Attributes:
        start: y at x = 0.
        slope: y a unit of x.
        determination: share R^2 of the variance of y that the line explains.
    """

    start: float
    slope: float
    determination: float

    @classmethod
    def through(cls, points: Sequence[tuple[float, float]]) -> "FittedLine":
        """Return the line that fits the points best."""
        x, y = np.array(points).T
        slope, start = np.polyfit(x, y, 1)
        rest = y - (start + slope * x)
        return cls(float(start), float(slope), float(1 - rest.var() / y.var()))

    def at(self, x: float) -> float:
        """Return the line's y at x."""
        return self.start + self.slope * x


def write_figure(path: Path, measured: Sequence[Mapping[str, float]], line: FittedLine) -> None:
    """Draw the measured CPU seconds and the line as SVG; equal numbers give equal bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "noise"  # ids from content, not from a random number
    figure = Figure(figsize=(5.5, 3.2), layout="constrained")
    axes = figure.subplots()
    sizes = [each["documents"] for each in measured]
    axes.plot(
        [0, sizes[-1]],
        [line.at(0), line.at(sizes[-1])],
        color="tab:gray",
        linewidth=1,
        label=f"straight line, R² = {line.determination:.4f}",
    )
    axes.plot(
        sizes,
        [each["cpu_seconds"] for each in measured],
        "o",
        label=f"measured, {measured[0]['pairs']:,.0f} pairs",
    )
    axes.set(
        xlabel="documents", ylabel="CPU seconds", ylim=(0, None), xlim=(0, None), xticks=[0, *sizes]
    )
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside:
        figure.savefig(aside, format="svg", metadata={"Date": None})
