"""The builder of static retrievers in conf/model/static.yaml, and their token tables."""

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from data import TokenStore
from data.tokenizers.static_embedding import find_static_embedding
from errors import InputError
from lightning_modules.loading.backbone import check_tokenizer, load_backbone
from lightning_modules.loading.saved import check_same, is_export, read_static
from lightning_modules.networks.dense_retriever import DenseRetriever
from lightning_modules.networks.static_encoder import StaticEncoder, inverse_document_frequency

DIMENSIONS = "model.network.dimensions"


def build_static_retriever(
    *,
    path: str | None,
    dimensions: int | None,
    similarity: str,
    temperature: float,
    tokenizer: PreTrainedTokenizerFast,
    documents: TokenStore,
    seed: int,
) -> DenseRetriever:
    """Build a dense retriever over bags of token vectors, shared by queries and documents.

    Args:
        path: None: the vectors are random. Otherwise an export; a folder or hub name of
            sentence-transformers that holds a StaticEmbedding; or an encoder, whose word embeddings
            are taken.
        dimensions: size D of the vectors; None: that of the table at `path`.
        similarity: cosine or dot.
        temperature: divides the scores.
        tokenizer: gives the vocabulary.
        documents: token ids of the collection, counted for the initial token weights.
        seed: of the initial token vectors.

    Raises:
        InputError: the table cannot be read, or has another size or vocabulary.
    """
    if path is None:
        if dimensions is None:
            raise InputError(f"{DIMENSIONS}=null: random vectors need a size, e.g. 256.")
        generator = torch.Generator().manual_seed(seed)
        vectors = torch.randn(len(tokenizer), dimensions, generator=generator)
        weights = _idf(documents, len(tokenizer))
    else:
        vectors, weights = _pretrained(path, tokenizer, documents, unit=similarity == "cosine")
        if dimensions is not None:
            check_same(path, {DIMENSIONS: (vectors.shape[1], dimensions)})
    encoder = StaticEncoder(vectors, weights)
    return DenseRetriever(encoder, similarity=similarity, temperature=temperature)


def _pretrained(
    path: str, tokenizer: PreTrainedTokenizerFast, documents: TokenStore, *, unit: bool
) -> tuple[Tensor, Tensor]:
    """Return the table and token weights; word embeddings get the weights of the collection.

    With `unit`, components have a mean square of 1 like random ones, which is what the learning
    rate is made for; cosines do not see it.
    """
    if is_export(path):
        vectors = read_static(path)
        check_same(path, {"vocabulary": (len(vectors), len(tokenizer))})
        return vectors, torch.ones(len(vectors))
    if find_static_embedding(path) is not None:
        vectors = _table(path)
        check_same(path, {"vocabulary": (len(vectors), len(tokenizer))})
        weights = torch.ones(len(vectors))
    else:
        backbone = load_backbone(path, num_hidden_layers=None, seed=0)
        check_tokenizer(tokenizer, backbone, path)
        vectors = backbone.get_input_embeddings().weight.detach()
        weights = _idf(documents, len(vectors))
    return vectors / vectors.square().mean().sqrt() if unit else vectors, weights


def _table(path: str) -> Tensor:
    """Return the token vectors of a StaticEmbedding, of sentence-transformers or Model2Vec."""
    found = find_static_embedding(path)
    assert found is not None
    try:
        tensors = load_file(found.weights)
    except (SafetensorError, OSError) as error:
        raise InputError(f"model.path={path}: {found.weights} cannot be read ({error}).") from error
    table = tensors.get("embedding.weight", tensors.get("embeddings"))
    if table is None or set(tensors) & {"mapping", "weights"}:
        raise InputError(
            f"model.path={path}: {found.weights} holds {', '.join(sorted(tensors))}, and one table "
            "with a row for each token (embedding.weight) is needed."
        )
    return table.float()


def _idf(documents: TokenStore, vocabulary_size: int) -> Tensor:
    frequency = _document_frequency(documents, vocabulary_size)
    return inverse_document_frequency(frequency, len(documents))


def _document_frequency(documents: TokenStore, vocabulary_size: int, block: int = 4096) -> Tensor:
    counts = torch.zeros(vocabulary_size, dtype=torch.long)
    for start in range(0, len(documents), block):
        tokens = documents.tokens(range(start, min(start + block, len(documents))))
        text = torch.repeat_interleave(torch.arange(len(tokens.offsets) - 1), tokens.offsets.diff())
        distinct = torch.unique(text * vocabulary_size + tokens.ids)
        counts += torch.bincount(distinct % vocabulary_size, minlength=vocabulary_size)
    return counts
