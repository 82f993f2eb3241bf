"""Exact search for the k most similar documents of each query, in bounded memory.

Similarities are computed in blocks by matrix products. Each query keeps its k best so far; in a new
block, only documents above the k-th are considered, which after the first blocks are very few, so
the cost is that of the matrix products. Approximate search is not offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import torch

import checks
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    Vectors: TypeAlias = Tensor | NDArray[np.floating]

# documents in a matrix product: few stay in a CPU's cache, many keep a GPU busy between its answers
CPU_BLOCK, ACCELERATOR_BLOCK = 4096, 32768
QUERY_BLOCK = 512  # queries in a matrix product: bounds the memory, and more are no faster


class Best(NamedTuple):
    """The best documents so far of Q queries, by descending score, then by row.

    Rows and scores are -1 and -inf where there are fewer than k.

    Attributes:
        scores: float32 [Q, k].
        rows: int64 [Q, k].
    """

    scores: Tensor
    rows: Tensor

    @classmethod
    def none(cls, queries: int, k: int, device: torch.device | str = "cpu") -> Best:
        """Return the state of queries before any document."""
        return cls(
            torch.full((queries, k), -torch.inf, device=device),
            torch.full((queries, k), -1, device=device),
        )

    def of(self, queries: slice) -> Best:
        """Return a view on some of the queries; merging into it changes these."""
        return Best(self.scores[queries], self.rows[queries])


def exact_top_k(
    query_vectors: Vectors,
    document_vectors: Vectors | Iterable[Vectors],
    k: int,
    *,
    block: int | None = None,
    device: torch.device | str = "cpu",
    first_row: int = 0,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Find for each query the k documents of the largest dot products.

    The order is total: equal scores are ordered by document row, also where they straddle rank k.
    It does not depend on `block`, beyond the rounding of the matrix product.

    Args:
        query_vectors: [Q, D]; any floating-point type, as the documents.
        document_vectors: [n, D] as a tensor or a (memory-mapped) array, or an iterable of parts of
            it, one after the other.
        k: documents per query; fewer are returned if there are fewer.
        block: documents whose similarities are held at once; None: what suits the device.
        first_row: row of the first of these documents in the collection.
        device: where similarities are computed, in float32; blocks of documents are moved there one
            by one.

    Returns:
        Scores [Q, min(k, n)] and document rows [Q, min(k, n)], best first.

    Raises:
        InputError: when k is less than 1, or a vector is not finite or so large that a similarity
            could overflow.
    """
    checks.integer("evaluation.depth", k, 1)
    queries = _tensor(query_vectors, device)
    size = block or (CPU_BLOCK if queries.device.type == "cpu" else ACCELERATOR_BLOCK)
    limit = torch.finfo(torch.float32).max / max(queries.shape[1], 1)
    query_peak = _Peak("query", limit, device)
    query_peak.note(queries, 0)
    document_peak = _Peak("document", limit / max(query_peak.read(), 1.0), device)
    best = Best.none(len(queries), k, device)
    seen = first_row
    # reused: large pieces of memory, taken and given back for each block, leave gaps in the heap
    products = torch.empty(min(len(queries), QUERY_BLOCK) * size, device=device)
    for documents in _blocks(document_vectors, size):
        vectors = _tensor(documents, device)
        document_peak.note(vectors, seen)
        for start in range(0, len(queries), QUERY_BLOCK):
            part = slice(start, start + QUERY_BLOCK)
            scores = products[: len(queries[part]) * len(vectors)].view(-1, len(vectors))
            merge(best.of(part), torch.mm(queries[part], vectors.T, out=scores), seen)
        seen += len(vectors)
    document_peak.read()
    found = min(k, seen - first_row)
    return best.scores[:, :found].cpu().numpy(), best.rows[:, :found].cpu().numpy()


def merge(best: Best, scores: Tensor, first_row: int) -> None:
    """Merge the scores [q, b] of the documents from `first_row` on into `best`, in place.

    The device is waited for once, to learn how many documents enter.
    """
    k = best.scores.shape[1]
    # a document of a later row loses a tie, so it must exceed the k-th score
    entering = scores > best.scores[:, -1:]
    counts = entering.sum(1, dtype=torch.int32)
    total, most = torch.stack([counts.sum(), counts.max()]).tolist()
    if not total:
        return
    if most > k:  # of many only the block's own k best
        columns = _best_columns(scores, k)
        new_scores, new_rows = scores.gather(1, columns), columns + first_row
    else:
        queries, columns = torch.nonzero_static(entering, size=total).unbind(1)
        places = torch.arange(total, device=scores.device) - (counts.cumsum(0) - counts)[queries]
        new_scores = scores.new_full((len(scores), most), -torch.inf)
        new_scores[queries, places] = scores[queries, columns]
        new_rows = torch.full(new_scores.shape, -1, device=scores.device)
        new_rows[queries, places] = columns + first_row
    # both parts are in the order of the rows wherever scores are equal, and a stable sort keeps it
    merged, order = torch.cat([best.scores, new_scores], dim=1).sort(
        dim=1, descending=True, stable=True
    )
    best.scores.copy_(merged[:, :k])
    best.rows.copy_(torch.cat([best.rows, new_rows], dim=1).gather(1, order[:, :k]))


def _best_columns(scores: Tensor, k: int) -> Tensor:
    """Return the columns of the k largest float32 scores [q, b], of equal ones the first."""
    bits = (scores + 0.0).view(torch.int32)  # -0 becomes 0, which it equals
    # the bits of negative numbers rise as the numbers fall
    rising = bits ^ ((bits >> 31) & torch.iinfo(torch.int32).max)
    columns = torch.arange(scores.shape[1], device=scores.device)
    keys = (rising.long() << 32) - columns  # no two are equal, so that their order is certain
    return keys.topk(min(k, scores.shape[1]), dim=1).indices


def _blocks(vectors: Vectors | Iterable[Vectors], block: int) -> Iterator[Tensor]:
    for part in [vectors] if isinstance(vectors, torch.Tensor | np.ndarray) else vectors:
        starts = range(0, len(part), block)
        if isinstance(part, torch.Tensor):
            yield from (part[start : start + block] for start in starts)
            continue
        held = np.empty((min(block, len(part)), part.shape[1]), np.float32)
        for start in starts:
            documents = part[start : start + block]
            np.copyto(held[: len(documents)], documents)
            yield torch.from_numpy(held[: len(documents)])


def _tensor(vectors: Vectors, device: torch.device | str) -> Tensor:
    if isinstance(vectors, np.ndarray):
        # a copy, for torch takes no read-only map
        vectors = torch.from_numpy(vectors.astype(np.float32))
    return vectors.to(device, torch.float32)


class _Peak:
    """The largest magnitude of vectors, kept on their device until it is read.

    A few numbers of fixed size are overwritten for each block of vectors. New ones would be small
    pieces of memory that outlive large ones: the heap could not be given back between them, and
    grew by megabytes for every block of a long search.

    Args:
        what: query or document, for the message.
        limit: what it must stay below.
        device: of the vectors.
    """

    def __init__(self, what: str, limit: float, device: torch.device | str) -> None:
        self._what, self._limit = what, limit
        self._largest = torch.zeros((), device=device)
        self._refused = torch.zeros((), device=device)
        self._row = torch.full((), -1, device=device)

    def note(self, vectors: Tensor, first_row: int) -> None:
        """Note vectors [n, D], of which the first is that of `first_row`."""
        if not vectors.numel():
            return
        # NaN if any component is
        peak, row = torch.maximum(-vectors.amin(1), vectors.amax(1)).max(0)
        torch.maximum(self._largest, peak, out=self._largest)
        first = (self._row < 0) & ~(peak < self._limit)
        self._refused.copy_(torch.where(first, peak, self._refused))
        self._row.copy_(torch.where(first, row + first_row, self._row))

    def read(self) -> float:
        """Return the largest magnitude.

        Raises:
            InputError: if one is not below the limit, naming that of the first block with one.
        """
        largest, refused = torch.stack([self._largest, self._refused]).tolist()
        if refused:  # NaN too
            raise InputError(
                f"the vector of {self._what} {int(self._row)} (counted from 0) holds {refused:g}: "
                "similarities would not be finite. Training has probably diverged: lower "
                "optimizer.lr or raise the temperature"
            )
        return float(largest)
