"""What a terminal says during training."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger

from lightning_modules.training.training_pulse import TrainingBar


class Line(pl.LightningModule):
    """One weight."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def training_step(self, batch):
        return (self.weight * batch).sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Seen(pl.Callback):
    """Notes what the bar before it shows after each step."""

    def __init__(self, bar):
        self.bar, self.steps = bar, []

    def on_train_batch_end(self, trainer, pl_module, *_step):
        task = self.bar.train_progress_bar
        metrics = self.bar.get_metrics(trainer, pl_module)
        self.steps.append((task.description, task.completed, task.total, set(metrics)))


def test_the_bar_says_epoch_steps_and_time_left_and_no_number_of_a_folder(tmp_path):
    bar = TrainingBar(afterwards=360_000.0)
    seen = Seen(bar)
    trainer = pl.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=CSVLogger(tmp_path),
        callbacks=[bar, seen],
        enable_checkpointing=False,
        enable_model_summary=False,
        log_every_n_steps=1,
    )
    trainer.fit(Line(), torch.utils.data.DataLoader(torch.ones(3)))
    assert seen.steps == [
        (f"Epoch {epoch} of 2, cell: about 100.0 h left", step, 3, set())
        for epoch in (1, 2)
        for step in (1, 2, 3)
    ]
