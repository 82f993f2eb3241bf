"""The ceiling for ignoring noise: what semantic noise would corrupt is left out, and left alone."""

import pytest
from cell_runs import SMALL, composed
from noise_collections import make_collection, model
from small_collection import write_small_collection

from cells.inputs.training_inputs import load_inputs
from noise.audit.audit import Audit

DOCUMENTS = {f"d{n:02}": f"word{n % 7} word{n % 5} word{n % 3} d{n:02}" for n in range(40)}
QUERIES = {f"q{n}": f"word{n % 7} word{n % 3}" for n in range(8)}
TRAIN = {f"q{n}": {f"d{n:02}": 2, f"d{n + 8:02}": 1, f"d{n + 16:02}": 0} for n in range(8)}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(tmp_path_factory.mktemp("clean"), DOCUMENTS, QUERIES, TRAIN)


@pytest.mark.parametrize("seed", range(1, 4))
def test_what_is_left_out_is_what_semantic_noise_corrupts(collection, seed):
    swapped, left_out = (
        model(name, ratio=0.4, seed=seed).corrupt(collection)
        for name in ("semantic", "clean_pairs")
    )
    assert swapped.audit.header.skipped == 0
    assert [row[0:4:2] for row in left_out.audit.rows] == [row[0:4:2] for row in swapped.audit.rows]
    removed = {(row.query_id, row.removed) for row in swapped.audit.rows}
    kept = {
        (query_id, doc_id): grade
        for query_id, judged in TRAIN.items()
        for doc_id, grade in judged.items()
    }
    labels = {
        (query_id, doc_id): grade
        for query_id, judged in left_out.qrels.items()
        for doc_id, grade in judged.items()
    }
    assert labels == {pair: grade for pair, grade in kept.items() if pair not in removed}


def test_the_audit_knows_what_was_left_out_and_survives_the_file(collection, tmp_path):
    audit = model("clean_pairs", ratio=0.4).corrupt(collection).audit
    audit.write(tmp_path / "audit.tsv")
    read = Audit.read(tmp_path / "audit.tsv")
    assert read.spared == audit.spared
    assert (
        sum(map(len, read.spared.values()))
        == audit.header.corrupted
        == audit.header.false_negatives
        == 6
    )
    assert audit.header.false_positives == 0
    assert all(
        TRAIN[query_id][doc_id] == grade
        for query_id, judged in read.spared.items()
        for doc_id, grade in judged.items()
    )
    assert model("semantic", ratio=0.4).corrupt(collection).audit.spared == {}


def test_what_is_left_out_is_neither_an_example_nor_a_negative(tmp_path):
    folder = write_small_collection(tmp_path / "toy")
    small = [key for key in SMALL if not key.startswith(("noise.", "negatives."))]
    own = [
        "dataset=folder",
        f"dataset.path={folder}",
        "noise.ratio=0.4",
        f"cache_dir={tmp_path}",
        "negatives.depth=100",
    ]
    left_out, unjudged = (
        load_inputs(composed(*own, *small, *noise))
        for noise in (["noise=clean_pairs"], ["noise=false_negative", "noise.mode=unjudged"])
    )
    spared = left_out.corruption.audit.spared
    assert (
        len(left_out.examples)
        == len(unjudged.examples)
        == left_out.corruption.audit.header.units - sum(map(len, spared.values()))
    )
    assert not among_negatives(left_out, spared)
    # the first stage finds them: it is the omission that keeps them out
    assert among_negatives(unjudged, spared)
    assert not left_out.examples.corrupted.any()


def among_negatives(inputs, judged):
    """The pairs of `judged` that stand in the pools of negatives."""
    pools = inputs.examples.pools.documents
    rows = {query_id: row for row, query_id in enumerate(inputs.collection.train.queries)}
    documents = inputs.collection.documents
    of_query = {
        query_id: set(pools.values[pools.offsets[row] : pools.offsets[row + 1]].tolist())
        for query_id, row in rows.items()
    }
    return {
        (query_id, doc_id)
        for query_id, grades in judged.items()
        for doc_id in grades
        if documents.row(doc_id) in of_query[query_id]
    }
