"""The states of all random generators."""

import random

import numpy as np
import torch

from lightning_modules import seeded
from lightning_modules.training.seeding import random_states, restore


def _equal(left, right):
    if isinstance(left, torch.Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return left == right


def test_all_generators_are_recorded_and_put_back():
    def draw():
        # the generators in question
        return random.random(), np.random.rand(), torch.rand(3).tolist()  # noqa: NPY002, S311

    with seeded(3):
        state = random_states()
        first = draw()
        outside = random_states()
        restore(state)
        assert draw() == first
        with seeded(4):
            draw()
        after = random_states()
    assert all(_equal(after[name], outside[name]) for name in ("python", "numpy", "torch"))
