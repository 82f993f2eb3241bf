"""A cross-encoder that judges contamination: an export, or a Hugging Face classifier."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import checks
from terminal import track

PAIRS_AT_ONCE = 256
KEY = "task.cross_encoder"


class CrossEncoderJudge:
    """Scores pairs by the logit of a cross-encoder (a `noise.inspection.inspection.PairScorer`).

    Args:
        path: folder or hub name.

    Raises:
        InputError: it holds no cross-encoder, or one whose weights are missing, truncated or
            incomplete.
    """

    def __init__(self, path: str) -> None:
        from lightning_modules.loading.pretrained import pretrained_cross_encoder

        self.name = f"cross-encoder {Path(path).name}"
        with checks.naming({"model.path": KEY}):
            self._model = pretrained_cross_encoder(path)

    def __call__(self, queries: Sequence[str], documents: Sequence[str]) -> NDArray[np.float32]:
        """Return the logits of pairs of a query and a document [n], batched by length."""
        scores = np.empty(len(queries), np.float32)
        order = sorted(range(len(queries)), key=lambda place: len(documents[place]), reverse=True)
        for begin in track(
            range(0, len(order), PAIRS_AT_ONCE), "Judging pairs", -(-len(order) // PAIRS_AT_ONCE)
        ):
            places = order[begin : begin + PAIRS_AT_ONCE]
            scores[places] = self._scored(
                [queries[place] for place in places], [documents[place] for place in places]
            )
        return scores

    def _scored(self, queries: list[str], documents: list[str]) -> NDArray[np.float32]:
        import torch

        network, for_queries, for_documents = self._model
        places = torch.arange(len(queries))
        with torch.inference_mode():
            logits = network.pair_scores(
                for_queries.tokens(queries),
                for_documents.tokens(documents),
                torch.stack([places, places], 1),
            )
        return np.asarray(logits.numpy(), np.float32)
