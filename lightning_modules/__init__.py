"""Networks that score queries against documents, and the Lightning module that trains them.

Reading order: `networks` (from texts to scores), `training` (the Lightning module), `loading` (how
networks are built, saved and loaded), `layers` (their parts).
"""

from lightning_modules.loading.adaptation import Adaptation
from lightning_modules.loading.adapter import build_adapter
from lightning_modules.loading.builders import (
    build_cross_encoder,
    build_dense_retriever,
    build_late_interaction_retriever,
)
from lightning_modules.loading.layout import TokenSettings
from lightning_modules.loading.static import build_static_retriever
from lightning_modules.networks.cross_encoder import CrossEncoder
from lightning_modules.networks.dense_retriever import DenseRetriever
from lightning_modules.networks.late_interaction import LateInteractionRetriever
from lightning_modules.networks.network import Network
from lightning_modules.training.callbacks import Epochs, best_epoch, read_history
from lightning_modules.training.optimization import (
    Optimization,
    constant_schedule,
    linear_schedule,
)
from lightning_modules.training.ranking_module import RankingModule
from lightning_modules.training.seeding import seeded
from lightning_modules.training.sharpness_aware import SharpnessAware
from lightning_modules.training.teacher import TeacherScores

__all__ = [
    "Adaptation",
    "CrossEncoder",
    "DenseRetriever",
    "Epochs",
    "LateInteractionRetriever",
    "Network",
    "Optimization",
    "RankingModule",
    "SharpnessAware",
    "TeacherScores",
    "TokenSettings",
    "best_epoch",
    "build_adapter",
    "build_cross_encoder",
    "build_dense_retriever",
    "build_late_interaction_retriever",
    "build_static_retriever",
    "constant_schedule",
    "linear_schedule",
    "read_history",
    "seeded",
]
