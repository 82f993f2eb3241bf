"""Losses over candidate lists: how far a query's scores are from its labels, and how much the labels are to be believed."""

from losses.asymmetric import (
    AsymmetricGeneralizedCrossEntropy,
    AsymmetricUnhinged,
    asymmetric_generalized_cross_entropy,
    asymmetric_unhinged,
)
from losses.base import Candidates, Decisions, Loss, check_finite
from losses.bixse import Bixse, bixse
from losses.bootstrap import BootstrapHard, BootstrapSoft, bootstrap_hard, bootstrap_soft
from losses.both_directions import BothDirections
from losses.brier import Brier, brier
from losses.confidence import (
    Confidence,
    PairAverageConfidence,
    PriorCorrectedConfidence,
    StudentConfidence,
    TeacherConfidence,
)
from losses.cores import Cores, cores
from losses.cross_entropy import CrossEntropy, cross_entropy, disjunctive_cross_entropy
from losses.debiased import (
    DebiasedContrastive,
    HardNegativeContrastive,
    debiased_contrastive,
    hard_negative_contrastive,
)
from losses.distillation import KLDistillation, MarginMSE, kl_distillation, margin_mse
from losses.dynamics_aware import DynamicsAware, dynamics_aware
from losses.elr import EarlyLearningRegularization
from losses.focal import Focal, focal
from losses.generalized_cross_entropy import (
    GeneralizedCrossEntropy,
    TruncatedGeneralizedCrossEntropy,
    generalized_cross_entropy,
    truncated_generalized_cross_entropy,
)
from losses.guided import GuidedContrastive, guided_contrastive
from losses.jensen_shannon import JensenShannon, jensen_shannon
from losses.label_relaxation import LabelRelaxation, label_relaxation
from losses.label_smoothing import LabelSmoothing, label_smoothing
from losses.label_weakening import LabelWeakening, label_weakening
from losses.labels import one_batch
from losses.lambda_loss import LambdaLoss, lambda_loss
from losses.listwise import ListMLE, ListNet, listmle, listnet
from losses.normalized_cross_entropy import NormalizedCrossEntropy, normalized_cross_entropy
from losses.null_candidate import NullCandidate
from losses.pairwise import Hinge, RankNet, hinge, ranknet
from losses.passive import (
    MeanAbsoluteError,
    ReverseCrossEntropy,
    mean_absolute_error,
    reverse_cross_entropy,
)
from losses.phuber_cross_entropy import PHuberCrossEntropy, phuber_cross_entropy
from losses.pointwise import Pointwise, pointwise_view
from losses.rince import Rince, rince
from losses.taylor_cross_entropy import TaylorCrossEntropy, taylor_cross_entropy
from losses.thresholds import (
    BudgetedThreshold,
    ChanceCorrectedThreshold,
    ConstantThreshold,
    CosineThreshold,
    LabelThreshold,
    LiftThreshold,
    LinearThreshold,
    MarginThreshold,
    SplitThreshold,
    Threshold,
)
from losses.weighted_sum import WeightedSum

__all__ = [
    "AsymmetricGeneralizedCrossEntropy",
    "AsymmetricUnhinged",
    "Bixse",
    "BootstrapHard",
    "BootstrapSoft",
    "BothDirections",
    "Brier",
    "BudgetedThreshold",
    "Candidates",
    "ChanceCorrectedThreshold",
    "Confidence",
    "ConstantThreshold",
    "Cores",
    "CosineThreshold",
    "CrossEntropy",
    "DebiasedContrastive",
    "Decisions",
    "DynamicsAware",
    "EarlyLearningRegularization",
    "Focal",
    "GeneralizedCrossEntropy",
    "GuidedContrastive",
    "HardNegativeContrastive",
    "Hinge",
    "JensenShannon",
    "KLDistillation",
    "LabelRelaxation",
    "LabelSmoothing",
    "LabelThreshold",
    "LabelWeakening",
    "LambdaLoss",
    "LiftThreshold",
    "LinearThreshold",
    "ListMLE",
    "ListNet",
    "Loss",
    "MarginMSE",
    "MarginThreshold",
    "MeanAbsoluteError",
    "NormalizedCrossEntropy",
    "NullCandidate",
    "PHuberCrossEntropy",
    "PairAverageConfidence",
    "Pointwise",
    "PriorCorrectedConfidence",
    "RankNet",
    "ReverseCrossEntropy",
    "Rince",
    "SplitThreshold",
    "StudentConfidence",
    "TaylorCrossEntropy",
    "TeacherConfidence",
    "Threshold",
    "TruncatedGeneralizedCrossEntropy",
    "WeightedSum",
    "asymmetric_generalized_cross_entropy",
    "asymmetric_unhinged",
    "bixse",
    "bootstrap_hard",
    "bootstrap_soft",
    "brier",
    "check_finite",
    "cores",
    "cross_entropy",
    "debiased_contrastive",
    "disjunctive_cross_entropy",
    "dynamics_aware",
    "focal",
    "generalized_cross_entropy",
    "guided_contrastive",
    "hard_negative_contrastive",
    "hinge",
    "jensen_shannon",
    "kl_distillation",
    "label_relaxation",
    "label_smoothing",
    "label_weakening",
    "lambda_loss",
    "listmle",
    "listnet",
    "margin_mse",
    "mean_absolute_error",
    "normalized_cross_entropy",
    "one_batch",
    "phuber_cross_entropy",
    "pointwise_view",
    "ranknet",
    "reverse_cross_entropy",
    "rince",
    "taylor_cross_entropy",
    "truncated_generalized_cross_entropy",
]
