"""Computing in single precision where training is in half precision otherwise."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def without_autocast(device: torch.device) -> AbstractContextManager[object]:
    """Return a context in which operations keep the precision of their arguments."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)


def at_least_single(tensor: Tensor) -> Tensor:
    """Return a tensor of at least 32 bits."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
