"""The one way to score a network, for validation, the untrained network and the test."""

import logging
from dataclasses import dataclass, field
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from cells.inputs.negative_mining import mines_by_bm25
from cells.inputs.tokenised import Tokenised
from cells.record.directory import Cell
from cells.record.owned_files import RUN
from cells.training.device import on_device
from data import Qrels, Split, bm25_run
from data.runs.ranked_lists import first, without_self
from errors import InputError
from evaluation import Run, Scores, parse_measures, score_run, write_per_query, write_trec
from evaluation.pool import Pool, PoolInputs
from evaluation.search_method import Corpus, Queries, Search, SearchResult
from evaluation.shard import WHOLE, Shard
from lightning_modules import Network

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """The scores of a network on the test split.

    Attributes:
        measures: mean of each measure.
        facts: how documents were found; for a re-ranker also the first stage's measures and its
            recall, which is the ceiling.
    """

    measures: dict[str, float]
    facts: dict[str, Any] = field(default_factory=dict)


class Evaluator:
    """Retrieves as the model's configuration says, and scores against clean judgements.

    Args:
        cfg: the cell's configuration.
        tokenised: the collection.
        validation: judgements to score validation against; None: the collection's.
        pool: documents that validation retrieves from; None: all.

    Raises:
        InputError: for a pool where the model reads only a first stage's candidates.
    """

    def __init__(
        self,
        cfg: DictConfig,
        tokenised: Tokenised,
        validation: Qrels | None = None,
        pool: Pool | None = None,
    ) -> None:
        self._tokenised = tokenised
        self._validation = (
            tokenised.collection.validation.qrels if validation is None else validation
        )
        self._measures = parse_measures(cfg.measures)
        self._search: Search[Network] = instantiate(cfg.model.search)
        self._pool = pool
        if pool is not None and not self._search.reads_all(self._corpus(pool)):
            raise InputError(
                f"validation.pool={len(pool.rows)}: the model scores a first stage's candidates "
                "only, of that many documents too. Set validation.pool=null, or lower it to what "
                "the model searches whole (model.search.exact_up_to)"
            )
        self._depth: int = cfg.evaluation.depth
        self._batch_tokens: int = cfg.evaluation.batch_tokens
        self._negatives: DictConfig = cfg.negatives
        self._trainer: DictConfig = cfg.trainer

    def prepare(self) -> None:
        """Prepare everything that needs no network, for every split to retrieve for.

        Raises:
            InputError: for a first stage that lacks some of their queries.
        """
        collection = self._tokenised.collection
        mined = [] if self._negatives.refresh_every is None else [collection.train]
        validated = [collection.validation] if self._pool is None else []
        for split in (collection.test, *validated, *mined):
            self.prepare_for(self._tokenised.split(split))

    def prepare_for(self, queries: Queries) -> None:
        """Prepare what needs no network to retrieve for some queries.

        Raises:
            InputError: for a first stage that lacks some of them.
        """
        self._search.prepare(queries, self._tokenised.corpus)

    @property
    def shared(self) -> bool:
        """Whether all processes that train together `validate` together, or one does."""
        return self._search.shared

    def validate(self, network: Network) -> dict[str, float]:
        """Return the mean of each measure on the validation split.

        If it is `shared`, all processes that train together must call it.
        """
        split, shard = (
            self._tokenised.collection.validation,
            Shard.of_this_process() if self.shared else WHOLE,
        )
        queries = self._tokenised.split(split)
        run = self._retrieve(network, queries, shard=shard, pool=self._pool).run
        return self._scored(run, self._validation).mean

    def test(self, network: Network, cell: Cell | None = None) -> Report:
        """Return the scores on the test split; for a cell, write its run and per_query.tsv."""
        collection = self._tokenised.collection
        result = self._retrieve(network, self._tokenised.split(collection.test))
        scores = self._scored(result.run, collection.test.qrels)
        if cell is not None:
            write_trec(result.run, collection.documents.doc_id, cell.file(RUN), tag=cell.tag)
            write_per_query(scores, cell.file("per_query.tsv"))
        return Report(scores.mean, result.facts | self._ceiling(result, collection.test))

    def bm25(self) -> dict[str, float] | None:
        """Return BM25's test measures; None if nothing else needs its index of the documents."""
        if not mines_by_bm25(self._negatives):
            return None
        collection = self._tokenised.collection
        run = bm25_run(collection, collection.test.queries, self._depth)
        return self._scored(run, collection.test.qrels).mean

    def retrieve(self, network: Network, split: Split) -> Run:
        """Return the ranked lists of a split's queries."""
        return self.ranked(network, self._tokenised.split(split))

    def ranked(self, network: Network, queries: Queries) -> Run:
        """Return the ranked lists of queries, which may be those of no split."""
        return self._retrieve(network, queries).run

    def mine(self, network: Network) -> Run:
        """Return the first `negatives.depth` documents of every training query, to mine from."""
        queries = self._tokenised.split(self._tokenised.collection.train)
        return self._retrieve(network, queries, self._negatives.depth).run

    def _retrieve(
        self,
        network: Network,
        queries: Queries,
        depth: int | None = None,
        *,
        shard: Shard = WHOLE,
        pool: Pool | None = None,
    ) -> SearchResult:
        depth = self._depth if depth is None else depth
        collection = self._tokenised.collection
        with on_device(network, self._trainer):
            result = self._search.search(
                network,
                queries,
                self._corpus(pool),
                depth=depth + collection.skip_same_id,
                batch_tokens=self._batch_tokens,
                shard=shard,
            )
        if pool is not None:
            result = result._replace(run=pool.in_collection(result.run))
        if not collection.skip_same_id:
            return result
        return result._replace(run=first(without_self(result.run, collection.documents), depth))

    def _corpus(self, pool: Pool | None) -> Corpus:
        whole = self._tokenised.corpus
        return whole if pool is None else whole._replace(tokens=PoolInputs(whole.tokens, pool.rows))

    def _ceiling(self, result: SearchResult, split: Split) -> dict[str, Any]:
        if result.first_stage is None:
            return {}
        candidates = result.facts["candidates"]
        if deep := [each for each in self._measures if each.params.get("cutoff", 0) > candidates]:
            log.warning(
                "model.candidates=%d: %s see no more than that many documents per query",
                candidates,
                ", ".join(map(str, deep)),
            )
        recall = f"R@{candidates}"
        measures = parse_measures([*map(str, self._measures), recall])
        first = score_run(
            result.first_stage, split.qrels, measures, self._tokenised.collection.documents.doc_id
        ).mean
        return {"first_stage_measures": first, "ceiling": {recall: first[recall]}}

    def _scored(self, run: Run, qrels: Qrels) -> Scores:
        return score_run(run, qrels, self._measures, self._tokenised.collection.documents.doc_id)
