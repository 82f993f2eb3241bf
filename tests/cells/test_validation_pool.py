"""Epochs compared on a part of the collection: validation.pool."""

import json
from pathlib import Path

import numpy as np
import pytest
from cell_runs import composed, run_lines, settings_of
from small_collection import write_small_collection

from cells.inputs.tokenised import build_network, tokenise
from cells.inputs.training_inputs import open_collection
from cells.inputs.validation import check_validation
from cells.tasks.train import train
from cells.training.evaluator import Evaluator
from data import bm25_run
from errors import InputError
from evaluation.pool import choose_pool


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    base = tmp_path_factory.mktemp("pool")
    small = settings_of(write_small_collection(base / "tiny"), base)
    return (*small, "measures=[nDCG@10,R@20]", "evaluation.depth=20")


@pytest.fixture(scope="module")
def tokenised(settings):
    cfg = composed(*settings)
    return tokenise(cfg, open_collection(cfg))


def test_a_pool_holds_what_is_judged_then_the_first_stages_best_then_a_sample(tokenised):
    collection = tokenised.collection
    qrels = collection.validation.qrels
    judged = {collection.documents.row(doc_id) for each in qrels.values() for doc_id in each}
    pool = choose_pool(collection, qrels, 40)
    assert pool.facts() == {
        "documents": 40,
        "judged": len(judged),
        "first_stage": (40 - len(judged)) // 2,
        "sampled": 40 - len(judged) - (40 - len(judged)) // 2,
    }
    assert (np.diff(pool.rows) > 0).all()
    assert judged <= set(pool.rows.tolist())
    first_ranks = set(bm25_run(collection, collection.validation.queries, 1).rows[:, 0].tolist())
    assert first_ranks <= set(pool.rows.tolist())
    assert choose_pool(collection, qrels, 40).rows.tolist() == pool.rows.tolist()


@pytest.mark.parametrize("size", [None, 120, 10_000])
def test_a_pool_of_everything_is_the_collection(tokenised, size):
    assert choose_pool(tokenised.collection, tokenised.collection.validation.qrels, size) is None


def test_a_pool_smaller_than_the_judged_documents_is_refused(tokenised):
    collection = tokenised.collection
    with pytest.raises(
        InputError, match=r"validation\.pool=5: 10 documents are judged .* Raise it"
    ):
        choose_pool(collection, collection.validation.qrels, 5)


@pytest.mark.parametrize("size", [19, 0, -1])
def test_a_pool_shallower_than_the_runs_is_refused(settings, size):
    with pytest.raises(InputError, match=rf"validation\.pool={size}: .*evaluation\.depth=20"):
        check_validation(composed(*settings, f"validation.pool={size}"))


def test_the_pools_ranking_is_the_collections_without_the_other_documents(settings, tokenised):
    cfg = composed(*settings)
    collection = tokenised.collection
    network = build_network(cfg, tokenised)
    pool = choose_pool(collection, collection.validation.qrels, 40)
    everything = Evaluator(composed(*settings, "evaluation.depth=120"), tokenised)
    run = everything.retrieve(network, collection.validation)
    expected = [row[np.isin(row, pool.rows)][:20].tolist() for row in run.rows]
    evaluator = Evaluator(cfg, tokenised, pool=pool)
    queries = tokenised.split(collection.validation)
    found = evaluator._retrieve(network, queries, pool=pool).run
    assert found.rows.tolist() == expected
    assert evaluator.retrieve(network, collection.validation).rows.tolist() == (
        run.rows[:, :20].tolist()
    )


def test_what_reads_a_first_stage_only_has_no_pool(settings, tokenised):
    pool = choose_pool(tokenised.collection, tokenised.collection.validation.qrels, 40)
    cfg = composed(*settings)
    cfg.model.search = {
        "_target_": "evaluation.reranking.ReRanking",
        "first_stage": None,
        "candidates": 10,
    }
    with pytest.raises(InputError, match=r"validation\.pool=40: .*first stage's candidates"):
        Evaluator(cfg, tokenised, pool=pool)


def test_a_cell_says_on_what_its_epochs_were_compared_and_tests_on_everything(settings):
    cfg = composed(*settings, "validation.pool=40")
    train(cfg)
    cell = Path(cfg.output_dir, cfg.cell)
    scores = json.loads((cell / "scores.json").read_text())
    assert scores["data"]["validation_pool"]["documents"] == 40
    assert scores["data"]["documents"] == 120
    found = {line.split()[2] for line in run_lines(cell)}
    assert len(found) > 40
