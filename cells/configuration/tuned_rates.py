"""Learning rates chosen by a tuning sweep, from the file that `python -m study.tuning` writes."""

import json
from pathlib import Path

from errors import InputError

KEY = "learning_rate"


def tuned_learning_rate(file: str, collection: str, model: str, loss: str) -> float | None:
    """Return the learning rate chosen for a loss; None if none was chosen.

    A resolver of the configuration; `cells.configuration.startup_checks` refuses None.

    Args:
        file: the file written by `study.tuning`, relative to the project's root.
        collection: name of the collection.
        model: choice of the model group.
        loss: choice of the loss group.

    Raises:
        InputError: if the file is damaged.
    """
    path = Path(__file__).parents[2] / file
    try:
        chosen = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise InputError(
            f"{file} is not JSON ({error}): write it again with `python -m study.tuning`."
        ) from error
    choice = chosen.get(f"{collection}/{model}/{loss}")
    return None if choice is None else float(choice[KEY])
