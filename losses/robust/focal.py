"""Focal loss: well classified examples weigh less."""

from typing import Annotated

from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter


def focal(
    lists: CandidateLists,
    gamma: Annotated[float, Parameter("focus, 0 is cross-entropy", "[0, inf)")] = 2.0,
    *,
    detach: Annotated[bool, Parameter("take the weight as a constant, as some code does")] = False,
) -> Tensor:
    r"""Cross-entropy weighted by the missing confidence.

    .. math:: L = -(1 - p_y)^\gamma \log p_y

    Reference:
        T.-Y. Lin et al. Focal Loss for Dense Object Detection. ICCV 2017.
    """
    missing = (-lists.log_p_y.expm1()).clamp(min=1e-30)  # a root has no finite derivative at 0
    weight = missing**gamma
    return -(weight.detach() if detach else weight) * lists.log_p_y


Focal = Formula(focal)
