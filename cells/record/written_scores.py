"""The file scores.json: written last and completely, and checked when it is read."""

import json
import math
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from data.storage.atomic_files import written_aside
from errors import InputError

SCORES = "scores.json"
WRITTEN = "written"
"""Key of the hashes of the files that the measures were computed from."""
CHECKSUM = "checksum"
"""Key of the hash over all else in the file; cells of earlier versions have none."""
NEAR = 5e-4
"""Values of one seed that differ by more come from different models, e.g. of two variants."""


def write_scores(directory: Path, scores: Mapping[str, Any]) -> None:
    """Write scores.json completely or not at all."""
    content = {**scores, CHECKSUM: _checksum(json.loads(json.dumps(scores)))}
    with written_aside(directory / SCORES) as aside:
        aside.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_scores(directory: Path) -> dict[str, Any]:
    """Return the content of a finished cell's scores.json.

    Raises:
        InputError: it cannot be read, or is not what was written.
    """
    try:
        content = json.loads((directory / SCORES).read_text(encoding="utf-8"))
        fault = fault_of(content)
    except (OSError, ValueError, RecursionError) as error:
        fault = f"cannot be read ({error})"
    if fault is not None:
        raise InputError(
            f"{directory / SCORES} {fault}: put the file back, or run the cell again with "
            "overwrite=true."
        )
    scores: dict[str, Any] = content
    return scores


def agreed(values: Sequence[tuple[object, float]]) -> list[float]:
    """Return one value for each seed, in their order; none if values of one seed disagree.

    Args:
        values: seed and value of cells that should have the same for a seed, such as that of BM25.
    """
    by_seed = dict(values)
    alike = all(abs(by_seed[seed] - value) <= NEAR for seed, value in values)
    return list(by_seed.values()) if alike else []


def fault_of(content: object) -> str | None:
    """Return what is wrong with the content of a scores.json, phrased after its name, or None."""
    if not isinstance(content, dict):
        return "holds no measures"
    measures = content.get("measures")
    if not isinstance(measures, dict) or not measures:
        return "holds no measures"
    for measure, value in measures.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            return f"says {measure} is {value}, which is not a finite number"
    if CHECKSUM in content:
        rest = {key: value for key, value in content.items() if key != CHECKSUM}
        if content[CHECKSUM] != _checksum(rest):
            return "was changed after it was written (its checksum differs)"
    return None


def _checksum(content: Mapping[str, Any]) -> str:
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()
