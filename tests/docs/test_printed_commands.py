"""Every command that the documentation prints can be typed: its keys, choices and targets exist.

The commands of docs/how-to that are performed as printed have tests of their own.
"""

import re
import runpy
import tomllib

import pytest
from cell_runs import composed
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import instantiate
from printed_examples import HOW_TO, ROOT, blocks, commands, reasons
from small_collection import write_small_collection
from tiny_models import save_encoder_of

from cells.command.choices import check_choices
from cells.configuration.renamed_keys import refuse_renamed_overrides
from cells.configuration.startup_checks import check
from reporting.reading.filters import parse_filters

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(HOW_TO.glob("*.md")),
    *(ROOT / f"docs/{name}.md" for name in ("index", "demo", "models", "report", "sweeps")),
]
LINES = list(
    dict.fromkeys(
        tuple(words)
        for page in PAGES
        for block in blocks(page)
        if not block.language
        for words in commands(block.text)
        if "=" not in words[0]  # an assignment to the shell's variables
        and (page.parent != HOW_TO or reasons(words))
    )
)
ELSEWHERE = {"wandb", "pre-commit", "source"}  # not programs of the project
STANDING_FOR = {
    "/my/beir/folder": "collection",
    "/my/encoder": "encoder",
    "<folder>": "encoder",
    "<export>": "encoder",
    "<run.trec.gz>": "run",
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """What the places that the pages invent stand for."""
    base = tmp_path_factory.mktemp("printed")
    mine = write_small_collection(base / "mine")
    encoder = save_encoder_of(mine, base / "words", base / "encoder", positions=512, layers=1)
    found = {"collection": str(mine), "encoder": encoder, "run": "run.trec.gz"}
    return {printed: found[name] for printed, name in STANDING_FOR.items()}


def of(program):
    """The arguments of each printed command of a program."""
    words = program.split()
    found = [line[len(words) :] for line in LINES if list(line[: len(words)]) == words]
    return [pytest.param(arguments, id=" ".join(arguments)[:70]) for arguments in found]


@pytest.mark.parametrize(
    "arguments", [each for each in of("python run.py") if "--config-dir" not in each.values[0]]
)
def test_cells_can_be_composed(arguments, places):
    overrides = [placed(word, places) for word in arguments if not word.startswith("-")]
    refuse_renamed_overrides(overrides)
    check_choices(overrides, ROOT / "conf")
    jobs = grid(overrides)
    for job in (jobs[0], jobs[-1]):
        cfg = composed(*job)
        check(cfg)
        instantiate(cfg.loss)
        instantiate(cfg.noise)


def grid(overrides):
    """The overrides of every cell of a sweep."""
    parsed = OverridesParser.create().parse_overrides(overrides)
    (jobs,) = BasicSweeper.split_arguments(parsed, None)
    return jobs


def placed(override, places):
    key, _, value = override.partition("=")
    return f"{key}={places.get(value, value)}"


@pytest.mark.parametrize("arguments", of("python report.py"))
def test_reports_can_be_asked_for(arguments):
    parser = runpy.run_path(str(ROOT / "report.py"))["parser"]()
    parse_filters(parser.parse_intermixed_args(arguments).filters)


def test_targets_are_in_the_makefile():
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    printed = {target for line in LINES if line[0] == "make" for target in line[1:]}
    assert printed <= set(targets)
    assert printed


def test_extras_are_in_the_project():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    printed = {line[-1] for line in LINES if line[0] == "pip"}
    assert printed <= {f".[{name}]" for name in extras["optional-dependencies"]}


def test_no_other_program_is_printed():
    checked = (("python", "run.py"), ("python", "report.py"))
    others = {
        line
        for line in LINES
        if line[0] not in ELSEWHERE | {"make", "pip"} and line[:2] not in checked
    }
    modules = [line for line in others if line[:2] == ("python", "-m")]
    assert all((ROOT / f"{line[2].replace('.', '/')}.py").is_file() for line in modules)
    assert others == set(modules)
