"""Texts as one vector per token, and the late interaction between them."""

from typing import NamedTuple

import torch
from torch import Tensor

from lightning_modules.layers.autocast import at_least_single
from lightning_modules.layers.ragged_tensor import padded, take

BLOCK_ELEMENTS = 1 << 24  # similarities held at once


class TokenVectors(NamedTuple):
    """Vectors of n texts, end to end.

    Attributes:
        vectors: [N, D] one per token that counts.
        offsets: [n + 1] where each text starts, then N.
    """

    vectors: Tensor
    offsets: Tensor

    def take(self, rows: Tensor) -> "TokenVectors":
        """Return the texts at some rows, in that order."""
        return TokenVectors(*take(self.vectors, self.offsets, rows))


def maxsim(
    queries: TokenVectors, documents: TokenVectors, *, elements: int = BLOCK_ELEMENTS
) -> Tensor:
    """Return MaxSim: the sum over query tokens of the largest similarity with a document token.

        s(q, d) = sum_i max_j q_i . d_j

    Documents are processed in blocks of similar length, so that at most `elements` similarities
    (but at least one document) are held at once; only the position of each maximum is kept for the
    gradient.

    Args:
        queries: n queries.
        documents: m documents, each of one token at least.
        elements: bound on the memory.

    Returns:
        [n, m] scores.

    Reference:
        Khattab & Zaharia, "ColBERT", SIGIR 2020, section 3.3.
    """
    lengths = documents.offsets.diff()
    order = lengths.argsort(descending=True, stable=True)
    block = max(1, elements // max(1, len(queries.vectors) * int(lengths.max())))
    owners = torch.repeat_interleave(
        torch.arange(len(queries.offsets) - 1, device=lengths.device),
        queries.offsets.diff(),
        output_size=len(queries.vectors),
    )
    parts = []
    for rows in torch.split(order, block):
        tokens, mask = padded(documents.vectors, documents.offsets, rows, 0.0)  # [u, L, D], [u, L]
        similarities = queries.vectors @ tokens.flatten(0, 1).T  # [N, u * L]
        best = at_least_single(  # what half precision would round away in the sum
            similarities.view(-1, *mask.shape).masked_fill(~mask, -torch.inf).max(-1).values
        )  # [N, u]
        parts.append(best.new_zeros(len(queries.offsets) - 1, len(rows)).index_add(0, owners, best))
    return torch.cat(parts, dim=1)[:, order.argsort()]


def maxsim_pairs(
    queries: TokenVectors, documents: TokenVectors, pairs: Tensor, *, elements: int = BLOCK_ELEMENTS
) -> Tensor:
    """Return the same for chosen pairs only.

    Args:
        queries: n queries.
        documents: m documents.
        pairs: [P, 2] row of the query and row of the document.
        elements: bound on the memory.

    Returns:
        [P] scores.
    """
    longest = int(queries.offsets.diff().max()), int(documents.offsets.diff().max())
    dimensions = queries.vectors.shape[1]
    block = max(1, elements // (longest[0] * longest[1] + sum(longest) * dimensions))
    parts = []
    for chosen in torch.split(pairs, block):
        query, query_mask = padded(queries.vectors, queries.offsets, chosen[:, 0], 0.0)
        document, mask = padded(documents.vectors, documents.offsets, chosen[:, 1], 0.0)
        best = (
            (query @ document.transpose(1, 2)).masked_fill(~mask.unsqueeze(1), -torch.inf).amax(-1)
        )
        parts.append((best * query_mask).sum(1))
    return torch.cat(parts)
