import pytest
from cell_runs import ROOT, composed
from omegaconf import OmegaConf

from cells.configuration import compatibility
from cells.record.directory import Cell
from cells.record.stored_config import ABSENT, differences
from errors import InputError


def cell(folder, **config):
    return Cell(
        "demo/static/ce/none-0/seed-1",
        folder / "demo/static/ce/none-0/seed-1",
        {
            "dataset": {"path": None},
            "seed": 1,
            "output_dir": str(folder),
            "cache_dir": str(folder / "cache"),
            "noise": {"ratio": 0.0},
        }
        | config,
    )


def test_claim_writes_the_configuration(tmp_path):
    mine = cell(tmp_path)
    mine.claim(overwrite=False)
    assert OmegaConf.load(mine.file("config.yaml")) == mine.config
    assert not mine.finished


def test_the_same_configuration_may_claim_again(tmp_path):
    cell(tmp_path).claim(overwrite=False)
    cell(tmp_path, logger={"mode": "offline"}).claim(overwrite=False)


def test_a_finished_cell_is_known_without_reading_its_configuration_slowly(tmp_path, monkeypatch):
    finished = cell(tmp_path)
    finished.claim(overwrite=False)
    finished.file("scores.json").touch()
    assert not cell(tmp_path, seed=2).holds_this()
    monkeypatch.setattr(OmegaConf, "load", None)
    assert finished.holds_this()


def test_another_configuration_takes_over_what_has_no_work_to_lose(tmp_path):
    cell(tmp_path).claim(overwrite=False)
    cell(tmp_path, noise={"ratio": 0.3}).claim(overwrite=False)
    assert OmegaConf.load(cell(tmp_path).file("config.yaml")).noise.ratio == 0.3


@pytest.mark.parametrize("work", ["scores.json", "checkpoints/last.ckpt"])
def test_another_configuration_is_refused_with_the_differing_keys(tmp_path, work):
    mine = cell(tmp_path)
    mine.claim(overwrite=False)
    mine.file("checkpoints").mkdir()
    mine.file(work).touch()
    with pytest.raises(InputError, match=r"noise\.ratio \(there: 0\.0, here: 0\.3\).*variant="):
        cell(tmp_path, noise={"ratio": 0.3}).claim(overwrite=False)


def test_overwrite_removes_the_earlier_run(tmp_path):
    cell(tmp_path).claim(overwrite=False)
    cell(tmp_path).file("scores.json").write_text("{}")
    assert cell(tmp_path).finished
    cell(tmp_path, noise={"ratio": 0.3}).claim(overwrite=True)
    assert not cell(tmp_path).finished


def test_files_that_are_not_a_cells_are_left_alone(tmp_path):
    mine = cell(tmp_path)
    mine.directory.mkdir(parents=True)
    (mine.directory / "thesis.tex").touch()
    with pytest.raises(InputError, match="so it is not a cell"):
        mine.claim(overwrite=True)
    assert (mine.directory / "thesis.tex").exists()


def test_an_output_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    mine = cell(tmp_path / "file")
    with pytest.raises(InputError, match=r"output_dir=.*cannot be written"):
        mine.claim(overwrite=False)


def test_differences_name_keys_on_either_side():
    assert differences({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}) == [
        "a.c (there: nothing, here: 2)"
    ]
    assert differences({"a": 1, "logger": 1}, {"a": 1, "logger": 2, "overwrite": True}) == []


@pytest.mark.parametrize("before", [{}, {"engine": "auto"}, {"engine": "bm25s"}])
def test_a_cell_continues_with_another_engine_of_bm25(tmp_path, before):
    """Every engine gives the same run; a cell may also be older than the choice."""
    begun = cell(tmp_path, bm25={"language": "english"} | before)
    begun.claim(overwrite=False)
    begun.file("checkpoints").mkdir()
    begun.file("checkpoints/last.ckpt").touch()
    fingerprint = begun.fingerprint
    now = cell(tmp_path, bm25={"language": "english", "engine": "pruned"})
    now.claim(overwrite=False)
    assert now.fingerprint == fingerprint  # its checkpoints bear that
    now.file("checkpoints/last.ckpt").unlink()
    now.file("scores.json").touch()
    assert now.holds_this()
    with pytest.raises(InputError, match=r"bm25\.language \(there: english, here: german\)"):
        cell(tmp_path, bm25={"language": "german", "engine": "pruned"}).claim(overwrite=False)


@pytest.fixture
def later(monkeypatch):
    """A version that has got a key `noise.limit`; null is what was done before."""
    monkeypatch.setattr(compatibility, "AS_BEFORE", {"noise.limit": None})


@pytest.mark.usefixtures("later")
def test_a_cell_of_an_earlier_version_stays_the_cell_of_a_configuration_that_means_the_same(
    tmp_path,
):
    earlier = cell(tmp_path)
    earlier.claim(overwrite=False)
    earlier.file("checkpoints").mkdir()
    earlier.file("checkpoints/last.ckpt").touch()
    before = earlier.fingerprint
    now = cell(tmp_path, noise={"ratio": 0.0, "limit": None}, logger={"mode": "offline"})
    now.claim(overwrite=False)
    assert now.fingerprint == before  # its checkpoints bear that
    assert OmegaConf.load(now.file("config.yaml")) == earlier.config | {
        "logger": {"mode": "offline"}
    }


@pytest.mark.usefixtures("later")
def test_a_new_key_that_changes_something_is_a_clash(tmp_path):
    cell(tmp_path).claim(overwrite=False)
    cell(tmp_path).file("scores.json").touch()
    with pytest.raises(InputError, match=r"noise\.limit \(there: nothing, here: 5\)"):
        cell(tmp_path, noise={"ratio": 0.0, "limit": 5}).claim(overwrite=False)
    # not declared
    with pytest.raises(InputError, match=r"noise\.other \(there: nothing, here: None\)"):
        cell(tmp_path, noise={"ratio": 0.0, "other": None}).claim(overwrite=False)


def test_every_new_key_declares_what_was_done_before_it():
    """If this fails, declare the key in configuration/compatibility.py or renew the fixture."""
    earlier = OmegaConf.to_container(OmegaConf.load(ROOT / "tests/fixtures/earlier_cell.yaml"))
    found = differences(earlier, Cell.of(composed("loss=label_weakening_literal")).config)
    assert [line for line in found if f": {ABSENT}" in line] == []
