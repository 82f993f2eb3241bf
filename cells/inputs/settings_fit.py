"""Whether the settings of a training go together: what can be said without data and device."""

from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig

from cells.inputs.negative_mining import check_negatives
from cells.inputs.validation import check_validation
from errors import InputError
from evaluation import check_depth, parse_measures
from losses import Loss, viewed


def fitting_loss(cfg: DictConfig) -> Loss:
    """Return the configured loss, if the batches have what it needs.

    Raises:
        InputError: it or the noise model refuses its parameters, the loss needs more than the
            batches have, or a setting of negatives, validation or measures cannot work.
    """
    loss: Loss = viewed(instantiate(cfg.loss), cfg.model.view)
    instantiate(cfg.noise)
    _check_needs(cfg, loss)
    check_negatives(cfg.negatives)
    check_validation(cfg)
    check_depth(parse_measures(cfg.measures), cfg.evaluation.depth, "evaluation.depth")
    lists = 1 + cfg.negatives.per_example
    loss.check_list(lists * cfg.batch.size if cfg.batch.in_batch else lists)
    return loss


def _check_needs(cfg: DictConfig, loss: Loss) -> None:
    loss_name = HydraConfig.get().runtime.choices["loss"]
    if loss.needs.teacher and loss.needs.teacher_decay is None and cfg.teacher is None:
        raise InputError(
            f"loss={loss_name} needs a teacher, but teacher=null: set teacher=<file>, a TREC run "
            "for the training queries, or choose another loss."
        )
    if loss.needs.in_batch and not cfg.batch.in_batch:
        raise InputError(
            f"loss={loss_name} compares the queries of each document, and batch.in_batch=false "
            "gives it its own only: set batch.in_batch=true, or choose another loss."
        )
