"""A moving average of a network's weights, which judges labels more steadily than the network."""

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from data import Batch
from lightning_modules.networks.network import Network

Tensors = tuple[Tensor, ...] | list[Tensor]


class WeightAverage(AveragedModel):
    """A copy of a network whose weights follow it; part of checkpoints, without any randomness.

    After n updates the weight of the past is min(decay, (1 + n) / (10 + n)), so that the average
    also follows a short training.

    Args:
        network: is followed.
        decay: weight of the past in the long run, in [0, 1).

    Reference:
        A. Tarvainen, H. Valpola. Mean teachers are better role models. NeurIPS 2017.
    """

    n_averaged: Tensor

    def __init__(self, network: Network, decay: float) -> None:
        def follow(averages: Tensors, current: Tensors, updates: Tensor | int) -> None:
            n = int(updates)
            torch._foreach_lerp_(list(averages), list(current), 1 - min(decay, (1 + n) / (10 + n)))

        super().__init__(network, multi_avg_fn=follow)
        self.requires_grad_(requires_grad=False)

    def follow(self, network: Network, step: int) -> None:
        """Add the network's weights to the average before a step, once per step.

        Args:
            network: the network.
            step: number of optimisation steps taken.
        """
        if int(self.n_averaged) <= step:
            self.update_parameters(network)

    @torch.no_grad()
    def scores(self, batch: Batch) -> Tensor:
        """Return the scores of the averaged network, [B, U]."""
        network = self.eval().module
        assert isinstance(network, Network)
        return network.scores(batch)
