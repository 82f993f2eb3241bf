"""The judgements that choose the best epoch: clean ones, or noisy ones for the realistic case."""

from dataclasses import replace

from hydra.utils import get_class, instantiate
from omegaconf import DictConfig

import checks
from data import Collection, Qrels, Split
from errors import InputError
from evaluation.reranking import ReRanking

LABELS = ("clean", "noisy")


def check_validation(cfg: DictConfig) -> None:
    """Check the settings before any work.

    Raises:
        InputError: for a value out of range, a pool for a re-ranker, or noisy validation labels
            with noise.audit, which only covers the training labels.
    """
    labels, patience = cfg.validation.labels, cfg.validation.patience
    checks.choice("validation.labels", labels, LABELS)
    if patience is not None:
        allowed = "1 epoch or more, or null to train all epochs"
        checks.integer("validation.patience", patience, 1, allowed)
    if cfg.validation.pool is not None:
        least = cfg.evaluation.depth
        allowed = f"evaluation.depth={least} documents or more, or null for all documents"
        checks.integer("validation.pool", cfg.validation.pool, least, allowed)
        if issubclass(get_class(cfg.model.search._target_), ReRanking):
            raise InputError(
                f"validation.pool={cfg.validation.pool}: a re-ranker reads a first stage's "
                "candidates only; set it to null."
            )
    if labels == "noisy" and cfg.noise.get("audit") is not None:
        raise InputError(
            f"validation.labels=noisy with noise.audit={cfg.noise.audit}: the file describes "
            "corrupted training labels only; set noise.audit=null or validation.labels=clean."
        )


def validation_qrels(cfg: DictConfig, collection: Collection) -> Qrels:
    """Return the judgements to score validation against.

    Noisy ones are corrupted by the noise model of the training labels, with its ratio and seed.
    Queries without a positive have nothing to corrupt and stay unchanged.

    Raises:
        InputError: if the noise model cannot corrupt the validation split.
    """
    if cfg.validation.labels == "clean":
        return collection.validation.qrels
    shift = collection.relevance - 1
    grades = {
        query_id: _shifted(judged, -shift)
        for query_id, judged in collection.validation.qrels.items()
    }
    usable = {query_id: judged for query_id, judged in grades.items() if max(judged.values()) > 0}
    queries = {query_id: collection.validation.queries[query_id] for query_id in usable}
    as_training = replace(collection, train=Split("train", queries, usable), spared={})
    noisy = instantiate(cfg.noise).corrupt(as_training).qrels
    return collection.validation.qrels | {
        query_id: _shifted(judged, shift) for query_id, judged in noisy.items()
    }


def _shifted(judged: dict[str, int], by: int) -> dict[str, int]:
    return {doc_id: grade + by for doc_id, grade in judged.items()}
