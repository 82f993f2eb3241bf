"""Time of each loss, forward and backward, against the fused cross-entropy of torch on the same scores.

`python benchmarks/losses/loss_speed.py [name ...] [--rows B] [--candidates C] [--share-masked x]`. One process
alternates between both, and the median of the ratios is reported, so that other work on the machine
hits both alike. Cross-entropy gets the positives' columns ready made; a loss reads them from the
targets and the mask, as in training.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # the losses named in conf/loss

from losses.closed_form import closed_form  # noqa: E402 - from there

INLINED = "(label weakening, inlined)"
TIER_1 = [
    "cross_entropy",
    "label_smoothing",
    "label_relaxation",
    "label_weakening",
    "label_weakening_literal",
    "label_weakening_adaptive",
    "generalized_cross_entropy",
    "symmetric_cross_entropy",
    "nce_rce",
    "nce_agce",
    "nce_aul",
    "cores",
    "ccr",
    "rince",
    "dcl",
    "ranknet",
    "gist",
]


def main() -> None:
    """Print one table for each shape."""
    torch.set_num_threads(1)
    torch.empty(
        30 << 18
    )  # 30 MB and freed: as in training the allocator then keeps its memory instead of returning it after every step
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names",
        nargs="*",
        default=TIER_1,
        help="losses under conf/loss; the stateless ones of tier 1 by default",
    )
    parser.add_argument("--rows", type=int, nargs="*", default=[32, 256, 4096], help="queries B")
    parser.add_argument(
        "--candidates",
        type=int,
        nargs="*",
        help="candidates C; by default 128, B and, as with a negative each, 2 B",
    )
    parser.add_argument(
        "--share-masked", type=float, default=0.0, help="share of masked candidates"
    )
    arguments = parser.parse_args()
    for rows in arguments.rows:
        for candidates in arguments.candidates or sorted({128, rows, 2 * rows}):
            print(
                f"\nB = {rows}, C = {candidates}: median ratio to torch cross-entropy, and "
                "milliseconds of both"
            )
            for name in [*arguments.names, INLINED]:
                ratio, own, reference = compare(
                    name, *batch(rows, candidates, arguments.share_masked)
                )
                print(
                    f"  {name:32s} {ratio:6.2f} {own * 1e3:10.3f} {reference * 1e3:10.3f}",
                    flush=True,
                )


def batch(rows: int, candidates: int, masked: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores, columns of the positives, targets and mask."""
    generator = torch.Generator().manual_seed(0)
    scores = 3 * torch.randn(rows, candidates, generator=generator)
    column = torch.randint(candidates, (rows,), generator=generator)
    targets = torch.zeros_like(scores).scatter_(-1, column[:, None], 1.0)
    mask = (torch.rand(scores.shape, generator=generator) >= masked) | (targets > 0)
    return scores.requires_grad_(), column, targets, mask


def inlined(
    scores: Tensor, targets: Tensor, mask: Tensor, alpha: float = 0.05, beta: float = 0.6
) -> Tensor:
    """Return label weakening of full lists with one positive, written inline and unchecked.

    The difference from the library's loss is the cost of structure and checks.
    """
    assert mask.view(torch.uint8).amin()
    place = torch.from_numpy(targets.numpy().argmax(-1)).unsqueeze(-1)
    with torch.no_grad():
        p = scores.softmax(-1)
        own = p.gather(-1, place)
        plausible = torch.threshold(p.scatter_(-1, place, 0.0), beta, 0.0)
        mass = own + plausible.sum(-1, keepdim=True)
        share, outside = mass.reciprocal(), (1 - mass).div_(alpha).clamp_(min=1)
        constant = (1 - alpha) * math.log1p(-alpha)
        divergence = (
            (constant - torch.lerp(mass.log(), outside.log(), alpha)).clamp_(min=0).squeeze(-1)
        )
        gradient = p.addcmul_(plausible, share, value=-1).scatter_(-1, place, own - own * share)
    return closed_form(scores, divergence, gradient, 1 - outside.reciprocal_().squeeze(-1)).mean()


def compare(
    name: str, scores: Tensor, column: Tensor, targets: Tensor, mask: Tensor
) -> tuple[float, float, float]:
    """Return median ratio, and median seconds of the loss and of the reference."""
    loss = (
        inlined
        if name == INLINED
        else instantiate(OmegaConf.load(ROOT / "conf" / "loss" / f"{name}.yaml"))
    )
    loss.progress = 0.5  # type: ignore[union-attr]  # without effect on a function

    def seconds(forward: Callable[[], Tensor]) -> float:
        scores.grad = None
        start = time.thread_time()
        forward().backward()  # type: ignore[no-untyped-call]  # torch's
        return time.thread_time() - start

    def pair() -> tuple[float, float]:
        return seconds(lambda: loss(scores, targets, mask)), seconds(
            lambda: torch.nn.functional.cross_entropy(scores, column)
        )

    pair()
    times = [pair() for _ in range(max(7, min(200, 20_000_000 // scores.numel())))]
    own, reference = zip(*times, strict=True)
    return (
        statistics.median(a / b for a, b in times),
        statistics.median(own),
        statistics.median(reference),
    )


if __name__ == "__main__":
    main()
