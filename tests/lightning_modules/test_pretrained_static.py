"""Static models that start from a table: word embeddings of an encoder, or a StaticEmbedding."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from cell_runs import composed
from safetensors.torch import load_file, save_file

from cells.inputs.tokenised import build_network, tokenise
from cells.inputs.training_inputs import open_collection
from cells.record.export import export
from errors import InputError
from evaluation.search_method import evaluating

TEXTS = ["bamo a thing", "ke li mo", "nura sito and more", "about"]
SCORES = {"cell": "tiny/static", "measures": {"nDCG@10": 0.5}}


@pytest.fixture
def start(collection, tmp_path):
    """The configuration, the inputs and the network of a static model that starts from a path."""

    def of(path, *overrides):
        cfg = composed(
            *("model=static", f"model.path={path}", "dataset=folder", f"dataset.path={collection}"),
            *(f"cache_dir={tmp_path / 'cache'}", *overrides),
        )
        inputs = tokenise(cfg, open_collection(cfg))
        return cfg, inputs, build_network(cfg, inputs)

    return of


def changed(network):
    with torch.no_grad():
        for seed, weight in enumerate(network.parameters()):
            generator = torch.Generator().manual_seed(seed)
            weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    return network.eval()


def scores_of(inputs, network):
    asked = inputs.asked(dict(enumerate(TEXTS))).tokens.tokens(range(len(TEXTS)))
    with evaluating(network):
        documents = network.encode_documents(inputs.documents.tokens(range(6)))
        return network.similarities(network.encode_queries(asked), documents)


def test_word_embeddings_start_the_table_and_the_collection_weighs_them(encoder, start):
    _, inputs, network = start(encoder)
    words = load_file(Path(encoder) / "model.safetensors")["embeddings.word_embeddings.weight"]
    table = network.encoder.vectors.detach()
    torch.testing.assert_close(table / table.norm(), words / words.norm())
    assert float(table.square().mean()) == pytest.approx(1)
    weights = network.encoder.weights.detach()
    used = np.bincount(inputs.documents.tokens(range(120)).ids.numpy(), minlength=len(weights))
    assert weights[int(used.argmax())] < weights[used == 0].min()


@pytest.mark.parametrize("overrides", [[], ["model.tokens.query_prefix='a thing '"]])
def test_its_export_scores_alike_everywhere(overrides, encoder, start, tmp_path):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    cfg, inputs, network = start(encoder, *overrides)
    path = tmp_path / "export"
    export(cfg, changed(network), inputs.tokenizer, path, SCORES)
    ours = scores_of(inputs, network)
    model = sentence_transformers.SentenceTransformer(str(path), device="cpu")
    texts = list(inputs.collection.documents.texts(range(6)))
    theirs = model.similarity(
        model.encode_query(TEXTS, show_progress_bar=False),
        model.encode_document(texts, show_progress_bar=False),
    )
    torch.testing.assert_close(theirs.float(), ours, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(scores_of(*start(path, *overrides)[1:]), ours, atol=1e-4, rtol=1e-4)


@pytest.fixture
def foreign(encoder, start, tmp_path):
    """A StaticEmbedding written by sentence-transformers alone, and its scores."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    _, inputs, _ = start(encoder)
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    table = torch.randn(len(inputs.tokenizer), 8, generator=torch.Generator().manual_seed(0))
    module = StaticEmbedding(inputs.tokenizer.backend_tokenizer, embedding_weights=table.numpy())
    model = sentence_transformers.SentenceTransformer(modules=[module], device="cpu")
    model.save(str(tmp_path / "foreign"))
    texts = list(inputs.collection.documents.texts(range(6)))
    theirs = model.similarity(
        *(model.encode(side, show_progress_bar=False) for side in (TEXTS, texts))
    )
    return tmp_path / "foreign", theirs.float()


def test_a_static_embedding_starts_as_it_scores(foreign, start):
    folder, theirs = foreign
    torch.testing.assert_close(scores_of(*start(folder)[1:]), theirs, atol=1e-4, rtol=1e-4)


def _files(folder):
    return next(folder.rglob("model.safetensors")), folder / "modules.json"


def _other_modules(folder):
    modules = json.loads(_files(folder)[1].read_text())
    modules.append(
        {"idx": 1, "name": "1", "path": "1_Dense", "type": "sentence_transformers.Dense"}
    )
    _files(folder)[1].write_text(json.dumps(modules))


def _cut(folder):
    _files(folder)[0].write_bytes(_files(folder)[0].read_bytes()[:-9])


def _gone(folder):
    _files(folder)[0].unlink()


def _another_name(folder):
    weights = _files(folder)[0]
    save_file({"table": load_file(weights)["embedding.weight"]}, weights)


def _fewer_rows(folder):
    weights = _files(folder)[0]
    save_file({"embedding.weight": load_file(weights)["embedding.weight"][:-1].clone()}, weights)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_other_modules, "it holds Dense beside a StaticEmbedding"),
        (_cut, r"model\.safetensors cannot be read"),
        (_gone, r"model\.safetensors is missing"),
        (_another_name, r"holds table, and one table .*embedding\.weight"),
        (_fewer_rows, r"differs in vocabulary \(there: \d+, here: \d+\)"),
    ],
)
def test_damaged_tables_are_refused(damage, message, foreign, start, tmp_path):
    shutil.copytree(foreign[0], tmp_path / "damaged")
    damage(tmp_path / "damaged")
    with pytest.raises(InputError, match=message):
        start(tmp_path / "damaged")


def test_another_size_than_the_tables_is_refused(encoder, start):
    with pytest.raises(InputError, match=r"model\.network\.dimensions \(there: 16, here: 8\)"):
        start(encoder, "model.network.dimensions=8")
