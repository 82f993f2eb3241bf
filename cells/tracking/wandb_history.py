"""The history of a W&B run: what Lightning logs, over one step counter and over epochs."""

from typing import Any

from pytorch_lightning.loggers import Logger
from wandb.sdk.wandb_run import Run

STEP, EPOCH = "step", "epoch"
AXES = {
    STEP: None,
    EPOCH: None,
    "train/step_loss": STEP,
    "lr": STEP,
    "seconds": EPOCH,
    "train/*": EPOCH,
    "validation/*": EPOCH,
}
"""Name of a metric -> the metric on the x axis of its chart; None: it is an axis itself."""


class WandbHistory(Logger):
    """A Lightning logger that writes to an open W&B run.

    Args:
        run: the W&B run.

    Attributes:
        last: the metrics of the last epoch.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self.last: dict[str, float] = {}
        for name, axis in AXES.items():
            run.define_metric(name, step_metric=axis, hidden=axis is None)

    @property
    def name(self) -> str | None:
        """Return the project."""
        return self._run.project

    @property
    def version(self) -> str | None:
        """Return the id of the W&B run."""
        return self._run.id

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Log the metrics of a step or of an epoch."""
        if any(name.startswith("validation/") for name in metrics):
            self.last = dict(metrics)
            self._run.log(dict(metrics))
            return
        rates = [value for name, value in metrics.items() if name.startswith("lr-")]
        own = {
            name: value
            for name, value in metrics.items()
            if not name.startswith("lr-") and name != EPOCH  # an epoch is what ends with a row
        }
        if rates:  # of several groups of weights, that of the last layers
            own["lr"] = max(rates)
        self._run.log(own | ({} if step is None else {STEP: step}))

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Log nothing, since the W&B run has the cell's whole configuration."""
