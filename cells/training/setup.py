"""All that a cell needs before it is trained."""

from typing import NamedTuple

from omegaconf import DictConfig

from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import Materials, prepare
from cells.training.evaluator import Evaluator
from cells.training.optimizer import optimization_of
from lightning_modules import Network


class Prepared(NamedTuple):
    """A cell before its training.

    Attributes:
        materials: what it is trained on.
        network: the network, untrained.
        evaluator: scores it.
    """

    materials: Materials
    network: Network
    evaluator: Evaluator


def prepared(cfg: DictConfig) -> Prepared:
    """Open, corrupts and tokenises the data and builds the network.

    Raises:
        InputError: for configuration or data that cannot be used.
    """
    optimization_of(cfg)  # refuses what it cannot use before anything is read
    materials = prepare(cfg)
    network = build_network(cfg, materials.tokenised)
    return Prepared(materials, network, Evaluator(cfg, materials.tokenised, materials.validation))
