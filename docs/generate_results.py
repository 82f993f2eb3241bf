"""Write docs/results.md, its figure and docs/results-tables.md: `python docs/generate_results.py`.

Every number comes from results/ and nothing else. On the first page, what stands between
`<!-- tables -->` and `<!-- end -->` is replaced; the words around it are written by hand.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from reporting.figures import Stage, write_chart
from reporting.figures.robustness import robustness
from reporting.reading.cells import read_cells
from reporting.statistics.analysis import Analysis, analyse
from reporting.statistics.comparisons import Plan
from study.archive import restore
from study.goals import LOSS
from study.long_tables import long_tables
from study.recovery import BASELINE, CEILING, NOISE
from study.short_tables import conditions, goals, ranks
from study.stages import MODELS, SENSITIVE

PAGE = ROOT / "docs" / "results.md"
TABLES = ROOT / "docs" / "results-tables.md"
FIGURE = ROOT / "docs" / "figures" / "robustness.svg"
RESULTS, RATES = ROOT / "results" / "study", ROOT / "results" / "learning_rates.json"
BEGIN, END = "<!-- tables -->\n", "<!-- end -->\n"
MEASURE = "nDCG@10"
CAPTION = f"{MEASURE} against the share of corrupted training labels"
HEAD = """# Results: all tables

Made by `python docs/generate_results.py` from `results/`. What they say is on
[the page before](results.md).
"""


def main() -> None:
    """Write both pages and the figure."""
    with analysed() as (short, whole):
        PAGE.write_text(page(short), encoding="utf-8")
        TABLES.write_text(tables(whole), encoding="utf-8")
        draw(short)


@contextmanager
def analysed() -> Iterator[tuple[Analysis, Analysis]]:
    """Restore the stored cells to a temporary folder, and analyse those of the claim, and all."""
    claim = {"dataset": list(SENSITIVE), "noise": [NOISE, CEILING]}
    with tempfile.TemporaryDirectory() as folder:
        restore(RESULTS, Path(folder))
        read = (read_cells(Path(folder), chosen) for chosen in (claim, {}))
        short, whole = (analyse(cells, Plan(BASELINE, None), [MEASURE]) for cells in read)
        yield short, whole


def page(analysis: Analysis) -> str:
    """Return the first page with its tables as results/ has them."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    parts = [
        f"![{CAPTION}](figures/{FIGURE.name})\n",
        f"### Each model and collection\n\n{conditions(analysis)}",
        f"### Average ranks\n\n{ranks(analysis)}",
        f"### Goals\n\n{goals(analysis)}",
    ]
    return before + BEGIN + "\n".join(parts) + END + after


def tables(analysis: Analysis) -> str:
    """Return the page of all tables."""
    rates = json.loads(RATES.read_text(encoding="utf-8"))
    return "\n".join([HEAD, *long_tables(analysis, rates)])


def draw(analysis: Analysis) -> None:
    """Write the robustness curves of label weakening, cross-entropy and the others."""
    cells = analysis.cells
    noisy = cells._replace(finished=[cell for cell in cells.finished if cell.noise == NOISE])
    analysis = analyse(noisy, Plan(BASELINE, LOSS), [MEASURE])
    chart = robustness(Stage(analysis, panels=len(SENSITIVE) * len(MODELS)))
    if chart is not None:
        with tempfile.TemporaryDirectory() as folder:
            write_chart(chart, Path(folder))
            shutil.copy(Path(folder) / "robustness.svg", FIGURE)


if __name__ == "__main__":
    main()
