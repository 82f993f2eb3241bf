"""The directory of one cell: who may write there, and whether its work is done."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from cells.configuration.compatibility import as_before, moved
from cells.configuration.renamed_keys import with_new_names
from data.storage.atomic_files import PARTIAL, written_aside
from errors import InputError

BOOKKEEPING = (
    "output_dir",
    "cache_dir",
    "overwrite",
    "logger",
    "cell",
    "variant",
    "checkpoint",
    "on_error",
    "objective",
)
"""Keys that say where and how a cell is kept, not what it computes."""


ABSENT = "nothing"
SCORES = "scores.json"
UNTRAINED = "checkpoints/untrained.json"


@dataclass(frozen=True)
class Cell:
    """A cell's directory and resolved configuration.

    Attributes:
        name: path below the output directory, `<dataset>/<model>/<loss>/<noise>-<ratio>/seed-<n>`.
        directory: where its files are.
        config: the resolved configuration, plain values only.
    """

    name: str
    directory: Path
    config: dict[str, Any]

    @classmethod
    def of(cls, cfg: DictConfig, keys: Sequence[str] | None = None) -> "Cell":
        """Return the cell that a composed configuration describes.

        Args:
            cfg: the configuration.
            keys: the part of it that the cell depends on; None: all.
        """
        return cls(
            cfg.cell,
            Path(cfg.output_dir) / cfg.cell,
            _plain(cfg if keys is None else OmegaConf.masked_copy(cfg, list(keys))),
        )

    def file(self, name: str) -> Path:
        """Return the path of one of the cell's files."""
        return self.directory / name

    @property
    def fingerprint(self) -> str:
        """Hash of all that its numbers depend on; its checkpoints bear it. A cell that an earlier version began keeps its hash."""
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
        """Whether the cell's scores are written; they are written last."""
        return self.file(SCORES).exists()

    @property
    def _worked(self) -> bool:
        """Whether there is work to lose: scores or a checkpoint."""
        return self.finished or any(self.file("checkpoints").glob("*.ckpt"))

    def tidy(self) -> None:
        """Remove what a killed process was writing and, once the cell is finished, the checkpoints; the weights stay.

        To be called under the cell's lock: nobody else writes then.
        """
        for path in self._litter():
            path.unlink()

    def holds_this(self) -> bool:
        """Return whether the directory holds the results of this very configuration, and nothing is left to tidy."""
        return (
            self.finished
            and not differences(self._stored(), self.config)
            and next(self._litter(), None) is None
        )

    def _litter(self) -> Iterator[Path]:
        yield from self.directory.rglob(f".*{PARTIAL}")
        if self.finished:
            for pattern in ("checkpoints/*.ckpt", "checkpoints/negatives-*.npz", UNTRAINED):
                yield from self.directory.glob(pattern)

    def claim(self, *, overwrite: bool) -> None:
        """Make the directory ours: makes it, or accepts it if it holds this very configuration, and write config.yaml.

        Args:
            overwrite: remove what an earlier run left.

        Raises:
            InputError: if the directory cannot be written, holds another configuration or holds
                files that are not a cell's.
        """
        try:
            self._make_room(overwrite=overwrite)
            if self.finished:
                return  # its config.yaml is there, and says the same
            self.directory.mkdir(parents=True, exist_ok=True)
            kept = {key: value for key, value in self._stored().items() if key not in BOOKKEEPING}
            config = (
                self.config
                if not kept
                else kept | {key: self.config[key] for key in BOOKKEEPING if key in self.config}
            )
            with written_aside(self.file("config.yaml")) as aside:
                aside.write_text(OmegaConf.to_yaml(OmegaConf.create(config)), encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"output_dir={self.config['output_dir']}: {self.directory} cannot be written "
                f"({error.strerror or error}). Free space, change its permissions or choose "
                "another output_dir."
            ) from error

    def _stored(self) -> dict[str, Any]:
        """Return the configuration that config.yaml holds; empty if there is none."""
        path = self.file("config.yaml")
        return _plain(OmegaConf.load(path)) if path.exists() else {}

    def _make_room(self, *, overwrite: bool) -> None:
        stored = self._stored()
        if not stored:
            if self.directory.is_dir() and any(self.directory.iterdir()):
                raise InputError(
                    f"{self.directory} holds files but no config.yaml, so it is not a cell of "
                    "ours: move them or choose another output_dir."
                )
            return
        if overwrite or not self._worked:
            shutil.rmtree(self.directory)
            return
        differing = differences(stored, self.config)
        if differing:
            raise InputError(
                f"{self.directory} holds another configuration; it differs in "
                f"{'; '.join(differing)}. Give this one a name of its own with variant=<word>, or "
                "replace the earlier one with overwrite=true."
            )


def differences(stored: dict[str, Any], config: dict[str, Any]) -> list[str]:
    """Return one line a key whose value differs: `key (there: value, here: value)`.

    Bookkeeping does not count, nor does a key that only one side knows and that changes nothing
    there (`cells.configuration.compatibility`).
    """
    there, here = (with_new_names(_flat(each)) for each in (stored, config))
    one_sided = {
        key: value for key, value in (there | here).items() if (key in there) != (key in here)
    }
    ignored = {key for key, value in one_sided.items() if as_before(key, value)}
    keys = [
        key for key in there | here if key.split(".")[0] not in BOOKKEEPING and key not in ignored
    ]
    pairs = [(key, there.get(key, ABSENT), here.get(key, ABSENT)) for key in keys]
    return [f"{key} (there: {left}, here: {right})" for key, left, right in pairs if left != right]


def _plain(cfg: DictConfig | ListConfig) -> dict[str, Any]:
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    return {str(key): value for key, value in config.items()}


def _flat(node: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(node, dict) and node:
        return {
            key: value
            for name, child in node.items()
            for key, value in _flat(child, f"{prefix}.{name}" if prefix else str(name)).items()
        }
    return {prefix: moved(node)}
