"""What every noise model in conf/noise promises."""

import copy
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from noise_collections import MODELS, contents, make_collection, model, ratios, shuffled

from data import Cache, Split
from data.collections.standard_library import open_standard_library
from keyed_random import keyed_random
from noise.audit.apply_rows import canonical
from noise.audit.consistency import check_rows

SEEDS = settings(
    max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def made(folder, content):
    *labelled, test = content
    return make_collection(folder, *labelled, test=test)


def changed(audit):
    return [row for row in audit.rows if row.kind != "drop"]


def expected_count(name, clean, ratio, header):
    labels = [grade for judged in clean.values() for grade in judged.values()]
    n_positive = sum(grade >= 1 for grade in labels)
    if name == "flip":
        return sum(int(ratio * n + 0.5) for n in (n_positive, len(labels) - n_positive))
    return int(ratio * (header.units if name == "natural" else n_positive) + 0.5)


def assert_contract(name, collection):
    untouched = copy.deepcopy((collection.train, collection.validation, collection.test))
    small, large = (model(name, ratio=ratio).corrupt(collection) for ratio in ratios(name))
    nothing = model(name, ratio=0.0).corrupt(collection)
    clean = nothing.qrels
    assert not nothing.audit.rows
    assert (collection.train, collection.validation, collection.test) == untouched
    if name != "natural":  # its clean core is a part of the training judgements
        assert clean == canonical(collection.train.qrels)
    for ratio, corruption in zip(ratios(name), (small, large), strict=True):
        header = corruption.audit.header
        assert header.corrupted == sum(row.corrupts for row in corruption.audit.rows)
        assert header.corrupted == expected_count(name, clean, ratio, header)
        assert corruption.audit.undo(corruption.qrels) == clean
        assert list(corruption.audit.undo(corruption.qrels)) == list(clean)
        check_rows(Path("audit.tsv"), corruption.audit, collection, clean)
    assert set(changed(small.audit)) <= set(changed(large.audit))
    if name != "flip":  # two walks, one a class
        assert changed(small.audit) == changed(large.audit)[: len(changed(small.audit))]
    assert_honest(name, collection, large)


def assert_honest(name, collection, corruption):
    rows = [row for row in corruption.audit.rows if row.corrupts]
    pairs = [(row.query_id, row.removed or row.inserted) for row in rows]
    assert len(set(pairs)) == len(pairs)
    for row in rows:
        assert (row.removed, row.removed_from) != (row.inserted, row.inserted_to)
        if row.inserts_positive and name != "natural":
            assert row.inserted not in collection.known_positives(row.query_id)
    inserted = [(row.query_id, row.inserted) for row in rows if row.inserted]
    assert len(set(inserted)) == len(inserted)


@pytest.mark.parametrize("name", MODELS)
@SEEDS
@given(content=contents())
def test_every_model_keeps_the_contract(name, content):
    with tempfile.TemporaryDirectory() as folder:
        assert_contract(name, made(Path(folder), content))


@pytest.mark.parametrize("name", MODELS)
@settings(SEEDS, max_examples=2)
@given(content=contents())
def test_the_order_of_the_input_does_not_matter(name, content):
    with tempfile.TemporaryDirectory() as folder:
        collection = made(Path(folder) / "a", content)
        other = shuffled(
            collection,
            Path(folder) / "b",
            lambda key: int(keyed_random(5, sum(map(ord, key)), int(key[1:]))[0]),
        )
        ratio = ratios(name)[1]
        first, second = (model(name, ratio=ratio).corrupt(each) for each in (collection, other))
        assert first.audit.to_bytes() == second.audit.to_bytes()
        assert list(first.qrels.items()) == list(second.qrels.items())


@pytest.mark.parametrize("name", [name for name in MODELS if name != "none"])
@settings(SEEDS, max_examples=1)
@given(content=contents())
def test_another_seed_corrupts_other_judgements(name, content):
    with tempfile.TemporaryDirectory() as folder:
        collection = made(Path(folder), content)
        audits = [
            model(name, ratio=0.5, seed=seed).corrupt(collection).audit for seed in range(1, 4)
        ]
        assert len({audit.sha256 for audit in audits}) == len(audits)
        assert len({tuple(row[:6] for row in audit.rows) for audit in audits}) > 1


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """All documents and the first training queries, since time grows with the queries."""
    collection = open_standard_library(cache=Cache(tmp_path_factory.mktemp("embedded")))
    train = collection.train
    some = list(train.queries)[:1500]
    parts = (
        {query_id: part[query_id] for query_id in some} for part in (train.queries, train.qrels)
    )
    return replace(collection, train=Split(train.name, *parts))


@pytest.mark.parametrize(
    "name", sorted(set(MODELS) - {"flip", "natural"})
)  # it has neither judged negatives nor grades
def test_every_model_keeps_the_contract_on_the_embedded_collection(name, embedded):
    assert_contract(name, embedded)
