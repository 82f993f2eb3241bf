"""Checks of the composed configuration without heavy imports, which report mistakes in a second.

Parameters of a loss, a noise model or an encoder are checked by their constructors.
"""

import logging

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import checks
from cells.configuration.names import check_names
from cells.configuration.renamed_keys import refuse_renamed
from cells.record.owned_files import KEEPABLE
from errors import InputError

log = logging.getLogger(__name__)

OBJECTIVES = ("test", "validation")
ON_ERROR = ("continue", "stop")
LEAST = {
    "batch.size": 1,
    "negatives.per_example": 0,
    "negatives.depth": 0,
    "evaluation.depth": 1,
    "evaluation.batch_tokens": 1,
    "trainer.max_epochs": 1,
}
"""Key of a count -> its smallest value."""
LEAST_IF_GIVEN = {
    "checkpoint.steps": 1,
    "task.depth": 1,
    "model.network.dimensions": 1,
    "model.network.projection": 1,
}
"""The same of counts that may be null, or that not every model or task has."""

POSITIVE = {
    "optimizer.lr": "2e-5",
    "model.network.temperature": "0.05 for cosine or 1 for dot",
    "checkpoint.minutes": "10",
}
"""Key of a positive number -> an example."""


def check(cfg: DictConfig) -> None:
    """Raise InputError for the first value of the configuration that cannot work.

    Raises:
        InputError: naming the key, its value, what is allowed and how to fix it.
    """
    _resolves(cfg)
    check_names(cfg)
    refuse_renamed(cfg)
    ratio = OmegaConf.select(cfg, "noise.ratio")
    if ratio is not None:  # the noise model judges null: natural noise has its own ratio
        checks.ratio("noise.ratio", ratio)
    _learning_rate(cfg)
    for key, least in LEAST.items():
        checks.integer(key, OmegaConf.select(cfg, key), least)
    for key, least in LEAST_IF_GIVEN.items():
        if (value := OmegaConf.select(cfg, key)) is not None:
            checks.integer(key, value, least)
    for key, example in POSITIVE.items():
        if (value := OmegaConf.select(cfg, key)) is not None:
            checks.positive(key, value, example)
    checks.choice("objective", cfg.objective, OBJECTIVES)
    checks.choice("on_error", cfg.on_error, ON_ERROR)
    _keep(cfg)
    _candidates(cfg)
    _encoder(cfg)
    _vectors(cfg)
    _warn_of_own_encoder(cfg)
    if cfg.selection_measure not in list(cfg.measures):
        raise InputError(
            f"selection_measure={cfg.selection_measure} is not computed: it must be one of "
            f"measures={list(cfg.measures)}; add it there or choose one of them."
        )


def _resolves(cfg: DictConfig) -> None:
    try:
        OmegaConf.to_container(cfg, resolve=True)
    except OmegaConfBaseException as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        reason = first.removeprefix("InputError raised while resolving interpolation: ")
        raise InputError(
            f"{error.full_key}: {reason.removeprefix(f'{error.full_key}: ')}"
        ) from error


def _learning_rate(cfg: DictConfig) -> None:
    if not OmegaConf.is_dict(cfg.optimizer):
        raise InputError(f"optimizer={cfg.optimizer}: must be one of the group's choices.")
    if OmegaConf.is_missing(cfg.optimizer, "lr"):
        raise InputError("optimizer.lr is not set: set it in the model's file, e.g. to 2e-5.")
    if "lr" in cfg.optimizer and cfg.optimizer.lr is None:
        raise InputError(
            "optimizer.lr=null: must be a positive number. experiment=study needs a rate that "
            "was tuned for this collection, model and loss, and there is none: run the sweep "
            "experiment=study_tune and `python -m study.tuning` first, or set the rate."
        )


def _keep(cfg: DictConfig) -> None:
    if not set(cfg.keep) <= KEEPABLE.keys():
        allowed = f"a list of any of {', '.join(KEEPABLE)}, e.g. [runs], or [] for none"
        raise checks.refusal("keep", list(cfg.keep), allowed)


def _encoder(cfg: DictConfig) -> None:
    path = OmegaConf.select(cfg, "model.path")
    if isinstance(path, str) and OmegaConf.select(cfg, "model.vectors") is None:
        from data.tokenizers.model_files import check_encoder

        check_encoder(path, path)


def _vectors(cfg: DictConfig) -> None:
    path = OmegaConf.select(cfg, "model.vectors")
    if path is None:
        return
    from data.ingest.vector_folder import check_vector_folder

    check_vector_folder(path)
    if cfg.export:
        raise InputError(
            "export=true: with model.vectors there is no encoder to export; set export=false. The "
            "trained head is in the cell's checkpoints/best.safetensors."
        )


def _warn_of_own_encoder(cfg: DictConfig) -> None:
    path = OmegaConf.select(cfg, "noise.encoder.path")
    if path is not None and path == OmegaConf.select(cfg, "model.path"):
        log.warning(
            "noise.encoder.path=%s is also where the model starts from, so the noise is "
            "adversarial to this model. Choose another encoder, e.g. noise/encoder=lsa.",
            path,
        )


def _candidates(cfg: DictConfig) -> None:
    if cfg.negatives.per_example == 0 and not cfg.batch.in_batch:
        raise InputError(
            "negatives.per_example=0 with batch.in_batch=false leaves no negatives: raise the "
            "first or set the second to true."
        )
    if cfg.negatives.per_example == 0 and cfg.batch.size == 1:
        raise InputError(
            "batch.size=1 with in-batch negatives only (negatives.per_example=0): no query would "
            "have a negative. Use batch.size of at least 2 or negatives.per_example of at least 1."
        )
