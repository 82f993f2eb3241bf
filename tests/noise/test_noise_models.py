"""What each noise model does that the others do not."""

import gzip
import logging
from collections import Counter

import pytest
from noise_collections import WORDS, make_collection, model

from errors import InputError

N = 80
DOCUMENTS = {
    f"d{n:02}": f"{WORDS[n % 14]} {WORDS[n * 5 % 13]} {WORDS[n * 3 % 11]} d{n:02}" for n in range(N)
}
QUERIES = {f"q{n:02}": f"{WORDS[n % 14]} {WORDS[(n + 1) % 14]}" for n in range(20)}
TRAIN = {
    f"q{n:02}": {f"d{n * 3 + k:02}": k + 1 for k in range(3)}
    | {f"d{(n * 3 + 20 + k) % N:02}": 0 for k in range(2)}
    for n in range(20)
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(tmp_path_factory.mktemp("models"), DOCUMENTS, QUERIES, TRAIN)


def corrupted(collection, name, *overrides, **keys):
    corruption = model(name, *overrides, **({"ratio": 0.4} | keys)).corrupt(collection)
    return corruption, [row for row in corruption.audit.rows if row.corrupts]


def test_all_models_choose_the_same_pairs(collection):
    chosen = [
        [(row.query_id, row.removed) for row in corrupted(collection, name)[1]]
        for name in ("semantic", "uniform", "false_negative")
    ]
    assert chosen[0] == chosen[1] == chosen[2]


def test_uniform_reaches_all_documents(collection):
    inserted = {
        row.inserted for seed in range(12) for row in corrupted(collection, "uniform", seed=seed)[1]
    }
    assert len(inserted) > 0.9 * N


def test_lexical_documents_share_a_word_with_the_query(collection):
    _, rows = corrupted(collection, "lexical", K=5)
    for row in rows:
        assert set(DOCUMENTS[row.inserted].split()) & set(QUERIES[row.query_id].split())
        assert 0 < row.similarity_query <= 1
        assert row.rank <= 5


def test_false_negatives_become_negatives_or_unjudged(collection):
    negative, rows = corrupted(collection, "false_negative")
    unjudged, _ = corrupted(collection, "false_negative", mode="unjudged")
    assert all(negative.qrels[row.query_id][row.removed] == 0 for row in rows)
    assert all(row.removed not in unjudged.qrels[row.query_id] for row in rows)


def test_emptied_queries_are_kept_dropped_or_protected(collection):
    kept, _ = corrupted(collection, "false_negative", ratio=0.8)
    emptied = kept.audit.header.queries_without_positive
    assert emptied > 0
    assert kept.qrels.keys() == TRAIN.keys()
    dropped, _ = corrupted(collection, "false_negative", ratio=0.8, emptied="drop")
    assert len(dropped.qrels) == len(TRAIN) - emptied
    assert dropped.audit.header.dropped == sum(row.kind == "drop" for row in dropped.audit.rows) > 0
    assert dropped.audit.undo(dropped.qrels) == TRAIN
    protected, _ = corrupted(collection, "false_negative", ratio=0.6, emptied="protect")
    assert protected.audit.header.queries_without_positive == 0
    assert protected.audit.header.skipped > 0


def test_flip_keeps_the_classes_apart(collection):
    corruption, rows = corrupted(collection, "flip")
    header = corruption.audit.header
    assert Counter(row.mode for row in rows) == {"positive": 24, "negative": 16}
    assert (header.eps_plus, header.eps_minus_judged) == (0.4, 0.4)


def test_grades_move_one_level_by_default(collection):
    _, rows = corrupted(collection, "grade")
    assert {abs(row.removed_from - row.removed_to) for row in rows} == {1}
    assert {row.removed_from for row in rows} == {1, 2, 3}


def test_a_transition_matrix_says_which_grades_move_and_where(collection):
    matrix = "[[1,0,0,0],[0,1,0,0],[0,.5,.5,0],[1,0,0,0]]"
    _, rows = corrupted(collection, "grade", ratio=0.5, transition=matrix)
    assert {(row.removed_from, row.removed_to) for row in rows} == {(2, 1), (3, 0)}
    _, few = corrupted(collection, "grade", ratio=0.1, transition=matrix)
    # leaves twice as readily
    assert Counter(row.removed_from for row in few)[3] > Counter(row.removed_from for row in few)[2]


def test_grades_of_judged_negatives_move_on_request(collection):
    corruption, rows = corrupted(collection, "grade", negatives=True)
    assert corruption.audit.header.units == 100
    assert {row.inserted_from for row in rows if row.inserted} == {0}


def test_instance_rates_follow_the_rate(collection):
    gaussian, rows = corrupted(collection, "instance", "noise/rate=gaussian")
    plain, others = corrupted(collection, "semantic")
    assert {(row.query_id, row.removed) for row in rows} != {
        (row.query_id, row.removed) for row in others
    }
    ambiguous, _ = corrupted(collection, "instance", "noise/rate=ambiguity")
    assert (
        gaussian.audit.header.corrupted
        == plain.audit.header.corrupted
        == ambiguous.audit.header.corrupted
        == 24
    )
    assert ambiguous.audit.header.encoder == "target: lsa-2; rate: lsa-2"


def test_a_mixture_uses_all_components_by_weight(collection):
    corruption, rows = corrupted(collection, "mixture", ratio=0.9)
    kinds = Counter(row.kind for row in rows)
    assert kinds.keys() == {"semantic", "uniform", "false_negative"}
    assert kinds["semantic"] > kinds["uniform"]
    _, alone = corrupted(
        collection, "mixture", "noise.weights={semantic:0,uniform:1,false_negative:0}"
    )
    assert {row.kind for row in alone} == {"uniform"}
    assert corruption.audit.header.encoder == "semantic: lsa-2"


def test_natural_noise_from_lower_grades(collection):
    corruption, rows = corrupted(collection, "natural", ratio=None, clean_grade=2)
    assert len(rows) == 20
    assert all((row.removed, row.inserted_from, row.inserted_to) == ("", None, 1) for row in rows)
    assert corruption.qrels == TRAIN
    core = model("natural", ratio=0.0, clean_grade=2).corrupt(collection).qrels
    assert {grade for judged in core.values() for grade in judged.values()} == {0, 2, 3}


def test_natural_noise_from_a_file(collection, tmp_path):
    path = tmp_path / "dirty.qrel.gz"
    lines = ["q00 0 d00 3", "q00 0 d50 2", "q01 0 d60 1", "q99 0 d00 1", "q00 0 d99 1"]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    against_own, rows = corrupted(
        collection, "natural", ratio=None, qrels=path, min_grade=2, clean_grade=None
    )
    assert against_own.qrels == {"q00": {"d00": 2, "d50": 1}}
    assert against_own.audit.header.notes == {"ignored": 2}
    assert against_own.audit.undo(against_own.qrels) == TRAIN
    assert ("d50", None, 1) in [(row.inserted, row.inserted_from, row.inserted_to) for row in rows]
    core, rows = corrupted(
        collection, "natural", ratio=None, qrels=path, min_grade=1, clean_grade=3
    )
    assert core.qrels == {"q00": {"d00": 3, "d50": 2}, "q01": {"d60": 1}}
    assert core.audit.undo(core.qrels) == {"q00": {"d00": 3}}


def test_a_ratio_that_rounds_to_nothing_says_so(collection, caplog):
    with caplog.at_level(logging.WARNING):
        corruption, rows = corrupted(collection, "uniform", ratio=0.001)
    assert not rows
    assert corruption.qrels == TRAIN
    assert "rounds to 0" in caplog.text


def test_more_substitutions_than_documents_are_refused(tmp_path):
    documents = {f"d{n}": f"{WORDS[n]} thing" for n in range(4)}
    train = {"q0": {"d0": 1, "d1": 1, "d2": 1}}
    collection = make_collection(tmp_path, documents, {"q0": "amber basil cedar dune"}, train)
    for name in ("uniform", "semantic", "lexical"):
        assert model(name, ratio=0.3).corrupt(collection).qrels["q0"]["d3"] == 1
        with pytest.raises(
            InputError,
            match=r"noise\.ratio=0\.7 asks for 2 corruptions, but .* can corrupt only 1 judgements",
        ):
            model(name, ratio=0.7).corrupt(collection)
