"""Label noise: models that corrupt training judgements, and the audit of what they changed."""

from noise.audit import Audit, AuditHeader
from noise.audit_row import AuditRow
from noise.clean_pairs import CleanPairs
from noise.encoders import TextEncoder
from noise.false_negative import FalseNegative
from noise.flip import Flip
from noise.grade import GradeShift
from noise.instance import AmbiguityRates, GaussianRates, InstanceDependent
from noise.latent_semantics import LatentSemantics
from noise.lexical import LexicalSubstitution
from noise.mixture import Mixture
from noise.model import Corruption, NoiseModel
from noise.natural import Natural
from noise.network_encoder import ExportedEncoder, TransformerTextEncoder
from noise.none import NoNoise
from noise.semantic import SemanticSwap
from noise.uniform import UniformSubstitution

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
    "TextEncoder",
    "TransformerTextEncoder",
    "UniformSubstitution",
]
