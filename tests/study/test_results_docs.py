"""The pages on results say what results/ holds."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_tables_are_those_of_the_stored_cells():
    script = runpy.run_path(str(DOCS / "generate_results.py"))
    with script["analysed"]() as (claim, whole):
        pages = {"results.md": script["page"](claim), "results-tables.md": script["tables"](whole)}
    for name, page in pages.items():
        written = (DOCS / name).read_text(encoding="utf-8")
        assert page == written, f"{name}: run python docs/generate_results.py"
