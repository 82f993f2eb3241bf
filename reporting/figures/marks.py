"""The elements of figures: lines, dots and labels in the look of a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from reporting.figures.looks import GREY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from reporting.figures.looks import Look

MARKED = 12
"""The most points of a line that get markers."""

LABELLED, LABEL_LENGTH, LABEL_HEIGHT = 18, 22, 0.052
"""The most lines with labels, characters of a label, and its height as a share of the axes."""


def line(axes: Axes, look: Look, x: Sequence[float], y: Sequence[float], *, markers: bool) -> None:
    """Draw a line, with strong lines in front."""
    axes.plot(
        x,
        y,
        color=look.colour,
        marker=look.marker if markers else None,
        markersize=5 if look.strong else 3.5,
        markeredgewidth=0,
        markevery=max(1, len(x) // MARKED),
        linestyle=look.dash,
        linewidth=look.width,
        zorder=_depth(look),
        clip_on=False,
    )


def dots(axes: Axes, look: Look, x: Sequence[float], y: Sequence[float]) -> None:
    """Draw markers only."""
    axes.plot(
        x,
        y,
        color=look.colour,
        marker=look.marker,
        markersize=6,
        markeredgewidth=0,
        linestyle="none",
        zorder=_depth(look),
        clip_on=False,
    )


def level(axes: Axes, y: float, name: str) -> None:
    """Draw a dotted line over the whole width, with its name at the left end."""
    axes.axhline(y, color=GREY, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    axes.annotate(
        name,
        (0, y),
        xycoords=("axes fraction", "data"),
        xytext=(3, 2),
        textcoords="offset points",
        fontsize=7,
        color=GREY,
    )


def bars(axes: Axes, look: Look, x: float, y: float, error: float) -> None:
    """Draw a dot with a vertical bar of one standard deviation to either side."""
    axes.errorbar(
        [x],
        [y],
        [error],
        color=look.colour,
        elinewidth=1,
        capsize=2,
        linestyle="none",
        zorder=_depth(look),
    )


def end_labels(axes: Axes, looks: Mapping[str, Look], ends: Mapping[str, float]) -> None:
    """Label the lines at their ends, if some are grey and a legend could not tell them apart.

    Labels are moved so that they do not overlap.

    Args:
        axes: the axes, with the lines drawn.
        looks: the looks of all losses.
        ends: the last value of each line.
    """
    if len(ends) > LABELLED or all(looks[loss].strong for loss in ends):
        return
    for loss, place in apart(axes, ends).items():
        name = loss if len(loss) <= LABEL_LENGTH else f"{loss[: LABEL_LENGTH - 1]}…"
        colour, weight = looks[loss].colour, "bold" if looks[loss].strong else "normal"
        where = axes.get_yaxis_transform()  # x as a share of the axes, y as data
        axes.text(
            1.02,
            place,
            name,
            transform=where,
            fontsize=6.5,
            va="center",
            color=colour,
            weight=weight,
        )


def apart(axes: Axes, ends: Mapping[str, float]) -> dict[str, float]:
    """Return the heights of labels for some values, moved up where they would overlap."""
    low, high = axes.get_ylim()
    step = LABEL_HEIGHT * (high - low)
    places, place = {}, low - step
    for name, value in sorted(ends.items(), key=lambda item: item[1]):
        place = max(value, place + step)
        places[name] = place
    return places


def unit_ticks(axes: Axes) -> None:
    """Keep the ticks of the x axis few enough to be read."""
    axes.xaxis.set_major_locator(MaxNLocator(4))


def whole_ticks(axes: Axes) -> None:
    """Put the ticks of the x axis at whole numbers, e.g. epochs."""
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _depth(look: Look) -> int:
    return 3 if look.strong else 2
