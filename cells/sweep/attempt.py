"""One attempt at one cell. A single cell ends with its error; a sweep records it and goes on."""

import logging
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import InstantiationException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cells.configuration import resolvers
from cells.configuration.completeness import check_complete
from cells.configuration.constructor_errors import refusal_in
from cells.configuration.signatures import check_types, located
from cells.configuration.startup_checks import check
from cells.planning.fitness import fault_of
from cells.record import failures
from cells.record.coordinates import coordinates_of
from cells.record.lock import BusyError
from cells.sweep import gpus, outside_causes, workers
from cells.sweep.processes import is_main_process, left_clean
from cells.sweep.signals import Interrupted
from errors import InputError

log = logging.getLogger(__name__)


def attempt(cfg: DictConfig) -> float:
    """Check the configuration and run its task.

    Returns:
        The task's value; NaN for a cell of a sweep that failed, is run by another process or was
        not started.

    Raises:
        InputError: outside a sweep, for configuration or data that cannot be used.
    """
    resolvers.register()  # a launcher may have started this process without run.py
    if not workers.is_worker():
        return _attempt(cfg)
    if workers.told_to_stop():
        return math.nan
    try:
        with workers.busy():
            return _attempt(cfg)
    except Interrupted:  # a worker has to answer
        log.warning("stopped; the same command continues the cell")
        return math.nan


def _attempt(cfg: DictConfig) -> float:
    gpus.take_one_gpu()
    output_dir, name = _named(cfg)
    sweeping = HydraConfig.get().mode == RunMode.MULTIRUN
    if sweeping and cfg.on_error == "stop" and _failed(output_dir):
        log.warning("%s is not started: another cell failed, and on_error=stop", name)
        return math.nan
    try:
        with left_clean():
            return _checked(cfg)
    except BusyError as busy:
        return _left_alone(name, busy, sweeping=sweeping)
    except Exception as caught:
        error = _explained(caught, cfg)
        if is_main_process() and (sweeping or (output_dir / name).is_dir()):
            failures.record(output_dir, name, error, _place(cfg))
        if not sweeping:
            raise error from (None if error is caught else caught)
        is_mistake = isinstance(error, InputError)  # of the user: it needs no traceback
        log.error("%s failed: %s", name, error, exc_info=not is_mistake)  # noqa: TRY400
        return math.nan


def _named(cfg: DictConfig) -> tuple[Path, str]:
    """Return the output directory and the cell's name, as far as they can be resolved."""
    try:
        return Path(cfg.output_dir), str(cfg.cell)
    except OmegaConfBaseException:
        return Path(str(OmegaConf.select(cfg, "output_dir", default="outputs"))), "a cell"


def _checked(cfg: DictConfig) -> float:
    if not cfg.task.get("asks_only", False):
        check_complete(cfg)
        check(cfg)
        if "torch" not in sys.modules:
            log.info("loading libraries ...")
        check_types(cfg)
        if cfg.dry_run:
            return _rehearsed(cfg)
    return _run(cfg)


def _rehearsed(cfg: DictConfig) -> float:
    """Say that a cell can be run, as far as that can be known without its data.

    Raises:
        InputError: it cannot.
    """
    fault = None if coordinates_of(cfg) is None else fault_of(cfg)
    if fault is not None:
        raise InputError(fault)
    log.info("dry_run=true: %s can be run, in %s", cfg.cell, cfg.output_dir)
    return math.nan


def _explained(error: Exception, cfg: DictConfig) -> Exception:
    """Return the error, or what the user can do about it where the machine is its cause."""
    words = None if isinstance(error, InputError) else outside_causes.in_words(error, cfg)
    return error if words is None else InputError(words)


def _run(cfg: DictConfig) -> float:
    """Run the task; raise a constructor's InputError itself, without Hydra's wrapper."""
    try:
        value: float = located("task._target_", cfg.task._target_)(cfg)
    except InstantiationException as error:
        refusal = refusal_in(error)
        if refusal is None:
            raise
        raise InputError(refusal) from error
    return value


def _failed(output_dir: Path) -> bool:
    """Return whether a cell of this sweep is known to have failed."""
    return any(failure.readable for failure in failures.of_this_sweep(output_dir))


def _place(cfg: DictConfig) -> Mapping[str, Any] | None:
    """Return the cell's coordinates, if its configuration, which may be at fault, has them."""
    try:
        place = coordinates_of(cfg)
    except (InputError, OmegaConfBaseException):
        return None
    return None if place is None else place._asdict()


def _left_alone(name: str, busy: BusyError, *, sweeping: bool) -> float:
    message = f"{name} is being run by {busy}"
    if not sweeping:
        raise InputError(f"{message}: wait until it is done, or stop it.")
    log.warning("%s: left to it", message)
    return math.nan
