"""Batches for tests of losses, and the losses of conf/loss."""

from functools import cache

import torch
from cell_runs import ROOT, composed
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor

from losses import CandidateLists, Candidates, Loss, positive_lists

FOLDER = ROOT / "conf" / "loss"
LITERAL = "loss=label_weakening_literal"
POINTWISE = "loss=label_weakening_pointwise"
STUDENT = "loss/confidence@loss.loss.confidence=student"


def choices(group: str) -> list[str]:
    """The names in a folder of conf/loss."""
    return sorted(path.stem for path in (FOLDER / group).glob("*.yaml"))


SETTINGS = {
    **{name: (f"loss={name}",) for name in choices(".")},
    **{
        f"label_weakening_{name}": (LITERAL, f"loss/threshold={name}")
        for name in choices("threshold")
        if name != "by_label"
    },
    **{
        f"label_weakening_{name}": (LITERAL, f"loss/confidence={name}")
        for name in choices("confidence")
        if name != "prior_corrected"
    },
    "label_weakening_active": (LITERAL, "loss.mean_over=active"),
    "label_weakening_disjunctive": (LITERAL, "loss.positives=disjunctive"),
    "label_weakening_floor": (LITERAL, "loss.floor=0.05"),
    "label_weakening_graded": (LITERAL, "loss.positives=graded"),
    "label_weakening_pointwise_by_label": (
        POINTWISE,
        "loss/threshold@loss.loss.threshold=by_label",
        STUDENT,
    ),
    "label_weakening_pointwise_raw": (POINTWISE, STUDENT),
    "label_weakening_soft": (LITERAL, "loss.softness=4"),
    "disjunctive_cross_entropy": ("loss=cross_entropy", "loss.positives=disjunctive"),
}
"""Name -> overrides: every file and every choice of conf/loss, and every option, at least once."""
NAMES = sorted(SETTINGS)


@cache
def configuration(name: str) -> DictConfig:
    """The loss node of a setting."""
    return composed(*SETTINGS[name]).loss


def configured(name: str) -> Loss:
    """The loss of a setting."""
    loss = instantiate(configuration(name))
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
