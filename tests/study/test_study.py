"""The study: commands name their cells, and a repeated slice is compared with the stored."""

import itertools
import json

import pytest
from cell_runs import composed
from hydra.core.hydra_config import HydraConfig
from test_report_archive import write_cell

from cells.planning.fitness import fault_of
from errors import InputError
from reporting.reading.cells import read_cells
from study import grid
from study.archive import store
from study.reproduction import compare, main
from study.stages import MODELS, QUICK, SENSITIVE, TRANSFORMERS, Piece, dataset, pieces


@pytest.mark.parametrize(
    "place", [("scifact", "static"), ("wikiqs", "adapter"), ("tldr", "colbert")]
)
def test_the_cells_of_a_piece_are_those_that_its_sweep_runs(place, monkeypatch):
    monkeypatch.setenv("STUDY_DATA", "/data")
    for piece in [piece for piece in pieces() if piece.concerns(place)]:
        cells = piece.cells()
        assert len(set(cells)) == len(cells)
        cfg = composed(*chosen(piece, cells[-1]))
        assert cfg.cell == cells[-1]
        assert cfg.logger._target_ == "cells.tracking.tracker.LocalTracker"
        assert cfg.output_dir == "outputs/study"


def chosen(piece, cell):
    """The overrides of one cell of a piece."""
    _, model, loss, condition, seed = cell.split("/")
    noise, _, ratio = condition.rpartition("-")
    one = {"model": model, "loss": loss, "noise": noise, "seed": seed.removeprefix("seed-")}
    one["noise.ratio"] = "null" if ratio == "all" else ratio
    rate = {} if model in TRANSFORMERS else {"optimizer.lr": "0.02"}
    given = {**piece.overrides, **one, **rate}
    overrides = [f"{key}={value}" for key, value in given.items()]
    return [f"experiment={piece.experiment}", *dataset(piece.collection), *overrides]


@pytest.mark.parametrize("model", TRANSFORMERS)
def test_a_piece_can_be_run_as_far_as_is_known_without_its_data(model, monkeypatch):
    """A pool to validate on once made every cell of the re-ranker fail, after its data was read."""
    monkeypatch.setenv("STUDY_DATA", "/data")
    (piece, *_) = [piece for piece in pieces() if piece.concerns(("scifact", model))]
    cfg = composed(*chosen(piece, piece.cells()[0]))
    assert fault_of(cfg) is None
    assert (cfg.validation.pool is None) == (model == "cross_encoder")
    assert cfg.model.network.num_hidden_layers == (None if model == "cross_encoder" else 2)
    cfg.validation.pool = 2000
    assert (fault_of(cfg) is None) == (model != "cross_encoder")


def test_every_sensitive_collection_meets_every_model_first():
    order = [(piece.collection, piece.overrides["model"]) for piece in pieces()]
    assert set(order[:8]) == set(itertools.product(SENSITIVE, QUICK))
    assert set(itertools.product(SENSITIVE, MODELS)) <= set(order)


def test_words_choose_collections_and_models():
    piece = Piece("study", "tldr", {"model": "adapter"})
    assert piece.concerns(())
    assert piece.concerns(("tldr", "wikiqs"))
    assert piece.concerns(("tldr", "adapter"))
    assert not piece.concerns(("tldr", "static"))
    assert not piece.concerns(("scifact", "adapter"))


def test_what_is_missing_is_counted_with_its_hours(tmp_path, monkeypatch):
    monkeypatch.setattr(grid, "OUTPUTS", tmp_path)
    piece = Piece("study", "toy", {"model": "static", "loss": "elr", "noise.ratio": "0.4"})
    for seed in (1, 2):
        write_timed(tmp_path / f"toy/static/elr/semantic-0.4/seed-{seed}", hours=2)
    assert grid.missing([piece]) == "static on toy: 1 of 3 cells missing, 2.0 h\n"
    other = Piece("study", "toy", {"model": "adapter", "loss": "elr", "noise.ratio": "0.4"})
    assert grid.missing([other]) == "adapter on toy: 3 of 3 cells missing, hours unknown\n"


def write_timed(folder, *, hours):
    folder.mkdir(parents=True)
    scores = {"measures": {"nDCG@10": 0.5}, "wall_seconds": {"train": hours * 3600}}
    (folder / "scores.json").write_text(json.dumps(scores))


def test_tuning_uses_a_seed_of_its_own_and_the_same_losses():
    tuned, studied = (swept(f"experiment={name}") for name in ("study_tune", "study"))
    assert set(str(tuned["seed"]).split(",")).isdisjoint(studied["seed"].split(","))
    assert tuned["loss"] == studied["loss"]


def swept(experiment):
    composed(experiment, "optimizer.lr=1")
    return HydraConfig.get().sweeper.params


def write_scored(outputs, value, *, fingerprint="same", python="3.11.7"):
    folder = write_cell(outputs, "elr", 1)
    scores = json.loads((folder / "scores.json").read_text())
    scores |= {
        "measures": {"nDCG@10": value, "AP": 0.2},
        "data": {"fingerprint": fingerprint},
        "versions": {"python": python},
    }
    (folder / "scores.json").write_text(json.dumps(scores))
    return outputs


def test_a_repeated_cell_agrees_within_the_tolerance_or_the_command_fails(tmp_path, capsys):
    store(write_scored(tmp_path / "stored", 0.5), tmp_path / "results")
    main([str(write_scored(tmp_path / "near", 0.505)), str(tmp_path / "results")])
    assert "1 cells agree" in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r"1 of 1 cells are missing or differ by more than 0\.01"):
        main([str(write_scored(tmp_path / "far", 0.52)), str(tmp_path / "results")])
    with pytest.raises(SystemExit, match=r"1 of 1 cells are missing or differ by more than 0\.001"):
        main([str(tmp_path / "near"), str(tmp_path / "results"), "--tolerance", "0.001"])


def test_a_missing_cell_does_not_agree(tmp_path):
    stored = read_cells(write_scored(tmp_path / "stored", 0.5)).finished
    (compared,) = compare(stored, {})
    assert compared.again is None
    assert not compared.agrees(1.0)


def test_a_cell_with_fewer_measures_is_named(tmp_path):
    stored, again = (write_scored(tmp_path / name, 0.5) for name in ("stored", "again"))
    path = next(again.rglob("scores.json"))
    scores = json.loads(path.read_text())
    path.write_text(json.dumps(scores | {"measures": {"nDCG@10": 0.5}}))
    cells = {cell.name: cell for cell in read_cells(again).finished}
    with pytest.raises(InputError, match="run again without AP"):
        compare(read_cells(stored).finished, cells)


def test_other_data_are_not_compared(tmp_path):
    stored, again = (
        read_cells(write_scored(tmp_path / name, 0.5, fingerprint=name, python=python)).finished
        for name, python in (("stored", "3.11.7"), ("again", "3.13.1"))
    )
    with pytest.raises(
        InputError,
        match=r"other data: again instead of stored.*of Python 3\.11\.7, this is 3\.13\.1",
    ):
        compare(stored, {cell.name: cell for cell in again})
