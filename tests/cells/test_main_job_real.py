"""The main job on a real collection, with floors that a broken pipeline would miss."""

import json
import shutil

import pytest
from cell_runs import run

pytestmark = pytest.mark.collections


@pytest.fixture(scope="module")
def on_scifact(real_collections, tmp_path_factory):
    """Runs a cell on scifact through ir_datasets and returns its scores."""
    home = tmp_path_factory.mktemp("ir_datasets") / "home"  # ir_datasets writes into its home
    shutil.copytree(real_collections / "irds_home", home)

    def run_it(base, *overrides):
        finished = run(
            "dataset=scifact", *overrides, cwd=base, IR_DATASETS_HOME=str(home), OMP_NUM_THREADS="2"
        )
        assert finished.returncode == 0, finished.stderr
        (scores,) = (base / "outputs").rglob("scores.json")
        return json.loads(scores.read_text())

    return run_it


def test_the_static_model_learns_scifact(on_scifact, tmp_path):
    scores = on_scifact(tmp_path, "model=static", "loss=cross_entropy", "noise.ratio=0.0")
    assert scores["measures"]["nDCG@10"] >= 0.72
    assert scores["untrained"]["nDCG@10"] <= 0.6


def test_semantic_noise_costs_cross_entropy_on_scifact(on_scifact, tmp_path):
    scores = on_scifact(tmp_path, "model=static", "loss=cross_entropy", "noise.ratio=0.4")
    assert scores["measures"]["nDCG@10"] <= 0.70


def test_packaged_minilm_retrieves_scifact_untrained(on_scifact, tmp_path):
    scores = on_scifact(
        tmp_path, "task=evaluate", "model=minilm", "model.tokens.document_length=160"
    )
    assert scores["measures"]["nDCG@10"] >= 0.6
