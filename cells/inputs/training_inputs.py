"""The inputs of training: the tokenised collection, its corrupted labels and the examples."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from cells.inputs.negative_limits import within_limits
from cells.inputs.negative_mining import first_negatives
from cells.inputs.tokenised import Tokenised, tokenise
from cells.inputs.validation import validation_qrels
from data import Cache, Collection, Qrels, TrainingExamples, build_examples, first_copies
from data.bm25.engines import check_engine
from data.runs.analyzer import check_language
from data.training.score_limits import LimitCounts
from evaluation import Run, below
from evaluation.pool import Pool, choose_pool
from noise import Corruption

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingInputs:
    """What a cell is trained on.

    Attributes:
        tokenised: the collection and its token ids.
        corruption: noisy training judgements and the audit of all changes.
        examples: training examples made from the noisy judgements.
        validation: judgements that choose the best epoch.
        pool: documents that it is chosen on; None: all.
        limits: counts of mined negatives within the limits on their scores; empty without limits.
    """

    tokenised: Tokenised
    corruption: Corruption
    examples: TrainingExamples
    validation: Qrels
    pool: Pool | None
    limits: dict[str, LimitCounts]

    @property
    def collection(self) -> Collection:
        """The collection."""
        return self.tokenised.collection

    def facts(self) -> dict[str, Any]:
        """Return counts and hashes for scores.json."""
        collection = self.collection
        limits = {name: counts._asdict() for name, counts in self.limits.items()}
        return {
            "collection": collection.name,
            "fingerprint": collection.fingerprint,
            "documents": len(collection.documents),
            "queries": {
                split.name: len(split.queries)
                for split in (collection.train, collection.validation, collection.test)
            },
            "training_examples": len(self.examples),
            **({"mined_negatives": limits} if limits else {}),
            **({"validation_pool": self.pool.facts()} if self.pool else {}),
        }


def open_collection(cfg: DictConfig) -> Collection:
    """Open the configured collection.

    Raises:
        InputError: for data that cannot be used, naming the key and the file.
    """
    language = check_language(cfg.bm25.language)
    engine = check_engine(cfg.bm25.engine)
    opened: Collection = instantiate(cfg.dataset)(cache=Cache(Path(cfg.cache_dir)))
    collection = replace(
        opened,
        bm25_language=language,
        bm25_engine=engine,
        skip_same_id=cfg.evaluation.skip_same_id,
    )
    log.info(
        "collection %s: %d documents, %d training queries",
        collection.name,
        len(collection.documents),
        len(collection.train.queries),
    )
    return collection


def load_inputs(cfg: DictConfig) -> TrainingInputs:
    """Open the collection, corrupt its training judgements, mine negatives, and tokenise.

    Negatives are mined with the corrupted judgements. Each step is cached.

    Raises:
        InputError: for data that cannot be used, naming the key and the file.
    """
    collection = open_collection(cfg)
    corruption: Corruption = instantiate(cfg.noise).corrupt(collection)
    header = corruption.audit.header
    what = "differing labels taken" if header.model == "natural" else "training labels corrupted"
    log.info("noise: %d of %d %s", header.corrupted, header.units, what)
    run = first_negatives(cfg.negatives, collection)
    examples, limits = examples_of(cfg.negatives, collection, corruption, run)
    validation = validation_qrels(cfg, collection)
    pool = choose_pool(collection, validation, cfg.validation.pool)
    return TrainingInputs(tokenise(cfg, collection), corruption, examples, validation, pool, limits)


def examples_of(
    negatives: DictConfig, collection: Collection, corruption: Corruption, run: Run | None
) -> tuple[TrainingExamples, dict[str, LimitCounts]]:
    """Return the training examples of the corrupted judgements, and counts of their negatives.

    Args:
        negatives: the configuration.
        collection: the collection.
        corruption: its corrupted judgements.
        run: a run for the training queries; negatives are mined from it when judged ones run out.

    Raises:
        InputError: for limits that leave nothing, or scores that cannot be used.
    """
    mined = None if run is None else below(run, negatives.skip)
    examples = build_examples(
        collection.documents,
        collection.train.queries,
        corruption.qrels,
        first_copies=first_copies(collection),
        mined=mined,
        depth=0 if mined is None else mined.depth,
        spared=_spared(collection, corruption),
        inserted=corruption.audit.replaced,
    )
    return within_limits(negatives, collection, examples, run)


def _spared(collection: Collection, corruption: Corruption) -> Qrels:
    """Return documents that are neither examples nor negatives.

    Those are positives that a smaller collection or the noise left out, and queries themselves.
    """
    parts = (collection.spared, corruption.audit.spared, _own_documents(collection))
    query_ids = dict.fromkeys(query_id for part in parts for query_id in part)
    return {
        query_id: {
            doc_id: grade for part in parts for doc_id, grade in part.get(query_id, {}).items()
        }
        for query_id in query_ids
    }


def _own_documents(collection: Collection) -> Qrels:
    """Return the documents that are queries themselves, where those are no answers."""
    if not collection.skip_same_id:
        return {}
    own = filter(collection.documents.__contains__, collection.train.queries)
    return {query_id: {query_id: 1} for query_id in own}
