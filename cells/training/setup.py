"""Everything that a cell needs before its training."""

from typing import NamedTuple

from hydra.utils import instantiate
from omegaconf import DictConfig

from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import TrainingInputs, load_inputs
from cells.training.evaluator import Evaluator
from lightning_modules import Network, Optimization


class Setup(NamedTuple):
    """A cell before its training.

    Attributes:
        inputs: what it is trained on.
        network: the network, untrained.
        evaluator: scores it.
    """

    inputs: TrainingInputs
    network: Network
    evaluator: Evaluator


def set_up(cfg: DictConfig) -> Setup:
    """Open, corrupt and tokenise the data, and build the network.

    Raises:
        InputError: for configuration or data that cannot be used.
    """
    optimization_of(cfg)  # refuses unusable settings before anything is read
    inputs = load_inputs(cfg)
    network = build_network(cfg, inputs.tokenised)
    return Setup(inputs, network, Evaluator(cfg, inputs.tokenised, inputs.validation, inputs.pool))


def optimization_of(cfg: DictConfig) -> Optimization:
    """Return how the cell's network is optimised.

    Raises:
        InputError: for arguments that the optimiser or the schedule does not take.
    """
    optimization = Optimization(
        instantiate(cfg.optimizer),
        instantiate(cfg.scheduler),
        cfg.model.get("layer_decay", 1.0),  # of models with layers
    )
    optimization.check()
    return optimization
