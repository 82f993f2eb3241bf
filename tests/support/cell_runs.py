"""Runs cells as a user does, in a process of their own, or composed in this one."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from cells.configuration import resolvers, schema

ROOT = Path(__file__).parents[2]
SMALL = [
    "model.network.dimensions=16",
    "model.tokenizer.vocabulary_size=400",
    "trainer.max_epochs=2",
    "batch.size=16",
    "noise.encoder.dimensions=8",
    "negatives.depth=10",
    "evaluation.depth=100",
]


def settings_of(folder: Path, base: Path) -> tuple[str, ...]:
    """The overrides of a small cell of a collection that keeps all its files below `base`."""
    return (
        "dataset=folder",
        f"dataset.path={folder}",
        f"cache_dir={base / 'cache'}",
        f"output_dir={base / 'out'}",
        "logger=none",
        *SMALL,
    )


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `python run.py <arguments>` from another folder, without terminal or network."""
    env = (
        os.environ
        | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "WANDB_MODE": "offline"}
        | environment
    )
    return subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def run_lines(cell: Path) -> list[str]:
    """The lines of a cell's run."""
    return gzip.decompress((cell / "run.trec.gz").read_bytes()).decode().splitlines()


def composed(*overrides: str) -> DictConfig:
    """The configuration that the overrides make, as run.py's main would get it."""
    schema.register()
    resolvers.register()
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        cfg = compose("config", overrides=list(overrides), return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    return OmegaConf.masked_copy(cfg, [key for key in cfg if key != "hydra"])
