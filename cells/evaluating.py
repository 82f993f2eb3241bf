"""Scoring of a network: one way, for validation, the untrained network and the test."""

from omegaconf import DictConfig

from cells.directory import Cell
from cells.tokenised import Tokenised
from data import Split
from evaluation import Run, Scores, parse_measures, score_run, write_per_query, write_trec
from evaluation.retrieval import retrieve
from lightning_modules import DenseRetriever


class Evaluator:
    """Retrieves from the full collection and scores against clean judgements.

    Args:
        cfg: the cell's configuration.
        tokenised: the collection.
    """

    def __init__(self, cfg: DictConfig, tokenised: Tokenised) -> None:
        self._tokenised = tokenised
        self._measures = parse_measures(cfg.measures)
        self._depth: int = cfg.evaluation.depth
        self._batch_tokens: int = cfg.evaluation.batch_tokens

    def validate(self, network: DenseRetriever) -> dict[str, float]:
        """Returns the mean of each measure on the validation split."""
        split = self._tokenised.collection.validation
        return self._scored(self._run(network, split), split).mean

    def test(self, network: DenseRetriever, cell: Cell | None = None) -> dict[str, float]:
        """Returns the mean of each measure on the test split; for a cell, writes its run.trec and per_query.tsv."""
        collection = self._tokenised.collection
        run = self._run(network, collection.test)
        scores = self._scored(run, collection.test)
        if cell is not None:
            write_trec(run, collection.documents.doc_id, cell.file("run.trec"), tag=cell.name)
            write_per_query(scores, cell.file("per_query.tsv"))
        return scores.mean

    def _run(self, network: DenseRetriever, split: Split) -> Run:
        queries, documents = self._tokenised.queries[split.name], self._tokenised.documents
        return retrieve(network, list(split.queries), queries, documents, depth=self._depth, batch_tokens=self._batch_tokens)

    def _scored(self, run: Run, split: Split) -> Scores:
        return score_run(run, split.qrels, self._measures, self._tokenised.collection.documents.doc_id)
