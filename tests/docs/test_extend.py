"""The examples of docs/how-to/extend.md: written into a copy of the project, and run there."""

import pytest
from cell_runs import SMALL
from printed_examples import HOW_TO, blocks, fresh_copy, shell, write_file

PAGE = list(blocks(HOW_TO / "extend.md"))
FEW = ["dataset.train_pairs=100", "dataset.validation_queries=20", "dataset.test_queries=20"]
CUT_DOWN = {"loss=": [*FEW, *SMALL], "task=noise": FEW}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    copy = fresh_copy(tmp_path_factory.mktemp("extended") / "project")
    for block in PAGE:
        if block.file is not None:
            write_file(block, copy)
    return copy


@pytest.mark.parametrize("section", ["A loss", "A noise model"])
def test_works_as_it_stands(section, copy):
    (block,) = (each for each in PAGE if not each.language and each.section == section)
    lines = block.text.splitlines()
    for line in lines:
        command, _, _ = line.partition("#")
        small = next((some for word, some in CUT_DOWN.items() if f"run.py {word}" in line), [])
        done = shell(" ".join([command, *small]), copy)
        if command.startswith("pytest"):
            assert "passed" in done.stdout
            assert "skipped" not in done.stdout
    assert len(lines) >= 2
    assert list((copy / "outputs").iterdir())
