"""Networks that score queries against documents, and the Lightning module that trains them."""

from lightning_modules.backbone import Adaptation
from lightning_modules.building import (
    build_cross_encoder,
    build_dense_retriever,
    build_late_interaction_retriever,
    build_static_retriever,
)
from lightning_modules.callbacks import Epochs, best_epoch, read_history
from lightning_modules.cross_encoder import CrossEncoder
from lightning_modules.dense_retriever import DenseRetriever
from lightning_modules.late_interaction import LateInteractionRetriever
from lightning_modules.layout import Texts
from lightning_modules.network import Network
from lightning_modules.optimization import Optimization
from lightning_modules.ranking_module import RankingModule
from lightning_modules.seeding import seeded
from lightning_modules.teacher import TeacherScores

__all__ = [
    "Adaptation",
    "CrossEncoder",
    "DenseRetriever",
    "Epochs",
    "LateInteractionRetriever",
    "Network",
    "Optimization",
    "RankingModule",
    "TeacherScores",
    "Texts",
    "best_epoch",
    "build_cross_encoder",
    "build_dense_retriever",
    "build_late_interaction_retriever",
    "build_static_retriever",
    "read_history",
    "seeded",
]
