"""The decisions of a selection for the diagnostics: a dropped pair is ambiguous."""

from torch import Tensor

from losses.candidate_lists import outside
from losses.candidates import Candidates
from losses.loss import Decisions


def doubts(batch: Candidates, doubted: Tensor, counted: Tensor) -> Decisions:
    """Return the decisions of a selection, [B] each.

    Args:
        batch: the candidates.
        doubted: share of a query's labels that are not believed, [B].
        counted: queries with supervision, bool [B].
    """
    doubted = (doubted * counted).detach()
    confidence = outside(batch.scores.detach(), batch.mask).softmax(-1).amax(-1)
    nothing = doubted.new_zeros(len(doubted))
    return Decisions(
        active=counted.to(doubted.dtype) * (doubted < 1),
        ambiguous=doubted,
        vacuous=nothing,
        in_credal=nothing,
        plausible=nothing + 1,
        confidence=confidence,
    )
