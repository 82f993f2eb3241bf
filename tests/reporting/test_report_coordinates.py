"""Where a cell lies in the grid, as reports read it."""

import json

import numpy as np
import pytest
from omegaconf import OmegaConf

from benchmarks.sweeps.report_synthetic import config_of, write_cell
from cells.record.coordinates import coordinates_of
from reporting.reading.cells import read_cells

VALUES = {"nDCG@10": np.array([0.5, 0.25]), "RR@10": np.array([1.0, 0.0])}


def test_natural_noise_that_takes_every_label_has_ratio_one():
    config = config_of("a/b/c/natural-all/seed-3") | {"variant": "v"}
    assert coordinates_of(config) == ("a", "b", "c-v", "natural", 1.0, 3, "v")


@pytest.mark.parametrize("choices", [True, False])
def test_coordinates_come_from_the_configuration_and_not_from_the_path(tmp_path, choices):
    """By the path the model would be `a`, the loss `b` and the ratio 9."""
    cell = "toy/static/elr-a/b/semantic-1e-09/seed-1"
    config = config_of("toy/static/elr/semantic-0/seed-1")
    config |= {"variant": "a/b", "noise": {"ratio": 1e-9}, "cell": cell}
    if not choices:
        config.pop("choices")  # as of versions before it
    directory = write_cell(tmp_path, "toy/m/a/none-0/seed-1", VALUES)
    (directory / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(config)))
    (found,) = read_cells(tmp_path).finished
    assert (found.dataset, found.model, found.loss, found.variant) == (
        "toy",
        "static",
        "elr-a/b",
        "a/b",
    )
    assert (found.noise, found.ratio, found.seed, found.name) == ("semantic", 1e-9, 1, cell)


def test_choices_below_a_loss_tell_cells_of_earlier_versions_apart(tmp_path):
    """They have the loss without these in `choices`."""
    literal, below = "label_weakening_literal", "label_weakening_literal-threshold-margin"
    for loss in (literal, below, f"{below}-v"):
        name = f"toy/m/{loss}/none-0/seed-1"
        directory = write_cell(tmp_path, name, VALUES)
        config = config_of(name)
        config["choices"]["loss"] = literal
        config["variant"] = "v" if loss.endswith("-v") else None
        (directory / "config.yaml").write_text(json.dumps(config))
    found = {cell.loss for cell in read_cells(tmp_path).finished}
    assert found == {literal, below, f"{below}-v"}


def test_two_cells_with_the_same_coordinates_are_not_two_seeds(tmp_path):
    for name in ("toy/m/a/none-0/seed-1", "toy/m/b/none-0/seed-1"):
        directory = write_cell(tmp_path, name, VALUES)
    config = config_of("toy/m/a/none-0/seed-1") | {"cell": "elsewhere"}
    (directory / "config.yaml").write_text(json.dumps(config))
    cells = read_cells(tmp_path)
    assert [cell.name for cell in cells.finished] == ["toy/m/a/none-0/seed-1"]
    (problem,) = cells.corrupt
    assert problem.cell == str(directory)
    assert f"noise and seed as {tmp_path / 'toy/m/a/none-0/seed-1'}" in problem.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seed": "x"}, "seed=x"),
        ({"noise": {"ratio": "much"}}, "noise.ratio=much"),
        ({"noise": {}}, "lacks 'ratio'"),
        ({"choices": None, "cell": "elsewhere"}, "cell=elsewhere is not toy/"),
    ],
)
def test_a_cell_that_does_not_say_where_it_lies_is_named(tmp_path, change, reason):
    directory = write_cell(tmp_path, "toy/m/a/none-0/seed-1", VALUES)
    config = config_of("toy/m/a/none-0/seed-1") | change
    (directory / "config.yaml").write_text(json.dumps(config))
    cells = read_cells(tmp_path)
    assert cells.finished == []
    assert reason in cells.corrupt[0].reason
