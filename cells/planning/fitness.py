"""Whether the cells of a sweep can be trained as configured, by their own classes.

The classes need torch, so this comes after everything that a plan can say without it. What needs
data or the device that trains is left to the cells.
"""

import logging
import sys
from collections import defaultdict

from hydra.core.config_loader import ConfigLoader
from hydra.errors import InstantiationException
from omegaconf import DictConfig

from cells.configuration.constructor_errors import refusal_in
from cells.configuration.signatures import check_types
from cells.planning.composition import ComposedGrid
from cells.planning.plan import Job, PlannedCell, SweepPlan, without_hydra
from errors import InputError

OF_NO_CONCERN = {"seed", "variant", "dataset", "dataset.path", "noise.ratio", "output_dir"}
"""Keys whose values fit every loss, model and batch, or were checked before."""

log = logging.getLogger(__name__)


def refuse_unfit(loader: ConfigLoader, master: DictConfig, plan: SweepPlan) -> None:
    """Refuse a sweep if cells that it would launch cannot be trained.

    Args:
        loader: Hydra's.
        master: the configuration of the sweep.
        plan: its cells.

    Raises:
        InputError: naming all of them, by what is wrong.
    """
    alike = _alike(plan)
    if not alike:
        return
    if "torch" not in sys.modules:
        log.info("loading libraries ...")
    jobs = [members[0][0] for members in alike]
    wrong: defaultdict[str, list[PlannedCell]] = defaultdict(list)
    for n, cfg in ComposedGrid(loader, master, jobs).configurations():
        if (fault := fault_of(without_hydra(cfg))) is not None:
            wrong[fault] += [cell for _, cell in alike[n]]
    if wrong:
        lines = (f"  {_some(cells)}: {fault}" for fault, cells in wrong.items())
        count = sum(map(len, wrong.values()))
        raise InputError(
            f"nothing was launched, because {count} of {len(plan.cells)} cells cannot work:\n"
            + "\n".join(lines)
        )


def _alike(plan: SweepPlan) -> list[list[tuple[Job, PlannedCell]]]:
    """Return the cells to train, together where they differ in no key that matters here."""
    groups: defaultdict[tuple[str, ...], list[tuple[Job, PlannedCell]]] = defaultdict(list)
    for job, cell in zip(plan.jobs, plan.cells, strict=True):
        if cell.trained and not cell.finished:
            groups[
                tuple(line for line in job if line.partition("=")[0] not in OF_NO_CONCERN)
            ].append((job, cell))
    return list(groups.values())


def fault_of(cfg: DictConfig) -> str | None:
    """Return why a cell cannot be trained; None: nothing speaks against it."""
    from cells.inputs.settings_fit import fitting_loss  # losses need torch

    try:
        check_types(cfg)
        fitting_loss(cfg)
    except InputError as error:
        return str(error)
    except InstantiationException as error:
        return refusal_in(error)
    except Exception:  # of somebody's own class: the cell meets it too, and records it
        log.debug("a cell may not work", exc_info=True)
    return None


def _some(cells: list[PlannedCell]) -> str:
    more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
    return f"{cells[0].name}{more}"
