"""A sweep that tunes sees noisy validation labels, and nothing of the test split."""

import json

from cell_runs import SMALL, run
from omegaconf import OmegaConf
from small_collection import write_small_collection


def test_beta_is_tuned_on_noisy_validation_labels(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")
    arguments = [
        "experiment=tune_beta",
        "hydra/sweeper=optuna",
        "hydra.sweeper.n_trials=3",
        "dataset=folder",
        f"dataset.path={folder}",
    ]
    tuned = run("-m", *arguments, *SMALL, "trainer.max_epochs=1", "logger=none", cwd=tmp_path)
    assert tuned.returncode == 0, tuned.stdout + tuned.stderr
    cells = [path.parent for path in tmp_path.rglob("scores.json")]
    configs = {cell: OmegaConf.load(cell / "config.yaml") for cell in cells}
    assert len({config.loss.threshold.rho for config in configs.values()}) == 3
    assert all(config.validation.labels == "noisy" for config in configs.values())
    values = {
        cell: json.loads((cell / "scores.json").read_text())["validation"]["nDCG@10"]
        for cell in cells
    }
    best = OmegaConf.load(tmp_path / "outputs/optimization_results.yaml")
    assert best.best_value == max(values.values())
    assert best.best_params["loss.threshold.rho"] in {
        configs[cell].loss.threshold.rho for cell in cells if values[cell] == best.best_value
    }
