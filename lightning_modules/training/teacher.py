"""Another system's scores for training pairs, for losses with a teacher."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from data.runs.ranked_lists import NO_DOCUMENT, Run


class TeacherScores(nn.Module):
    """Looks up a run's scores by (query, document) pair.

    Args:
        run: ranked lists of train queries; queries that are not among `queries` are left out.
        queries: the train queries; their order gives the query rows.
        documents: number of documents of the collection.
    """

    pairs: Tensor
    values: Tensor

    def __init__(self, run: Run, queries: Mapping[str, str], documents: int) -> None:
        super().__init__()
        self.documents = documents
        row_of = {query_id: row for row, query_id in enumerate(queries)}
        query_rows = np.array([row_of.get(query_id, -1) for query_id in run.query_ids])
        listed = (run.rows != NO_DOCUMENT) & (query_rows >= 0)[:, None]
        pairs = (query_rows[:, None] * documents + run.rows)[listed]
        order = pairs.argsort()
        # not persistent: a checkpoint need not carry the run
        self.register_buffer("pairs", torch.from_numpy(pairs[order]), persistent=False)
        self.register_buffer(
            "values",
            torch.from_numpy(run.scores[listed][order].astype(np.float32)),
            persistent=False,
        )

    def forward(self, query_rows: Tensor, document_rows: Tensor) -> Tensor:
        """Return the teacher's scores, [B], [U] -> [B, U]; NaN for pairs that its run lacks."""
        pairs = query_rows.unsqueeze(1) * self.documents + document_rows
        if not len(self.pairs):
            return torch.full(pairs.shape, torch.nan, device=pairs.device)
        places = torch.searchsorted(self.pairs, pairs).clamp(max=len(self.pairs) - 1)
        return torch.where(self.pairs[places] == pairs, self.values[places], torch.nan)
