"""What a network says of training pairs: the labelled document's score, and its rivals'."""

import numpy as np
import torch
from lightning_fabric.utilities import move_data_to_device
from numpy.typing import NDArray
from omegaconf import DictConfig
from torch import Tensor

from cells.inputs.training_inputs import TrainingInputs
from cells.training.device import on_device
from cells.training.evaluator import Evaluator
from data import TokenStores, collate
from evaluation.pool import PoolInputs
from evaluation.search_method import Queries, evaluating
from lightning_modules import Network
from suspects.margins import Rivals, rivals_of


class PairJudge:
    """Scores chosen training pairs and their best rivals, which retrieval finds.

    Args:
        cfg: the cell's configuration.
        inputs: its collection and noisy labels.
        evaluator: retrieves.
        pairs: the pairs' places among the training examples [n].
    """

    def __init__(
        self,
        cfg: DictConfig,
        inputs: TrainingInputs,
        evaluator: Evaluator,
        pairs: NDArray[np.int64],
    ) -> None:
        self._examples, self._evaluator, self._pairs = inputs.examples, evaluator, pairs
        self._trainer, self._size, self._rivals = cfg.trainer, cfg.batch.size, cfg.task.rivals
        tokenised = inputs.tokenised
        self._stores = TokenStores(tokenised.queries["train"], tokenised.documents)
        self._rows, self._place = np.unique(self._examples.query_rows[pairs], return_inverse=True)
        texts = list(inputs.collection.train.queries.items())
        asked = dict(texts[row] for row in self._rows)
        self._queries = Queries(asked, PoolInputs(self._stores.queries, self._rows))

    def prepare(self) -> None:
        """Prepare what needs no network.

        Raises:
            InputError: for a first stage that lacks some of the pairs' queries.
        """
        self._evaluator.prepare_for(self._queries)

    def __call__(self, network: Network) -> tuple[Tensor, Tensor, Tensor]:
        """Return the labels' scores [n], and the rivals' rows and scores [n, R]."""
        rivals = self._found(network)
        scores = torch.from_numpy(rivals.scores / np.float32(network.temperature))
        with on_device(network, self._trainer), evaluating(network):
            labelled = torch.cat([self._scored(network, chunk) for chunk in self._chunks()])
        return labelled.clone(), torch.from_numpy(rivals.rows)[self._place], scores[self._place]

    def _found(self, network: Network) -> Rivals:
        run = self._evaluator.ranked(network, self._queries)
        positives = self._examples.positives.take(self._rows)
        return rivals_of(run, positives, self._examples.first_copies, self._rivals)

    def _chunks(self) -> list[NDArray[np.int64]]:
        return np.array_split(self._pairs, -(-len(self._pairs) // self._size))

    def _scored(self, network: Network, pairs: NDArray[np.int64]) -> Tensor:
        """Return the score of each pair's labelled document [m]."""
        none = np.zeros((len(pairs), 0), dtype=np.int64)
        batch = collate(self._examples, pairs, none, self._stores, in_batch=False)
        batch = move_data_to_device(batch, next(network.parameters()).device)
        columns = batch.positive_columns.unsqueeze(1)
        return network.scores(batch).gather(1, columns).squeeze(1).float().cpu()
