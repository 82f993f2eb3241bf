"""Scores that are not finite stop training, without a look at the device in every step."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from errors import InputError
from losses import not_finite


class _Step(NamedTuple):
    number: int
    query_rows: Tensor
    bad: Tensor


class FiniteScores:
    """Notes on the device which rows of each step have a score that is NaN or infinite.

    Reading a number waits for the device, so the notes are read together: every few steps, before a
    checkpoint and at the end of an epoch. Nothing that such a score has spoilt is stored.

    Args:
        query_ids: ids of the training queries, in the order of the query rows, for messages.
    """

    def __init__(self, query_ids: Sequence[str]) -> None:
        self._query_ids = query_ids
        self._steps: list[_Step] = []

    def note(self, step: int, query_rows: Tensor, scores: Tensor, mask: Tensor) -> None:
        """Note a step.

        Args:
            step: its number, for the message.
            query_rows: the rows' queries, [B].
            scores: scores, [B, U].
            mask: the candidates among them, [B, U].
        """
        self._steps.append(_Step(step, query_rows, not_finite(scores.detach(), mask)))

    def read(self) -> None:
        """Forget the steps noted so far.

        Raises:
            InputError: a score was not finite; the message names the first such step and its
                queries.
        """
        steps, self._steps = self._steps, []
        if not steps or not torch.cat([step.bad for step in steps]).any():
            return
        first = next(step for step in steps if step.bad.any())
        queries = ", ".join(self._query_ids[row] for row in first.query_rows[first.bad].tolist())
        raise InputError(
            f"training step {first.number}, queries {queries}: scores are NaN or infinite in rows "
            f"{first.bad.nonzero().flatten().tolist()} of the batch; lower the learning rate or "
            "check the inputs."
        )
