"""Losses over candidate lists: how far scores are from their labels, and how far to believe those.

Reading order: `candidates` (the input of a loss), `loss` (its output), `candidate_lists` (the form
in which formulas are written), `formula` (how one becomes a loss); then any file of `robust/`,
`ranking/`, `selection/`, `stateful/`, `weakening/` or `wrappers/`.
"""

from losses.candidate_lists import CandidateLists, graded_lists, positive_lists, whole_lists
from losses.candidates import Candidates, Positives, check_finite, not_finite
from losses.formula import Formula
from losses.loss import Decisions, Loss, LossOutput, Needs, Part
from losses.parameters import Parameter
from losses.ranking.bixse import Bixse, bixse
from losses.ranking.cross_entropy import CrossEntropy, cross_entropy, disjunctive_cross_entropy
from losses.ranking.debiased import (
    DebiasedContrastive,
    HardNegativeContrastive,
    debiased_contrastive,
    hard_negative_contrastive,
)
from losses.ranking.distillation import KLDistillation, MarginMSE, kl_distillation, margin_mse
from losses.ranking.guided import GuidedContrastive, guided_contrastive
from losses.ranking.lambda_loss import LambdaLoss, lambda_loss
from losses.ranking.listwise import ListMLE, ListNet, listmle, listnet
from losses.ranking.pairwise import Hinge, RankNet, hinge, ranknet
from losses.robust.asymmetric import (
    AsymmetricGeneralizedCrossEntropy,
    AsymmetricUnhinged,
    asymmetric_generalized_cross_entropy,
    asymmetric_unhinged,
)
from losses.robust.bounded_cross_entropy import (
    PHuberCrossEntropy,
    TaylorCrossEntropy,
    phuber_cross_entropy,
    taylor_cross_entropy,
)
from losses.robust.cores import Cores, cores
from losses.robust.distances import (
    Brier,
    JensenShannon,
    MeanAbsoluteError,
    ReverseCrossEntropy,
    brier,
    jensen_shannon,
    mean_absolute_error,
    reverse_cross_entropy,
)
from losses.robust.epsilon_softmax import EpsilonSoftmax, epsilon_softmax
from losses.robust.focal import Focal, focal
from losses.robust.generalized_cross_entropy import (
    DynamicsAware,
    GeneralizedCrossEntropy,
    TruncatedGeneralizedCrossEntropy,
    dynamics_aware,
    generalized_cross_entropy,
    truncated_generalized_cross_entropy,
)
from losses.robust.normalized_cross_entropy import (
    NormalizedCrossEntropy,
    NormalizedNegativeCrossEntropy,
    normalized_cross_entropy,
    normalized_negative_cross_entropy,
)
from losses.robust.rince import Rince, rince
from losses.robust.soft_targets import (
    BootstrapHard,
    BootstrapSoft,
    LabelSmoothing,
    bootstrap_hard,
    bootstrap_soft,
    label_smoothing,
)
from losses.score_lists import score_lists
from losses.selection.pair_correction import NoisyPairCorrection
from losses.selection.small_loss import SmallLossSelection
from losses.selection.two_components import LossMixture
from losses.stateful.elr import EarlyLearningRegularization
from losses.weakening.confidence import (
    Confidence,
    PairAverageConfidence,
    PriorCorrectedConfidence,
    StudentConfidence,
    TeacherConfidence,
)
from losses.weakening.label_weakening import LabelRelaxation, label_relaxation, label_weakening
from losses.weakening.null_candidate import NullCandidate
from losses.weakening.options import LabelWeakening
from losses.weakening.thresholds import (
    BudgetedThreshold,
    ChanceCorrectedThreshold,
    ConstantThreshold,
    CosineThreshold,
    LabelThreshold,
    LiftThreshold,
    LinearThreshold,
    MarginThreshold,
    OddsThreshold,
    SplitThreshold,
    Threshold,
)
from losses.wrappers.both_directions import BothDirections
from losses.wrappers.pointwise import Pointwise, pointwise_view
from losses.wrappers.views import viewed
from losses.wrappers.weighted_sum import WeightedSum
