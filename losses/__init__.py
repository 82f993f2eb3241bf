"""Losses over candidate lists: how far scores are from their labels, and how far to believe those.

Reading order: `candidates` (the input of a loss), `loss` (its output), `candidate_lists` (the form
in which formulas are written), `formula` (how one becomes a loss); then any file of `robust/`,
`ranking/`, `selection/`, `stateful/`, `weakening/` or `wrappers/`.
"""

from losses.candidate_lists import CandidateLists as CandidateLists
from losses.candidate_lists import graded_lists as graded_lists
from losses.candidate_lists import positive_lists as positive_lists
from losses.candidate_lists import whole_lists as whole_lists
from losses.candidates import Candidates as Candidates
from losses.candidates import Positives as Positives
from losses.candidates import check_finite as check_finite
from losses.formula import Formula as Formula
from losses.loss import Decisions as Decisions
from losses.loss import Loss as Loss
from losses.loss import LossOutput as LossOutput
from losses.loss import Needs as Needs
from losses.loss import Part as Part
from losses.parameters import Parameter as Parameter
from losses.ranking.bixse import Bixse as Bixse
from losses.ranking.bixse import bixse as bixse
from losses.ranking.cross_entropy import CrossEntropy as CrossEntropy
from losses.ranking.cross_entropy import cross_entropy as cross_entropy
from losses.ranking.cross_entropy import disjunctive_cross_entropy as disjunctive_cross_entropy
from losses.ranking.debiased import DebiasedContrastive as DebiasedContrastive
from losses.ranking.debiased import HardNegativeContrastive as HardNegativeContrastive
from losses.ranking.debiased import debiased_contrastive as debiased_contrastive
from losses.ranking.debiased import hard_negative_contrastive as hard_negative_contrastive
from losses.ranking.distillation import KLDistillation as KLDistillation
from losses.ranking.distillation import MarginMSE as MarginMSE
from losses.ranking.distillation import kl_distillation as kl_distillation
from losses.ranking.distillation import margin_mse as margin_mse
from losses.ranking.guided import GuidedContrastive as GuidedContrastive
from losses.ranking.guided import guided_contrastive as guided_contrastive
from losses.ranking.lambda_loss import LambdaLoss as LambdaLoss
from losses.ranking.lambda_loss import lambda_loss as lambda_loss
from losses.ranking.listwise import ListMLE as ListMLE
from losses.ranking.listwise import ListNet as ListNet
from losses.ranking.listwise import listmle as listmle
from losses.ranking.listwise import listnet as listnet
from losses.ranking.pairwise import Hinge as Hinge
from losses.ranking.pairwise import RankNet as RankNet
from losses.ranking.pairwise import hinge as hinge
from losses.ranking.pairwise import ranknet as ranknet
from losses.robust.active_negative import (
    NormalizedNegativeCrossEntropy as NormalizedNegativeCrossEntropy,
)
from losses.robust.active_negative import (
    normalized_negative_cross_entropy as normalized_negative_cross_entropy,
)
from losses.robust.asymmetric import (
    AsymmetricGeneralizedCrossEntropy as AsymmetricGeneralizedCrossEntropy,
)
from losses.robust.asymmetric import AsymmetricUnhinged as AsymmetricUnhinged
from losses.robust.asymmetric import (
    asymmetric_generalized_cross_entropy as asymmetric_generalized_cross_entropy,
)
from losses.robust.asymmetric import asymmetric_unhinged as asymmetric_unhinged
from losses.robust.bounded_cross_entropy import PHuberCrossEntropy as PHuberCrossEntropy
from losses.robust.bounded_cross_entropy import TaylorCrossEntropy as TaylorCrossEntropy
from losses.robust.bounded_cross_entropy import phuber_cross_entropy as phuber_cross_entropy
from losses.robust.bounded_cross_entropy import taylor_cross_entropy as taylor_cross_entropy
from losses.robust.cores import Cores as Cores
from losses.robust.cores import cores as cores
from losses.robust.distances import Brier as Brier
from losses.robust.distances import MeanAbsoluteError as MeanAbsoluteError
from losses.robust.distances import ReverseCrossEntropy as ReverseCrossEntropy
from losses.robust.distances import brier as brier
from losses.robust.distances import mean_absolute_error as mean_absolute_error
from losses.robust.distances import reverse_cross_entropy as reverse_cross_entropy
from losses.robust.dynamics_aware import DynamicsAware as DynamicsAware
from losses.robust.dynamics_aware import dynamics_aware as dynamics_aware
from losses.robust.epsilon_softmax import EpsilonSoftmax as EpsilonSoftmax
from losses.robust.epsilon_softmax import epsilon_softmax as epsilon_softmax
from losses.robust.focal import Focal as Focal
from losses.robust.focal import focal as focal
from losses.robust.generalized_cross_entropy import (
    GeneralizedCrossEntropy as GeneralizedCrossEntropy,
)
from losses.robust.generalized_cross_entropy import (
    TruncatedGeneralizedCrossEntropy as TruncatedGeneralizedCrossEntropy,
)
from losses.robust.generalized_cross_entropy import (
    generalized_cross_entropy as generalized_cross_entropy,
)
from losses.robust.generalized_cross_entropy import (
    truncated_generalized_cross_entropy as truncated_generalized_cross_entropy,
)
from losses.robust.jensen_shannon import JensenShannon as JensenShannon
from losses.robust.jensen_shannon import jensen_shannon as jensen_shannon
from losses.robust.normalized_cross_entropy import NormalizedCrossEntropy as NormalizedCrossEntropy
from losses.robust.normalized_cross_entropy import (
    normalized_cross_entropy as normalized_cross_entropy,
)
from losses.robust.rince import Rince as Rince
from losses.robust.rince import rince as rince
from losses.robust.soft_targets import BootstrapHard as BootstrapHard
from losses.robust.soft_targets import BootstrapSoft as BootstrapSoft
from losses.robust.soft_targets import LabelSmoothing as LabelSmoothing
from losses.robust.soft_targets import bootstrap_hard as bootstrap_hard
from losses.robust.soft_targets import bootstrap_soft as bootstrap_soft
from losses.robust.soft_targets import label_smoothing as label_smoothing
from losses.score_lists import score_lists as score_lists
from losses.selection.pair_correction import NoisyPairCorrection as NoisyPairCorrection
from losses.selection.small_loss import SmallLossSelection as SmallLossSelection
from losses.selection.two_components import LossMixture as LossMixture
from losses.stateful.elr import EarlyLearningRegularization as EarlyLearningRegularization
from losses.weakening.confidence import Confidence as Confidence
from losses.weakening.confidence import PairAverageConfidence as PairAverageConfidence
from losses.weakening.confidence import PriorCorrectedConfidence as PriorCorrectedConfidence
from losses.weakening.confidence import StudentConfidence as StudentConfidence
from losses.weakening.confidence import TeacherConfidence as TeacherConfidence
from losses.weakening.label_weakening import LabelRelaxation as LabelRelaxation
from losses.weakening.label_weakening import label_relaxation as label_relaxation
from losses.weakening.label_weakening import label_weakening as label_weakening
from losses.weakening.null_candidate import NullCandidate as NullCandidate
from losses.weakening.options import LabelWeakening as LabelWeakening
from losses.weakening.thresholds import BudgetedThreshold as BudgetedThreshold
from losses.weakening.thresholds import ChanceCorrectedThreshold as ChanceCorrectedThreshold
from losses.weakening.thresholds import ConstantThreshold as ConstantThreshold
from losses.weakening.thresholds import CosineThreshold as CosineThreshold
from losses.weakening.thresholds import LabelThreshold as LabelThreshold
from losses.weakening.thresholds import LiftThreshold as LiftThreshold
from losses.weakening.thresholds import LinearThreshold as LinearThreshold
from losses.weakening.thresholds import MarginThreshold as MarginThreshold
from losses.weakening.thresholds import SplitThreshold as SplitThreshold
from losses.weakening.thresholds import Threshold as Threshold
from losses.wrappers.both_directions import BothDirections as BothDirections
from losses.wrappers.pointwise import Pointwise as Pointwise
from losses.wrappers.pointwise import pointwise_view as pointwise_view
from losses.wrappers.views import viewed as viewed
from losses.wrappers.weighted_sum import WeightedSum as WeightedSum
