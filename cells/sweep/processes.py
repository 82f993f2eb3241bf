"""The role of this process, if several train one cell together.

It is read from the environment, because it is needed before torch is loaded.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from errors import InputError

DISTRIBUTED = (
    "LOCAL_RANK",
    "NODE_RANK",
    "RANK",
    "GROUP_RANK",
    "WORLD_SIZE",
    "MASTER_ADDR",
    "MASTER_PORT",
)


def is_main_process() -> bool:
    """Return whether this process writes the cell's files.

    It does if it is the only process, or the first of those that Lightning, torchrun or SLURM
    started.
    """
    names = (
        ("LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
        if started_by_slurm()
        else ("LOCAL_RANK", "NODE_RANK")
    )
    return all(int(os.environ.get(name, "0")) == 0 for name in names)


def started_by_slurm() -> bool:
    """Return whether SLURM started several processes for this cell."""
    return int(os.environ.get("SLURM_NTASKS", "1")) > 1 and "SLURM_PROCID" in os.environ


def check_strategy(trainer: DictConfig) -> None:
    """Refuse in a sweep the strategy whose processes repeat the command line, and so the sweep.

    Raises:
        InputError: naming the alternatives.
    """
    sweeping = HydraConfig.get().mode == RunMode.MULTIRUN
    if (
        trainer.get("strategy") == "ddp"
        and trainer.devices != 1
        and sweeping
        and not started_by_slurm()
    ):
        raise InputError(
            f"trainer.strategy=ddp with trainer.devices={trainer.devices} in a sweep: its "
            "processes repeat the command line and start the sweep again. Use "
            "hydra/launcher=slurm, which starts them itself; trainer=ddp_fork on a CPU; "
            "trainer=default (one device per cell); or run this cell without -m."
        )
    if started_by_slurm() and trainer.devices != int(
        os.environ.get("SLURM_NTASKS_PER_NODE", trainer.devices)
    ):
        raise InputError(
            f"trainer.devices={trainer.devices}, but SLURM started "
            f"{os.environ['SLURM_NTASKS_PER_NODE']} tasks per node: set trainer.devices or "
            "hydra.launcher.tasks_per_node to the same number."
        )


@contextmanager
def left_clean() -> Iterator[None]:
    """Undo what training changes in a process, so that the next cell starts like the first."""
    before = {name: os.environ.get(name) for name in DISTRIBUTED}
    threads = sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _clean_torch(threads)


def _clean_torch(threads: int | None) -> None:
    if "torch" not in sys.modules:
        return
    import torch
    import torch.distributed as dist

    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
    if threads is not None:
        torch.set_num_threads(threads)
