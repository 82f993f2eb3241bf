"""The study: commands name their cells, and a repeated slice is compared with the stored."""

import json

import pytest
from cell_runs import composed
from hydra.core.hydra_config import HydraConfig
from test_report_archive import write_cell

from errors import InputError
from reporting.reading.cells import read_cells
from study.archive import store
from study.grid import COLLECTIONS, dataset, pieces
from study.reproduction import compare, main


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_cells_of_a_piece_are_those_that_its_sweep_runs(collection, monkeypatch):
    monkeypatch.setenv("STUDY_DATA", "/data")
    for piece in pieces(collection):
        assert len(set(piece.cells())) == len(piece.cells())
        first, last = piece.cells()[0], piece.cells()[-1]
        for cell in (first, last):
            _, model, loss, condition, seed = cell.split("/")
            noise, _, ratio = condition.rpartition("-")
            chosen = [
                f"model={model}",
                f"loss={loss}",
                f"noise={noise}",
                f"noise.ratio={'null' if ratio == 'all' else ratio}",
                seed.replace("-", "="),
            ]
            others = [
                f"{key}={value}"
                for key, value in piece.overrides.items()
                if key not in ("noise", "noise.ratio", "loss")
            ]
            rate = [] if piece.experiment == "cpu_study_reduced" else ["optimizer.lr=0.02"]
            cfg = composed(
                f"experiment={piece.experiment}", *dataset(collection), *chosen, *others, *rate
            )
            assert cfg.cell == cell
            assert cfg.logger._target_ == "cells.tracking.tracker.LocalTracker"
            assert cfg.output_dir == "outputs/cpu_study"


def test_tuning_uses_a_seed_of_its_own_and_the_same_rates_for_all():
    tuned, studied = (swept(f"experiment={name}") for name in ("cpu_study_tune", "cpu_study"))
    assert set(str(tuned["seed"]).split(",")).isdisjoint(studied["seed"].split(","))
    assert tuned["loss"] == studied["loss"]
    assert tuned["optimizer.lr"] == "1e-2,2e-2,5e-2"


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
