"""Networks that score queries against documents, and the Lightning module that trains them."""

from lightning_modules.building import build_dense_retriever, build_static_retriever
from lightning_modules.callbacks import History, Validation
from lightning_modules.dense_retriever import DenseRetriever
from lightning_modules.optimization import Optimization
from lightning_modules.ranking_module import RankingModule
from lightning_modules.seeding import seeded
from lightning_modules.teacher import TeacherScores

__all__ = [
    "DenseRetriever",
    "History",
    "Optimization",
    "RankingModule",
    "TeacherScores",
    "Validation",
    "build_dense_retriever",
    "build_static_retriever",
    "seeded",
]
