"""Static encoder: a text is the weighted sum of its tokens' vectors. No attention and no order, hence fast on a CPU."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from data import Tokens


class StaticEncoder(nn.Module):
    """Bag of token vectors with one learned weight a token.

    A text with tokens t_1..t_L is sum_l w[t_l] E[t_l]. The weights start at the tokens' inverse document frequencies, so that the untrained
    encoder is a random projection of the TF-IDF vector.

    Args:
        idf: [V] inverse document frequency of each token of the vocabulary.
        dimensions: size D of the vectors.
        generator: source of the initial vectors, drawn from N(0, 1).
    """

    def __init__(self, idf: Tensor, dimensions: int, generator: torch.Generator) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(len(idf), dimensions, generator=generator))
        self.weights = nn.Parameter(idf.clone().float())

    def forward(self, tokens: Tokens) -> Tensor:
        """Encodes n texts: ragged tokens -> [n, D]; a text without tokens is the zero vector."""
        return functional.embedding_bag(
            tokens.ids,
            self.vectors,
            tokens.offsets,
            mode="sum",
            per_sample_weights=self.weights[tokens.ids],
            include_last_offset=True,
        )


def inverse_document_frequency(document_frequency: Tensor, documents: int) -> Tensor:
    """Returns log((n + 1) / (df + 1)) + 1 for each token, the smoothed form that gives no token weight zero.

    Args:
        document_frequency: [V] number of documents in which each token occurs.
        documents: number n of documents.
    """
    return torch.log((documents + 1) / (document_frequency + 1)) + 1
