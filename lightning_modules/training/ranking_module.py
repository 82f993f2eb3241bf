"""The Lightning module of every network: scores of a batch, a loss on them, an optimiser."""

import math
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from data import Batch
from errors import InputError
from lightning_modules.networks.network import Network
from lightning_modules.training.diagnostics import Diagnostics
from lightning_modules.training.finite_scores import FiniteScores
from lightning_modules.training.optimization import Optimization
from lightning_modules.training.sharpness_aware import SharpnessAware
from lightning_modules.training.teacher import TeacherScores
from lightning_modules.training.weight_average import WeightAverage
from losses import Candidates, Loss, LossOutput, Positives


class RankingModule(pl.LightningModule):
    """Trains a network with a loss, and keeps the moving average that some losses need.

    Args:
        network: offers `scores(batch) -> [B, U]`.
        loss: judges the scores.
        optimization: optimiser and schedule.
        documents: number of documents of the collection; with the query's row it gives a (query,
            document) pair its identity.
        query_ids: ids of the training queries, in the order of the query rows, for messages.
        teacher: scores of another system; candidates that it did not score are left out.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimization: Optimization,
        *,
        documents: int,
        query_ids: Sequence[str],
        teacher: TeacherScores | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.loss = loss
        self.optimization = optimization
        self.documents = documents
        self.teacher = teacher
        self.average = (
            None
            if loss.needs.teacher_decay is None
            else WeightAverage(network, loss.needs.teacher_decay)
        )
        self.diagnostics = Diagnostics()
        self.finite = FiniteScores(query_ids)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the epoch's diagnostics so far.

        Raises:
            InputError: when a score was not finite, so that no spoilt weights are kept.
        """
        self.finite.read()
        checkpoint["diagnostics"] = self.diagnostics.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue the epoch's diagnostics."""
        self.diagnostics.load_state_dict(checkpoint["diagnostics"])

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Pass the weights to the teacher."""
        del batch, batch_idx
        if self.average is not None:
            self.average.follow(self.network, self.global_step)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the mean loss of the batch's examples.

        Raises:
            InputError: when a score of this or an earlier step is not finite, naming the step and
                the queries; looked for every `logger.every_n_steps`.
        """
        del batch_idx
        scores = self.network.scores(batch)
        # set by the trainer's logger connector
        interval: int = self.trainer.log_every_n_steps  # type: ignore[attr-defined]
        reads = interval > 0 and (self.global_step + 1) % interval == 0
        self.finite.note(self.global_step, batch.query_rows, scores, batch.mask)
        if reads:
            self.finite.read()
        candidates = self._candidates(batch, scores)
        if self._evaluates_again:
            return self._mean_unseen(candidates)
        output: LossOutput = self.loss(candidates)
        loss = output.mean()
        self.diagnostics.add(batch, candidates, output)
        if self.trainer.loggers and reads:  # only then would it be written
            self.log("train/step_loss", loss.detach(), batch_size=len(output.values))
        return loss

    @property
    def _evaluates_again(self) -> bool:
        """Return whether the optimiser evaluates each batch again at shifted weights."""
        return any(getattr(each, "perturbed", False) for each in self.trainer.optimizers)

    def _mean_unseen(self, candidates: Candidates) -> Tensor:
        """Return the mean loss without letting the loss remember the batch a second time."""
        self.loss.eval()
        output: LossOutput = self.loss(candidates)
        self.loss.train()
        return output.mean()

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        """Move a batch to the device, if it is not there, without Lightning's walk through it."""
        if batch.mask.device == device:
            return batch
        moved: Batch = super().transfer_batch_to_device(batch, device, dataloader_idx)
        return moved

    # Lightning's own return type is a union of a dozen shapes
    def configure_optimizers(self) -> Any:
        """Build the optimiser and the per-step schedule.

        Raises:
            InputError: for an optimiser that cannot take steps of several batches.
        """
        optimizer, schedule = self.optimization.build(
            self, int(self.trainer.estimated_stepping_batches)
        )
        batches: int = self.trainer.accumulate_grad_batches
        if isinstance(optimizer, SharpnessAware) and batches > 1:
            raise InputError(
                f"trainer.accumulate_grad_batches={batches}: SharpnessAware evaluates the batch of "
                "a step twice, and would see the last one only. Set it to 1, and a larger batch "
                "with model.network.adaptation.recompute=chunks."
            )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _candidates(self, batch: Batch, scores: Tensor) -> Candidates:
        teacher, mask = self._teacher(batch)
        steps = self.trainer.estimated_stepping_batches
        batches, together = self.trainer.num_training_batches, self.trainer.accumulate_grad_batches
        return Candidates(
            scores,
            batch.targets,
            mask,
            positives=positives_of(batch),
            pair_ids=self._pair_ids(batch),
            teacher=teacher,
            progress=self.global_step / steps,
            epochs=steps / math.ceil(batches / together),
        )

    def _pair_ids(self, batch: Batch) -> Tensor:
        pairs = batch.query_rows.unsqueeze(1) * self.documents + batch.document_rows
        return pairs.masked_fill(~batch.own, -1)

    def _teacher(self, batch: Batch) -> tuple[Tensor | None, Tensor]:
        """Return the teacher's scores [B, U], if any, and the candidates that it scored [B, U]."""
        if self.average is not None:
            return self.average.scores(batch), batch.mask
        if self.teacher is None:
            return None, batch.mask
        scores = self.teacher(batch.query_rows, batch.document_rows)
        return scores.nan_to_num(), batch.mask & ~scores.isnan()


def positives_of(batch: Batch) -> Positives:
    """Return where the positives stand; their rows need no mention if each has its own only."""
    one_each = len(batch.positive_rows) == len(batch.mask)
    return Positives(None if one_each else batch.positive_rows, batch.positive_columns)
