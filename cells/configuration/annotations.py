"""Whether a configured value is of an annotated type, and the annotation in words."""

import math
import types
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, is_typeddict

LARGEST = 2**63 - 1
"""What the libraries below can count to."""
PLAIN: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text, in quotes if it looks like something else",
    Path: "a path",
    types.NoneType: "null",
}


def fits(value: Any, annotation: Any) -> bool:
    """Return whether a plain value of the configuration may stand where the annotation does.

    Args:
        value: a number, text, truth value, null, list or mapping.
        annotation: a type as a signature gives it. A class of the project is met by a mapping with
            a `_target_`; what cannot be judged from a value is met by every one.
    """
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return any(fits(value, member) for member in get_args(annotation))
    if origin is Literal:
        return value in get_args(annotation)
    if annotation in PLAIN:
        return _fits_plain(value, annotation)
    if origin is not None:
        return _fits_generic(value, origin, get_args(annotation))
    if is_typeddict(annotation) or (
        isinstance(annotation, type) and annotation not in {Any, object}
    ):
        return _fits_class(value, annotation)
    return True


def _fits_plain(value: Any, annotation: type) -> bool:
    if annotation is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and not math.isnan(value)
    if annotation is int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and abs(value) <= LARGEST
    return isinstance(value, str if annotation is Path else annotation)


def _fits_generic(value: Any, origin: Any, members: tuple[Any, ...]) -> bool:
    if not isinstance(origin, type) or origin is Callable:
        return True
    if issubclass(origin, Mapping):
        return isinstance(value, dict) and all(fits(v, members[-1]) for v in value.values())
    if issubclass(origin, Sequence | AbstractSet):
        return isinstance(value, list) and all(fits(v, members[0]) for v in value)
    return True


def _fits_class(value: Any, annotation: type) -> bool:
    if issubclass(annotation, Enum):
        return True
    if annotation in {list, tuple, dict}:
        return isinstance(value, dict if annotation is dict else list)
    return isinstance(value, dict)


def in_words(annotation: Any) -> str:
    """Return what the annotation allows, to be read after `must be`."""
    origin, members = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        words = [in_words(member) for member in members if not isinstance(member, TypeVar)]
        return ", or ".join(dict.fromkeys(words))
    if origin is Literal:
        return f"one of {', '.join(map(str, members))}"
    if annotation in PLAIN:
        return PLAIN[annotation]
    if is_typeddict(annotation):
        return f"a mapping with the keys {', '.join(annotation.__annotations__)}"
    return _generic_in_words(origin, members, getattr(annotation, "__name__", annotation))


def _generic_in_words(origin: Any, members: tuple[Any, ...], name: object) -> str:
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a mapping like {{name: value}}, each value {in_words(members[-1])}"
    if origin is not None and members:
        return f"a list like [a,b], each element {in_words(members[0])}"
    return f"a node with the _target_ of a {name}"
