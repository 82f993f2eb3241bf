"""Two components of losses: labels that fit and labels that do not."""

import numpy as np
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor

TOLERANCE, SMALLEST_VARIANCE = 1e-2, 5e-4  # those of DivideMix


def probability_of_low(values: Tensor) -> Tensor:
    """Return how probably each value belongs to the lower of two Gaussian components, [N].

    The values are scaled to [0, 1] first. Where they are all the same, or fewer than two, each is
    in the lower component.

    Args:
        values: values, [N].

    Reference:
        J. Li, R. Socher, S. Hoi. DivideMix: Learning with Noisy Labels as Semi-supervised Learning.
        ICLR 2020, section 3.1.
    """
    column = values.detach().double().cpu().numpy()[:, None]
    spread = np.ptp(column) if len(column) else 0.0
    if spread == 0:
        return torch.ones_like(values)
    scaled = (column - column.min()) / spread
    mixture = GaussianMixture(
        2, tol=TOLERANCE, reg_covar=SMALLEST_VARIANCE, max_iter=100, random_state=0
    ).fit(scaled)
    low = mixture.predict_proba(scaled)[:, mixture.means_.argmin()]
    return torch.from_numpy(low).to(values)
