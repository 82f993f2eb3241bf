import json

import pytest
from cell_runs import SMALL, composed
from configured_models import SMALL as SMALL_MODELS
from small_collection import write_small_collection
from tiny_models import save_encoder_of

from cells.tasks.train import train

LENGTHS = ["model.tokens.query_length=16", "model.tokens.document_length=32"]


@pytest.fixture(scope="module")
def overrides_of(tmp_path_factory):
    """What makes a cell of each model small; without dropout, whose masks differ by device."""
    base = tmp_path_factory.mktemp("gpu")
    folder = write_small_collection(base / "tiny")
    encoder = save_encoder_of(folder, base / "cache", base / "encoder")
    where = ["dataset=folder", f"dataset.path={folder}", f"cache_dir={base / 'cache'}"]
    common = [key for key in SMALL if not key.startswith("model.")]

    def overrides(model):
        if model == "static":
            own = [key for key in SMALL if key.startswith("model.")]
        else:
            own = [f"model.path={encoder}", "optimizer.lr=2e-3", *LENGTHS]
            own += SMALL_MODELS.get(model, [])
        return [f"model={model}", *where, *common, *own]

    return overrides


@pytest.fixture
def config_of(overrides_of, tmp_path):
    """Composes a cell below the test's own folder."""

    def config(model, *overrides):
        return composed(*overrides_of(model), f"output_dir={tmp_path / 'out'}", *overrides)

    return config


@pytest.fixture
def run_cell(config_of, tmp_path):
    """Runs a cell and returns its scores and its folder."""

    def run_it(model, *overrides):
        cfg = config_of(model, "logger=none", *overrides)
        train(cfg)
        folder = tmp_path / "out" / cfg.cell
        return json.loads((folder / "scores.json").read_text()), folder

    return run_it
