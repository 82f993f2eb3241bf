"""docs/rehearsal.md from the rows of docs/rehearsal.json."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.retrieval.made_up_passages import (
    MS_MARCO,
    TRAIN_QUERIES,
    VALIDATION_QUERIES,
    distinct_words,
)

PAGE = Path(__file__).parents[2] / "docs" / "rehearsal.md"

PASSAGE = 380  # bytes of a passage's line
POSTINGS = 33  # terms of a passage
QUERY_POSTINGS = 0.094  # postings that a query's terms have, for each passage
DIMENSIONS, VOCABULARY, BATCH = 256, 12_000, 64
DISK, MEMORY, PRODUCT = 1e9, 1e10, 8e10
"""Bytes a second of a disk and of a core's memory, FLOP a second of a core's matrix product."""

LIMITS: Mapping[str, tuple[str, Callable[[int], float]]] = {
    "ingest": (
        "the corpus is read once and the text store written once, at 1 GB/s",
        lambda size: 2 * size * PASSAGE / DISK,
    ),
    "noise": (
        "the similarity of each corrupted pair (its query and document, weighted) with each "
        f"passage, {DIMENSIONS} dimensions, at 80 GFLOP/s",
        lambda size: 0.4 * _train(size) * 2 * size * DIMENSIONS / PRODUCT,
    ),
    "negatives": (
        "the index of eight bytes a posting is written twice at 1 GB/s, and a query's postings are "
        "read at 10 GB/s",
        lambda size: (
            2 * 8 * POSTINGS * size / DISK
            + 8 * QUERY_POSTINGS * size * (_train(size) + VALIDATION_QUERIES) / MEMORY
        ),
    ),
    "tokens": (
        "the text store is read once, and two bytes a token written, at 1 GB/s; the work on "
        "words, which takes nearly all the time, has no limit here",
        lambda size: size * (PASSAGE + 2 * 75) / DISK,
    ),
    "cell": (
        "AdamW reads and writes its table, its gradient and two averages in each step at 10 GB/s; "
        "every passage is scored for every test query, untrained and trained, at 80 GFLOP/s",
        lambda size: (
            _train(size) / BATCH * 7 * VOCABULARY * DIMENSIONS * 4 / MEMORY
            + 2 * 2 * VALIDATION_QUERIES * size * DIMENSIONS / PRODUCT
        ),
    ),
}
"""What bounds each stage from below on one core, in words and in seconds for a size."""

Growth: TypeAlias = Callable[[int], float]
"""What a cost rises with in a line, for a number of passages."""

PROPORTIONAL: tuple[Growth, Growth] = (float, float)
GROWTH: Mapping[str, tuple[Growth, Growth]] = {
    "noise": (lambda size: float(size) ** 2, float),
    "tokens": (float, distinct_words),
}
"""Of the CPU seconds and of the memory of a stage, where either is not a line in the passages."""

HEAD = """# A rehearsal at MS MARCO's size

Written by `python -m benchmarks.retrieval.rehearsal SIZE --scratch FOLDER`; do not edit.

One cell on made-up passages of MS MARCO's shape: 56 words on average, a Zipf vocabulary of two
million, a training query for every 17.6 passages, 6,980 validation and as many test queries, each
made from a passage. The cell is the `static` model with 40 % semantic noise, negatives of BM25, one
epoch, validation on a pool of 50,000 passages and a test on all of them. Each stage runs in a
process of its own. `own` is the peak of the memory that the system cannot take back; `with files`
includes the pages of mapped files, which it can. A stage that was killed (SIGKILL) was started
again with the same command, and its times are those of both attempts. Wall seconds also count the
other work of the machine, and pauses in which a stage was stopped; CPU seconds do not.
"""


def page(stored: Mapping[str, Any]) -> str:
    """Return the page."""
    rows = sorted(stored["rows"], key=lambda row: (row["size"], list(LIMITS).index(row["stage"])))
    facts = "; ".join(f"{name}: {value}" for name, value in stored["machine"].items())
    return "\n".join(
        [
            *(HEAD, *_table(rows), "", *_steps(rows), *_projected(rows), *_paper(), ""),
            *("## The machine", "", facts, ""),
        ]
    )


def _train(size: int) -> int:
    return TRAIN_QUERIES * size // MS_MARCO


def _table(rows: list[dict[str, Any]]) -> list[str]:
    head = (
        "passages", "stage", "wall, s", "CPU, s", "limit on paper, s", "CPU s a million passages",
        "own, GB", "with files, GB", "threads", "kills",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        size = row["size"]
        cells = (
            f"{size:,}",
            row["stage"],
            f"{row['wall']:,.0f}",
            f"{row['cpu']:,.0f}",
            f"{LIMITS[row['stage']][1](size):,.1f}",
            f"{row['cpu'] / size * 1e6:,.0f}",
            f"{row['own']:.2f}",
            f"{row['resident']:.2f}",
            str(row["threads"]),
            str(row["kills"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _steps(rows: list[dict[str, Any]]) -> list[str]:
    trained = [row for row in rows if row["steps"]]
    if not trained:
        return []
    names = list(trained[0]["steps"])
    lines = [
        "Wall seconds of the cell's own steps, after the stages before it:",
        "",
        f"| passages | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for row in trained:
        seconds = " | ".join(f"{row['steps'].get(name, 0):,.0f}" for name in names)
        lines.append(f"| {row['size']:,} | {seconds} |")
    return [*lines, ""]


def _projected(rows: list[dict[str, Any]]) -> list[str]:
    """Return lines about MS MARCO's size, from the two largest sizes of each stage."""
    lines = [*_basis(), "", "| stage | CPU, h | own, GB |", "|---|---|---|"]
    for stage in LIMITS:
        measured = [row for row in rows if row["stage"] == stage][-2:]
        if len(measured) > 1 and measured[-1]["size"] < MS_MARCO:
            time, memory = GROWTH.get(stage, PROPORTIONAL)
            hours = _line([(time(row["size"]), row["cpu"]) for row in measured], time) / 3600
            own = _line([(memory(row["size"]), row["own"]) for row in measured], memory)
            lines.append(f"| {stage} | {hours:.1f} | {own:.1f} |")
    return [*lines, ""]


def _basis() -> list[str]:
    small, large, full = (f"{distinct_words(size):,.0f}" for size in (100_000, 1_000_000, MS_MARCO))
    return [
        f"## Projected to {MS_MARCO:,} passages",
        "",
        "Not measured: a line through the two largest sizes of a stage, over the passages, with "
        "these exceptions.",
        "",
        "- The CPU seconds of noise are a line over the square of the passages, since the pairs "
        "grow with the passages that each is compared with. Encoding, which grows only with the "
        "passages, is counted in the same way, so that the true time is shorter.",
        "- The memory of noise is highest while its encoder is fitted to a sample of 50,000 "
        "passages, the same at both sizes. What grows with the collection is less there, so that "
        "the line does not show it.",
        "- The memory of tokens is a line over the distinct words, since that is what the trainer "
        f"of the vocabulary holds. The law of the collection puts {small} of its two million words "
        f"into 100,000 passages, {large} into a million and {full} into all. A collection with "
        "more words takes more.",
    ]


def _line(points: list[tuple[float, float]], growth: Growth) -> float:
    """Return the height at MS MARCO's size of the line through two points."""
    (x, y), (further, higher) = points
    return y + (growth(MS_MARCO) - x) * (higher - y) / (further - x)


def _paper() -> list[str]:
    return [
        "## The limits on paper",
        "",
        "What a stage must at least do on one core:",
        "",
        *(f"- {stage}: {words}" for stage, (words, _) in LIMITS.items()),
    ]
