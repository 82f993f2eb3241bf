"""Search by late interaction and cross-encoders, against naive scoring of every pair."""

import numpy as np
import pytest
import torch
from configured_models import config
from hydra.utils import instantiate
from small_collection import write_small_collection
from tiny_models import save_tiny

from cells.inputs.tokenised import build_network, tokenise
from cells.tasks.index import indexed
from data import Cache, open_folder
from errors import InputError
from evaluation import Run, dense_search, encode, write_trec
from evaluation.encode import encode_store
from evaluation.first_stage import reordered
from evaluation.search_method import evaluating


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    path = write_small_collection(tmp_path_factory.mktemp("collections") / "tiny")
    cache = Cache(tmp_path_factory.mktemp("cache"))
    return open_folder(
        path=str(path),
        relevance=1,
        validation_share=0.1,
        split_seed=0,
        on_problem="fail",
        cache=cache,
    )


@pytest.fixture(scope="module")
def answered(folder, collection):
    def search(model, *overrides, depth=20, split="test"):
        cfg = config(model, folder, *overrides)
        tokenised = tokenise(cfg, collection)
        network = build_network(cfg, tokenised)
        queries = tokenised.split(getattr(collection, split))
        found = instantiate(cfg.model.search).search(
            network, queries, tokenised.corpus, depth=depth, batch_tokens=64
        )
        return found, network, tokenised

    return search


def all_maxsim(network, tokenised):
    with torch.inference_mode():
        queries = network.encode_queries(
            tokenised.queries["test"].tokens(range(len(tokenised.queries["test"])))
        )
        documents = network.encode_documents(
            tokenised.documents.tokens(range(len(tokenised.documents)))
        )
        return network.similarities(queries, documents).numpy()


def test_late_interaction_searches_a_small_collection_whole(answered):
    found, network, tokenised = answered("colbert")
    expected = all_maxsim(network, tokenised)
    assert found.facts == {"search": "exact MaxSim, all documents"}
    np.testing.assert_allclose(found.run.scores, -np.sort(-expected, axis=1)[:, :20], rtol=1e-5)
    np.testing.assert_allclose(
        np.take_along_axis(expected, found.run.rows, 1), found.run.scores, rtol=1e-5
    )


def test_late_interaction_takes_candidates_of_a_large_collection(answered):
    found, network, tokenised = answered(
        "colbert", "model.search.exact_up_to=119", "model.candidates=10"
    )
    expected = all_maxsim(network, tokenised)
    assert found.facts == {
        "search": "MaxSim of candidates",
        "first_stage": "BM25",
        "candidates": 10,
    }
    listed = found.run.rows >= 0
    assert [set(row) for row in found.run.rows.tolist()] == [
        set(row) for row in found.first_stage.rows.tolist()
    ]
    np.testing.assert_allclose(
        np.take_along_axis(expected, found.run.rows, 1)[listed], found.run.scores[listed], rtol=1e-5
    )
    assert (np.diff(found.run.scores, axis=1)[listed[:, 1:]] <= 0).all()


def test_a_cross_encoder_orders_what_the_first_stage_found(answered):
    found, network, tokenised = answered("cross_encoder", "model.candidates=7")
    assert found.facts == {"search": "re-ranking", "first_stage": "BM25", "candidates": 7}
    place = 3
    rows = found.run.rows[place][found.run.rows[place] >= 0]
    assert set(rows) == set(found.first_stage.rows[place][found.first_stage.rows[place] >= 0])
    with torch.inference_mode():
        pairs = torch.stack(
            [torch.zeros(len(rows), dtype=torch.long), torch.arange(len(rows))], dim=1
        )
        query, documents = (
            tokenised.queries["test"].tokens([place]),
            tokenised.documents.tokens(rows),
        )
        expected = network.pair_scores(query, documents, pairs).numpy()
    np.testing.assert_allclose(found.run.scores[place][: len(rows)], expected, rtol=1e-4, atol=1e-5)


def test_a_run_file_is_a_first_stage_too(answered, collection, tmp_path):
    dense, _, _ = answered("static", depth=5)
    write_trec(dense.run, collection.documents.doc_id, tmp_path / "dense.trec", tag="dense")
    found, _, _ = answered(
        "cross_encoder", f"model.first_stage={tmp_path / 'dense.trec'}", "model.candidates=5"
    )
    assert found.facts["first_stage"] == str(tmp_path / "dense.trec")
    assert np.array_equal(np.sort(found.run.rows), np.sort(dense.run.rows))


def test_a_run_file_that_does_not_fit_is_refused(answered, collection, tmp_path):
    path = tmp_path / "run.trec"
    dense, _, _ = answered("static", depth=5)
    write_trec(dense.run, collection.documents.doc_id, path, tag="dense")
    with pytest.raises(InputError, match=r"model\.first_stage=.*lacks 10 of 10 queries"):
        answered(
            "cross_encoder", f"model.first_stage={path}", "model.candidates=5", split="validation"
        )
    with pytest.raises(InputError, match=r"model\.candidates=100: .*lists 5 documents"):
        answered("cross_encoder", f"model.first_stage={path}")
    for line, message in (
        ("q Q0 nowhere 1 1.0 x", "not in the collection"),
        (f"q Q0 {collection.documents.doc_id(0)} 1 nan x", "not a finite"),
    ):
        path.write_text(f"{line}\n")
        with pytest.raises(InputError, match=message):
            answered("cross_encoder", f"model.first_stage={path}")


def test_equal_scores_are_ordered_by_row_and_ends_stay_ends():
    run = Run(["q"], np.array([[7, 3, 5, -1]]), np.array([[3, 2, 1, -np.inf]], dtype=np.float32))
    again = reordered(run, np.array([[0, 0, 9, 99]], dtype=np.float32), 4)
    assert again.rows.tolist() == [[5, 3, 7, -1]]
    with pytest.raises(InputError, match="not finite"):
        reordered(run, np.array([[0, np.nan, 9, 0]], dtype=np.float32), 4)


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_as_it_was(training, answered):
    _, network, _ = answered("colbert")
    network.train(training)
    with evaluating(network):
        assert not network.training
        assert torch.is_inference_mode_enabled()
    assert network.training == training


@pytest.mark.parametrize("model", ["static", "minilm"])
def test_stored_vectors_answer_alike(model, answered, folder):
    found, network, tokenised = answered(model)
    cfg = config(model, folder)
    search = instantiate(cfg.model.search)
    stored = indexed(cfg, search, network, tokenised)
    again = stored.search(
        network,
        tokenised.split(tokenised.collection.test),
        tokenised.corpus,
        depth=20,
        batch_tokens=64,
    )
    assert np.array_equal(again.run.rows, found.run.rows)
    vectors = next((tokenised.collection.cache.root / "vectors").rglob("vectors.npy"))
    before = vectors.stat().st_mtime_ns
    indexed(cfg, search, network, tokenised)
    assert vectors.stat().st_mtime_ns == before


@pytest.mark.parametrize("model", ["static", "minilm"])
def test_an_index_in_parts_goes_on_where_it_stopped_and_answers_alike(
    model, answered, folder, monkeypatch
):
    found, network, tokenised = answered(model)
    for module in (encode, dense_search):
        # 120 documents: 50, 50 and 20
        monkeypatch.setattr(module, "WINDOW" if module is encode else "SHARD", 50)
    cfg = config(model, folder)
    search, cache = instantiate(cfg.model.search), tokenised.collection.cache
    whole = encode_store(tokenised.documents, Eval(network), batch_tokens=64)
    built, build = [], cache._build
    monkeypatch.setattr(
        cache,
        "_build",
        lambda target, key, work: (built.append(key["rows"]), build(target, key, work)),
    )
    indexed(cfg, search, network, tokenised, slice(1, None, 2))
    assert built == [[50, 100]]
    stored = indexed(cfg, search, network, tokenised)
    assert built == [[50, 100], [0, 50], [100, 120]]
    assert np.array_equal(np.concatenate(stored._index), whole)
    again = stored.search(
        network,
        tokenised.split(tokenised.collection.test),
        tokenised.corpus,
        depth=20,
        batch_tokens=64,
    )
    assert np.array_equal(again.run.rows, found.run.rows)


class Eval:
    """Documents to vectors, in evaluation mode."""

    def __init__(self, network):
        self.network = network

    def __call__(self, tokens):
        with evaluating(self.network):
            return self.network.encode_documents(tokens)


@pytest.mark.parametrize("model", ["colbert", "cross_encoder"])
def test_other_models_have_no_use_for_stored_vectors(model, answered, folder):
    _, network, tokenised = answered(model)
    cfg = config(model, folder)
    search = instantiate(cfg.model.search)
    assert indexed(cfg, search, network, tokenised) is search
