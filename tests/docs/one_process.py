"""Performs commands of Python programs one after the other, and imports their libraries once.

Its argument is a JSON list of the commands, each a list of words. The first that fails ends the
process with its status.
"""

import json
import runpy
import sys
from pathlib import Path


def perform(words: list[str]) -> None:
    """Does what `python run.py ...` or `python -m module ...` does."""
    _, program, *arguments = words
    if program == "-m":
        module, *arguments = arguments
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        sys.argv = words[1:]
        runpy.run_path(program, run_name="__main__")


sys.path.insert(0, str(Path.cwd()))
for command in json.loads(sys.argv[1]):
    sys.stdout.write(f"\n$ {' '.join(command)}\n")
    sys.stdout.flush()
    try:
        perform(command)
    except SystemExit as end:
        if end.code:
            raise
