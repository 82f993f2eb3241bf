"""The resolver that names a cell's directory."""

from pathlib import Path

from omegaconf import OmegaConf


def cell_path(  # noqa: PLR0917 - a resolver's arguments have no names
    dataset: str, folder: str | None, model: str, loss: str, noise: str, ratio: object, seed: object, variant: str | None
) -> str:
    """Returns `<dataset>/<model>/<loss>[-<variant>]/<noise>-<ratio>/seed-<n>`.

    The ratio is written in its shortest form, so that 0, 0.0 and 0.00 are one cell. No `=` occurs: Hydra's override grammar could not
    name such a path. A collection of the user's own goes by its folder's name.
    """
    shortest = f"{ratio:g}" if isinstance(ratio, int | float) else str(ratio)
    method = loss if variant is None else f"{loss}-{variant}"
    collection = dataset if folder is None else Path(folder).name
    return f"{collection}/{model}/{method}/{noise}-{shortest}/seed-{seed}"


def register() -> None:
    """Makes `${cell_path:...}` known to OmegaConf."""
    OmegaConf.register_new_resolver("cell_path", cell_path, replace=True)
