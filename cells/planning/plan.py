"""What a sweep will do: which cells are finished, which are left, and which cannot run."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cells.configuration.compatibility import current_target
from cells.configuration.completeness import check_complete
from cells.configuration.missing_files import missing_files
from cells.configuration.signatures import located
from cells.configuration.startup_checks import check
from cells.planning.composition import ComposedGrid
from cells.planning.refusals import refuse_clashes, refuse_missing, refuse_shared_paths
from cells.planning.variants import variants
from cells.record.coordinates import TRAIN
from cells.record.directory import Cell
from cells.sweep.skip import needs_no_job
from errors import InputError

Job = Sequence[str]
TASKS = ("evaluated", "noised", "retrieved", "suspects")
"""First parts of the names of cells that are written but not trained."""


class PlannedCell(NamedTuple):
    """A cell of a sweep.

    Attributes:
        name: its name.
        output_dir: the folder that it lies in.
        finished: whether nothing is left to do.
        differing: how the configuration in its directory differs, if it does.
        trained: whether its task trains a model, or asks about cells that do.
        variant: the configured variant.
        missing: `key=value` of files that it needs and that do not exist; looked up only in the
            first cell that has an override.
    """

    name: str
    output_dir: Path
    finished: bool
    differing: tuple[str, ...]
    trained: bool
    variant: str | None
    missing: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Its directory."""
        return self.output_dir / self.name

    @property
    def written(self) -> bool:
        """Whether its task writes to the directory, or asks about cells whose task does."""
        return self.trained or self.name.partition("/")[0] in TASKS


class SweepPlan(NamedTuple):
    """The jobs of a sweep, and the cell of each."""

    jobs: list[Job]
    cells: list[PlannedCell]

    @property
    def left(self) -> list[Job]:
        """The jobs to launch, in order."""
        return [job for job, cell in zip(self.jobs, self.cells, strict=True) if not cell.finished]

    @property
    def open_cells(self) -> list[PlannedCell]:
        """The cells to launch, in order."""
        return [cell for cell in self.cells if not cell.finished]


def planned(loader: ConfigLoader, master: DictConfig, jobs: Sequence[Job]) -> SweepPlan:
    """Look at every cell of a grid; name cells that differ in keys which no path shows.

    Args:
        loader: Hydra's.
        master: the configuration of the sweep.
        jobs: the overrides of each job.

    Raises:
        InputError: cells cannot run; the message names them, what is wrong and how to mend it.
    """
    cells = _look(loader, master, jobs)
    if all(cell.written and cell.variant is None for cell in cells):
        names = variants(jobs, [str(cell.path) for cell in cells])
        if names is not None:
            named = zip(jobs, names, strict=True)
            jobs = [[*job, f"variant='{name}'"] for job, name in named]
            cells = _look(loader, master, jobs)
    written = [(job, cell) for job, cell in zip(jobs, cells, strict=True) if cell.written]
    refuse_shared_paths([job for job, _ in written], [str(cell.path) for _, cell in written])
    refuse_clashes({cell.name: cell.differing for cell in cells if cell.differing}, len(cells))
    refuse_missing({cell.name: cell.missing for cell in cells if cell.missing})
    return SweepPlan(list(jobs), cells)


def ask(master: DictConfig, cells: Sequence[PlannedCell]) -> None:
    """Run a task that only asks about cells, once for all of them."""
    HydraConfig.instance().set_config(master)  # `${hydra:...}` may occur in the configuration
    located("task._target_", master.task._target_)(without_hydra(master), cells)


def _look(loader: ConfigLoader, master: DictConfig, jobs: Sequence[Job]) -> list[PlannedCell]:
    found: dict[int, PlannedCell] = {}
    seen: set[str] = set()
    looked: set[str] = set()
    asks = _asks(master)
    for n, cfg in ComposedGrid(loader, master, jobs).configurations():
        if not seen.issuperset(jobs[n]):
            seen.update(jobs[n])  # a value that cannot work does so in every cell
            _check(cfg, asks=asks)
        found[n] = cell = _planned_cell(cfg, asked=asks)
        if not asks and cell.trained and not cell.finished and not looked.issuperset(jobs[n]):
            looked.update(jobs[n])
            found[n] = cell._replace(missing=tuple(missing_files(cfg)))
    return [found[n] for n in range(len(jobs))]


def _asks(cfg: DictConfig) -> bool:
    return bool(cfg.task.get("asks_only", False))


def _check(cfg: DictConfig, *, asks: bool) -> None:
    """Raise InputError for a configuration that cannot work; one that only asks need not."""
    if _asks(cfg) != asks:
        raise InputError(
            f"task={cfg.hydra.runtime.choices.task}: a sweep either asks about its cells or runs "
            "them, so such tasks cannot be swept together. Give a command to each."
        )
    if asks:
        return
    try:
        cell = without_hydra(cfg)
        check_complete(cell)
        check(cell)
    except InputError as error:
        raise InputError(f"nothing was launched, because a cell cannot work: {error}") from error


def _planned_cell(cfg: DictConfig, *, asked: bool) -> PlannedCell:
    trained = asked or current_target(cfg.task.get("_target_")) == TRAIN
    variant = cfg.variant
    # composing the name takes longer than all else that is asked of a cell without a directory
    name, output_dir = cfg.cell, Path(cfg.output_dir)
    exists = not asked and (output_dir / name).is_dir()
    finished = exists and needs_no_job(cfg)
    differing = _differing(cfg) if exists and trained and not finished else ()
    return PlannedCell(
        name,
        output_dir,
        finished,
        differing,
        trained,
        None if variant is None else str(variant),
    )


def _differing(cfg: DictConfig) -> tuple[str, ...]:
    """Return how the work in the cell's directory differs; what is damaged fails by itself."""
    if cfg.overwrite:
        return ()
    try:
        return tuple(Cell.of(without_hydra(cfg)).differing())
    except (OmegaConfBaseException, InputError, OSError):
        return ()


def without_hydra(cfg: DictConfig) -> DictConfig:
    """Return the configuration without Hydra's own part."""
    copied: DictConfig = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])
    return copied
