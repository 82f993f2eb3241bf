"""The files of the configuration, read once while a grid is composed.

Hydra reads all of them again for every configuration, which is half of what composing costs.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import IConfigRepository
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource


class RememberedFiles(IConfigRepository):
    """Hydra's view of the files, which reads each file once.

    Args:
        files: the view to ask.
        results: what it has answered, by path; Hydra changes what it gets, so it gets copies.
    """

    def __init__(
        self, files: IConfigRepository, results: dict[str, ConfigResult | None] | None = None
    ) -> None:
        self._files = files
        self._results = {} if results is None else results

    def __deepcopy__(self, memo: object) -> "RememberedFiles":
        """Return a view with sources of its own, which Hydra may exchange, but the same results.

        The sources themselves are only read, so that the list of them need not be a deep copy.
        """
        return RememberedFiles(copy.copy(self._files), self._results)

    def load_config(self, config_path: str) -> ConfigResult | None:
        """Return the content of a file."""
        if config_path not in self._results:
            self._results[config_path] = self._files.load_config(config_path)
        return copy.deepcopy(self._results[config_path])

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        """Look in other folders from now on."""
        self._results = {}
        self._files.initialize_sources(config_search_path)

    def get_schema_source(self) -> ConfigSource:
        """Return the source of the schemas."""
        return self._files.get_schema_source()

    def group_exists(self, config_path: str) -> bool:
        """Return whether there is such a group."""
        return self._files.group_exists(config_path)

    def config_exists(self, config_path: str) -> bool:
        """Return whether there is such a file."""
        return self._files.config_exists(config_path)

    def get_group_options(
        self, group_name: str, results_filter: ObjectType | None = ObjectType.CONFIG
    ) -> list[str]:
        """Return the options of a group."""
        return self._files.get_group_options(group_name, results_filter)

    def get_sources(self) -> list[ConfigSource]:
        """Return the sources."""
        return self._files.get_sources()


@contextmanager
def read_once(loader: ConfigLoader) -> Iterator[None]:
    """Let Hydra's loader read each file only once inside the block."""
    assert isinstance(loader, ConfigLoaderImpl)
    before = loader.repository
    loader.repository = RememberedFiles(before)  # type: ignore[assignment]
    try:
        yield
    finally:
        loader.repository = before
