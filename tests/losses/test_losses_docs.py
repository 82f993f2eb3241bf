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


def blocks(language: str) -> list[str]:
    """The code blocks of the section on losses in docs/how-to/extend.md."""
    text = (ROOT / "docs" / "how-to" / "extend.md").read_text(encoding="utf-8")
    section = text.split("## A loss\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def test_the_example_of_a_new_loss_works_as_it_stands(tmp_path: Path) -> None:
    for name in ("losses", "conf", "tests", "errors.py", "checks.py", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
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
