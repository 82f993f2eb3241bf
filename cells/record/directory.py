"""The directory of one cell: who may write there, and whether the cell is finished."""

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from cells.configuration.secrets import plain
from cells.record.owned_files import (
    KEEPABLE,
    LAST_FILES,
    WEIGHTS,
    kept_of,
    leftovers,
    not_kept,
    owned,
    remove,
    strangers,
)
from cells.record.stored_config import (
    BOOKKEEPING,
    CONFIG,
    differences,
    is_damaged,
    plainly_holds,
    read_config,
    write_config,
)
from cells.record.written_scores import SCORES, read_scores
from errors import InputError

UNTRAINED = "checkpoints/untrained.json"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cell:
    """A cell's directory and resolved configuration.

    Attributes:
        name: path below the output directory, `<dataset>/<model>/<loss>/<noise>-<ratio>/seed-<n>`.
        directory: where its files are.
        config: the resolved configuration, plain values only; secrets are left interpolated.
    """

    name: str
    directory: Path
    config: dict[str, Any]

    @classmethod
    def of(cls, cfg: DictConfig, keys: Sequence[str] | None = None) -> "Cell":
        """Return the cell that a composed configuration describes.

        Args:
            cfg: the configuration.
            keys: the top-level keys that the cell depends on; None: all.
        """
        name = cfg.cell
        return cls(
            name,
            Path(cfg.output_dir) / name,
            plain(cfg if keys is None else OmegaConf.masked_copy(cfg, list(keys))),
        )

    def file(self, name: str) -> Path:
        """Return the path of one of the cell's files."""
        return self.directory / name

    @property
    def fingerprint(self) -> str:
        """Hash of everything that its numbers depend on, stored in its checkpoints.

        A cell that an earlier version began keeps its hash.
        """
        computed = {
            key: value
            for key, value in (self._stored() or self.config).items()
            if key not in BOOKKEEPING
        }
        return blake2b(
            json.dumps(computed, sort_keys=True, default=str).encode(), digest_size=16
        ).hexdigest()

    @property
    def finished(self) -> bool:
        """Return whether the cell's scores are written; they are written last."""
        return self.file(SCORES).exists()

    @property
    def tag(self) -> str:
        """A short name of the system for run files: the method or model, and the seed."""
        parts = self.name.split("/")
        seeds = [each[5:] for each in parts[1:] if each.startswith("seed-")]
        names = [parts[0], *(each for each in parts[1:] if not each.startswith("seed-"))]
        # a name of one's own may have fewer parts
        return "-".join([names[min(2, len(names) - 1)], *seeds])

    def clean_up(self) -> None:
        """Remove temporary files and, if the cell is finished, what it does not keep.

        Call it under the cell's lock, when nobody else writes.
        """
        remove(self.directory, self._removable())

    def holds_this(self) -> bool:
        """Return whether the directory holds results of this configuration and nothing to remove.

        Raises:
            InputError: its config.yaml cannot be read.
        """
        return (
            self.finished
            and (
                plainly_holds(self.directory, self.config)
                or not differences(self._stored(), self.config)
            )
            and not self._removable()
        )

    def differing(self) -> list[str]:
        """Return a line for each key that differs from that of the work in the directory.

        Raises:
            InputError: its config.yaml cannot be read.
        """
        return differences(self._stored(), self.config) if self._worked else []

    def claim(self, *, overwrite: bool) -> None:
        """Create the directory and write config.yaml, or accept one with the same configuration.

        Args:
            overwrite: remove the files that an earlier run wrote. Others are never touched.

        Raises:
            InputError: if the directory cannot be written, holds another configuration, is not a
                cell's, or holds weights that nothing tells the scores of.
        """
        try:
            self._make_room(overwrite=overwrite)
            if self.finished:
                return  # its config.yaml says the same
            self.directory.mkdir(parents=True, exist_ok=True)
            kept = {key: value for key, value in self._stored().items() if key not in BOOKKEEPING}
            write_config(
                self.directory,
                self.config
                if not kept
                else kept | {key: self.config[key] for key in BOOKKEEPING if key in self.config},
            )
        except OSError as error:
            raise InputError(
                f"output_dir={self.config['output_dir']}: {self.directory} cannot be written "
                f"({error.strerror or error}). Free space, change its permissions or choose "
                "another output_dir."
            ) from error

    def _removable(self) -> list[Path]:
        found = leftovers(self.directory, finished=self.finished)
        return [*found, *not_kept(self.directory, self._kept())] if self.finished else found

    def _kept(self) -> Collection[str]:
        """Return what the finished cell keeps; in doubt, everything."""
        try:
            return kept_of(read_scores(self.directory))
        except InputError:
            return KEEPABLE

    def _stored(self) -> dict[str, Any]:
        return read_config(self.directory)

    def _make_room(self, *, overwrite: bool) -> None:
        if not self.file(CONFIG).exists():
            self._refuse_strangers()
        elif overwrite:
            self._clear()
        elif not self._worked:
            self._stored()  # refuses a folder that is not a cell's
            remove(self.directory, owned(self.directory))
        else:
            self._check_same()

    @property
    def _worked(self) -> bool:
        """Return whether there is work to lose.

        That is scores, a run, corrupted labels, weights, a checkpoint or judged pairs.
        """
        return (
            self.finished
            or self._written
            or self.file(WEIGHTS).exists()
            or any(self.file("checkpoints").glob("*.ckpt*"))
            or self._judges
        )

    @property
    def _written(self) -> bool:
        """Return whether a cell without scores has the file that is written last."""
        last = LAST_FILES.get(self.name.partition("/")[0], ())
        return any(self.file(name).exists() for name in last)

    @property
    def _judges(self) -> bool:
        """Return whether it holds what models say of pairs, or such models."""
        return any(self.file("judged").glob("*"))

    def _refuse_strangers(self) -> None:
        found = [*owned(self.directory), *strangers(self.directory)]
        if set(found) - set(leftovers(self.directory, finished=False)):
            raise InputError(
                f"{self.directory} holds files but no {CONFIG}, so it is not a cell: move "
                "them or choose another output_dir."
            )

    def _clear(self) -> None:
        others = strangers(self.directory)
        if others or not is_damaged(self.directory):
            self._stored()  # refuses a folder that is not a cell's
        remove(self.directory, owned(self.directory))
        if others:
            log.warning(
                "%s: %d files that no cell writes were left there, e.g. %s",
                self.directory,
                len(others),
                others[0].name,
            )

    def _check_same(self) -> None:
        differing = differences(self._stored(), self.config)
        if differing:
            raise InputError(
                f"{self.directory} holds another configuration; it differs in "
                f"{'; '.join(differing)}. Give this cell its own name with variant=<word>, or "
                "replace the earlier one with overwrite=true."
            )
        if self._judges or self._written or self.finished:
            return
        if not any(self.file("checkpoints").glob("*.ckpt*")):
            raise InputError(
                f"{self.directory} holds trained weights ({WEIGHTS}), but neither {SCORES} nor a "
                f"checkpoint to continue from: put {SCORES} back, or train the cell again with "
                "overwrite=true, which removes the weights."
            )
