"""The states of all random generators."""

import random

import numpy as np
import torch
from equal_states import equal_states

from lightning_modules import seeded
from lightning_modules.training.seeding import random_states, restore


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
    assert all(equal_states(after[name], outside[name]) for name in ("python", "numpy", "torch"))
