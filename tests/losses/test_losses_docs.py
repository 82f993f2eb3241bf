"""The page on losses says what the code says."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_page_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "generate_losses.py"))
    written = (ROOT / "docs" / "losses.md").read_text(encoding="utf-8")
    assert script["page"]() == written, "run: python docs/generate_losses.py"
