"""Choose each loss's learning rate from a sweep: `python -m study.tuning outputs/study_tune`.

All losses have the same rates to choose from, and the choice is made on validation, never on the
test split. The file keeps the evidence.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, NamedTuple

from omegaconf import OmegaConf
from rich import get_console
from rich.table import Table

from cells.configuration.renamed_keys import stored_value
from data.storage.atomic_files import written_aside
from errors import InputError
from reporting.reading.cells import read_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reporting.reading.cells import FinishedCell

FILE = Path("results/learning_rates.json")
Rates = tuple[float, ...]


class Trial(NamedTuple):
    """One cell of a tuning sweep.

    Attributes:
        method: `<dataset>/<model>/<loss>`, without the variant that names the trial.
        learning_rate: the rate that was tried.
        measure: name of the measure that chooses.
        value: the selected checkpoint's value of it on the validation split.
    """

    method: str
    learning_rate: float
    measure: str
    value: float


def trial_of(cell: FinishedCell) -> Trial:
    """Return what a cell says about its learning rate."""
    config: Any = OmegaConf.load(cell.file("config.yaml"))
    measure = config.selection_measure
    return Trial(
        f"{cell.dataset}/{cell.model}/{cell.loss_without_variant}",
        stored_value(config, "optimizer.lr"),
        measure,
        cell.scores["validation"][measure],
    )


def choose(trials: Iterable[Trial]) -> dict[str, dict[str, Any]]:
    """Return the learning rate of each method with the best mean over its cells.

    Of equal ones, the larger is chosen: where no training helps, all small rates are equal, and the
    smallest would be at the edge of any grid.

    Returns:
        method -> `learning_rate`, `measure`, and the mean of each rate tried.

    Raises:
        InputError: if there is no trial, or a method was not tried with the same rates as the
            others of its collection and model.
    """
    values: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    measures = {}
    for trial in trials:
        values[trial.method][trial.learning_rate].append(trial.value)
        measures[trial.method] = trial.measure
    if not values:
        raise InputError(
            "no finished cell to choose from: run the tuning sweep, e.g. python run.py -m "
            "experiment=study_tune."
        )
    _check_budget(
        {
            method: {rate: len(found) for rate, found in tried.items()}
            for method, tried in values.items()
        }
    )
    chosen = {}
    for method, tried in sorted(values.items()):
        means = {rate: mean(found) for rate, found in sorted(tried.items())}
        best = max(means, key=lambda rate: (means[rate], rate))
        chosen[method] = {
            "learning_rate": best,
            "measure": measures[method],
            "tried": {f"{rate:g}": means[rate] for rate in means},
        }
    return chosen


def _check_budget(budgets: Mapping[str, Mapping[float, int]]) -> None:
    by_setting: dict[str, dict[str, Mapping[float, int]]] = defaultdict(dict)
    for method, budget in budgets.items():
        by_setting[method.rpartition("/")[0]][method] = budget
    for setting, methods in by_setting.items():
        most = max(methods.values(), key=lambda budget: sum(budget.values()))
        short = sorted(method for method, budget in methods.items() if dict(budget) != dict(most))
        if short:
            raise InputError(
                f"{setting}: not all losses were tried equally often: {', '.join(short)} lack some "
                f"of the rates {', '.join(f'{rate:g}' for rate in sorted(most))}. Run the same "
                "tuning sweep again: it does what is missing."
            )


def rates_to_try(file: Path, setting: str, losses: Iterable[str], first: Rates) -> Rates:
    """Return the learning rates to try next; none if every loss's choice is within those tried.

    They are those tried before and one more at each edge where a choice lies, so that a sweep that
    was interrupted is completed.

    Args:
        file: Where the choices are kept.
        setting: `<dataset>/<model>`.
        losses: Names of the losses.
        first: The rates to begin with.
    """
    choices = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    methods = [f"{setting}/{loss}" for loss in losses]
    if not set(methods) <= choices.keys():
        return first
    tried = tuple(sorted({float(rate) for name in methods for rate in choices[name]["tried"]}))
    wider = widened(tried, edges(file, setting))
    return () if wider == tried else wider


def edges(file: Path, setting: str) -> set[int]:
    """Return at which edges of the rates tried some loss's choice lies: -1 lowest, 1 highest.

    Args:
        file: Where the choices are kept.
        setting: `<dataset>/<model>`.
    """
    found = set()
    for method, choice in json.loads(file.read_text(encoding="utf-8")).items():
        tried = [float(rate) for rate in choice["tried"]]
        if method.startswith(f"{setting}/"):
            chosen = choice["learning_rate"]
            found |= {-1} if chosen == min(tried) else {1} if chosen == max(tried) else set()
    return found


def widened(rates: Rates, at: set[int]) -> Rates:
    """Return the rates with one more at each of these edges, in steps of 1, 2 and 5."""
    below = (_step(min(rates), -1),) if -1 in at else ()
    above = (_step(max(rates), 1),) if 1 in at else ()
    return (*below, *rates, *above)


def _step(rate: float, direction: int) -> float:
    steps = [float(f"{digit}e{power}") for power in range(-8, 3) for digit in (1, 2, 5)]
    return steps[steps.index(rate) + direction]


def main(arguments: list[str] | None = None) -> None:
    """Choose learning rates, add them to the file and print them."""
    parser = argparse.ArgumentParser(prog="python -m study.tuning", description=__doc__)
    parser.add_argument("outputs", type=Path, help="output_dir of the tuning sweep")
    parser.add_argument(
        "--out", type=Path, default=FILE, help=f"where the choices are kept (default: {FILE})"
    )
    given = parser.parse_args(arguments)
    try:
        chosen = choose(map(trial_of, read_cells(given.outputs).finished))
    except InputError as error:
        sys.exit(str(error))
    before = json.loads(given.out.read_text(encoding="utf-8")) if given.out.exists() else {}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(given.out) as aside:
        aside.write_text(
            json.dumps(before | chosen, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    _show(chosen)


def _show(chosen: Mapping[str, Mapping[str, Any]]) -> None:
    table = Table("method", "learning rate", "validation, by rate tried")
    for method, choice in chosen.items():
        tried = ", ".join(f"{rate}: {value:.4f}" for rate, value in choice["tried"].items())
        table.add_row(method, f"{choice['learning_rate']:g}", tried)
    get_console().print(table)


if __name__ == "__main__":
    main()
