"""The page on losses says what the code says."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_page_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "generate_losses.py"))
    written = (ROOT / "docs" / "losses.md").read_text(encoding="utf-8")
    assert script["page"]() == written, "run: python docs/generate_losses.py"


def test_comments_of_the_keys_say_what_is_declared() -> None:
    commented = runpy.run_path(str(ROOT / "docs" / "loss_comments.py"))["commented"]
    for path in (ROOT / "conf" / "loss").rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert commented(text) == text, f"{path}: run python docs/generate_losses.py"


def test_comments_follow_the_declaration() -> None:
    commented = runpy.run_path(str(ROOT / "docs" / "loss_comments.py"))["commented"]
    found = commented("# kept\n_target_: losses.Focal\ngamma: 2  # wrong\nother: 1  # kept\n")
    gamma = "gamma: 2  # focus, 0 is cross-entropy; in [0, inf)"
    assert found == f"# kept\n_target_: losses.Focal\n{gamma}\nother: 1  # kept\n"
