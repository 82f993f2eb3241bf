"""Where a test runs: on the CPU, and on a GPU if there is one."""

import pytest
import torch

MARKS = (
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU"),
)


def on_gpu(*values):
    """A parameter of a test that only a GPU can run."""
    return pytest.param(*values, marks=MARKS)


def needs_gpu(test):
    """Marks a test that only a GPU can run."""
    for mark in MARKS:
        test = mark(test)
    return test


DEVICES = ("cpu", on_gpu("gpu"))
