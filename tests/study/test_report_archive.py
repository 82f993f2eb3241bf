"""Finished cells go into the repository and come back as they were."""

import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from benchmarks.sweeps.report_synthetic import config_of
from cells.record.stored_config import differences
from errors import InputError
from reporting.reading.cells import read_cells
from reporting.statistics.groups import read_groups
from study.archive import FILES, main, restore, store

AUDIT = {"audit_sha256": "ab" * 32, "corrupted": 4, "units": 10}


def write_cell(outputs, loss, seed, *, dataset="toy", path=None, value=0.5):
    folder = outputs / dataset / "static" / loss / "semantic-0.4" / f"seed-{seed}"
    folder.mkdir(parents=True)
    name = f"{dataset}/static/{loss}/semantic-0.4/seed-{seed}"
    config = config_of(name) | {
        "output_dir": str(outputs),
        "cache_dir": "/somewhere/cache",
        "dataset": {"path": path, "train_pairs": 10},
        "model": {"learning_rate": 0.02},
    }
    (folder / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(config)))
    values = {f"q{number}": (value + number / 7 + seed / 100) % 1 for number in range(5)}
    lines = [f"{query_id}\t{each!r}\n" for query_id, each in values.items()]
    (folder / "per_query.tsv").write_text("query_id\tnDCG@10\n" + "".join(lines))
    (folder / "history.csv").write_text(f"epoch,loss\n0,{value}\n")
    scores = {
        "cell": f"{dataset}/static/{loss}/semantic-0.4/seed-{seed}",
        "measures": {"nDCG@10": sum(values.values()) / 5},
        "noise": AUDIT,
        "data": {"fingerprint": f"of {dataset}"},
        "wall_seconds": {"train": 1.5},
        "git_commit": "c0ffee",
    }
    (folder / "scores.json").write_text(json.dumps(scores))
    (folder / "run.trec").write_text("not kept")
    return folder


@pytest.fixture
def outputs(tmp_path):
    for dataset in ("toy", "other"):
        for loss in ("cross_entropy", "label_weakening"):
            for seed in (1, 2):
                write_cell(
                    tmp_path / "outputs",
                    loss,
                    seed,
                    dataset=dataset,
                    value=0.3 if loss == "cross_entropy" else 0.4,
                )
    return tmp_path / "outputs"


def test_a_report_of_restored_cells_is_that_of_the_cells(outputs, tmp_path):
    assert len(store(outputs, tmp_path / "results")) == 8
    assert len(restore(tmp_path / "results", tmp_path / "back")) == 8
    before, after = (
        read_groups(read_cells(folder).finished) for folder in (outputs, tmp_path / "back")
    )
    assert before.measures == after.measures
    for left, right in zip(before.groups, after.groups, strict=True):
        assert (left.condition, left.loss, left.query_ids, left.seeds) == (
            right.condition,
            right.loss,
            right.query_ids,
            right.seeds,
        )
        assert (left.seed_values == right.seed_values).all()
        assert (left.per_query == right.per_query).all()


def test_all_but_the_configuration_comes_back_byte_for_byte(outputs, tmp_path):
    store(outputs, tmp_path / "results")
    restore(tmp_path / "results", tmp_path / "back")
    for path in filter(Path.is_file, outputs.rglob("*")):
        back = tmp_path / "back" / path.relative_to(outputs)
        if path.name not in FILES:
            assert not back.exists()
        elif path.name != "config.yaml":
            assert back.read_bytes() == path.read_bytes()


def test_equal_cells_give_equal_bytes_and_new_ones_join_them(outputs, tmp_path):
    store(outputs, tmp_path / "a")
    store(outputs, tmp_path / "b")
    assert (tmp_path / "a/toy/static.tar.xz").read_bytes() == (
        tmp_path / "b/toy/static.tar.xz"
    ).read_bytes()
    assert (tmp_path / "a/cells.csv").read_bytes() == (tmp_path / "b/cells.csv").read_bytes()
    write_cell(tmp_path / "more", "elr", 1)
    assert store(tmp_path / "more", tmp_path / "a") == ["toy/static/elr/semantic-0.4/seed-1"]
    assert len(restore(tmp_path / "a", tmp_path / "back")) == 9
    index = (tmp_path / "a/cells.csv").read_text().splitlines()
    assert index[0].startswith("dataset,model,loss,noise,seed,nDCG@10,learning_rate")
    assert len(index) == 1 + 9


def test_the_configuration_is_the_same_wherever_the_collections_are(tmp_path, monkeypatch):
    folder = write_cell(tmp_path / "outputs", "elr", 1, path=str(tmp_path / "here" / "medical"))
    monkeypatch.setenv("STUDY_DATA", str(tmp_path / "here"))
    store(tmp_path / "outputs", tmp_path / "results")
    restore(tmp_path / "results", tmp_path / "back")
    back = tmp_path / "back" / folder.relative_to(tmp_path / "outputs") / "config.yaml"
    assert str(tmp_path) not in back.read_text()
    monkeypatch.setenv("STUDY_DATA", "/there")
    there = OmegaConf.to_container(OmegaConf.load(back), resolve=True)
    ours = OmegaConf.to_container(OmegaConf.load(folder / "config.yaml"))
    assert there["dataset"]["path"] == "/there/medical"
    assert (
        differences(there, ours | {"dataset": ours["dataset"] | {"path": "/there/medical"}}) == []
    )


@pytest.mark.parametrize("data", [None, "/elsewhere"])
def test_a_file_of_this_machine_is_refused(tmp_path, monkeypatch, data):
    monkeypatch.delenv("STUDY_DATA", raising=False)
    if data:
        monkeypatch.setenv("STUDY_DATA", data)
    write_cell(tmp_path / "outputs", "elr", 1, path="/private/medical")
    with pytest.raises(
        InputError, match=r"elr/semantic-0\.4/seed-1: dataset\.path=/private/medical .*STUDY_DATA"
    ):
        store(tmp_path / "outputs", tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_what_is_there_is_not_overwritten(outputs, tmp_path):
    store(outputs, tmp_path / "results")
    scores = next(outputs.rglob("scores.json"))
    scores.write_text("changed since")
    assert restore(tmp_path / "results", outputs) == []
    assert scores.read_text() == "changed since"


def test_damage_is_named(outputs, tmp_path):
    results = tmp_path / "results"
    with pytest.raises(InputError, match="holds no archive"):
        restore(results, tmp_path / "back")
    store(outputs, results)
    archive = results / "toy/static.tar.xz"
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"toy/static\.tar\.xz cannot be read"):
        restore(results, tmp_path / "back")
    next(outputs.rglob("scores.json")).write_text("{")
    with pytest.raises(InputError, match=r"scores\.json cannot be read"):
        store(outputs, tmp_path / "again")
    with pytest.raises(SystemExit, match="is not a folder"):
        main(["store", str(tmp_path / "nowhere"), str(results)])


def test_the_command_says_what_it_did(outputs, tmp_path, capsys):
    main(["store", str(outputs), str(tmp_path / "results")])
    main(["restore", str(tmp_path / "results"), str(tmp_path / "back")])
    assert [line.split(" in ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "8 cells stored",
        "8 cells restored",
    ]


def test_an_interrupted_restore_leaves_no_half_cell(outputs, tmp_path, monkeypatch):
    store(outputs, tmp_path / "results")
    written = []

    def fails_at_the_tenth(path, content):
        written.append(path)
        if len(written) == 10:
            raise KeyboardInterrupt
        with path.open("wb") as file:
            return file.write(content)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", fails_at_the_tenth)
        with pytest.raises(KeyboardInterrupt):
            restore(tmp_path / "results", tmp_path / "back")
    assert len(read_cells(tmp_path / "back").finished) == 2
    assert not read_cells(tmp_path / "back").incomplete
    assert len(restore(tmp_path / "results", tmp_path / "back")) == 6
    assert len(read_cells(tmp_path / "back").finished) == 8
