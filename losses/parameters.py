"""Parameters declared once: the annotation holds type, range and meaning.

`gamma: Annotated[float, Parameter("focus, 0 is cross-entropy", "[0, inf)")] = 2.0` is all that says
what gamma is. Arguments are checked against it; the page of losses and the comments in conf/loss
are written from it.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import NoneType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    ParamSpec,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import checks
from errors import InputError

P = ParamSpec("P")
T = TypeVar("T")


class Parameter(NamedTuple):
    """The meaning of a parameter, and its range.

    Attributes:
        meaning: in a few words.
        within: interval of the numbers, such as "(0, 1]"; None: any.
        at_least: another parameter, which this one may not be below.
    """

    meaning: str
    within: str | None = None
    at_least: str | None = None

    def check(self, key: str, value: Any, kind: Any) -> Any:
        """Return a value of the declared type within the range, or raise InputError.

        Args:
            key: configuration key, for the message.
            value: the value.
            kind: its declared type: float, int, bool, a Literal of words, or one of these or None.
        """
        options = get_args(kind)
        if get_origin(kind) is Literal:
            return checks.choice(key, value, options)
        if NoneType in options:
            return None if value is None else self.check(key, value, options[0])
        if kind is bool:
            return checks.switch(key, value)
        within = self.within or "(-inf, inf)"
        low, high = (float(end) for end in within[1:-1].split(","))
        if kind is int:
            return checks.integer(key, value, int(low))
        open_ends = {"open_low": within[0] == "(", "open_high": within[-1] == ")"}
        return checks.real(
            key, value, f"a number in {within}, {self.meaning}", low, high, **open_ends
        )


Declarations = Mapping[str, tuple[Any, Parameter]]


def declared(function: Callable[..., object]) -> Declarations:
    """Return type and declaration of each parameter that has one, by name."""
    hints = get_type_hints(function, include_extras=True)
    parts = {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Annotated}
    return {name: (kind, note) for name, (kind, note) in parts.items()}


def checked(key: str, arguments: Mapping[str, Any], declarations: Declarations) -> dict[str, Any]:
    """Return the arguments, those with a declaration checked; `key` is their node, for messages."""
    values = dict(arguments) | {
        name: parameter.check(f"{key}.{name}", arguments[name], kind)
        for name, (kind, parameter) in declarations.items()
        if name in arguments
    }
    for name, (_, parameter) in declarations.items():
        low = parameter.at_least
        if low is not None and values[name] < values[low]:
            raise InputError(
                f"{key}.{name}={values[name]:g} must be at least {key}.{low}={values[low]:g}."
            )
    return values


def validated(key: str = "loss") -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function check its arguments; `key` is their configuration node, for messages."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        declarations, signature = declared(function), inspect.signature(function)

        @wraps(function)
        def checking(*args: P.args, **kwargs: P.kwargs) -> T:
            bound = signature.bind(*args, **kwargs)
            bound.arguments = checked(key, bound.arguments, declarations)
            return function(*bound.args, **bound.kwargs)

        return checking

    return decorate
