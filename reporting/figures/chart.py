"""A figure: panels side by side, each with its own axes, and a shared legend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reporting.figures.looks import Look

Draw = Callable[[Axes], None]


class Panel(NamedTuple):
    """One pair of axes.

    Attributes:
        title: what it shows, e.g. collection and model.
        draw: the function that draws it.
        text: its content in words, for those who cannot see it.
        losses: the losses that it draws and does not name.
    """

    title: str
    draw: Draw
    text: str
    losses: tuple[str, ...] = ()


class Chart(NamedTuple):
    """A figure.

    Attributes:
        name: name of its files.
        title: its heading.
        caption: how to read it, where its numbers are, and what was left out.
        panels: at least one panel.
        looks: the losses in its legend; none if the axes name them.
        columns: number of panels side by side in print.
    """

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    looks: Mapping[str, Look]
    columns: int = 2
