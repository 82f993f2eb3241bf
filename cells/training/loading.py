"""The loader of a cell's training batches."""

from omegaconf import DictConfig

from cells.inputs.training_inputs import TrainingInputs
from cells.training.device import device_of
from data import TokenStores, TrainingLoader


def training_loader(
    cfg: DictConfig, inputs: TrainingInputs, batch_size: int | None = None
) -> TrainingLoader:
    """Return the loader of the training batches.

    Every process of a distributed run gets every batch whole: its network encodes a share of it and
    gathers the others'.

    Args:
        cfg: the cell's configuration.
        inputs: its data.
        batch_size: instead of the configured one.
    """
    return TrainingLoader(
        inputs.examples,
        TokenStores(inputs.tokenised.queries["train"], inputs.tokenised.documents),
        batch_size=batch_size or cfg.batch.size,
        negatives=cfg.negatives.per_example,
        in_batch=cfg.batch.in_batch,
        positives=cfg.batch.positives,
        seed=cfg.seed,
        for_gpu=device_of(cfg.trainer) == "cuda",
    )
