"""Lists, counts and names inside sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cells.record.coordinates import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def listed(items: Iterable[object]) -> str:
    """Return the items as `a, b and c`; `none` if there are none."""
    words = [str(item) for item in items]
    return (
        " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
        if words
        else "none"
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 cell`, `2 cells`; `2 losses`; `2 queries`."""
    plural = (
        f"{noun[:-1]}ies"
        if noun.endswith("y")
        else f"{noun}es"
        if noun.endswith("s")
        else f"{noun}s"
    )
    return f"{number:,} {noun if number == 1 else plural}"


def ratio_name(ratio: float) -> str:
    """Return a noise ratio as paths and filters name it: `0.4`; `all` for every differing label."""
    return "all" if ratio == ALL else f"{ratio:g}"


def are(number: int) -> str:
    """Return the verb of a counted subject: `is` for 1, else `are`."""
    return "is" if number == 1 else "are"


def named(noun: str, names: Sequence[object]) -> str:
    """Return names after their noun: `model static`, `models minilm and static`."""
    return f"{noun if len(names) == 1 else f'{noun}s'} {listed(names)}"
