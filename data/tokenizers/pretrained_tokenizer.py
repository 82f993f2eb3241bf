"""The tokenizer that a pretrained encoder came with.

Left out: tokenizers without a fast form (tokenizer.json), which would make token stores ten times
slower to build.
"""

from __future__ import annotations

import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit
from urllib.request import getproxies

from data.tokenizers.model_files import refuse_own_code
from data.tokenizers.packaged_weights import resolve
from errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from data.collections.collection import Collection

PATIENCE = 5.0  # seconds for the hub to accept a connection


def load_tokenizer(_collection: Collection, /, *, path: str) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a Hugging Face model.

    It has the collection as an argument, unused here, because trained tokenizers need it.

    Args:
        _collection: not used.
        path: a folder, a name on huggingface.co, or `packaged:minilm`.

    Raises:
        InputError: as `pretrained_tokenizer`.
    """
    return pretrained_tokenizer(path)


def pretrained_tokenizer(path: str) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a Hugging Face model; downloaded files are used without the network.

    Args:
        path: a folder, a name on huggingface.co, or `packaged:minilm`.

    Raises:
        InputError: when there is no tokenizer, the network is needed and cannot be reached, or the
            tokenizer has no fast form.
    """
    try:
        tokenizer = _pretrained(resolve(path))
    except (OSError, ValueError) as error:
        refuse_own_code(path, resolve(path), error)
        raise InputError(
            f"model.path={path}: no tokenizer there. Give a folder that holds tokenizer.json (or "
            "vocab.txt) and config.json, or the name of a model on huggingface.co; without a "
            "network, download the model's files first and give their folder "
            f"({str(error).splitlines()[0]})"
        ) from error
    if not tokenizer.is_fast:
        raise InputError(
            f"model.path={path}: its tokenizer has no fast form (tokenizer.json). Choose a model "
            "that has one"
        )
    return _with_padding(tokenizer)


def _with_padding(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Return the tokenizer; one without a padding token pads with another special token."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token or tokenizer.sep_token
    return tokenizer


def _pretrained(path: str) -> PreTrainedTokenizerFast:
    from transformers import AutoTokenizer

    load = partial(AutoTokenizer.from_pretrained, trust_remote_code=False)
    try:
        return cast("PreTrainedTokenizerFast", load(path, local_files_only=True))
    except OSError:
        if Path(path).exists() or not _hub_answers():
            raise
        return cast("PreTrainedTokenizerFast", load(path))


def _hub_answers() -> bool:
    """Return whether the hub accepts a connection.

    Without this check the client retries for most of a minute before it gives up.
    """
    from huggingface_hub.constants import ENDPOINT

    if getproxies():  # a proxy connects for us; it cannot be asked in so few words
        return True
    hub = urlsplit(ENDPOINT)
    try:
        socket.create_connection((hub.hostname or "", hub.port or 443), timeout=PATIENCE).close()
    except OSError:
        return False
    return True
