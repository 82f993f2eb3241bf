"""The view of a loss on candidates: listwise or pointwise."""

from collections.abc import Callable

from errors import InputError
from losses.loss import Loss
from losses.wrappers.pointwise import Pointwise

VIEWS: dict[str, Callable[[Loss], Loss]] = {"listwise": lambda loss: loss, "pointwise": Pointwise}


def viewed(loss: Loss, view: str) -> Loss:
    """Return the loss as it is, or applied to each document by itself.

    Args:
        loss: of the configuration.
        view: `listwise` or `pointwise`.

    Raises:
        InputError: for another word, or a pointwise view of a loss that is pointwise already or
            compares queries.
    """
    if view not in VIEWS:
        raise InputError(f"model.view={view}: must be one of {', '.join(VIEWS)}.")
    if view == "pointwise" and loss.min_candidates < 2:  # noqa: PLR2004 - a list begins with two
        raise InputError(
            f"model.view=pointwise: {loss.name} judges each document by itself already; set "
            "model.view=listwise."
        )
    if view == "pointwise" and loss.needs.in_batch:
        raise InputError(
            f"model.view=pointwise: {loss.name} compares the queries of a document; set "
            "model.view=listwise."
        )
    return VIEWS[view](loss)
