"""A cell is made from the content of files, not from their names."""

import json
import os

import pytest
from cell_runs import SMALL, composed
from small_collection import write_small_collection
from test_directory import cell

import cells.tasks.train
from cells.record import environment, made_from
from cells.record.made_from import begin, changed_files, check_finished, settle
from cells.record.named_files import named_files
from cells.record.written_scores import read_scores, write_scores
from cells.sweep.skip import needs_no_job
from cells.tasks.train import train
from data.collections.source_hashes import replaced_sources
from data.storage.cache import Cache
from data.storage.file_hashes import FileHashes
from errors import InputError


@pytest.fixture
def named(tmp_path):
    """A cell whose configuration names a file of every kind."""
    weights = tmp_path / "weights"
    weights.mkdir()
    for path in (tmp_path / "run.trec", tmp_path / "audit.tsv", weights / "model.safetensors"):
        path.write_text(path.name)
    write_small_collection(tmp_path / "tiny")
    mine = cell(
        tmp_path / "out",
        dataset={"_target_": "data.open_folder", "path": str(tmp_path / "tiny")},
        negatives={"run": str(tmp_path / "run.trec")},
        teacher=str(tmp_path / "run.trec"),
        model={"path": str(weights), "first_stage": str(tmp_path / "run.trec")},
        noise={"audit": str(tmp_path / "audit.tsv"), "qrels": str(tmp_path / "run.trec")},
    )
    mine.claim(overwrite=False)
    return mine


CHANGED = {
    "run.trec": ("negatives.run", "teacher", "model.first_stage", "noise.qrels"),
    "audit.tsv": ("noise.audit",),
    "weights/model.safetensors": ("model.path",),
    "tiny/qrels/train.tsv": ("dataset.path",),
    "tiny/corpus.jsonl": ("dataset.path",),
    "tiny/queries.jsonl": ("dataset.path",),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_file_is_refused_by_every_key_that_names_it(named, tmp_path, name):
    begin(named)
    begin(named)  # unchanged
    path = tmp_path / name
    stat = path.stat()
    path.write_text(path.read_text()[:-1] + "#")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as `cp -p` would: same size and time
    with pytest.raises(InputError, match="was made from other input") as refused:
        begin(named)
    assert all(f"{key}=" in str(refused.value) for key in CHANGED[name])
    others = {key for keys in CHANGED.values() for key in keys} - set(CHANGED[name])
    assert not any(f"{key}=" in str(refused.value) for key in others)
    assert "variant=<word>" in str(refused.value)
    assert "overwrite=true" in str(refused.value)


def test_a_file_more_in_the_folder_of_a_collection_or_of_weights_is_a_change(named, tmp_path):
    begin(named)
    (tmp_path / "weights" / "README.md").touch()
    begin(named)
    (tmp_path / "tiny" / "qrels" / "dev.tsv").write_text("q0-0\td0-0\t1\n")
    with pytest.raises(InputError, match=r"dataset\.path="):
        begin(named)


def test_files_that_are_gone_contradict_nothing(named, tmp_path):
    begin(named)
    (tmp_path / "run.trec").unlink()
    begin(named)


def test_changed_data_and_labels_are_refused(named):
    begin(named)
    settle(named, "a collection", "some labels")
    settle(named, "a collection", "some labels")
    with pytest.raises(InputError, match=r"changed since: the collection \(documents, queries"):
        settle(named, "another", "some labels")
    with pytest.raises(InputError, match="the corrupted training labels"):
        settle(named, "a collection", "others")


def test_another_version_of_the_code_is_said_and_both_are_recorded(named, monkeypatch, caplog):
    begin(named)
    before = environment.software()
    after = before | {"commit": "c0ffee", "source": "other"}
    monkeypatch.setattr(made_from, "software", lambda: after)
    begin(named)
    assert "was begun by another version" in caplog.text
    assert "c0ffee" in caplog.text
    assert settle(named, "c", "l")["software"] == [before, after]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"software": 3}', '{"files": {"a": 1}}'])
def test_a_damaged_record_is_named(named, content):
    named.file("made_from.json").write_text(content)
    with pytest.raises(InputError, match=r"made_from\.json.*cannot be read"):
        begin(named)


def test_a_finished_cell_is_finished_only_with_its_files(named, tmp_path):
    begin(named)
    write_scores(named.directory, {"measures": {"AP": 0.5}, "made_from": settle(named, "c", "l")})
    assert not changed_files(named, read_scores(named.directory))
    (tmp_path / "run.trec").write_text("other")
    assert changed_files(named, read_scores(named.directory))
    check_finished(named, {"measures": {"AP": 0.5}})  # finished by an earlier version


def test_hub_names_stand_for_what_is_cached_of_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    config = {"model": {"path": "someone/model"}}
    assert named_files(config) == {}
    snapshot = tmp_path / "models--someone--model" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").touch()
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("abc")
    assert named_files(config) == {
        "model.path": {"model.safetensors": snapshot / "model.safetensors"}
    }


def test_a_replaced_folder_of_ir_datasets_is_noticed(tmp_path, monkeypatch):
    ids, cache = ["beir/scifact/train"], Cache(tmp_path / "cache")
    source = tmp_path / "home" / "beir" / "scifact" / "source.zip"
    source.parent.mkdir(parents=True)
    monkeypatch.setenv("IR_DATASETS_HOME", str(tmp_path / "home"))
    assert replaced_sources(ids, cache) == {}  # not yet downloaded
    source.write_text("one")
    assert replaced_sources(ids, cache) == {}
    dataset = {"_target_": "data.open_ir_dataset", "train": ids[0]}
    assert named_files({"dataset": dataset}) == {
        "dataset.train": {"beir/scifact/source.zip": source}
    }
    source.write_text("two")
    assert list(replaced_sources(ids, cache)) == ["beir/scifact/source.zip"]


def test_an_unchanged_file_is_hashed_once(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("content")
    (first,) = FileHashes(tmp_path / "memory.json").of([path])
    monkeypatch.setattr("data.storage.file_hashes.hash_of", lambda _path: "again")
    assert FileHashes(tmp_path / "memory.json").of([path]) == [first]
    path.write_text("other")
    assert FileHashes(tmp_path / "memory.json").of([path]) == ["again"]
    (tmp_path / "memory.json").write_text("damaged")
    assert FileHashes(tmp_path / "memory.json").of([path]) == ["again"]


class Killed(BaseException):
    """What no one catches."""


def test_a_killed_cell_does_not_go_on_with_other_judgements(tmp_path, monkeypatch):
    folder = write_small_collection(tmp_path / "tiny")
    where = [f"dataset.path={folder}", f"cache_dir={tmp_path / 'cache'}"]
    cfg = composed(
        "dataset=folder", *where, *SMALL, "loss=cross_entropy", f"output_dir={tmp_path / 'out'}"
    )

    def kill(*_arguments, **_keywords):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(cells.tasks.train, "scores_of", kill)
        with pytest.raises(Killed):
            train(cfg)
    qrels = folder / "qrels" / "test.tsv"
    judged = qrels.read_text()
    qrels.write_text(judged.replace("q0-4\td0-4", "q0-4\td1-4"))
    with pytest.raises(InputError, match=r"dataset\.path=.* has changed|changed since: dataset"):
        train(cfg)
    qrels.write_text(judged)
    train(cfg)
    directory = tmp_path / "out" / cfg.cell
    scores = json.loads((directory / "scores.json").read_text())
    assert scores["made_from"]["collection"] == scores["data"]["fingerprint"]
    assert set(scores["made_from"]["files"]["dataset.path"]) == {
        "corpus.jsonl",
        "queries.jsonl",
        "train.tsv",
        "test.tsv",
    }
    assert scores["made_from"]["labels"] == scores["noise"]["labels"]
    assert not (directory / "made_from.json").exists()
    assert needs_no_job(cfg)
    qrels.write_text(judged.replace("q0-4\td0-4", "q0-4\td1-4"))
    assert not needs_no_job(cfg)
    with pytest.raises(InputError, match="was made from other input"):
        train(cfg)
