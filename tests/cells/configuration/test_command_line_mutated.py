"""Three hundred seeded mutations of the command line over all groups: none ends in a traceback.

They run under `make test-faults` only. MUTATIONS changes how many.
"""

import os
import random

import pytest
from cell_runs import SMALL
from small_collection import write_small_collection
from tiny_models import save_encoder_of
from typed_commands import CHOICES, answer, mutated

pytestmark = pytest.mark.faults
MUTATIONS = int(os.environ.get("MUTATIONS", "300"))
PIECES = 10


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """What makes a cell of each model small."""
    base = tmp_path_factory.mktemp("mutated")
    tiny = write_small_collection(base / "tiny")
    encoder = save_encoder_of(tiny, base / "cache", base / "encoder", layers=1)
    place = ["dataset=folder", f"dataset.path={tiny}", f"cache_dir={base / 'cache'}"]
    short = ["trainer.max_epochs=1", "batch.size=16", "negatives.depth=10", "query=x"]
    shared = [*place, *short, "evaluation.depth=100", "overwrite=true"]
    static = [key for key in SMALL if key.startswith("model.")]
    return {
        model: [*shared, *(static if model == "static" else [f"model.path={encoder}"])]
        for model in CHOICES["model"]
    }


@pytest.mark.parametrize("piece", range(PIECES))
def test_no_command_line_ends_in_a_traceback(piece, settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")  # put back after run.py has set it
    for number in range(piece, MUTATIONS, PIECES):
        command = mutated(random.Random(number), settings)  # noqa: S311 - reproducible, not secret
        said = answer(command)
        assert "Traceback" not in said.said, (number, command, said.said)
        assert "HYDRA_FULL_ERROR" not in said.said, (number, command, said.said)
        assert said.status == 0 or said.said.strip(), (number, command)
