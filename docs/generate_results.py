"""Write tables and figure of docs/results.md: `python docs/generate_results.py`.

They come from results/ and nothing else.

What stands between `<!-- tables -->` and `<!-- end -->` is replaced; the words around it are
written by hand.
"""

import math
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from reporting.figures import Stage, write_chart
from reporting.figures.robustness import robustness
from reporting.reading.cells import read_cells
from reporting.statistics.analysis import Analysis, analyse
from reporting.statistics.comparisons import Plan
from reporting.statistics.groups import Group
from reporting.statistics.ranks import rank
from reporting.tables.result_tables import difference_tables, paper_table
from reporting.tables.table_files import markdown
from study.archive import restore
from study.recovery import BASELINE, NOISE, Recovery, detections, recoveries, spent

PAGE = ROOT / "docs" / "results.md"
RESULTS = ROOT / "results"
EXPLORATION = RESULTS / "exploration"
FIGURE = ROOT / "docs" / "figures" / "robustness.svg"
BEGIN, END = "<!-- tables -->\n", "<!-- end -->\n"
MEASURE = "nDCG@10"
WEAKENING = "label_weakening"
HARD = (0.4, 0.6)


def main() -> None:
    """Write the page and its figure."""
    PAGE.write_text(page(), encoding="utf-8")
    if stored(RESULTS):
        with restored(RESULTS) as cells:
            draw(analyse(read_cells(cells, {"noise": [NOISE]}), Plan(BASELINE, None), [MEASURE]))


def stored(results: Path) -> bool:
    """Return whether there are results."""
    return any(results.glob("*/*.tar.xz"))


@contextmanager
def restored(results: Path) -> Iterator[Path]:
    """Restore the stored cells to a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        restore(results, Path(folder))
        yield Path(folder)


def draw(analysis: Analysis) -> None:
    """Write the robustness curves."""
    chart = robustness(Stage(analysis))
    if chart is not None:
        FIGURE.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            write_chart(chart, Path(folder))
            shutil.copy(Path(folder) / "robustness.svg", FIGURE)


def page() -> str:
    """Return the page with its tables as results/ has them."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n".join(tables()) + END + after


def tables() -> Iterator[str]:
    """Yield all tables."""
    if stored(RESULTS):
        caption = f"{MEASURE} against the share of corrupted training labels"
        yield f"![{caption}](figures/{FIGURE.name})\n"
        with restored(RESULTS) as cells:
            analysis = analyse(read_cells(cells), Plan(BASELINE, None), [MEASURE])
            yield from section(analysis)
    if stored(EXPLORATION):
        with restored(EXPLORATION) as cells:
            yield from exploration(analyse(read_cells(cells), Plan(BASELINE, None), [MEASURE]))


def section(analysis: Analysis) -> Iterator[str]:
    """Yield everything about one set of cells."""
    yield goals(analysis)
    for dataset in sorted({group.condition.dataset for group in analysis.groups}):
        yield f"\n### {dataset}\n"
        yield markdown(paper_table(analysis, dataset, MEASURE))
        yield from map(markdown, difference_tables(analysis, dataset, MEASURE))
    yield ceilings(list(recoveries(analysis.groups, MEASURE)))
    yield detectors(analysis.groups)
    yield costs(analysis)


def exploration(analysis: Analysis) -> Iterator[str]:
    """Yield the options of label weakening that were tried to choose from, best first."""
    yield "\n## Options of label weakening, tried out\n"
    for dataset in sorted({group.condition.dataset for group in analysis.groups}):
        table = paper_table(analysis, dataset, MEASURE)
        yield markdown(
            table._replace(
                rows=tuple(
                    sorted(
                        table.rows,
                        key=lambda row: -max(entry.value for entry in row.entries if entry),
                    )
                )
            )
        )


def goals(analysis: Analysis) -> str:
    """Return the goals of the study, with the result of every form of label weakening."""
    weakened = sorted({group.loss for group in analysis.groups if group.loss.startswith(WEAKENING)})
    rows = [_answers(analysis, loss) for loss in weakened]
    heads = [
        "loss",
        "average rank at 40 and 60 % among it and the ten baselines (goal: first)",
        (
            "significantly better than cross-entropy, of conditions at 40 and 60 % (goal: on 3 of "
            "4 real collections)"
        ),
        "largest loss against cross-entropy on clean labels (goal: at most .005)",
        "share of the cost of 40 % noise won back (goal: .25)",
        "AUROC of doubt in the last epoch, scifact at 40 % (goal: .8)",
    ]
    return "### Goals\n\n" + _markdown(heads, rows)


def _answers(analysis: Analysis, loss: str) -> list[str]:
    return [
        loss,
        _ranked(analysis, loss),
        _beaten(analysis, loss),
        *_recovered(analysis, loss),
        _detected(analysis, loss),
    ]


def _ranked(analysis: Analysis, loss: str) -> str:
    groups = [
        group
        for group in analysis.groups
        if group.condition.noise == NOISE
        and group.condition.ratio in HARD
        and (group.loss == loss or not group.loss.startswith(WEAKENING))
    ]
    if not any(group.loss == loss for group in groups):
        return "not run"
    ranking = rank(groups, MEASURE, alpha=0.05)
    if loss not in ranking.losses:
        return "not run under the conditions of the others"
    place = ranking.losses.index(loss)
    place_of = f"place {place + 1} of {len(ranking.losses)}"
    return f"{ranking.mean_ranks[place]:.2f}, {place_of} ({ranking.conditions} conditions)"


def _beaten(analysis: Analysis, loss: str) -> str:
    found = [
        c for c in analysis.comparisons if c.loss == loss and c.noise == NOISE and c.ratio in HARD
    ]
    better = [c for c in found if c.mark > 0]
    worse = sum(c.mark < 0 for c in found)
    collections = len({c.dataset for c in better})
    counts = f"{len(better)} of {len(found)}, on {collections} collections"
    return f"{counts}; significantly worse: {worse}"


def _recovered(analysis: Analysis, loss: str) -> tuple[str, str]:
    clean = [
        c.difference
        for c in analysis.comparisons
        if c.loss == loss and c.noise == NOISE and c.ratio == 0
    ]
    shares = [
        each.share(each.value)
        for each in recoveries(analysis.groups, MEASURE)
        if each.loss == loss and each.ratio == HARD[0]
    ]
    shares = [share for share in shares if not math.isnan(share)]
    lost = f"{-min(clean):+.4f}" if clean else "not run"
    return (
        lost,
        f"{sum(shares) / len(shares):+.2f} (mean over {len(shares)})" if shares else "not run",
    )


def _detected(analysis: Analysis, loss: str) -> str:
    found = [
        each.values["detector_auroc"]
        for each in detections(analysis.groups)
        if each.loss == loss
        and each.condition[0] == "scifact"
        and each.condition[1:] == ("static", NOISE, HARD[0])
    ]
    return f"{found[0]:.3f}" if found else "not run"


def ceilings(found: list[Recovery]) -> str:
    """Return the positions of label weakening and the best other loss between the ceilings."""
    chosen = [each for each in found if each.loss.startswith(WEAKENING)] + _best_others(found)
    rows = [
        [
            each.dataset,
            each.model,
            f"{each.ratio:g}",
            each.loss,
            f"{each.clean:.3f}",
            "" if each.dropped is None else f"{each.dropped:.3f}",
            f"{each.baseline:.3f}",
            f"{each.value:.3f}",
            _signed(each.share(each.value)),
            _signed(each.share(each.dropped)),
        ]
        for each in sorted(chosen)
    ]
    heads = [
        *(
            "collection",
            "model",
            "ratio",
            "loss",
            "cross-entropy, clean labels",
            "cross-entropy, clean pairs only",
            "cross-entropy, noisy",
        ),
        *("the loss, noisy", "won back by the loss", "won back by dropping"),
    ]
    return "\n### Between the ceilings\n\n" + _markdown(heads, rows)


def _best_others(found: Iterable[Recovery]) -> list[Recovery]:
    best: dict[tuple[object, ...], Recovery] = {}
    for each in found:
        place = each[:3]
        if not each.loss.startswith(WEAKENING) and (
            place not in best or each.value > best[place].value
        ):
            best[place] = each
    return list(best.values())


def detectors(groups: Iterable[Group]) -> str:
    """Return how the losses saw the wrong labels at the end of training."""
    names = {
        "detector_auroc": "AUROC of doubt",
        "detector_precision": "precision",
        "detector_recall": "recall",
        "ambiguous": "ambiguous",
        "memorisation": "memorised",
        "recovery": "recovered",
    }
    rows = []
    for each in detections(groups):
        if each.loss == BASELINE or each.loss.startswith(WEAKENING):
            values = [f"{each.values[name]:.3f}" if name in each.values else "" for name in names]
            rows.append([*each.condition[:3], f"{each.condition.ratio:g}", each.loss, *values])
    return "\n### Detection of wrong labels, last epoch\n\n" + _markdown(
        ["collection", "model", "noise", "ratio", "loss", *names.values()], rows
    )


def costs(analysis: Analysis) -> str:
    """Compute spent."""
    rows = [
        [each.dataset, each.model, str(each.cells), f"{each.hours:.2f}"]
        for each in spent(analysis.cells.finished)
    ]
    return "\n### Compute spent\n\n" + _markdown(
        ["collection", "model", "cells", "hours of wall time"], rows
    )


def _signed(share: float) -> str:
    return "" if math.isnan(share) else f"{share:+.2f}"


def _markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
