"""Compares nested states of generators, networks and optimisers to the bit."""

import torch


def equal_states(left, right):
    if isinstance(left, torch.Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            equal_states(left[key], right[key]) for key in left
        )
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal_states, left, right))
    return left == right
