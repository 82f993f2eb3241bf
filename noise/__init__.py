"""Label noise: models that corrupt training judgements, and the audit of their changes.

Reading order: `model` (the contract of all noise models), `selection` (which judgements are
corrupted), `models` (one per choice of conf/noise), `audit` (the record), `encoders`, `inspection`.
"""

from noise.audit.audit import Audit, AuditHeader
from noise.audit.row import AuditRow
from noise.encoders.embeddings import SimilarityEncoder
from noise.encoders.latent_semantics import LatentSemantics
from noise.encoders.network_encoder import ExportedEncoder, TransformerTextEncoder
from noise.model import Corruption, NoiseModel
from noise.models.clean_pairs import CleanPairs
from noise.models.false_negative import FalseNegative
from noise.models.flip import Flip
from noise.models.grade import GradeShift
from noise.models.instance import AmbiguityRates, GaussianRates, InstanceDependent
from noise.models.lexical import LexicalSubstitution
from noise.models.mixture import Mixture
from noise.models.natural import Natural
from noise.models.none import NoNoise
from noise.models.semantic import SemanticSwap
from noise.models.uniform import UniformSubstitution
from noise.plain_qrels import corrupt_qrels

__all__ = [
    "AmbiguityRates",
    "Audit",
    "AuditHeader",
    "AuditRow",
    "CleanPairs",
    "Corruption",
    "ExportedEncoder",
    "FalseNegative",
    "Flip",
    "GaussianRates",
    "GradeShift",
    "InstanceDependent",
    "LatentSemantics",
    "LexicalSubstitution",
    "Mixture",
    "Natural",
    "NoNoise",
    "NoiseModel",
    "SemanticSwap",
    "SimilarityEncoder",
    "TransformerTextEncoder",
    "UniformSubstitution",
    "corrupt_qrels",
]
