"""A device that holds no values: what asks for one, or mixes it with the CPU, fails.

Of the ways that this torch offers, fake tensors on the meta device work, backward pass included:
fake tensors on "cuda" end the process in a build without CUDA, plain meta tensors let some mixtures
with the CPU pass, and torch's out-of-tree device in Python is registered for the whole process.
"""

from contextlib import contextmanager, nullcontext

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.utils.stateless import _reparametrize_module
from torch.utils._pytree import tree_map


class FakeDevice:
    """The device, inside `fake_device()`."""

    name = "meta"

    def moved(self, values):
        """A tuple of tensors, or a tensor, on the device."""
        return tree_map(self._moved, values)

    def holding(self, module):
        """A context in which a module's weights are on the device."""
        weights = dict(module.named_parameters()) | dict(module.named_buffers())
        return _reparametrize_module(module, self.moved(weights))

    def _moved(self, value):
        if not isinstance(value, torch.Tensor):
            return value
        there = torch.empty_strided(
            value.shape, value.stride(), dtype=value.dtype, device=self.name
        )
        return there.requires_grad_(value.requires_grad)


@contextmanager
def fake_device():
    """Everything inside is computed without values."""
    autocast = torch.autocast
    torch.autocast = lambda *_, **__: nullcontext()  # it knows no meta device
    try:
        with FakeTensorMode():
            yield FakeDevice()
    finally:
        torch.autocast = autocast
