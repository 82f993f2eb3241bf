"""Accepted Pythons: the same in Makefile and pyproject.toml, and checked before installing."""

import re
import subprocess
import sys
import tomllib

import pytest
from cell_runs import ROOT
from packaging.specifiers import SpecifierSet

[GUARD] = re.findall(
    r"(?m)^\t@\$\(PYTHON\) -c 'import sys; (sys\.exit\(.*)'$", (ROOT / "Makefile").read_text()
)


@pytest.mark.parametrize("minor", range(9, 17))
def test_makefile_and_pyproject_take_the_same_pythons(minor):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    accepted = SpecifierSet(project["requires-python"]).contains(f"3.{minor}.1")
    pretended = f"import sys; sys.version_info = (3, {minor}, 1); {GUARD}"
    ended = subprocess.run(
        [sys.executable, "-c", pretended], capture_output=True, text=True, check=False
    )
    assert (ended.returncode == 0) == accepted == (minor in {11, 12, 13})
    assert accepted or f"is needed, and {sys.executable} is 3.{minor}; set PYTHON=" in ended.stderr
