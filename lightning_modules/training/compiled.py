"""Compilation of a network's layers by torch.compile."""

from collections.abc import Iterator

from torch import nn

from errors import InputError


def compile_layers(network: nn.Module, *, backend: str = "inductor") -> None:
    """Compile each layer of a network's encoders in place, for chunks of any size.

    Layers have the same code, so that one compilation serves all of them. Weights keep their names,
    and copies of the network are not compiled.

    Args:
        network: the network.
        backend: of torch.compile.

    Raises:
        InputError: if it has no layers.
    """
    layers = list(_layers(network))
    if not layers:
        raise InputError(
            "trainer.compile=true: this model has no layers to compile; set it to false."
        )
    for layer in layers:
        layer.compile(dynamic=True, backend=backend)


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the items of the outermost lists of modules."""
    for child in module.children():
        if isinstance(child, nn.ModuleList):
            yield from child
        else:
            yield from _layers(child)
