"""The measurements on a device as a table."""

from collections.abc import Sequence

from benchmarks.gpu.device_rows import DeviceRow

COLUMNS = (
    "part",
    "setting",
    "contender",
    "speed",
    "ours is times as fast",
    "target",
    "share of the matrix limit",
    "peak memory",
)


def table(rows: Sequence[DeviceRow]) -> str:
    """Return the rows in Markdown, each with how many times as fast ours was."""
    ours = {(row.part, row.setting): row.speed for row in rows if row.contender == "ours"}
    lines = [COLUMNS, ["---"] * len(COLUMNS)]
    lines += [_cells(row, ours.get((row.part, row.setting))) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(row: DeviceRow, ours: float | None) -> list[str]:
    ratio = None if ours is None or row.contender == "ours" else ours / row.speed
    verdict = ""
    if ratio is not None and row.target is not None:
        verdict = f"{row.target} {'holds' if ratio >= row.target else 'MISS'}"
    return [
        row.part,
        row.setting,
        row.contender,
        f"{row.speed:.4g} {row.unit}",
        "" if ratio is None else f"{ratio:.2f}",
        verdict,
        "" if row.share is None else f"{row.share:.2f}",
        "" if row.peak_gib is None else f"{row.peak_gib:.1f} GiB",
    ]
