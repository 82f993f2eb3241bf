"""Scoring of a cell's network: one way, for validation, the untrained network and the test."""

from omegaconf import DictConfig

from cells.directory import Cell
from cells.materials import Materials
from data import Split
from evaluation import Run, Scores, parse_measures, score_run, write_per_query, write_trec
from evaluation.retrieval import retrieve
from lightning_modules import DenseRetriever


class Evaluator:
    """Retrieves from the full collection and scores against clean judgements.

    Args:
        cfg: the cell's configuration.
        materials: its data.
    """

    def __init__(self, cfg: DictConfig, materials: Materials) -> None:
        self._materials = materials
        self._measures = parse_measures(cfg.measures)
        self._depth: int = cfg.evaluation.depth
        self._batch_tokens: int = cfg.evaluation.batch_tokens

    def run(self, network: DenseRetriever, split: Split) -> Run:
        """Retrieves for every query of a split."""
        materials = self._materials
        return retrieve(
            network,
            list(split.queries),
            materials.query_tokens[split.name],
            materials.document_tokens,
            depth=self._depth,
            batch_tokens=self._batch_tokens,
        )

    def score(self, network: DenseRetriever, split: Split) -> Scores:
        """Retrieves for a split and scores the run."""
        return self._scored(self.run(network, split), split)

    def validate(self, network: DenseRetriever) -> dict[str, float]:
        """Returns the mean of each measure on the validation split."""
        return self.score(network, self._materials.collection.validation).mean

    def write_test(self, network: DenseRetriever, cell: Cell) -> dict[str, float]:
        """Retrieves for the test split, writes run.trec and per_query.tsv, and returns the mean of each measure."""
        split = self._materials.collection.test
        run = self.run(network, split)
        scores = self._scored(run, split)
        write_trec(run, self._materials.collection.documents.doc_id, cell.file("run.trec"), tag=cell.name)
        write_per_query(scores, cell.file("per_query.tsv"))
        return scores.mean

    def _scored(self, run: Run, split: Split) -> Scores:
        return score_run(run, split.qrels, self._measures, self._materials.collection.documents.doc_id)
