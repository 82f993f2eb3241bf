"""Measures by their ir-measures names.

The names are read here, and the measures are ir-measures' own objects: its parser needs a part of
Python's `ast` that is deprecated in 3.12 and gone in 3.14.
"""

from __future__ import annotations

import ast
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import ir_measures
from ir_measures.providers import FallbackProvider

from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

EXAMPLES = "nDCG@10, RR@10, R@100, AP, P@5, Success@5, AP(rel=2)@1000"

SHOWN = 60  # characters of a name in a message

NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
"""At most nine digits: the reference programs count in C's `int`."""
VALUE = rf"True|False|{NUMBER}|'[\w-]*'|\"[\w-]*\"|\{{(?:\d{{1,9}}:\d{{1,9}},?)*\}}"
PARAMETERS = rf"\w+=(?:{VALUE})(?:,\w+=(?:{VALUE}))*"
NAME = re.compile(rf"(\w+)(?:\(({PARAMETERS})?\))?(?:@({NUMBER}))?", re.ASCII)
PARAMETER = re.compile(rf"(\w+)=({VALUE})", re.ASCII)

RANGES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "cutoff": (lambda rank: rank >= 1, "the cutoff must be 1 or more"),
    "rel": (lambda grade: grade >= 1, "rel must be 1 or more"),
    "recall": (lambda share: 0 <= share <= 1, "the recall must lie in [0, 1]"),
    "p": (lambda persistence: 0 < persistence < 1, "p must lie between 0 and 1"),
}
"""What ir-measures takes without a look and its programs answer with an abort or a wrong number."""

LEFT_OUT = {"gdeval", "accuracy"}
"""A Perl program that runs in a separate process and reads only numeric query ids; and Accuracy,
whose mean leaves out other queries alone than beside other measures."""
COUNTS = {"NumRet", "NumRel", "NumQ"}
"""Sums over queries, which are no measures of a ranking."""

programs = FallbackProvider(
    [each for each in ir_measures.DefaultPipeline.providers if each.NAME not in LEFT_OUT]
)
"""The reference programs that compute measures in this process."""


def parse_measures(names: Iterable[str]) -> list[ir_measures.Measure]:
    """Return the measures that the names mean, each once.

    A name is `Measure(parameter=value,...)@cutoff`, as ir-measures writes it; parameters and cutoff
    may be left out where the measure has none or a default.

    Raises:
        InputError: there are none, or a name is unknown, malformed, out of range, or computed by
            no program that runs in this process and takes any ids.
    """
    measures = list(dict.fromkeys(map(_measure, names)))
    if not measures:
        raise InputError(f"measures=[] must name at least one measure, for example {EXAMPLES}")
    return measures


def deepest_cutoff(measures: Sequence[ir_measures.Measure], depth: int) -> int:
    """Return the last rank that some measure reads.

    That is its cutoff, or `depth` where a measure reads the whole list: one without a cutoff, such
    as AP, or one that skips documents that nobody judged.
    """
    return max(min(cutoff_of(measure) or depth, depth) for measure in measures)


def cutoff_of(measure: ir_measures.Measure) -> int | None:
    """Return the last rank that a measure reads; None: it reads the whole list."""
    skips = measure.params.get("judged_only", False)
    return None if skips else measure.params.get("cutoff")


def check_depth(measures: Sequence[ir_measures.Measure], depth: int, key: str) -> None:
    """Check that runs are as deep as the measures read them.

    Args:
        measures: from `parse_measures`.
        depth: documents per query.
        key: the setting that holds `depth`.

    Raises:
        InputError: a measure reads deeper: its value would be that of a smaller cutoff.
    """
    deep = [measure for measure in measures if measure.params.get("cutoff", 0) > depth]
    if deep:
        most = max(measure.params["cutoff"] for measure in deep)
        raise InputError(
            f"{key}={depth}: {', '.join(map(str, deep))} would be computed from {depth} documents "
            f"a query. Raise {key} to {most}, or choose other measures"
        )


def _measure(name: str) -> ir_measures.Measure:
    form = NAME.fullmatch(re.sub(r"\s+", "", name))
    known = ir_measures.measures.registry
    if form is None or form[1] not in known:
        raise _unusable(name, _suggestion(name))
    values = [(key, ast.literal_eval(value)) for key, value in PARAMETER.findall(form[2] or "")]
    if form[3] is not None:
        values.append((known[form[1]].AT_PARAM, ast.literal_eval(form[3])))
    measure: ir_measures.Measure = known[form[1]](**dict(values))
    if len(measure.params) < len(values):
        raise _unusable(name, "", "a parameter is given twice")
    _check_values(name, measure)
    if measure.NAME in COUNTS or not programs.supports(measure):
        raise InputError(
            f"measures: no installed program computes {name!r} as a mean over all judged queries, "
            f"for any ids and within this process. Use others, for example {EXAMPLES}"
        )
    return measure


def _check_values(name: str, measure: ir_measures.Measure) -> None:
    parameters = measure.SUPPORTED_PARAMS
    for key, value in measure.params.items():
        if key not in parameters:
            raise _unusable(name, _suggestion(name), f"it has no parameter {key}")
        wanted = parameters[key].dtype
        one_for_true = isinstance(value, bool) and wanted is not bool  # bool is an int in Python
        if one_for_true or not parameters[key].validate(value):
            raise _unusable(name, "", f"{key}={value} is not usable: {parameters[key].desc}")
        if key in RANGES and not RANGES[key][0](value):
            raise _unusable(name, "", RANGES[key][1])
    lacking = [
        key for key, info in parameters.items() if info.required and key not in measure.params
    ]
    if lacking:
        raise _unusable(name, "", f"it needs {' and '.join(lacking)}")


def _unusable(name: str, suggestion: str, reason: str = "") -> InputError:
    because = f" ({reason})" if reason else ""
    return InputError(
        f"measures: {_short(name)!r} is not an ir-measures measure{suggestion}. "
        f"Examples: {EXAMPLES}{because}"
    )


def _short(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}..."


def _suggestion(name: str) -> str:
    base, at, cutoff = _short(name).partition("@")
    # reversed: names come before their aliases
    known = {measure.lower(): measure for measure in reversed(ir_measures.measures.registry)}
    nearest = get_close_matches(base.lower().rstrip("0123456789"), known, n=1)
    cutoff = cutoff if at else base[len(base.rstrip("0123456789")) :]
    if not nearest or known[nearest[0]] == base:
        return ""
    return f" (did you mean {known[nearest[0]]}{'@' + cutoff if cutoff else ''}?)"
