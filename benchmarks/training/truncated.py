"""The first layers of the packaged MiniLM as a folder that everybody loads alike."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from data.tokenizers.packaged_weights import resolve
from lightning_modules.loading.backbone import load_backbone


@contextmanager
def truncated(layers: int) -> Iterator[str]:
    """Yield a temporary Hugging Face folder."""
    from transformers import AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    source = resolve("packaged:minilm")
    with tempfile.TemporaryDirectory() as folder:
        model = load_backbone(source, num_hidden_layers=layers, seed=0)
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(source).save_pretrained(folder)
        yield folder
