"""The types of all keys: those of the constructors that the configuration names, a library's too.

The constructors are imported for it, which takes seconds the first time; what can be judged without
them is judged before.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin, get_type_hints, is_typeddict

from hydra.utils import get_object
from omegaconf import DictConfig, OmegaConf

from cells.configuration.annotations import PLAIN, fits, in_words
from cells.configuration.group_keys import SECTIONS
from cells.configuration.schema import JobSchema
from errors import InputError

SHOWN = 60  # characters of a value
HYDRAS = ("_target_", "_partial_", "_recursive_", "_convert_", "_args_")
RECIPES = (
    "logger",
    "callbacks",
    "log_every_n_steps",
    "default_root_dir",
    "plugins",
    "enable_model_summary",
    "enable_checkpointing",
    "enable_progress_bar",
    "use_distributed_sampler",
)
"""Arguments of Lightning's trainer that the recipe gives, whatever the configuration says."""
OURS: Mapping[str, Any] = {"trainer.precision": str, "trainer.compile": bool}
"""Keys that the recipe judges itself, and their types: Lightning does not know them, or `auto`."""
CALLED = (
    "dataset",
    "logger",
    "model.network",
    "model.tokenizer",
    "optimizer",
    "scheduler",
    "trainer",
)
"""Nodes that a cell calls with arguments of its own, so that they have to stay partial."""
NUMBERS = ("seed", "total_steps")
"""Numbers that the recipe gives to the constructors of a network and a schedule."""


def check_types(cfg: DictConfig) -> None:
    """Check each key of the groups.

    Args:
        cfg: the configuration; its interpolations can be resolved and nothing is missing.

    Raises:
        InputError: naming the first key whose value is of a wrong type, that nothing takes, or that
            is missing, and what it must be.
    """
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    _check_keys(cfg, "", config, JobSchema)
    for section, keys in SECTIONS.items():
        if section in config:
            _check_keys(cfg, section, config[section], keys)
    for key in CALLED:
        _check_called(key, OmegaConf.select(cfg, key))
    for path, node in _children("", config):
        _check_node(path, node)
    for name in sorted(set(RECIPES) & set(config["trainer"])):
        raise InputError(f"trainer.{name} is set by the recipe: leave it out.")


def _check_keys(cfg: DictConfig, section: str, node: Any, keys: type) -> None:
    """Check keys that the recipe reads; others may stand beside them for keys to refer to."""
    if not isinstance(node, dict):
        raise InputError(f"{section}={_shown(node)}: must be one of the group's choices.")
    types, prefix = get_type_hints(keys), f"{section}." if section else ""
    _check_present(section, node, keys)
    for name, value in node.items():
        if name in types:
            _check_value(f"{prefix}{name}", value, types[name])
        elif name not in HYDRAS and not _referred_to(cfg, f"{prefix}{name}"):
            raise InputError(_nobody_takes(f"{prefix}{name}", str(name), types, section))


def _check_present(section: str, node: Mapping[str, Any], keys: Any) -> None:
    gone = sorted(getattr(keys, "__required_keys__", frozenset()) - set(node))
    if gone:
        raise InputError(f"{section}.{gone[0]} is missing, and {section} needs it: leave it in.")


def _referred_to(cfg: DictConfig, key: str) -> bool:
    return f"${{{key}" in OmegaConf.to_yaml(cfg, resolve=False)


def _check_node(key: str, node: Mapping[str, Any]) -> None:
    """Check the arguments of one constructor, and those of the nodes inside."""
    target = located(f"{key}._target_", node["_target_"])
    partial = node.get("_partial_", False)
    _check_value(f"{key}._partial_", partial, bool)
    if key == "task":  # it takes the configuration as a whole
        for name, value in node.items():
            for path, child in _children(f"{key}.{name}", value):
                _check_node(path, child)
        return
    parameters, types = _parameters(target), _types(target)
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    named = [
        n for n, p in parameters.items() if p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}
    ]
    for name, value in node.items():
        if name in HYDRAS:
            continue
        if name not in named and not open_ended and f"{key}.{name}" not in OURS:
            raise InputError(_nobody_takes(f"{key}.{name}", name, named, _name(target)))
        _check_value(f"{key}.{name}", value, OURS.get(f"{key}.{name}", types.get(name, Any)))
        for path, child in _children(f"{key}.{name}", value):
            _check_node(path, child)
    for name in _left_out(node, parameters, types, partial=partial):
        allowed = in_words(types[name]) if name in types else "set"
        raise InputError(
            f"{key}.{name} is missing, and {_name(target)} needs it: must be {allowed}."
        )


def _check_called(key: str, node: Any) -> None:
    if not isinstance(node, DictConfig) or "_target_" not in node:
        raise InputError(f"{key}._target_ is missing, and a cell needs it: leave it in.")
    if node.get("_partial_") is not True:
        raise InputError(
            f"{key}._partial_={_shown(node.get('_partial_'))}: must be true, because the cell adds "
            "arguments of its own."
        )


def _check_value(key: str, value: Any, annotation: Any) -> None:
    if not fits(value, annotation):
        raise InputError(f"{key}={_shown(value)}: must be {in_words(annotation)}.")
    if is_typeddict(annotation):
        types = get_type_hints(annotation)
        _check_present(key, value, annotation)
        for name, child in value.items():
            if name not in types:
                raise InputError(_nobody_takes(f"{key}.{name}", name, types, key))
            _check_value(f"{key}.{name}", child, types[name])


def _children(key: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the nearest nodes with a `_target_` below a value, itself included, and their keys."""
    if isinstance(value, dict):
        if "_target_" in value:
            yield key, value
            return
        for name, child in value.items():
            yield from _children(f"{key}.{name}" if key else str(name), child)
    elif isinstance(value, list):
        for n, child in enumerate(value):
            yield from _children(f"{key}[{n}]", child)


def located(key: str, name: Any) -> Any:
    """Return the class or function that a `_target_` names.

    Raises:
        InputError: if it names none.
    """
    if not isinstance(name, str):
        raise InputError(f"{key}={_shown(name)}: must be the dotted name of a class or function.")
    try:
        target = get_object(name)
    except Exception as error:  # whatever the import of the module named raises
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"{key}={name}: cannot be imported ({reason}).") from error
    if not callable(target):
        raise InputError(f"{key}={name}: is no class or function.")
    return target


def _parameters(target: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(target).parameters
    except (TypeError, ValueError):  # a few built-ins have none
        return {"anything": inspect.Parameter("anything", inspect.Parameter.VAR_KEYWORD)}


def _types(target: Any) -> dict[str, Any]:
    """Return the type of each parameter whose annotation can be evaluated."""
    constructor = inspect.getattr_static(target, "__init__") if inspect.isclass(target) else target
    function = inspect.unwrap(constructor)
    space = getattr(function, "__globals__", vars(sys.modules["builtins"]))
    if isinstance(target, type) and "__dataclass_fields__" in vars(target):
        space = vars(sys.modules[target.__module__])
    types = {}
    for name, annotation in getattr(function, "__annotations__", {}).items():
        try:
            one = annotation
            if isinstance(annotation, str):  # written in the code, never by the user
                one = eval(annotation, space)  # noqa: S307
        except NameError:
            continue  # imported for type checkers only
        types[name] = get_args(one)[0] if get_origin(one) is Annotated else one
    return types


def _left_out(
    node: Mapping[str, Any],
    parameters: Mapping[str, inspect.Parameter],
    types: Mapping[str, Any],
    *,
    partial: bool,
) -> Iterator[str]:
    """Yield the parameters that neither the configuration nor the recipe gives."""
    for name, parameter in parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind in {
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        }
        plain = types.get(name) in PLAIN and name not in NUMBERS
        if needed and name not in node and (plain or not partial):
            yield name


def _nobody_takes(key: str, name: str, known: Any, taker: str) -> str:
    near = get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    suggestion = f" Did you mean {key.removesuffix(name)}{near[0]}?" if near else ""
    who = f"{taker or 'a cell'} takes no {name}"
    return f"{key}: {who}.{suggestion} It takes: {', '.join(known) or 'nothing'}."


def _name(target: Any) -> str:
    return str(getattr(target, "__qualname__", target))


def _shown(value: Any) -> str:
    words = {None: "null", True: "true", False: "false"}
    text = words[value] if value is None or isinstance(value, bool) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
