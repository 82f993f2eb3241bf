"""The adapter: vectors of a frozen encoder, computed once, and a head that is trained on them."""

import json
import logging
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
import torch
from cell_runs import composed, run_lines
from configured_models import batch_of, built, config, vectors
from hydra.utils import instantiate

from cells.inputs.tokenised import build_network, tokenise
from cells.inputs.training_inputs import open_collection
from cells.record.export import export
from cells.tasks.index import indexed
from cells.tasks.retrieve import retrieve
from cells.tasks.train import train
from errors import InputError
from evaluation import dense_search
from evaluation.search_method import evaluating
from lightning_modules.layers.residual_head import new_head, saved_head

SCORES = {
    "cell": "tiny/adapter",
    "measures": {"nDCG@10": 0.5},
    "data": {"collection": "tiny", "documents": 120, "training_examples": 2},
    "noise": {"realised": 0.4, "audit_sha256": "abc"},
}
TEXTS = ["bamo a thing", "ke li mo", "nura sito and more", "about"]
VARIANTS = [
    ["model.network.sides=shared"],
    ["model.network.sides=separate", "model.network.head=two_layer", "model.network.width=5"],
    [
        "model.network.sides=queries",
        "model.network.width=3",
        "model.tokens.query_prefix='a thing '",
    ],
    ["model.network.sides=documents", "model.network.head=two_layer", "model.network.pooling=cls"],
    ["model.network.head=two_layer", "model.network.similarity=dot"],
]


@pytest.fixture
def config_of(collection, encoder, tmp_path):
    def config(*overrides):
        return composed(
            *("model=adapter", f"model.path={encoder}", "dataset=folder"),
            *(f"dataset.path={collection}", f"cache_dir={tmp_path / 'cache'}"),
            *(f"output_dir={tmp_path / 'out'}", "model.tokens.query_length=16"),
            *("model.tokens.document_length=32", "trainer.max_epochs=2", "batch.size=16"),
            *("noise.encoder.dimensions=8", "negatives.depth=10", "evaluation.depth=100"),
            *overrides,
        )

    return config


def prepared(cfg):
    tokenised = tokenise(cfg, open_collection(cfg))
    return tokenised, build_network(cfg, tokenised)


def trained(network):
    """The network with a head that does something."""
    with torch.no_grad():
        for seed, weight in enumerate(network.parameters()):
            generator = torch.Generator().manual_seed(seed)
            weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    return network.eval()


def scores_of(cfg, tokenised, network):
    """Scores of all texts as queries against the first documents, without the temperature."""
    asked = tokenised.asked(dict(enumerate(TEXTS))).tokens.tokens(range(len(TEXTS)))
    with evaluating(network):
        documents = network.encode_documents(tokenised.documents.tokens(range(6)))
        return network.similarities(network.encode_queries(asked), documents)


@pytest.mark.parametrize("overrides", VARIANTS)
def test_an_untrained_head_changes_nothing(overrides, encoder):
    plain = [override for override in overrides if "tokens" not in override]
    network, batch = built("adapter", encoder, *plain), batch_of("adapter")
    queries, documents = batch.queries.ids, batch.documents.ids
    if network.normalised:
        queries, documents = (
            torch.nn.functional.normalize(side, dim=1) for side in (queries, documents)
        )
    torch.testing.assert_close(
        network.scores(batch), queries @ documents.T / 0.05, atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize(("sides", "same"), [("queries", 1), ("documents", 0)])
def test_a_side_that_is_not_trained_keeps_its_vectors(sides, same, encoder):
    network, batch = built("adapter", encoder, f"model.network.sides={sides}"), batch_of("adapter")
    before = network.encode_batch(batch.queries, batch.documents)
    after = trained(network).encode_batch(batch.queries, batch.documents)
    assert torch.equal(before[same], after[same])
    assert not torch.allclose(before[1 - same], after[1 - same], atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "width"), [("linear", None), ("linear", 3), ("two_layer", None), ("two_layer", 3)]
)
def test_layers_make_the_same_head(kind, width):
    generator = torch.Generator().manual_seed(0)
    head, x = trained(new_head(kind, width, 6, generator)), torch.randn(4, 6, generator=generator)
    first, *second = head.layers()
    plain = x @ first.T if not second else torch.relu(x @ first.T) @ second[0].T
    torch.testing.assert_close(plain, head(x), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(saved_head(kind, width, head.layers())(x), head(x))
    torch.testing.assert_close(head(3 * x), 3 * head(x))


def test_vectors_are_those_of_the_encoder(config_of, encoder):
    cfg = config_of()
    tokenised, _ = prepared(cfg)
    dense = config_of("model=minilm", f"model.path={encoder}", "model.network.similarity=dot")
    theirs, network = prepared(dense)
    with evaluating(network):
        expected = network.encode_documents(theirs.documents.tokens(range(120)))
    found = tokenised.documents.tokens(range(120)).ids
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert isinstance(tokenised.documents.vectors.base, np.memmap)


def _open(arguments):
    """In a process of its own: opens the vectors, and tells how often it ran the encoder."""
    logging.disable()
    from lightning_modules.networks.transformer_encoder import TransformerEncoder

    overrides, ran = arguments, []
    forward = TransformerEncoder.forward
    TransformerEncoder.forward = lambda self, tokens: ran.append(1) or forward(self, tokens)
    prepared(composed(*overrides))
    return len(ran)


def test_two_processes_compute_the_vectors_once(collection, encoder, tmp_path):
    overrides = ["model=adapter", f"model.path={encoder}", "dataset=folder"]
    overrides += [f"dataset.path={collection}", f"cache_dir={tmp_path}"]
    overrides += ["model.tokens.query_length=16", "model.tokens.document_length=32"]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        together = sum(pool.map(_open, [overrides, overrides], chunksize=1))
        again = sum(pool.map(_open, [overrides, overrides], chunksize=1))
    assert (together, again) == (4, 0)  # documents and three splits


def test_a_cell_trains_retrieves_and_indexes(config_of):
    cfg = config_of("loss=cross_entropy", "noise.ratio=0.0", "optimizer.lr=1e-2")
    train(cfg)
    cell = Path(cfg.output_dir) / cfg.cell
    scores = json.loads((cell / "scores.json").read_text())
    assert scores["measures"]["nDCG@10"] > scores["untrained"]["nDCG@10"]
    tokenised, network = prepared(cfg)
    search = instantiate(cfg.model.search)
    stored = indexed(cfg, search, network, tokenised)
    run, again = (
        way.search(
            network,
            tokenised.split(tokenised.collection.test),
            tokenised.corpus,
            depth=20,
            batch_tokens=50,
        ).run
        for way in (search, stored)
    )
    assert np.array_equal(run.rows, again.rows)


@pytest.mark.parametrize("sides", ["queries", "separate"])
def test_a_cell_trains_in_double_precision(config_of, sides):
    """The vectors follow the network's precision, also on a side without weights."""
    cfg = config_of("trainer.precision=64-true", f"model.network.sides={sides}")
    train(cfg)
    assert (Path(cfg.output_dir) / cfg.cell / "scores.json").exists()


def test_a_search_holds_one_window_of_documents_at_a_time(config_of, monkeypatch):
    cfg = config_of()
    tokenised, network = prepared(cfg)
    search, queries = instantiate(cfg.model.search), tokenised.split(tokenised.collection.test)

    def run():
        settings = {"depth": 20, "batch_tokens": 50}
        return search.search(network, queries, tokenised.corpus, **settings).run

    whole, windows, encode = run(), [], dense_search.encoded
    monkeypatch.setattr(dense_search, "SHARD", 50)
    monkeypatch.setattr(
        dense_search,
        "encoded",
        lambda *arguments, **named: windows.append(named["rows"]) or encode(*arguments, **named),
    )
    assert np.array_equal(run().rows, whole.rows)
    assert [len(rows) for rows in windows] == [50, 50, 20]


@pytest.mark.parametrize("overrides", VARIANTS)
def test_sentence_transformers_and_we_load_the_export(overrides, config_of, tmp_path):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    cfg = config_of(*overrides)
    tokenised, network = prepared(cfg)
    path = tmp_path / "export"
    export(cfg, trained(network), tokenised.tokenizer, path, SCORES)
    ours = scores_of(cfg, tokenised, network)
    model = sentence_transformers.SentenceTransformer(str(path), device="cpu")
    texts = list(tokenised.collection.documents.texts(range(6)))
    theirs = model.similarity(
        model.encode_query(TEXTS, show_progress_bar=False),
        model.encode_document(texts, show_progress_bar=False),
    )
    torch.testing.assert_close(theirs.float(), ours, atol=1e-4, rtol=1e-4)
    again = config_of(*overrides, f"model.path={path}")
    torch.testing.assert_close(scores_of(again, *prepared(again)), ours, atol=1e-4, rtol=1e-4)


def test_an_export_with_a_side_of_its_own_asks_which_side_a_text_is(config_of, tmp_path):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    cfg = config_of("model.network.sides=queries")
    tokenised, network = prepared(cfg)
    export(cfg, network, tokenised.tokenizer, tmp_path / "export", SCORES)
    model = sentence_transformers.SentenceTransformer(str(tmp_path / "export"), device="cpu")
    with pytest.raises(ValueError, match="route"):
        model.encode(TEXTS, show_progress_bar=False)


def test_weights_for_other_vectors_are_refused(encoder):
    first = built("adapter", encoder)
    cfg = config("adapter", encoder)
    other = instantiate(cfg.model.network)(tokenizer=None, documents=vectors("b1"), seed=0)
    with pytest.raises(InputError, match="vectors of another encoder"):
        other.load_state_dict(first.state_dict())


def test_changed_weights_get_vectors_of_their_own(config_of, encoder):
    first, _ = prepared(config_of())
    weights = Path(encoder) / "model.safetensors"
    kept = weights.read_bytes()
    try:
        from safetensors.torch import load_file, save_file

        tensors = {name: 2 * value for name, value in load_file(weights).items()}
        save_file(tensors, weights, metadata={"format": "pt"})
        second, _ = prepared(config_of())
    finally:
        weights.write_bytes(kept)
    assert first.documents.source != second.documents.source
    assert not np.allclose(first.documents.vectors, second.documents.vectors)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "model.network.sides=both",
            r"model\.network\.sides=both: must be one of shared, separate",
        ),
        ("model.network.head=mlp", r"model\.network\.head=mlp: must be one of linear, two_layer"),
        ("model.network.width=0", r"model\.network\.width=0: must be 1 or more"),
    ],
)
def test_heads_that_do_not_exist_are_refused(override, message, encoder):
    with pytest.raises(InputError, match=message):
        built("adapter", encoder, override)


def test_a_run_is_written_from_outside_vectors(config_of, tmp_path):
    cfg = config_of("task=retrieve", f"model.vectors={tmp_path / 'v'}", "model.path=no-such-model")
    collection = open_collection(cfg)
    folder = tmp_path / "v"
    folder.mkdir()
    generator = np.random.default_rng(0)
    documents = generator.standard_normal((120, 8)).astype(np.float16)
    order = generator.permutation(120)
    np.save(folder / "documents.npy", documents[order])
    ids = [collection.documents.doc_id(row) for row in order]
    (folder / "documents.ids").write_text("\n".join(ids) + "\n")
    queries = {**collection.train.queries, **collection.validation.queries}
    queries |= collection.test.queries
    np.save(folder / "queries.npy", documents[: len(queries)])
    (folder / "queries.ids").write_text("\n".join(queries) + "\n")
    retrieve(cfg)
    lines = run_lines(Path(cfg.output_dir) / cfg.cell)
    best = dict(line.split()[::2][:2] for line in lines if " 1 " in line)
    assert best  # each query was given the vector of one document
    for query_id, doc_id in best.items():
        assert doc_id == collection.documents.doc_id(list(queries).index(query_id))
