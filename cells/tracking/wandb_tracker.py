"""Weights & Biases: one W&B run per cell, offline by default, without any prompt."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import wandb
from pytorch_lightning.loggers import Logger

import checks
from cells.record.coordinates import coordinates_of
from cells.record.directory import Cell
from cells.tracking.tracker import Tracker
from cells.tracking.wandb_history import WandbHistory
from cells.tracking.wandb_mode import MODES, give_folders, usable_mode
from data.storage.atomic_files import written_aside

log = logging.getLogger(__name__)

LONGEST = 64  # characters of a tag, which W&B's server refuses otherwise


class WandbTracker(Tracker):
    """Records a cell as a W&B run: config, history, measures, tables, and the run file.

    The config has the cell's coordinates in the grid under short names (`grid.loss`, `grid.ratio`,
    ...), to group and filter by.

    Args:
        cell: the cell; its path is the name of the W&B run. The run's id is kept in the cell, so
            that a resumed cell continues its W&B run.
        project: W&B project.
        entity: W&B user or team; None: the default of the account.
        mode: offline (files in the cell's directory, for `wandb sync`) or online.
        group: W&B group, e.g. the experiment; None: the cell's path without its seed, so that W&B
            averages over seeds.
        every_n_steps: how often the training loss is recorded.

    Raises:
        InputError: for an unknown mode.
    """

    def __init__(
        self,
        cell: Cell,
        *,
        project: str,
        entity: str | None,
        mode: str,
        group: str | None,
        every_n_steps: int,
    ) -> None:
        super().__init__(cell, every_n_steps)
        checks.choice("logger.mode", mode, MODES)
        give_folders()
        *parts, _ = cell.name.split("/")
        place = coordinates_of(cell.config)
        self._run = wandb.init(
            project=project,
            entity=entity,
            mode=usable_mode(mode),  # type: ignore[arg-type] # checked above
            id=_run_id(cell.file("wandb_run_id")),
            resume="allow",
            name=cell.name,
            group="/".join(parts) if group is None else group,
            job_type=parts[0] if place is None else "train",  # `noised`: nothing was trained
            tags=list(dict.fromkeys(part[:LONGEST] for part in (*parts, group) if part)),
            config=cell.config if place is None else cell.config | {"grid": place._asdict()},
            dir=cell.directory,
            reinit="finish_previous",
            settings=wandb.Settings(silent=True, console="off", init_timeout=30),
        )

        self._history = WandbHistory(self._run)

    def lightning_logger(self) -> Logger:
        """Return a logger that writes to this run."""
        return self._history

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Log a W&B table."""
        self._run.log({name: wandb.Table(columns=list(columns), data=[list(row) for row in rows])})

    def results(self, summary: Mapping[str, object], run: Path) -> None:
        """Write the values to the W&B run's summary and log the run file as an artifact.

        Validation measures are those of the best epoch; those of the last one begin with `last/`.
        """
        last = {
            f"last/{name}": value
            for name, value in self._history.last.items()
            if name.startswith("validation/")
        }
        self._run.summary.update(last | dict(summary))
        artifact = wandb.Artifact(
            f"run-{self._run.id}", type="run", metadata={"cell": self.cell.name}
        )
        artifact.add_file(str(run))
        self._run.log_artifact(artifact)

    def close(self, *, failed: bool) -> None:
        """Finish the W&B run; otherwise the next cell of a sweep would write into it."""
        folder = Path(self._run.dir).parent
        self._run.finish(exit_code=int(failed))
        if self._run.offline:
            log.info("recorded offline; to upload: wandb sync %s", folder)


def _run_id(path: Path) -> str:
    if not path.exists():
        with written_aside(path) as aside:
            aside.write_text(uuid.uuid4().hex[:16], encoding="utf-8")
    return path.read_text(encoding="utf-8")
