"""The configurations of a grid's cells, each as Hydra composes it, but few of them by Hydra.

Hydra needs a tenth of a second for a configuration. Here it composes as many as there are options
in the largest group, where each group decides about keys of its own (`independence`), and the other
cells are put together from their parts. Keys with a single value are set last, as Hydra sets them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Self, cast

from hydra._internal.config_loader_impl import get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from cells.planning.independence import (
    IndependentPart,
    changed,
    independent_parts,
    values_of_their_own,
)
from cells.planning.remembered_files import read_once

Job = Sequence[str]


class ComposedGrid:
    """The jobs of a sweep: a product, so that the n-th override of all jobs has one key.

    Args:
        loader: Hydra's.
        master: the configuration of the sweep.
        jobs: the overrides of each job.
    """

    def __init__(self, loader: ConfigLoader, master: DictConfig, jobs: Sequence[Job]) -> None:
        self._loader, self._master, self._jobs = loader, master, jobs
        lines = list(dict.fromkeys(line for job in jobs for line in job))
        self._overrides: dict[str, Override] = dict(
            zip(lines, OverridesParser.create().parse_overrides(lines), strict=True)
        )

    def configurations(self) -> Iterator[tuple[int, DictConfig]]:
        """Yield number and configuration of each job; a configuration is valid until the next.

        Meanwhile `${hydra:...}` resolves in it. Cells that choose the same options come together.
        """
        with read_once(self._loader), _as_hydras_configuration() as shown:
            for n, cfg in self._composed():
                shown.cfg = cfg
                yield n, cfg

    def _composed(self) -> Iterator[tuple[int, DictConfig]]:
        columns = [list(dict.fromkeys(column)) for column in zip(*self._jobs, strict=True)]
        alone = values_of_their_own(
            self._loader, [[self._overrides[line] for line in lines] for lines in columns]
        )
        swept = [n for n, lines in enumerate(columns) if len(lines) > 1]
        values = [n for n in swept if n in alone]
        options = [n for n in swept if n not in alone]
        assembled = _Assembled(self._loader, self._master, self._jobs, columns, options)
        for n in sorted(range(len(self._jobs)), key=lambda n: [self._jobs[n][i] for i in options]):
            job = self._jobs[n]
            cfg = assembled.with_options(job)
            if not _set(cfg, [self._overrides[job[i]] for i in values]):
                cfg = assembled.by_hydra(job)
            assembled.note([self._overrides[line] for line in job])
            yield n, cfg


class _Decided(NamedTuple):
    """The nodes at top-level keys and the choices of groups that a part decides about."""

    nodes: dict[str, Any]
    choices: dict[str, Any]

    @classmethod
    def of(cls, part: IndependentPart, cfg: DictConfig) -> Self:
        """Return them as they are in a configuration."""
        nodes = dict(cfg.items_ex(resolve=False))
        choices = dict(cfg.hydra.runtime.choices)
        return cls(
            {key: nodes[key] for key in part.keys if key in nodes},
            {key: choices[key] for key in part.choices if key in choices},
        )


class _Assembled:
    """The configuration of one job after the other, put together from parts."""

    def __init__(
        self,
        loader: ConfigLoader,
        master: DictConfig,
        jobs: Sequence[Job],
        columns: Sequence[Sequence[str]],
        options: Sequence[int],
    ) -> None:
        self._loader, self._master, self._options = loader, master, options
        self._parts = independent_parts(loader, master, jobs[0], columns, options)
        self._cfg: DictConfig | None = None
        self._notes: _Notes | None = None
        self._now: list[str] = []
        self._known = self._decided(self._parts or [], jobs)

    def by_hydra(self, job: Job) -> DictConfig:
        """Return the configuration that Hydra composes."""
        self._cfg = self._loader.load_sweep_config(self._master, list(job))
        self._notes = _Notes(self._cfg)
        self._now = [job[n] for n in self._options]
        return self._cfg

    def with_options(self, job: Job) -> DictConfig:
        """Return a configuration with the options that a job chooses."""
        options = [job[n] for n in self._options]
        if self._cfg is None or (options != self._now and self._parts is None):
            return self.by_hydra(job)
        for part in self._parts or []:
            lines = [job[n] for n in part.columns]
            if lines != [self._now[self._options.index(n)] for n in part.columns]:
                self._put(self._cfg, part, lines)
        self._now = options
        return self._cfg

    def note(self, overrides: Sequence[Override]) -> None:
        """Write down the overrides of the job in the configuration."""
        assert self._notes is not None
        self._notes.write(overrides)

    def _put(self, cfg: DictConfig, part: IndependentPart, lines: Sequence[str]) -> None:
        """Replace the nodes and choices that a part decides about."""
        decided = self._known[tuple(lines)]
        with read_write(cfg), open_dict(cfg):
            _replace(cfg, part.keys, decided.nodes)
            _replace(cfg.hydra.runtime.choices, part.choices, decided.choices)

    def _decided(
        self, parts: Sequence[IndependentPart], jobs: Sequence[Job]
    ) -> dict[tuple[str, ...], _Decided]:
        """Return what the overrides of each part decide, by these overrides.

        The n-th options of all parts are composed at once, as no part decides about another's keys.
        """
        options = {
            part: list(dict.fromkeys(tuple(job[n] for n in part.columns) for job in jobs))
            for part in parts
        }
        decided: dict[tuple[str, ...], _Decided] = {}
        for n in range(max(map(len, options.values()), default=0)):
            chosen = [(part, lines[n]) for part, lines in options.items() if n < len(lines)]
            job = list(jobs[0])
            for part, lines in chosen:
                job = changed(job, dict(zip(part.columns, lines, strict=True)))
            cfg = self._loader.load_sweep_config(self._master, job)
            decided |= {lines: _Decided.of(part, cfg) for part, lines in chosen}
        return decided


def _replace(node: DictConfig, keys: frozenset[str], found: dict[str, Any]) -> None:
    for key in keys:
        if key in found:
            node[key] = found[key]
        else:
            node.pop(key, None)


def _set(cfg: DictConfig, overrides: Sequence[Override]) -> bool:
    """Set the values; return False if OmegaConf refuses, so that Hydra can say why."""
    try:
        for override in overrides:
            OmegaConf.update(cfg, override.key_or_group, override.value(), merge=True)
    except OmegaConfBaseException:
        return False
    return True


class _Notes:
    """The overrides of a job, written down where Hydra does, in one configuration.

    Args:
        cfg: the configuration of a job.
    """

    def __init__(self, cfg: DictConfig) -> None:
        OmegaConf.set_readonly(cfg.hydra, value=False)
        self._job, self._task = cfg.hydra.job, cfg.hydra.overrides.task
        self._lines = list(self._task)
        names = self._job.config.override_dirname
        self._form = {"kv_sep": names.kv_sep, "item_sep": names.item_sep}
        self._left_out = list(names.exclude_keys)

    def write(self, overrides: Sequence[Override]) -> None:
        """Write down a job's overrides."""
        ours = [override for override in overrides if not override.is_hydra_override()]
        lines = [str(override.input_line) for override in ours]
        for n, (before, now) in enumerate(zip(self._lines, lines, strict=True)):
            if before != now:
                self._task[n] = now
        self._lines = lines
        self._job.override_dirname = get_overrides_dirname(ours, self._left_out, **self._form)


@contextmanager
def _as_hydras_configuration() -> Iterator[Any]:
    """Give access to what `${hydra:...}` refers to, and restore it."""
    holder = cast("Any", HydraConfig.instance())
    before = holder.cfg
    try:
        yield holder
    finally:
        holder.cfg = before
