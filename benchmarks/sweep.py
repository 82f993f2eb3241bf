"""What a sweep costs beyond its cells' work: a finished cell, and a tiny cell beside preparing, training, encoding and scoring.

    python benchmarks/sweep.py [cells]

Composes and runs cells of the embedded collection in this process, as the basic launcher does.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from hydra import compose, initialize_config_dir  # noqa: E402 - the project is not installed, so its root comes first
from hydra.core.hydra_config import HydraConfig  # noqa: E402
from omegaconf import DictConfig, OmegaConf  # noqa: E402

from cells import paths, schema  # noqa: E402
from cells.attempts import attempt  # noqa: E402

TINY = ["experiment=smoke", "logger=none"]
FINISHED_LIMIT, TINY_LIMIT = 0.3, 1.0  # seconds


def composed(*overrides: str) -> DictConfig:
    """Returns the configuration of a cell, as run.py's main gets it."""
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        cfg = compose("config", overrides=[*TINY, *overrides], return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    return OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])


def timed(*overrides: str) -> tuple[float, Path]:
    """Runs a cell and returns its wall time, composition included, and its directory."""
    started = time.perf_counter()
    cfg = composed(*overrides)
    attempt(cfg)
    return time.perf_counter() - started, Path(cfg.output_dir) / cfg.cell


def work(cell: Path) -> float:
    """Returns how much of a cell's time was preparing, training, encoding and scoring."""
    seconds: dict[str, float] = json.loads((cell / "scores.json").read_text())["wall_seconds"]
    return sum(seconds.values())


def main(cells: int) -> None:
    """Prints the two medians beside their limits."""
    schema.register()
    paths.register()
    with tempfile.TemporaryDirectory() as folder:
        place = (f"output_dir={folder}/outputs", f"cache_dir={folder}/cache")
        timed("seed=0", *place)  # imports and caches
        fresh = [timed(f"seed={seed}", *place) for seed in range(1, cells + 1)]
        again = [timed(f"seed={seed}", *place)[0] for seed in range(1, cells + 1)]
        worked = [work(cell) for _, cell in fresh]
        beyond = median(wall - seconds for (wall, _), seconds in zip(fresh, worked, strict=True))
    print(f"a finished cell: {median(again):.3f} s (limit {FINISHED_LIMIT} s)")
    print(f"a tiny cell beyond its work: {beyond:.3f} s (limit {TINY_LIMIT} s); its work: {median(worked):.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
