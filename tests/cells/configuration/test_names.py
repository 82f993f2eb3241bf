"""Names of cells: folders, tags of runs and W&B tags at once, always below output_dir."""

import os

import pytest
from cell_runs import composed, run
from small_collection import write_small_collection

from cells.configuration.names import check_names, flat_name, folder_name
from cells.record.directory import Cell
from errors import InputError


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("variant=a/b", r"variant='a/b': 'a/b' cannot be part"),
        ("variant='a b'", "variant='a b'"),
        ("variant='..'", "cannot be part|may be empty"),
        (f"variant={'v' * 80}", "cannot be part of a cell's name"),
        (f"variant='{'é' * 300}'", "cannot be part of a cell's name"),
        ("collection=..", "may be empty"),
        ("collection='my data'", "collection='my data'"),
        ("cell=/tmp/elsewhere", "may be empty"),
        ("cell=../elsewhere", "may be empty"),
        ("cell=a/./b", "may be empty"),
        ("cell='a/b c'", "cell='a/b c'"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_by_its_key(override, message):
    with pytest.raises(InputError, match=message):
        check_names(composed(override))


@pytest.mark.parametrize("override", ["variant=lr-1e-3", "collection='données'", "cell=a/b"])
def test_usual_names_pass(override):
    check_names(composed(override))


def test_folders_are_named_by_where_they_are(tmp_path, monkeypatch):
    (tmp_path / "tiny" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "tiny")
    assert folder_name(".") == folder_name("below/..") == folder_name("../tiny/") == "tiny"
    assert folder_name("..") == tmp_path.name
    assert folder_name("/data/my own data=1") == "my-own-data-1"
    assert len(folder_name(f"/data/{'d' * 200}")) == 64
    (tmp_path / "link").symlink_to(tmp_path / "tiny")
    assert folder_name(str(tmp_path / "link")) == "link"
    with pytest.raises(InputError, match=r"dataset\.path=/ is the root .* collection=<word>"):
        folder_name("/")


@pytest.mark.parametrize("path", [".", "..", "tiny/.."])
def test_a_cell_lies_below_output_dir_whatever_the_path(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    cfg = composed("dataset=folder", f"dataset.path={path}", f"output_dir={tmp_path / 'out'}")
    check_names(cfg)
    directory = os.path.normpath(Cell.of(cfg).directory)
    assert directory.startswith(str(tmp_path / "out"))
    assert len(cfg.cell.split("/")) == 5


def test_flat_names_differ_and_fit_a_file_system():
    cells = ["a/b", "a__b", "a/b__c", "a__b/c", "/".join("x" * 64 for _ in range(5))]
    flat = [flat_name(cell) for cell in cells]
    assert len(set(flat)) == len(flat)
    assert flat[0] == "a__b"
    assert all("/" not in name and len(name) < 220 for name in flat)


def test_a_bad_name_is_refused_before_anything_is_written(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")
    where = [f"dataset.path={folder}", f"output_dir={tmp_path / 'out'}"]
    refused = run("dataset=folder", *where, "variant='a b'", cwd=tmp_path)
    assert refused.returncode == 1
    assert "variant='a b'" in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out").exists()
