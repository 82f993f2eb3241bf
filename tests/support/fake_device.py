"""A device that is none: a CPU's memory and arithmetic under another name.

What mixes it with the CPU fails, as on a GPU. Values exist, so that shapes may follow texts, as
those of transformers do; that is why neither fake tensors nor the meta device would serve. Of the
names that this torch knows, `lazy` is the one without a library of its own whose backward pass runs
in the same thread; fake tensors on "cuda" end the process in a build without CUDA, and torch's
out-of-tree device would be registered for the whole process.
"""

from contextlib import contextmanager, nullcontext
from unittest.mock import patch

import torch
from torch.nn.utils.stateless import _reparametrize_module
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_flatten, tree_map, tree_map_only

NAME = "lazy"


class MixedDevicesError(Exception):
    """An operation met tensors of both devices."""


class FakeDevice:
    """The device, inside `fake_device()`."""

    name = NAME

    def moved(self, values):
        """A tuple of tensors, or a tensor, on the device."""
        return tree_map(_moved, values)

    def holding(self, module):
        """A context in which a module's weights are on the device."""
        weights = dict(module.named_parameters()) | dict(module.named_buffers())
        return _reparametrize_module(module, self.moved(weights))


@contextmanager
def fake_device():
    """Tensors that are made for the device, or from its tensors, are on it."""
    lifted = torch._C._only_lift_cpu_tensors()
    with (
        patch("torch.autocast", lambda *_, **__: nullcontext()),  # it knows no such device
        patch("torch.inference_mode", torch.no_grad),  # it takes no views of a class of its own
        _Arithmetic(),
    ):
        torch._C._set_only_lift_cpu_tensors(True)  # a list becomes a tensor here, which is copied
        try:
            yield FakeDevice()
        finally:
            torch._C._set_only_lift_cpu_tensors(lifted)


class _There(torch.Tensor):
    """A tensor on the device; `value` is what it stands for."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, value):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            value.size(),
            strides=value.stride(),
            storage_offset=value.storage_offset(),
            dtype=value.dtype,
            device=NAME,
        )

    def __init__(self, value):
        self.value = value

    def tolist(self):  # torch has none for a class of its own
        return self.value.tolist()

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _computed(func, args, kwargs or {})


class _Arithmetic(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _computed(func, args, kwargs or {})


def _computed(func, args, kwargs):
    tensors = [each for each in tree_flatten((args, kwargs))[0] if isinstance(each, torch.Tensor)]
    there = [each for each in tensors if isinstance(each, _There)]
    target = kwargs.get("device")
    if target is not None:
        is_there, kwargs = torch.device(target).type == NAME, kwargs | {"device": "cpu"}
    else:
        is_there = bool(there)
        if is_there and func is not torch.ops.aten.copy_.default:
            _refuse_others(func, tensors)
    found = func(*_here(args), **_here(kwargs))
    if not is_there:
        return found
    found = tree_map_only(torch.Tensor, _There, found)
    return return_and_correct_aliasing(func, args, kwargs, found) if there else found


def _refuse_others(func, tensors):
    """Single numbers may come from the CPU."""
    if any(each.ndim and not isinstance(each, _There) for each in tensors):
        raise MixedDevicesError(f"{func} takes tensors of two devices")


def _here(values):
    return tree_map_only(_There, lambda each: each.value, values)


def _moved(value):
    if not isinstance(value, torch.Tensor):
        return value
    return _There(value.detach()).requires_grad_(value.requires_grad)
