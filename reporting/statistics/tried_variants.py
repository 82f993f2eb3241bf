"""Variants of a loss, such as its learning rates, and which of them is best on validation."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

from errors import InputError
from reporting.statistics.groups import Condition
from reporting.words import counted, listed, ratio_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporting.reading.cells import FinishedCell

Seeds = dict[int, "FinishedCell"]
USUAL = "usual"
"""How a loss without a variant is called among its variants."""


class TriedVariant(NamedTuple):
    """A variant of a loss under a condition.

    Attributes:
        condition: the condition.
        loss: the loss, without the variant.
        variant: the variant; None: the loss has none.
        seeds: the seeds of its finished cells.
        validation: mean of the measure on validation, over the seeds that all variants have (its
            own, if they share none); NaN: a cell lacks it.
        chosen: whether no other variant is better; of equal ones, the first by name. None is
            chosen where a cell lacks the measure.
    """

    condition: Condition
    loss: str
    variant: str | None
    seeds: tuple[int, ...]
    validation: float
    chosen: bool


def tried_variants(cells: Sequence[FinishedCell], measure: str) -> list[TriedVariant]:
    """Return every variant of every loss under each condition, with the choice.

    Args:
        cells: finished cells.
        measure: what is best on the validation split, as it was for the cell: by clean or noisy
            labels.
    """
    found: defaultdict[tuple[Condition, str], defaultdict[str | None, Seeds]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for cell in cells:
        condition = Condition(cell.dataset, cell.model, cell.noise, cell.ratio)
        found[condition, cell.loss_without_variant][cell.variant][cell.seed] = cell
    return [
        tried
        for condition, loss in sorted(found)
        for tried in _tried(condition, loss, found[condition, loss], measure)
    ]


def _tried(
    condition: Condition, loss: str, variants: Mapping[str | None, Seeds], measure: str
) -> Iterator[TriedVariant]:
    shared = set.intersection(*(set(seeds) for seeds in variants.values()))
    means = {
        variant: mean(_validation(seeds[seed], measure) for seed in shared or seeds)
        for variant, seeds in sorted(variants.items(), key=lambda item: item[0] or "")
    }
    known = not any(map(math.isnan, means.values()))
    best = max(means, key=lambda variant: means[variant])
    for variant, value in means.items():
        seeds = tuple(sorted(variants[variant]))
        yield TriedVariant(condition, loss, variant, seeds, value, known and variant == best)


def _validation(cell: FinishedCell, measure: str) -> float:
    try:
        return float(cell.scores["validation"][measure])
    except (LookupError, TypeError, ValueError):
        return math.nan


def only_chosen(cells: Sequence[FinishedCell], tried: Sequence[TriedVariant]) -> list[FinishedCell]:
    """Return the cells of the chosen variants, under the names of their losses.

    Raises:
        InputError: a choice cannot be made.
    """
    chosen = {(each.condition, each.loss, each.variant) for each in tried if each.chosen}
    if open_choices := {each[:2] for each in tried} - {each[:2] for each in chosen}:
        condition, loss = min(open_choices)
        raise InputError(
            f"--tuned: cells of {loss} under {', '.join(map(str, condition))} have no such measure "
            "on validation to choose a variant by. Choose another --measure, or filter them."
        )
    return [
        replace(cell, loss=cell.loss_without_variant, variant=None)
        for cell in cells
        if (
            Condition(cell.dataset, cell.model, cell.noise, cell.ratio),
            cell.loss_without_variant,
            cell.variant,
        )
        in chosen
    ]


def several(tried: Sequence[TriedVariant]) -> list[TriedVariant]:
    """Return the variants of losses that have more than one under a condition."""
    counts: defaultdict[tuple[Condition, str], int] = defaultdict(int)
    for each in tried:
        counts[each.condition, each.loss] += 1
    return [each for each in tried if counts[each.condition, each.loss] > 1]


def choices_in_words(tried: Sequence[TriedVariant], measure: str) -> Iterator[str]:
    """Yield a sentence for each condition: the variant of each loss that has several."""
    chosen: defaultdict[Condition, list[TriedVariant]] = defaultdict(list)
    for each in several(tried):
        if each.chosen:
            chosen[each.condition].append(each)
    for condition, found in chosen.items():
        best = listed(
            f"{each.loss} {each.variant or USUAL} ({each.validation:.3f})" for each in found
        )
        where = f"{', '.join(condition[:3])} {ratio_name(condition.ratio)}"
        yield f"{where}: best {measure} on validation, {best}."


def unequal_budgets(tried: Sequence[TriedVariant]) -> Iterator[str]:
    """Yield a warning if losses that are compared were tried with different variants."""
    budgets: defaultdict[Condition, defaultdict[str, list[str]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for each in tried:
        budgets[each.condition][each.loss].append(each.variant or USUAL)
    unequal = [
        condition
        for condition, losses in budgets.items()
        if any(sorted(found) != sorted(next(iter(losses.values()))) for found in losses.values())
    ]
    if unequal:
        yield (
            f"Under {counted(len(unequal), 'condition')} the losses were not tried with the same "
            "variants, which favours those with more (variants.csv)."
        )
