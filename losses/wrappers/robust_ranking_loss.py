"""A loss of this project inside sentence-transformers' trainer."""

from collections.abc import Iterable
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import cos_sim
from torch import Tensor, nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from losses import Candidates, Loss, Positives


class RobustRankingLoss(nn.Module):
    """MultipleNegativesRankingLoss with a loss of this project in place of cross-entropy.

    The columns of the data set are anchor, positive and perhaps negatives. The candidates of an
    anchor are all documents of the batch; its label is its positive.

    Args:
        model: the model in training.
        loss: any loss that asks for neither pair ids nor a teacher.
        scale: cosines are multiplied by it (1 / temperature).

    Attributes:
        progress: share of the training that is done; `Progress` keeps it, schedules read it.
        epochs: how often the training passes over its examples; `Progress` keeps it too.
    """

    def __init__(self, model: SentenceTransformer, loss: Loss, scale: float = 20.0) -> None:
        super().__init__()
        self.model, self.loss, self.scale = model, loss, scale
        self.progress, self.epochs = 0.0, 1.0

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """Return the mean loss of a batch; the trainer's `labels` are empty, the place is one."""
        del labels
        queries, *documents = (
            self.model(column)["sentence_embedding"] for column in sentence_features
        )
        scores = self.scale * cos_sim(queries, torch.cat(documents))  # [B, B (1 + negatives)]
        rows = torch.arange(len(scores), device=scores.device)
        targets = torch.zeros_like(scores).fill_diagonal_(1.0)
        mask = torch.ones_like(scores, dtype=torch.bool)
        batch = Candidates(
            scores,
            targets,
            mask,
            Positives(rows, rows),
            progress=self.progress,
            epochs=self.epochs,
        )
        mean: Tensor = self.loss(batch).mean()
        return mean


class Progress(TrainerCallback):
    """Tells a loss before each step how much of the training is done, of how many epochs.

    Args:
        loss: the loss.
    """

    def __init__(self, loss: RobustRankingLoss) -> None:
        self._loss = loss

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        """Pass it on."""
        del args, control, others
        self._loss.progress = state.global_step / state.max_steps
        self._loss.epochs = max(1, state.num_train_epochs)
