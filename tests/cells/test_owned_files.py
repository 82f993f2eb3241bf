"""A cell removes the files that it wrote, and no others."""

import pytest
from cell_runs import composed
from test_directory import cell

from cells.record import export
from cells.record.directory import Cell
from cells.record.owned_files import run_in
from cells.record.written_scores import write_scores
from errors import InputError


def finished(folder, **config):
    mine = cell(folder, **config)
    mine.claim(overwrite=False)
    for name in (
        "scores.json",
        "run.trec.gz",
        "run.trec",
        "checkpoints/best.safetensors",
        "steps/version_0/metrics.csv",
        "export/model.safetensors",
        "export/0_StaticEmbedding/config.json",
        "wandb/offline-run-1-a/files/config.yaml",
    ):
        mine.file(name).parent.mkdir(parents=True, exist_ok=True)
        mine.file(name).write_text("{}")
    return mine


THEIRS = ("thesis.tex", "checkpoints/mine.pt", "export/my_notes.txt", "export/my_eval.json")


def test_overwrite_leaves_what_no_cell_writes(tmp_path, caplog):
    mine = finished(tmp_path)
    for name in THEIRS:
        mine.file(name).parent.mkdir(exist_ok=True)
        mine.file(name).write_text("mine")
    finished(tmp_path / "whole").claim(overwrite=True)
    mine.claim(overwrite=True)
    left = {
        str(path.relative_to(mine.directory))
        for path in mine.directory.rglob("*")
        if path.is_file()
    }
    assert left == {*THEIRS, "config.yaml"}
    assert "4 files that no cell writes were left there" in caplog.text
    whole = cell(tmp_path / "whole").directory
    assert [path.name for path in whole.iterdir()] == ["config.yaml"]


def test_a_cell_without_work_to_lose_leaves_them_too(tmp_path):
    cell(tmp_path).claim(overwrite=False)
    cell(tmp_path).file("thesis.tex").touch()
    cell(tmp_path, noise={"ratio": 0.3}).claim(overwrite=False)
    assert cell(tmp_path).file("thesis.tex").exists()


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_with_a_config_of_something_else_is_refused(tmp_path, overwrite):
    mine = cell(tmp_path)
    mine.directory.mkdir(parents=True)
    mine.file("config.yaml").write_text("theme: dark\n")
    mine.file("run.trec").write_text("precious")
    with pytest.raises(InputError, match=r"not a cell's configuration .*move it or choose"):
        mine.claim(overwrite=overwrite)
    assert mine.file("run.trec").read_text() == "precious"
    assert mine.file("config.yaml").read_text() == "theme: dark\n"


@pytest.mark.parametrize("content", ["", "a: b: c", "- x", "\x00", "a: ${b"])
def test_a_damaged_configuration_is_named_and_overwrite_mends_it(tmp_path, content):
    mine = finished(tmp_path)
    mine.file("config.yaml").write_text(content)
    with pytest.raises(InputError, match=r"config\.yaml cannot be read .*overwrite=true"):
        mine.claim(overwrite=False)
    assert mine.file("checkpoints/best.safetensors").exists()
    mine.claim(overwrite=True)
    assert not mine.finished


def test_weights_whose_scores_are_missing_are_not_lost(tmp_path):
    mine = finished(tmp_path)
    mine.file("scores.json").unlink()
    with pytest.raises(InputError, match=r"holds trained weights .*put scores\.json back"):
        mine.claim(overwrite=False)
    with pytest.raises(InputError, match="holds another configuration"):
        cell(tmp_path, noise={"ratio": 0.3}).claim(overwrite=False)
    assert mine.file("checkpoints/best.safetensors").exists()


def test_what_a_killed_process_was_writing_is_no_stranger(tmp_path):
    mine = cell(tmp_path)
    mine.directory.mkdir(parents=True)
    mine.file(".config.yaml.123.partial").write_text("half")
    mine.claim(overwrite=False)
    mine.clean_up()
    assert [path.name for path in mine.directory.iterdir()] == ["config.yaml"]


def test_a_killed_export_is_tidied(tmp_path):
    mine = finished(tmp_path)
    mine.file(".export.partial/0_StaticEmbedding").mkdir(parents=True)
    mine.file(".export.partial/0_StaticEmbedding/model.safetensors").touch()
    mine.clean_up()
    assert not mine.file(".export.partial").exists()
    assert mine.file("export/model.safetensors").exists()


def with_scores(folder, **scores):
    mine = finished(folder)
    write_scores(mine.directory, {"measures": {"AP": 0.5}} | scores)
    mine.file("checkpoints/best.safetensors.blake2b").touch()
    mine.file("checkpoints/mine.pt").touch()
    return mine


@pytest.mark.parametrize(
    ("kept", "gone"),
    [
        ({"kept": ["weights", "runs"]}, set()),
        ({"kept": ["weights"]}, {"run.trec", "run.trec.gz"}),
        (
            {"kept": ["runs"]},
            {"checkpoints/best.safetensors", "checkpoints/best.safetensors.blake2b"},
        ),
        ({}, set()),  # of an earlier version
        ({"kept": 3}, set()),
    ],
)
def test_what_a_finished_cell_does_not_keep_is_removed_and_nothing_else(tmp_path, kept, gone):
    mine = with_scores(tmp_path, **kept)
    before = set(mine.directory.rglob("*"))
    assert mine.holds_this() == (not gone)  # a kill may come before the files are gone
    mine.clean_up()
    assert before - set(mine.directory.rglob("*")) == {mine.file(name) for name in gone}
    assert mine.holds_this()


@pytest.mark.parametrize(
    "damage", ["", "{}", '{"kept": [], "measures": {"AP": 0.5}, "checksum": 1}']
)
def test_nothing_is_removed_in_doubt(tmp_path, damage):
    mine = with_scores(tmp_path, kept=[])
    mine.file("scores.json").write_text(damage)
    mine.clean_up()
    assert mine.file("checkpoints/best.safetensors").exists()
    assert mine.file("run.trec.gz").exists()


def test_an_unfinished_cell_loses_nothing(tmp_path):
    mine = with_scores(tmp_path, kept=[])
    mine.file("scores.json").unlink()
    mine.clean_up()
    assert mine.file("checkpoints/best.safetensors").exists()


def test_the_run_of_an_earlier_version_is_found(tmp_path):
    assert run_in(tmp_path) == tmp_path / "run.trec.gz"
    (tmp_path / "run.trec").touch()
    assert run_in(tmp_path) == tmp_path / "run.trec"
    (tmp_path / "run.trec.gz").touch()
    assert run_in(tmp_path) == tmp_path / "run.trec.gz"


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("demo/static/elr-lr-0.1/semantic-0.2/seed-3", "elr-lr-0.1-3"),
        ("evaluated/demo/minilm/seed-1", "minilm-1"),
        ("retrieved/demo/bm25", "bm25"),
        ("mine", "mine"),
        ("mine/seed-2", "mine-2"),
        ("seed-2", "seed-2"),
    ],
)
def test_a_run_is_tagged_by_its_system_and_seed(tmp_path, name, tag):
    assert Cell(name, tmp_path, {}).tag == tag


def test_an_export_replaces_the_files_of_an_earlier_one_only(tmp_path, monkeypatch):
    class Exported:
        def export(self, folder, *_tokens):
            (folder / "model.safetensors").write_text("new")

    monkeypatch.setattr(export, "model_card", lambda *_facts: "card")
    cfg = composed()
    folder = tmp_path / "export"
    (folder / "1_Pooling").mkdir(parents=True)
    for name in ("model.safetensors", "1_Pooling/config.json", "idea.doc"):
        (folder / name).write_text("old")
    export.export(cfg, Exported(), None, folder, {})
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == {"model.safetensors", "retrieval.json", "README.md", "idea.doc"}
    assert (folder / "model.safetensors").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["export"]
