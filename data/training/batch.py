"""The input of one training step: queries, their distinct documents, and masks between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from data.storage.text_inputs import TextInputs
    from data.tokenizers.tokens import Tokens
    from data.training.examples import TrainingExamples


class Batch(NamedTuple):
    """B queries against the U distinct documents of the batch.

    The candidate list of a row is the batch's documents; `mask` says which of them count. A
    document is encoded once, however many rows list it.

    Attributes:
        queries: the rows' queries, B texts.
        documents: the distinct documents, U texts.
        query_rows: row of the query among the train queries, a stable identity, int64 [B].
        document_rows: row of the document in the collection, ascending, int64 [U].
        targets: grades of the row's positives, 0 elsewhere, float32 [B, U].
        mask: True where the document is a candidate of the row, bool [B, U].
        own: the row's own listed candidates (its positives and its negatives); other candidates are
            in-batch negatives, bool [B, U].
        corrupted: diagnostics only: the row's positive was inserted by noise, bool [B].
        true_columns: diagnostics only: column of the document that noise removed, -1 if there is
            none or it is not in the batch, int64 [B].
        positive_rows: row of each positive of the batch, int64 [P]; first that of each example's
            own positive, 0 to B - 1.
        positive_columns: its column, so that no loss has to look for it, int64 [P].
    """

    queries: Tokens
    documents: Tokens
    query_rows: Tensor
    document_rows: Tensor
    targets: Tensor
    mask: Tensor
    own: Tensor
    corrupted: Tensor
    true_columns: Tensor
    positive_rows: Tensor
    positive_columns: Tensor


class TokenStores(NamedTuple):
    """Token ids, or vectors, of what is trained on.

    Attributes:
        queries: the train queries, in the order of the query rows.
        documents: the collection's documents.
    """

    queries: TextInputs
    documents: TextInputs


def collate(
    examples: TrainingExamples,
    index: NDArray[np.int64],
    negatives: NDArray[np.int64],
    stores: TokenStores,
    *,
    in_batch: bool,
    all_positives: bool = False,
) -> Batch:
    """Make one batch.

    A document is a candidate of a row if the row lists it (its positive, its negatives) or, with
    `in_batch`, if any row of the batch lists it. A document with the text of one of the query's
    noisy positives is never a candidate, except the row's own positive: it would be pushed down
    here and pulled up by another row. With `all_positives` the row lists the query's other noisy
    positives too, with their grades.

    Args:
        examples: the training examples.
        index: the batch's examples [B].
        negatives: document rows of their negatives [B, k].
        stores: token ids of train queries and documents.
        in_batch: whether rows share their documents as negatives.
        all_positives: whether a row has all positives of its query, or its example's only.
    """
    from torch import from_numpy

    query_rows, rows, labelled = examples.query_rows[index], np.arange(len(index)), index
    if all_positives:
        rows, labelled = _with_siblings(examples, index)
    positives = examples.document_rows[labelled]
    document_rows = np.unique(np.concatenate([positives, negatives.ravel()]))
    columns = np.searchsorted(document_rows, positives)
    own = np.zeros((len(index), len(document_rows)), dtype=np.bool_)
    own[rows, columns] = True
    own[np.arange(len(index))[:, None], np.searchsorted(document_rows, negatives)] = True
    mask = ~_positive(examples, query_rows, document_rows)
    if not in_batch:
        mask &= own
    mask[rows, columns] = True
    targets = np.zeros(mask.shape, dtype=np.float32)
    targets[rows, columns] = examples.grades[labelled]
    arrays = (
        query_rows,
        document_rows,
        targets,
        mask,
        own,
        examples.corrupted[index],
        _columns_of(examples.true_documents[index], document_rows),
        rows,
        columns,
    )
    return Batch(
        stores.queries.tokens(query_rows),
        stores.documents.tokens(document_rows),
        *map(from_numpy, arrays),
    )


def pinned(batch: Batch) -> Batch:
    """Return the batch in memory from which a GPU copies without stopping the host.

    Without a GPU there is no such memory, and the batch stays where it is.
    """
    import torch

    if not torch.cuda.is_available():
        return batch
    queries, documents = (
        type(tokens)(*(tensor.pin_memory() for tensor in tokens))
        for tokens in (batch.queries, batch.documents)
    )
    return Batch(queries, documents, *(tensor.pin_memory() for tensor in batch[2:]))


def _with_siblings(
    examples: TrainingExamples, index: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and example of each positive of the batch: its examples, then their siblings."""
    first, end = (
        np.searchsorted(examples.query_rows, examples.query_rows[index], side)
        for side in ("left", "right")
    )
    counts = end - first
    rows = np.repeat(np.arange(len(index)), counts)
    before = np.repeat(np.cumsum(counts) - counts, counts)
    siblings = first[rows] + np.arange(len(rows)) - before
    others = siblings != index[rows]
    return (
        np.concatenate([np.arange(len(index)), rows[others]]),
        np.concatenate([index, siblings[others]]),
    )


def _positive(
    examples: TrainingExamples, query_rows: NDArray[np.int64], document_rows: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return whether each document holds the text of one of each query's noisy positives [B, U]."""
    texts, text_of = np.unique(examples.first_copies[document_rows], return_inverse=True)
    positives = examples.positives.take(query_rows)
    places = _columns_of(positives.values, texts)
    table = np.zeros((len(query_rows), len(texts)), dtype=np.bool_)
    table[positives.owners[places >= 0], places[places >= 0]] = True
    positive: NDArray[np.bool_] = table[:, text_of]
    return positive


def _columns_of(wanted: NDArray[np.int64], ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each wanted value in an ascending array, or -1 [N]."""
    places = np.searchsorted(ascending, wanted).clip(max=len(ascending) - 1)
    return np.where(ascending[places] == wanted, places, -1)
