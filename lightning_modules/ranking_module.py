"""The Lightning module of every network: scores of a batch, a loss on them, an optimiser."""

from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from data import Batch
from errors import InputError
from lightning_modules.diagnostics import Diagnostics
from lightning_modules.network import Network
from lightning_modules.optimization import Optimization
from lightning_modules.teacher import TeacherScores
from losses import Loss, check_finite


class RankingModule(pl.LightningModule):
    """Trains a network under a loss.

    Args:
        network: offers `scores(batch) -> [B, U]`.
        loss: judges the scores; its `progress` is set to the share of the optimisation steps taken.
        optimization: optimiser and schedule.
        documents: number of documents of the collection; with the query's row it gives a (query, document) pair its identity.
        teacher: scores of another system; candidates that it did not score are left out.
    """

    def __init__(
        self, network: Network, loss: Loss, optimization: Optimization, documents: int, teacher: TeacherScores | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.loss = loss
        self.optimization = optimization
        self.documents = documents
        self.teacher = teacher
        self.diagnostics = Diagnostics()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the epoch's diagnostics so far."""
        checkpoint["diagnostics"] = self.diagnostics.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continues the epoch's diagnostics."""
        self.diagnostics.load_state_dict(checkpoint["diagnostics"])

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Tells the loss how far training has come."""
        del batch, batch_idx
        self.loss.progress = self.global_step / self.trainer.estimated_stepping_batches

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Returns the mean loss of the batch's examples.

        Raises:
            InputError: when a score is not finite, naming the step and the queries.
        """
        del batch_idx
        scores = self.network.scores(batch)
        self._check_finite(scores, batch)
        pair_ids, teacher, mask = self._pair_ids(batch), None, batch.mask
        if self.teacher is not None:
            teacher = self.teacher(batch.query_rows, batch.document_rows)
            mask = mask & ~teacher.isnan()
            teacher = teacher.nan_to_num()
        decisions = self.loss.decisions(scores.detach(), batch.targets, mask, pair_ids=pair_ids, teacher=teacher)
        losses = self.loss.per_row(scores, batch.targets, mask, pair_ids=pair_ids, teacher=teacher)
        self.diagnostics.add(batch, scores.detach(), losses.detach(), decisions)
        loss = losses.sum() / self.loss.supervised(batch.targets, mask).sum().clamp(min=1)
        self.log("train/step_loss", loss.detach(), batch_size=len(losses))
        return loss

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's own return type is a union of a dozen shapes
        """Builds the optimiser and the per-step schedule."""
        optimizer, schedule = self.optimization.build(self, int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _check_finite(self, scores: Tensor, batch: Batch) -> None:
        try:
            check_finite(scores, batch.mask)
        except FloatingPointError as error:
            raise InputError(f"step {self.global_step}, train queries {batch.query_rows.tolist()} (rows): {error}") from error

    def _pair_ids(self, batch: Batch) -> Tensor:
        pairs = batch.query_rows.unsqueeze(1) * self.documents + batch.document_rows
        return pairs.masked_fill(~batch.own, -1)
