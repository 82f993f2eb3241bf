"""Operations that would wait for a device, where a CPU does not notice them."""

import sys
from collections import Counter
from pathlib import Path

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

ROOT = Path(__file__).parents[2]
REPORTED = (  # operations whose result, or its size, a device would have to report
    "_local_scalar_dense",
    "nonzero",
    "masked_select",
    "_unique",
    "unique",
    "is_nonzero",
    "equal",
    "bincount",
)
COPIED = ("tolist", "numpy", "cpu")  # methods that copy to the host


class Waits:
    """Counts operations that would wait for a device, in a block.

    Attributes:
        found: number of waits for each function of the project, "module.function"; "elsewhere" is
            the backward pass, or a library.
    """

    def __init__(self):
        self.found = Counter()
        self._modes = (_Operations(self.found), _Copies(self.found))

    def __enter__(self):
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(self, *error):
        for mode in reversed(self._modes):
            mode.__exit__(*error)


class _Operations(TorchDispatchMode):
    def __init__(self, found):
        super().__init__()
        self._found = found

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if _reported(func.overloadpacket.__name__, args, kwargs):
            self._found[_caller()] += 1
        return func(*args, **kwargs)


class _Copies(TorchFunctionMode):
    def __init__(self, found):
        super().__init__()
        self._found = found

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in COPIED:
            self._found[_caller()] += 1
        return func(*args, **(kwargs or {}))


def _reported(name, args, kwargs):
    if name == "repeat_interleave":
        return kwargs.get("output_size") is None
    if name.startswith("index") and len(args) > 1 and isinstance(args[1], list | tuple):
        return any(
            isinstance(index, torch.Tensor) and index.dtype == torch.bool for index in args[1]
        )
    return name.startswith(REPORTED) and name != "nonzero_static"  # its caller knows how many


def _caller():
    """The innermost function of the project, outside the tests."""
    frame = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT):
            room = path.relative_to(ROOT).parts[0]
            if room != "tests" and not room.startswith("."):
                return f"{path.stem}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"
