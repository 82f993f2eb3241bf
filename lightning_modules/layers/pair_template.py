"""The template by which a tokenizer joins a query and a document: `[CLS] q [SEP] d [SEP]`."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from data import Tokens
from errors import InputError
from lightning_modules.layers.ragged_tensor import padded


@dataclass(frozen=True)
class PairTemplate:
    """The special tokens around the two texts of a pair, with their token types.

    Attributes:
        before: (id, type) of the tokens before the query.
        between: the same for the tokens between query and document.
        after: the same for the tokens after the document.
        query_type: token type of the query's tokens.
        document_type: token type of the document's tokens.
    """

    before: list[tuple[int, int]]
    between: list[tuple[int, int]]
    after: list[tuple[int, int]]
    query_type: int
    document_type: int

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> "PairTemplate":
        """Read the template off a pair of words.

        Raises:
            InputError: if the tokenizer knows none of these words.
        """
        backend = copy.deepcopy(tokenizer.backend_tokenizer)
        backend.no_padding()  # a tokenizer.json may ask for it: MiniLM's pads to 128
        backend.no_truncation()
        encoding = backend.encode("a", "a", add_special_tokens=True)
        pieces = list(zip(encoding.ids, encoding.type_ids, strict=True))
        query, document = (
            [place for place, text in enumerate(encoding.sequence_ids) if text == which]
            for which in (0, 1)
        )
        if not query or not document:
            raise InputError(
                "model.tokenizer: the tokenizer has no token for the letter a, so the way it joins "
                "two texts cannot be determined."
            )
        return cls(
            pieces[: query[0]],
            pieces[query[-1] + 1 : document[0]],
            pieces[document[-1] + 1 :],
            encoding.type_ids[query[0]],
            encoding.type_ids[document[0]],
        )

    @property
    def added(self) -> int:
        """Number of special tokens of a pair."""
        return len(self.before) + len(self.between) + len(self.after)

    @property
    def special_ids(self) -> list[int]:
        """Ids of these tokens."""
        return [token for token, _ in (*self.before, *self.between, *self.after)]

    def join(
        self, queries: Tokens, documents: Tokens, pairs: Tensor, *, pad_id: int, length: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Join chosen queries and documents; truncate at the end of the document.

        Args:
            queries: token ids of n queries, without special tokens.
            documents: token ids of m documents, without special tokens.
            pairs: [P, 2] row of the query and row of the document.
            pad_id: fills positions beyond a pair's end.
            length: most tokens of a pair.

        Returns:
            ids, token types and mask (True where there is a token), each [P, L].
        """
        query, query_mask = padded(queries.ids, queries.offsets, pairs[:, 0], pad_id)
        document, document_mask = padded(documents.ids, documents.offsets, pairs[:, 1], pad_id)
        room = (length - self.added - query_mask.sum(1)).unsqueeze(1)
        document_mask &= torch.arange(document.shape[1], device=pairs.device) < room
        parts = [
            _special(self.before, query_mask),
            (query, torch.full_like(query, self.query_type), query_mask),
            _special(self.between, query_mask),
            (document, torch.full_like(document, self.document_type), document_mask),
            _special(self.after, query_mask),
        ]
        ids, types, mask = (torch.cat(columns, dim=1) for columns in zip(*parts, strict=True))
        # tokens first, in their order, then gaps
        closed_up = (~mask).long().argsort(dim=1, stable=True)[:, : int(mask.sum(1).max())]
        mask = mask.gather(1, closed_up)
        return (
            ids.gather(1, closed_up).where(mask, pad_id),
            types.gather(1, closed_up).where(mask, 0),
            mask,
        )


def _special(pieces: list[tuple[int, int]], like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the same special tokens for each pair: ids, types and mask, each [P, k]."""
    columns = (
        torch.tensor(pieces, dtype=torch.long, device=like.device)
        .reshape(-1, 2)
        .T.unsqueeze(1)
        .expand(2, len(like), -1)
    )
    return columns[0], columns[1], torch.ones_like(columns[0], dtype=torch.bool)
