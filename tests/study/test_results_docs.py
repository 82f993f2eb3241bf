"""The page on results says what results/ holds."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_tables_are_those_of_the_stored_cells():
    script = runpy.run_path(str(ROOT / "docs" / "generate_results.py"))
    written = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert script["page"]() == written, "run: python docs/generate_results.py"
