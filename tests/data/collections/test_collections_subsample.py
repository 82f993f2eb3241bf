"""Fewer training pairs of a collection."""

from cell_runs import SMALL, composed
from folders import QUERIES, TRAIN, write_folder
from hypothesis import given
from hypothesis import strategies as st
from small_collection import write_small_collection

from cells.inputs.training_inputs import load_inputs
from data.collections.folder import open_folder
from data.collections.records import Split
from data.ingest.subsample import subsampled
from data.storage.cache import Cache

JUDGED = st.dictionaries(
    st.sampled_from([f"q{number}" for number in range(8)]),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(-1, 3), min_size=1).filter(
        lambda judged: max(judged.values()) > 0
    ),
    min_size=1,
)


def split(qrels):
    return Split("train", {query_id: query_id.upper() for query_id in qrels}, qrels)


def positives(qrels):
    return {
        (query_id, doc_id)
        for query_id, judged in qrels.items()
        for doc_id, grade in judged.items()
        if grade > 0
    }


@given(JUDGED, st.integers(1, 12), st.integers(1, 12), st.integers())
def test_as_many_pairs_as_asked_nested_and_whatever_the_order(qrels, count, other, seed):
    less, more = (subsampled(split(qrels), number, seed) for number in sorted((count, other)))
    assert len(positives(less.train.qrels)) == min(count, other, len(positives(qrels)))
    assert positives(less.train.qrels) <= positives(more.train.qrels)
    turned = {
        query_id: dict(reversed(judged.items())) for query_id, judged in reversed(qrels.items())
    }
    assert subsampled(split(turned), min(count, other), seed) == less


@given(JUDGED, st.integers(1, 12))
def test_kept_queries_keep_what_was_judged_not_relevant_and_spare_the_rest(qrels, count):
    train, spared = subsampled(split(qrels), count, 0)
    assert list(train.queries) == [query_id for query_id in qrels if query_id in train.queries]
    for query_id in train.queries:
        assert train.qrels[query_id] | spared.get(query_id, {}) == qrels[query_id]
        assert any(grade > 0 for grade in train.qrels[query_id].values())
    assert all(grade > 0 for judged in spared.values() for grade in judged.values())
    assert spared.keys() <= train.queries.keys()


def test_all_pairs_are_the_whole_split():
    whole = split({"q1": {"a": 1, "b": 0}})
    assert subsampled(whole, None, 0).train is whole
    assert subsampled(whole, 1, 0).train is whole


def test_the_seed_chooses():
    whole = split({f"q{number}": {"a": 1} for number in range(50)})
    assert len({tuple(subsampled(whole, 5, seed).train.queries) for seed in range(10)}) == 10


def test_a_collection_keeps_its_other_splits_and_knows_what_it_left_out(tmp_path):
    folder = str(
        write_folder(
            tmp_path / "mine",
            train=[*TRAIN, ("q1", "banana", 1), ("q1", "carrot", 2)],
            dev=[("q4", "daikon", 1)],
        )
    )
    cache = Cache(tmp_path / "cache")
    whole = open_folder(folder, cache=cache)
    parts = [open_folder(folder, cache=cache, train_pairs=2, split_seed=seed) for seed in range(10)]
    assert {len(positives(part.train.qrels)) for part in parts} == {2}
    assert {part.fingerprint for part in parts}.isdisjoint({whole.fingerprint})
    for part in parts:
        assert (part.validation, part.test, part.documents_fingerprint) == (
            whole.validation,
            whole.test,
            whole.documents_fingerprint,
        )
        assert all(
            part.known_positives(query_id) == whole.known_positives(query_id)
            for query_id in part.train.queries
        )
    assert any("q1" in part.spared for part in parts)
    assert open_folder(folder, cache=cache, train_pairs=99).fingerprint == whole.fingerprint


def test_fewer_validation_queries_are_nested_and_leave_the_rest_alone(tmp_path):
    dev = [(f"v{number}", "daikon", 1) for number in range(30)]
    queries = QUERIES | {f"v{number}": f"white root {number}" for number in range(30)}
    folder = str(write_folder(tmp_path / "mine", queries=queries, dev=dev))
    cache = Cache(tmp_path / "cache")
    whole = open_folder(folder, cache=cache)
    less, more = (open_folder(folder, cache=cache, validation_queries=count) for count in (4, 9))
    assert len(less.validation.queries) == 4
    assert (
        less.validation.queries.items()
        < more.validation.queries.items()
        < whole.validation.queries.items()
    )
    assert less.validation.qrels.keys() == less.validation.queries.keys()
    assert (less.train, less.test) == (whole.train, whole.test)
    assert len({less.fingerprint, more.fingerprint, whole.fingerprint}) == 3
    assert open_folder(folder, cache=cache, validation_queries=30).fingerprint == whole.fingerprint
    assert (
        open_folder(folder, cache=cache, validation_queries=4, split_seed=1).validation
        != less.validation
    )


def test_fewer_test_queries_are_a_sample_and_still_stay_out_of_training(tmp_path):
    test = [(f"t{number}", "daikon", 1) for number in range(30)]
    asked = {f"t{number}": f"white root {number}" for number in range(30)}
    leak = {"q9": asked["t0"]}  # asks what the test asks
    train = [*TRAIN, ("q9", "daikon", 1)]
    folder = str(
        write_folder(tmp_path / "mine", queries=QUERIES | asked | leak, train=train, test=test)
    )
    cache = Cache(tmp_path / "cache")
    whole = open_folder(folder, cache=cache, on_problem="drop")
    less, more = (
        open_folder(folder, cache=cache, on_problem="drop", test_queries=count) for count in (4, 9)
    )
    assert len(less.test.queries) == 4
    assert less.test.queries.items() < more.test.queries.items() < whole.test.queries.items()
    assert less.test.qrels.keys() == less.test.queries.keys()
    assert (less.train, less.validation) == (whole.train, whole.validation)
    assert "q9" not in less.train.queries
    assert len({less.fingerprint, more.fingerprint, whole.fingerprint}) == 3


def test_a_cell_trains_on_the_pairs_kept(tmp_path):
    folder = write_small_collection(tmp_path / "toy")
    small = [key for key in SMALL if not key.startswith("noise.")]
    own = [
        f"dataset.path={folder}",
        "dataset.train_pairs=30",
        "noise.ratio=0.4",
        f"cache_dir={tmp_path}",
    ]
    inputs = load_inputs(composed("dataset=folder", "noise=uniform", *own, *small))
    assert len(inputs.examples) == inputs.corruption.audit.header.units == 30
    assert inputs.corruption.audit.header.corrupted == 12
