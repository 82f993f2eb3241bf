"""Properties of losses that the documentation states, measured on the losses themselves."""

import torch

import losses


def value(loss: losses.Loss, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the loss of each row, with every pair new and a teacher that knows nothing."""
    ids = torch.arange(scores.numel()).view_as(scores)
    batch = losses.Candidates(
        scores,
        targets,
        torch.ones_like(targets, dtype=torch.bool),
        pair_ids=ids,
        teacher=torch.zeros_like(scores),
        progress=1.0,
    )
    values: torch.Tensor = loss(batch).values
    return values


def alone(loss: losses.Loss, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the loss of each row as a separate batch, for losses that compare rows."""
    rows = zip(scores.split(1), targets.split(1), strict=True)
    return torch.cat([value(loss, *row) for row in rows])


def bounded(loss: losses.Loss) -> bool:
    """Return whether ten times larger scores, right or wrong, leave the loss where it is."""
    sure = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=torch.float64)
    targets = torch.eye(4, dtype=torch.float64)[[0, 0, 0]]
    return torch.allclose(
        alone(loss, 300 * sure, targets), alone(loss, 3000 * sure, targets), atol=1e-6
    )


def symmetric(loss: losses.Loss) -> bool:
    """Return whether the sum over all possible labels is the same for different scores."""
    generator = torch.Generator().manual_seed(0)
    sums = [
        value(
            loss,
            torch.randn(5, generator=generator, dtype=torch.float64).expand(5, 5),
            torch.eye(5, dtype=torch.float64),
        ).sum()
        for _ in range(4)
    ]
    return torch.allclose(torch.stack(sums), sums[0].expand(4))
