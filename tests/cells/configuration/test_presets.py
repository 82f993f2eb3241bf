"""Presets in conf/experiment: every choice composes, and no two cells share a directory."""

import pytest
from cell_runs import ROOT, composed
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

PRESETS = sorted(path.stem for path in (ROOT / "conf/experiment").glob("*.yaml"))
TEN = {
    "cross_entropy",
    "label_smoothing",
    "label_relaxation",
    "generalized_cross_entropy",
    "symmetric_cross_entropy",
    "nce_rce",
} | {
    "nce_agce",
    "nce_aul",
    "cores",
    "elr",
}


def grid_of(preset):
    """The choices of each key that the preset sweeps over."""
    composed(f"experiment={preset}")
    params = HydraConfig.get().sweeper.get("params") or {}
    return {
        key: [choice.strip() for choice in str(choices).split(",")]
        for key, choices in params.items()
        if "(" not in str(choices)
    }


def cell_of(preset, choices):
    return composed(f"experiment={preset}", *(f"{key}={choice}" for key, choice in choices.items()))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_choice_composes_and_resolves(preset):
    grid = grid_of(preset)
    # each choice of every key comes up at least once
    for n in range(max(map(len, grid.values()), default=1)):
        cfg = cell_of(preset, {key: choices[n % len(choices)] for key, choices in grid.items()})
        OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_key_of_a_grid_is_in_the_cells_path(preset):
    grid = grid_of(preset)
    first = {key: choices[0] for key, choices in grid.items()}
    for key, choices in grid.items():
        others = [choice for choice in choices if choice != choices[0]][:1]
        assert all(
            cell_of(preset, first | {key: other}).cell != cell_of(preset, first).cell
            for other in others
        )


def test_the_papers_grid():
    grid = grid_of("paper")
    assert {key: len(choices) for key, choices in grid.items()} == {
        "dataset": 4,
        "model": 3,
        "loss": 11,
        "noise.ratio": 4,
        "seed": 5,
    }
    assert set(grid["loss"]) == TEN | {"label_weakening_literal"}
