"""Residual heads: a vector plus a learned part that starts at zero."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from errors import InputError

HEADS = ("linear", "two_layer")


class Head(nn.Module, ABC):
    """Maps vectors [n, D] to [n, D] without biases, so that head(c x) = c head(x) for c > 0.

    So it does not matter whether vectors are brought to unit length before the head or after it.
    """

    @abstractmethod
    def forward(self, vectors: Tensor) -> Tensor:
        """Return the changed vectors [n, D]."""

    @abstractmethod
    def layers(self) -> list[Tensor]:
        """Return the matrices of an equal network: one linear layer, or two with a ReLU between."""


class Identity(Head):
    """No change: the side that is not trained."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions

    def forward(self, vectors: Tensor) -> Tensor:
        """Return the vectors."""
        return vectors

    def layers(self) -> list[Tensor]:
        """Return the unit matrix."""
        return [torch.eye(self.dimensions)]


class Linear(Head):
    """x + W x.

    Args:
        update: W, [D, D].
    """

    def __init__(self, update: Tensor) -> None:
        super().__init__()
        self.update = nn.Parameter(update)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return x + W x."""
        return vectors + functional.linear(vectors, self.update)

    def layers(self) -> list[Tensor]:
        """Return I + W."""
        return [torch.eye(len(self.update)) + self.update.detach().cpu()]


class LowRank(Head):
    """x + U V x.

    Args:
        up: U, [D, r].
        down: V, [r, D].
    """

    def __init__(self, up: Tensor, down: Tensor) -> None:
        super().__init__()
        self.up, self.down = nn.Parameter(up), nn.Parameter(down)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return x + U V x."""
        return vectors + functional.linear(functional.linear(vectors, self.down), self.up)

    def layers(self) -> list[Tensor]:
        """Return I + U V."""
        return [torch.eye(len(self.up)) + (self.up @ self.down).detach().cpu()]


class TwoLayer(Head):
    """x + U relu(V x).

    Args:
        up: U, [D, h].
        down: V, [h, D].
    """

    def __init__(self, up: Tensor, down: Tensor) -> None:
        super().__init__()
        self.up, self.down = nn.Parameter(up), nn.Parameter(down)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return x + U relu(V x)."""
        inner = functional.relu(functional.linear(vectors, self.down))
        return vectors + functional.linear(inner, self.up)

    def layers(self) -> list[Tensor]:
        """Return [I; -I; V] and [I, -I, U], for x = relu(x) - relu(-x)."""
        unit = torch.eye(len(self.up))
        up, down = (matrix.detach().cpu() for matrix in (self.up, self.down))
        return [torch.cat([unit, -unit, down]), torch.cat([unit, -unit, up], dim=1)]


def new_head(kind: str, width: int | None, dimensions: int, generator: torch.Generator) -> Head:
    """Return a head that changes nothing yet.

    Args:
        kind: linear or two_layer.
        width: of a linear head its rank, None: full; of a two-layer head its inner size, None: D.
        dimensions: size D of the vectors.
        generator: draws the lower matrix of a head of two; the upper one is zero.

    Raises:
        InputError: for an unknown kind or a width below 1.
    """
    if kind not in HEADS:
        raise InputError(f"model.network.head={kind}: must be one of {', '.join(HEADS)}.")
    if width is not None and width < 1:
        raise InputError(f"model.network.width={width}: must be 1 or more, or null.")
    if kind == "linear" and width is None:
        return Linear(torch.zeros(dimensions, dimensions))
    inner = dimensions if width is None else width
    down = torch.randn(inner, dimensions, generator=generator) / dimensions**0.5
    return (LowRank if kind == "linear" else TwoLayer)(torch.zeros(dimensions, inner), down)


def saved_head(kind: str, width: int | None, layers: list[Tensor]) -> Head:
    """Return the head with these `layers`.

    Args:
        kind: linear or two_layer.
        width: as `new_head`; a matrix of higher rank is brought to it.
        layers: what `Head.layers` gave.
    """
    dimensions = layers[0].shape[1]
    if kind == "two_layer":
        return TwoLayer(layers[1][:, 2 * dimensions :].clone(), layers[0][2 * dimensions :].clone())
    update = layers[0] - torch.eye(dimensions)
    if width is None:
        return Linear(update)
    u, s, v = torch.linalg.svd(update)
    root = s[:width].sqrt()
    return LowRank(u[:, :width] * root, root.unsqueeze(1) * v[:width])
