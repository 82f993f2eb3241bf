"""A StaticEmbedding of sentence-transformers: a tokenizer and a table of token vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from data.tokenizers.model_files import stored_json
from data.tokenizers.packaged_weights import resolve
from data.tokenizers.pretrained_tokenizer import pretrained_tokenizer
from data.tokenizers.wordpiece import train_wordpiece
from errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from data.collections.collection import Collection

MODULES = "modules.json"
SPECIAL = {"pad_token": ("[PAD]", "<pad>"), "unk_token": ("[UNK]", "<unk>")}


class StaticEmbeddingFiles(NamedTuple):
    """The files of one.

    Attributes:
        weights: model.safetensors.
        tokenizer: tokenizer.json.
    """

    weights: Path
    tokenizer: Path


def static_tokenizer(
    collection: Collection, /, *, path: str | None, vocabulary_size: int
) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a static model, from the collection or from a pretrained table.

    Args:
        collection: its documents are the training text.
        path: None: learn one. Otherwise that of a StaticEmbedding, or of an encoder.
        vocabulary_size: of one that is learnt.

    Raises:
        InputError: as `train_wordpiece` and `pretrained_tokenizer`.
    """
    if path is None:
        return train_wordpiece(collection, vocabulary_size=vocabulary_size)
    found = find_static_embedding(path)
    return pretrained_tokenizer(path) if found is None else _of_file(found.tokenizer)


def find_static_embedding(path: str) -> StaticEmbeddingFiles | None:
    """Return the files of a StaticEmbedding; None: the model is of another kind.

    Args:
        path: local folder or hub name; from the hub the files are downloaded.

    Raises:
        InputError: it holds other modules too, or a file is missing.
    """
    folder = resolve(path)
    _file(path, folder, MODULES)
    modules = stored_json(folder, MODULES)
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules or []]
    if "StaticEmbedding" not in kinds:
        return None
    others = set(kinds) - {"StaticEmbedding", "Normalize"}
    if others:
        raise InputError(
            f"model.path={path}: it holds {', '.join(sorted(others))} beside a StaticEmbedding, "
            "which a static model has no place for."
        )
    own = modules[kinds.index("StaticEmbedding")]["path"]
    names = [f"{own}/{name}".lstrip("/.") for name in ("model.safetensors", "tokenizer.json")]
    files = [_file(path, folder, name) for name in names]
    missing = [name for name, file in zip(names, files, strict=True) if file is None]
    if missing:
        raise InputError(f"model.path={path}: {', '.join(missing)} is missing.")
    return StaticEmbeddingFiles(*(file for file in files if file is not None))


def _file(path: str, folder: str, name: str) -> Path | None:
    """Return a file of a model; None if it has none of that name."""
    if Path(folder).exists():
        return Path(folder) / name if (Path(folder) / name).is_file() else None
    from transformers.utils.hub import cached_file

    try:
        found = cached_file(folder, name, _raise_exceptions_for_missing_entries=False)
    except OSError as error:
        raise InputError(
            f"model.path={path}: it is neither a folder nor a model that can be downloaded "
            f"({str(error).splitlines()[0]})."
        ) from error
    return None if found is None else Path(str(found))


def _of_file(file: Path) -> PreTrainedTokenizerFast:
    from transformers import PreTrainedTokenizerFast

    # theirs
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast(tokenizer_file=str(file))
    vocabulary = tokenizer.get_vocab()
    for role, spellings in SPECIAL.items():
        present = [word for word in spellings if word in vocabulary]
        if present:
            setattr(tokenizer, role, present[0])
    return tokenizer
