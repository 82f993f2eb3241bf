"""The overrides of the command line, parsed before Hydra composes anything."""

from collections.abc import Iterator, Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException


def overrides_in(arguments: Sequence[str]) -> Iterator[Override]:
    """Yield the overrides of a command line; Hydra reports those that it cannot parse.

    Args:
        arguments: the command line without the program.
    """
    parser = OverridesParser.create()
    for argument in arguments:
        if "=" not in argument or argument.startswith(("-", "~")):
            continue
        try:
            yield parser.parse_override(argument)
        except HydraException:
            continue
