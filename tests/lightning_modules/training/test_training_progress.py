"""What a loss is told of the training: how much of it is done, and its epochs."""

from functools import partial

import pytest
import pytorch_lightning as pl
from tiny_models import random_batch, tiny_bert
from torch.optim import SGD
from torch.utils.data import DataLoader

import losses
from lightning_modules import DenseRetriever, Optimization, RankingModule
from lightning_modules.networks.transformer_encoder import TransformerEncoder
from lightning_modules.training.optimization import constant_schedule

OPTIMIZATION = Optimization(partial(SGD, lr=0.1), partial(constant_schedule, warmup=0.0))


class Listening(losses.CrossEntropy):
    def __init__(self):
        super().__init__()
        self.heard = []

    def judge(self, batch):
        self.heard.append((batch.progress, batch.epochs))
        return super().judge(batch)


@pytest.mark.parametrize(("options", "epochs"), [({"max_epochs": 2}, 2), ({"max_steps": 4}, 4 / 3)])
def test_epochs_count_steps_of_several_batches(options, epochs):
    loss = Listening()
    encoder = TransformerEncoder(tiny_bert(layers=1), pooling="mean", pad_id=0)
    network = DenseRetriever(encoder, similarity="cosine", temperature=0.1)
    module = RankingModule(network, loss, OPTIMIZATION, documents=99, query_ids=list("abcde"))
    trainer = pl.Trainer(
        **options,
        accumulate_grad_batches=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module.train(), DataLoader([random_batch()] * 5, batch_size=None))
    steps = 3 * epochs  # two, two and one batch
    assert {told for _, told in loss.heard} == {epochs}
    assert sorted({done for done, _ in loss.heard}) == [step / steps for step in range(int(steps))]
