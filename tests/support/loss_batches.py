"""Batches for tests of losses, and the losses of conf/loss."""

from pathlib import Path

import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor

from losses import CandidateLists, Candidates, Loss, positive_lists

FOLDER = Path(__file__).parents[2] / "conf" / "loss"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def configured(name: str) -> Loss:
    """The loss of a YAML."""
    loss = instantiate(OmegaConf.load(FOLDER / f"{name}.yaml"))
    assert isinstance(loss, Loss)
    return loss


def everything(scores: Tensor) -> Tensor:
    """A mask under which every slot is a candidate."""
    return torch.ones_like(scores, dtype=torch.bool)


def first_positive(scores: Tensor, **extras: object) -> Candidates:
    """Scores whose first column is labelled."""
    targets = torch.zeros_like(scores)
    targets[:, 0] = 1
    return Candidates(scores, targets, everything(scores), **extras)


def diagonal(scores: Tensor, **extras: object) -> Candidates:
    """Scores whose diagonal is labelled."""
    targets = torch.eye(*scores.shape, dtype=scores.dtype)
    return Candidates(scores, targets, everything(scores), **extras)


def diagonal_lists(rows: int = 6, candidates: int = 7, seed: int = 0) -> CandidateLists:
    """Random lists with the positive on the diagonal."""
    generator = torch.Generator().manual_seed(seed)
    return positive_lists(
        diagonal(torch.randn(rows, candidates, generator=generator, dtype=torch.float64))
    )
