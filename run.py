"""Run one cell or, with -m, a grid of cells, as conf/ and the command line say.

`python run.py --help` lists groups and keys. Heavy imports happen in the task, after the
configuration is checked.
"""

import os
import sys
from pathlib import Path

from terminal import any_terminal, one_line_for_ctrl_c, without_bars

if __name__ == "__main__":
    one_line_for_ctrl_c()  # the imports take a second

import hydra
from omegaconf import DictConfig

from cells.command.choices import check_choices
from cells.command.command_errors import in_words
from cells.command.help import help_text
from cells.configuration import resolvers, schema
from cells.configuration.renamed_keys import refuse_renamed_overrides
from cells.sweep.attempt import attempt
from cells.sweep.signals import ended_by_signals
from errors import InputError

CONFIGS = Path(__file__).parent / "conf"

any_terminal()
without_bars()
schema.register()
resolvers.register()


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float:
    """Run the configured cell; return the selection measure of the split in `objective`."""
    try:
        return attempt(cfg)
    except InputError as error:
        sys.exit(str(error))  # past Hydra, which would add lines of its own


def command(arguments: list[str]) -> None:
    """Do what the command line says; end with a line and status 1 where it is at fault."""
    try:
        refuse_renamed_overrides(arguments)
        check_choices(arguments, CONFIGS)
        main()
    except Exception as error:
        words = in_words(error, arguments, CONFIGS)
        if words is None:
            raise
        sys.exit(words)


if __name__ == "__main__":
    if {"--help", "-h"} & set(sys.argv):
        sys.stdout.write(help_text(CONFIGS))
        sys.exit()
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # Hydra hands its errors on to `command`
    with ended_by_signals():
        command(sys.argv[1:])
