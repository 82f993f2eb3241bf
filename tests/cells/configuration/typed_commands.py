"""Command lines as a user might mistype them, and run.py run on one in this process."""

import contextlib
import io
import logging
import random
import runpy
import sys
from collections.abc import Mapping
from typing import NamedTuple

from cell_runs import ROOT, composed
from omegaconf import OmegaConf

VALUES = (
    "", "null", "abc", "true", "-1", "0", "1", "0.5", "1e400", "nan", "-inf", "1000000000000",
    "9" * 30, "[]", "[a,b]", "{}", "{a:1}", "???", "a/b", "..", "é", "it's", "'", '"', "a b",
    "'a b'", "a=b", "a,b", "$", "${seed}", "${nothing}", "${oc.env:NO_SUCH}", "(", "*", "~", "\\",
    "-", "x" * 300, "None", "1_0", "0x10", "1.0.0", "glob(*)", "range(2)", "choice(1)", "@",
    "#", "%s",
)  # fmt: skip
CHOICES = {
    "model": ("static", "minilm", "colbert", "cross_encoder"),
    "noise": ("semantic", "uniform", "flip", "grade", "instance", "mixture", "natural", "lexical"),
    "task": ("train", "noise", "evaluate", "index", "retrieve", "search", "status"),
    "trainer": ("default", "ddp_fork"),
    "logger": ("none", "csv", "wandb"),
}


class Answer(NamedTuple):
    """What a command said and how it ended."""

    status: object
    said: str


def mutated(chance: random.Random, settings: Mapping[str, list[str]]) -> list[str]:
    """A command line of a few choices and one or two keys that have odd values, or are odd.

    Args:
        chance: decides.
        settings: what makes a cell of each model small.
    """
    chosen = [f"{group}={chance.choice(options)}" for group, options in CHOICES.items()]
    losses = sorted(path.stem for path in (ROOT / "conf/loss").glob("*.yaml"))
    chosen.append(f"loss={chance.choice(losses)}")
    keys = sorted(keys_of(OmegaConf.to_container(composed(*chosen), resolve=False)))
    odd = [mutation(chance, keys) for _ in range(chance.choice((1, 1, 2)))]
    flags = ["-m"] if chance.random() < 0.2 else []
    model = chosen[0].removeprefix("model=")
    return [*flags, *chosen, *settings[model], *odd]


def mutation(chance: random.Random, keys: list[str]) -> str:
    key, value = chance.choice(keys), chance.choice(VALUES)
    if chance.random() < 0.1:
        return f"~{key}"
    if chance.random() < 0.1:
        return f"+{key}.extra={value}"
    if chance.random() < 0.1:
        place = chance.randrange(len(key))
        return f"{key[:place]}{chance.choice('aé.-=/@ ')}{key[place + 1 :]}={value}"
    return f"{key}={value}"


def keys_of(node, prefix=""):
    """All keys of a nested configuration, those of its inner nodes too."""
    if not isinstance(node, dict):
        return
    for name, child in node.items():
        key = f"{prefix}.{name}" if prefix else str(name)
        yield key
        yield from keys_of(child, key)


def answer(arguments: list[str]) -> Answer:
    """Runs run.py; what it lets through instead of ending by itself is raised."""
    out, before = io.StringIO(), (sys.argv, logging.root.handlers[:], logging.root.level)
    sys.argv = [str(ROOT / "run.py"), *arguments]
    status: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        status = end.code
        if isinstance(status, str):
            out.write(status)
    finally:
        sys.argv, logging.root.handlers[:], level = before
        logging.root.setLevel(level)
    return Answer(status, out.getvalue())
