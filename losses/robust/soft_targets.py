"""Cross-entropy with a softer target: partly even, or partly the model's prediction."""

from typing import Annotated

from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter

Share = Annotated[float, Parameter("share of the prediction in the target", "[0, 1]")]


def label_smoothing(
    lists: CandidateLists,
    epsilon: Annotated[float, Parameter("share of the target that is spread", "[0, 1)")] = 0.1,
) -> Tensor:
    r"""Cross-entropy with a share of the target spread evenly over all n candidates.

    .. math:: L = -(1-\epsilon) \log p_y - \frac{\epsilon}{n} \sum_i \log p_i

    Reference:
        C. Szegedy et al. Rethinking the Inception Architecture for Computer Vision. CVPR 2016.
    """
    return -(1 - epsilon) * lists.log_p_y - epsilon * lists.mean_log_p


def bootstrap_soft(
    lists: CandidateLists,
    weight: Share = 0.05,
    *,
    detach: Annotated[bool, Parameter("take the prediction as a constant")] = True,
) -> Tensor:
    r"""Cross-entropy with the prediction itself mixed into the target.

    .. math:: L = -(1-\lambda) \log p_y - \lambda \sum_i \mathrm{sg}(p_i) \log p_i

    Reference:
        S. Reed et al. Training Deep Neural Networks on Noisy Labels with Bootstrapping. ICLR
        workshop 2015.
    """
    belief = lists.log_p.detach().exp() if detach else lists.log_p.exp()
    return -(1 - weight) * lists.log_p_y - weight * (belief * lists.log_p).sum(-1)


def bootstrap_hard(lists: CandidateLists, weight: Share = 0.2) -> Tensor:
    r"""Cross-entropy with the likeliest candidate mixed into the target.

    .. math:: L = -(1-\lambda) \log p_y - \lambda \log \max_i p_i

    Reference:
        S. Reed et al. Training Deep Neural Networks on Noisy Labels with Bootstrapping. ICLR
        workshop 2015.
    """
    return -(1 - weight) * lists.log_p_y - weight * lists.log_p.max(-1).values


LabelSmoothing = Formula(label_smoothing)
BootstrapSoft = Formula(bootstrap_soft)
BootstrapHard = Formula(bootstrap_hard)
