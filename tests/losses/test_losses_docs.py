"""The page on losses says what the code says."""

import re
import runpy
import shutil
import subprocess
import sys
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


def blocks(language: str) -> list[str]:
    """The code blocks of the section on losses in docs/how-to/extend.md."""
    text = (ROOT / "docs" / "how-to" / "extend.md").read_text(encoding="utf-8")
    section = text.split("## A loss\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def test_the_example_of_a_new_loss_works_as_it_stands(tmp_path: Path) -> None:
    for path in ROOT.iterdir():
        if path.name in {"losses", "conf", "tests"}:
            shutil.copytree(path, tmp_path / path.name)
        elif path.suffix in {".py", ".toml"} or (path / "__init__.py").exists():
            (tmp_path / path.name).symlink_to(path)
    formula, export = blocks("python")
    (yaml,) = blocks("yaml")
    (tmp_path / "losses" / "robust" / "squared_doubt.py").write_text(formula, encoding="utf-8")
    with (tmp_path / "losses" / "__init__.py").open("a", encoding="utf-8") as file:
        file.write(export)
    (tmp_path / "conf" / "loss" / "squared_doubt.yaml").write_text(yaml, encoding="utf-8")
    files = [f"tests/losses/test_losses_{name}.py" for name in ("contract", "lists")]
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-k", "squared_doubt", *files]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
