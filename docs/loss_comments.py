"""The comments of the keys in conf/loss, written from the parameters' declarations."""

import inspect
import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import losses
from losses.parameters import Declarations, Parameter, declared

ROOT = Path(__file__).parent.parent
LINE = re.compile(r"^(?P<indent> *)(?P<key>\w+): (?P<value>[^#]*?) *(?:#.*)?$")
WIDTH = 100


def commented(text: str) -> str:
    """Return a YAML of conf/loss with what each declared parameter means behind its key."""
    targets: dict[int, str] = {}
    return "".join(f"{_commented(line, targets)}\n" for line in text.splitlines())


def _commented(line: str, targets: dict[int, str]) -> str:
    found = LINE.match(line)
    if found is None:
        return line
    depth, key, value = len(found["indent"]), found["key"], found["value"]
    for deeper in [each for each in targets if each > depth]:
        del targets[deeper]
    if key == "_target_":
        targets[depth] = value.removeprefix("losses.")
        return f"{found['indent']}_target_: {value}"
    declaration = _declarations(targets.get(depth)).get(key)
    bare = f"{found['indent']}{key}: {value}"
    if declaration is None:
        return line
    comment = f"{bare}  # {words(*declaration)}"
    return comment if len(comment) <= WIDTH else bare  # and its meaning stands in a line above


def words(kind: Any, parameter: Parameter) -> str:
    """Return what a parameter means, and its range or choices."""
    if get_origin(kind) is Literal:
        return f"{' | '.join(get_args(kind))}: {parameter.meaning}"
    return parameter.meaning + ("" if parameter.within is None else f"; in {parameter.within}")


def _declarations(name: str | None) -> Declarations:
    """Return the declared parameters of a public name of `losses`."""
    if name is None:
        return {}
    made = getattr(losses, name)
    function = made.__init__ if inspect.isclass(made) else made.formula
    return declared(function)
