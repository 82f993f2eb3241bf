"""Run one cell or, with -m, a grid of cells, as conf/ and the command line say.

`python run.py --help` lists groups and keys. Heavy imports happen in the task, after the
configuration is checked.
"""

import sys
from pathlib import Path

import hydra
from hydra.errors import CompactHydraException
from omegaconf import DictConfig

from cells.configuration import resolvers, schema
from cells.configuration.choices import check_choices
from cells.configuration.help import help_text
from cells.configuration.renamed_keys import refuse_renamed_overrides
from cells.sweep.attempt import attempt
from errors import InputError
from terminal import any_terminal, without_bars

CONFIGS = Path(__file__).parent / "conf"

any_terminal()
without_bars()
schema.register()
resolvers.register()


class Refused(CompactHydraException):
    """Carries an InputError's message through Hydra, which prints it and exits with status 1."""


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float:
    """Run the configured cell; return the selection measure of the split in `objective`."""
    try:
        return attempt(cfg)
    except InputError as error:
        raise Refused(str(error)) from None


if __name__ == "__main__":
    if {"--help", "-h"} & set(sys.argv):
        sys.stdout.write(help_text(CONFIGS))
        sys.exit()
    try:
        refuse_renamed_overrides(sys.argv[1:])
        check_choices(sys.argv[1:], CONFIGS)
    except InputError as error:
        sys.exit(str(error))
    main()
