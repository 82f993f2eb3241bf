"""One table of all evaluated models and collections, at the end of a sweep of task=evaluate."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich import get_console
from rich.table import Table

from cells.record.written_scores import SCORES, read_scores
from errors import InputError

FOLDER = "evaluated"


class Evaluated(NamedTuple):
    """A model's test measures on a collection."""

    model: str
    dataset: str
    measures: Mapping[str, float]


class EvaluatedTable(Callback):
    """Hydra's callback that shows the table of everything evaluated below output_dir."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Show the table."""
        del kwargs
        found = list(evaluated(Path(config.output_dir)))
        if len(found) > 1:
            get_console().print(table_of(found))


def evaluated(output_dir: Path) -> Iterator[Evaluated]:
    """Yield what the cells of task=evaluate say, by model; damaged ones are left out."""
    for path in sorted((output_dir / FOLDER).glob(f"*/*/*/{SCORES}")):
        dataset, model, seed = path.parent.relative_to(output_dir / FOLDER).parts
        try:
            measures = read_scores(path.parent)["measures"]
        except InputError:  # its own run has said so
            continue
        yield Evaluated(f"{model}/{seed}", dataset, measures)


def table_of(found: list[Evaluated]) -> Table:
    """Return a row for each model and collection, and each model's mean over several."""
    measures = list(dict.fromkeys(name for each in found for name in each.measures))
    table = Table("model", "dataset", *measures, title="Evaluated models", title_justify="left")
    for model in dict.fromkeys(each.model for each in found):
        members = [each for each in found if each.model == model]
        for each in members:
            table.add_row(model, each.dataset, *_numbers(each.measures, measures))
        shared = {
            name: mean(each.measures[name] for each in members)
            for name in measures
            if all(name in each.measures for each in members)
        }
        if len(members) > 1:
            table.add_row(
                model, f"mean of {len(members)}", *_numbers(shared, measures), style="bold"
            )
    return table


def _numbers(values: Mapping[str, float], measures: list[str]) -> list[str]:
    return [f"{values[name]:.4f}" if name in values else "-" for name in measures]
