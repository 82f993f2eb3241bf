"""Checks of the group choices on the command line, before Hydra composes anything.

Hydra lists the choices of a group when one is unknown, but suggests none, and in a sweep it does so
only when it reaches the job.
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, QuotedString, Sweep

from cells.command.command_line import overrides_in
from errors import InputError

LITERAL = "loss=label_weakening_literal"
RENAMED = {
    "loss": {
        "label_weakening_active": f"{LITERAL} loss.mean_over=active",
        "label_weakening_adaptive": f"{LITERAL} loss/threshold=adaptive",
        "label_weakening_asymmetric": f"{LITERAL} loss/threshold=split",
        "label_weakening_budgeted": f"{LITERAL} loss/threshold=budgeted",
        "label_weakening_constant": f"{LITERAL} loss/threshold=constant",
        "label_weakening_early": (
            f"{LITERAL} loss/threshold=adaptive loss.threshold.rho=0.1 loss.warmup=0"
        ),
        "label_weakening_ema": f"{LITERAL} loss/confidence=ema",
        "label_weakening_floor": f"{LITERAL} loss.floor=0.05",
        "label_weakening_graded": f"{LITERAL} loss.positives=graded",
        "label_weakening_lift": f"{LITERAL} loss/threshold=lift",
        "label_weakening_margin": f"{LITERAL} loss/threshold=margin",
        "label_weakening_pair_average": f"{LITERAL} loss/confidence=pair_average",
        "label_weakening_pointwise_asymmetric": (
            "loss=label_weakening_pointwise loss/threshold@loss.loss.threshold=by_label "
            "loss/confidence@loss.loss.confidence=student"
        ),
        "label_weakening_pointwise_raw": (
            "loss=label_weakening_pointwise loss/confidence@loss.loss.confidence=student"
        ),
        "label_weakening_soft": f"{LITERAL} loss.softness=4",
        "label_weakening_teacher": f"{LITERAL} loss/confidence=teacher",
    }
}
"""Group -> choice of an earlier version -> what says the same today."""


def check_choices(arguments: Sequence[str], configs: Path) -> None:
    """Raise InputError if an override chooses an option that its group does not have.

    Args:
        arguments: the command line without the program; anything but overrides is left to Hydra.
        configs: the folder of the configuration groups.

    Raises:
        InputError: naming the group, the choice, the nearest option and all options.
    """
    overrides, folders = list(overrides_in(arguments)), [configs, *_own_folder(arguments)]
    if any(override.key_or_group == "hydra.searchpath" for override in overrides):
        return  # a folder that only Hydra can find
    for override in overrides:
        groups = [group for folder in folders if (group := folder / override.key_or_group).is_dir()]
        # Hydra's plugins add their own choices
        if not groups or override.key_or_group.startswith("hydra/"):
            continue
        options = sorted({path.stem for group in groups for path in group.glob("*.yaml")})
        for choice in _chosen(override):
            if choice not in options:
                raise InputError(_unknown(override.key_or_group, choice, options))


def _own_folder(arguments: Sequence[str]) -> list[Path]:
    """Return the folder of groups that `--config-dir` adds, if any."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config-dir", "-cd", type=Path)
    folder = parser.parse_known_args(arguments)[0].config_dir
    return [] if folder is None else [folder]


def _chosen(override: Override) -> list[str]:
    """Return the options that an override names; glob() can only name what exists."""
    if override.is_delete():
        return []
    value = override.value()
    values = value.list if isinstance(value, ChoiceSweep) else [value]
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [_written(choice) for choice in flat if not isinstance(choice, Glob | Sweep)]


def _written(choice: object) -> str:
    if isinstance(choice, QuotedString):
        return str(choice.text)
    if choice is None:
        return "null"
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def _unknown(group: str, choice: str, options: list[str]) -> str:
    if choice in RENAMED.get(group, {}):
        return f"{group}={choice} is now: {RENAMED[group][choice]}"
    nearest = get_close_matches(choice, options, n=1, cutoff=0.4)
    suggestion = f" Did you mean {group}={nearest[0]}?" if nearest else ""
    return f"{group}={choice}: there is no such {group}.{suggestion} Choices: {', '.join(options)}."
