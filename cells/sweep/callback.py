"""The frame of a sweep: its name, under which failures are recorded, and its final summary."""

import logging
import os
import sys
import uuid
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from cells.record import failures
from cells.sweep import gpus, workers

ROOT = Path(__file__).parents[2]

log = logging.getLogger(__name__)


class Sweep(Callback):
    """Hydra's callback around a sweep, which ends failures with a line each and exit status 1."""

    # Hydra's signature
    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Name the sweep, and pass its name and the project's path to launched processes.

        Both are passed in the environment.
        """
        del kwargs
        if "joblib" in str(config.hydra.launcher._target_):
            gpus.share()
            workers.announce()
        os.environ[failures.SWEEP] = uuid.uuid4().hex
        inherited = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        if str(ROOT) not in inherited:
            os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *inherited])

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """List the failures."""
        del kwargs
        output_dir = Path(config.output_dir)
        failed = failures.of_this_sweep(output_dir)
        if not failed:
            return
        log.error("%d of the sweep's cells failed; the same command tries them again:", len(failed))
        for failure in failed:
            log.error(
                "  %s: %s (%s)", failure.cell, failure.error, output_dir / failure.cell / "run.log"
            )
        sys.exit(1)
