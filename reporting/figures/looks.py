"""The look of each loss, the same in every figure: colour, marker and dashes.

The colours are those of Okabe and Ito, "Color universal design", 2008, which most colour-blind
readers can tell apart; markers and dashes make a print in grey readable. If there are more losses
than colours, the compared losses and the best ones keep theirs, and the others are grey.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

INK, RULE, GREY = "#1f2328", "#d0d7de", "#8b949e"
FOCUS_COLOUR = "#0072b2"
COLOURS = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("^", "D", "v", "P", "X", "<", ">", "*", "h", "p", "d")
DASHES = ((0, ()), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (6, 2)))
COLOURED = 3
"""Number of losses that keep a colour beside the compared two, if not all can."""

Dash = tuple[int, tuple[int, ...]]


class Look(NamedTuple):
    """How the marks of one loss are drawn.

    Attributes:
        colour: a hexadecimal colour.
        marker: a matplotlib marker.
        dash: a matplotlib dash pattern.
        width: width of lines, in points.
        strong: whether it stands out, in front of the others.
    """

    colour: str
    marker: str
    dash: Dash
    width: float
    strong: bool


def looks(losses: Sequence[str], *, baseline: str | None, focus: str | None) -> dict[str, Look]:
    """Give every loss its look.

    Args:
        losses: the losses, best first.
        baseline: the baseline, drawn dashed in the colour of the text.
        focus: the focus, drawn wide in blue.
    """
    others = [loss for loss in losses if loss not in {baseline, focus}]
    coloured = len(COLOURS) if len(others) <= len(COLOURS) else COLOURED
    chosen = {loss: _other(place, coloured=place < coloured) for place, loss in enumerate(others)}
    if baseline in losses:
        chosen[str(baseline)] = Look(INK, "o", (0, (4, 2)), 1.6, strong=True)
    if focus in losses:
        chosen[str(focus)] = Look(FOCUS_COLOUR, "s", (0, ()), 2.0, strong=True)
    return {loss: chosen[loss] for loss in sorted(losses)}


def _other(place: int, *, coloured: bool) -> Look:
    marker, dash = MARKERS[place % len(MARKERS)], DASHES[place % len(DASHES)]
    return (
        Look(COLOURS[place], marker, dash, 1.4, strong=True)
        if coloured
        else Look(GREY, marker, dash, 0.8, strong=False)
    )
