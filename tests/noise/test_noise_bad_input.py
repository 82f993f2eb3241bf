"""What cannot be used is refused with the key, the value and what is allowed."""

import logging
from dataclasses import replace

import hydra.errors
import pytest
from noise_collections import MODELS, make_collection, model
from noise_labels import DOCUMENTS, TRAIN

from errors import InputError
from noise import (
    Flip,
    GaussianRates,
    GradeShift,
    InstanceDependent,
    LatentSemantics,
    Mixture,
    Natural,
    NoNoise,
    TransformerTextEncoder,
    UniformSubstitution,
)


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(
        tmp_path_factory.mktemp("bad"), DOCUMENTS, {f"q{n}": f"word{n}" for n in range(4)}, TRAIN
    )


def refused(name, *overrides, **keys):
    """The message of the InputError inside Hydra's exception when configuring a model fails."""
    with pytest.raises(hydra.errors.InstantiationException) as caught:
        model(name, *overrides, **keys)
    assert isinstance(caught.value.__cause__, InputError)
    return str(caught.value.__cause__)


@pytest.mark.parametrize("value", [1.5, 1.0, -0.1, ".nan", "abc", True, "'0.2'"])
@pytest.mark.parametrize("name", ["uniform", "natural", "none", "mixture"])
def test_ratio(name, value):
    message = refused(name, ratio=value)
    assert "noise.ratio=" in message
    assert "must be a number with 0 <= noise.ratio < 1" in message


@pytest.mark.parametrize("name", MODELS)
def test_seed(name):
    with pytest.raises(hydra.errors.InstantiationException, match=r"noise.seed"):
        model(name, seed=1.5)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("semantic", "mode", "swop"),
        ("semantic", "K", 0),
        ("semantic", "lam", 1.1),
        ("semantic", "T", 0),
        ("semantic", "T", ".inf"),
        ("semantic", "dup", 0),
        ("lexical", "K", 2.5),
        ("false_negative", "emptied", "lose"),
        ("grade", "distance", 0),
        ("grade", "negatives", "maybe"),
        ("natural", "min_grade", 0),
        ("natural", "clean_grade", 0),
    ],
)
def test_parameters(name, key, value):
    message = refused(name, **{key: value})
    assert f"noise.{key}=" in message
    assert "must be" in message


@pytest.mark.parametrize(
    ("matrix", "complaint"),
    [
        ([[0.5, 0.4], [0, 1]], r"row 0, \[0.5, 0.4\], sums to 0.9. Allowed: .* rows that sum to 1"),
        ([[1, 0], [1]], "row 1 has 1 entries"),
        ([[1.5, -0.5], [0, 1]], "noise.transition=1.5"),
        (0.5, "noise.transition=0.5 is not a matrix"),
        (["ab", "cd"], "is not a matrix"),
    ],
)
def test_transition(matrix, complaint):
    with pytest.raises(InputError, match=complaint):
        GradeShift(ratio=0.1, seed=1, transition=matrix)


def test_transition_of_too_few_levels(collection):
    with pytest.raises(InputError, match=r"has 2 levels, the training judgements have 3"):
        GradeShift(ratio=0.5, seed=1, transition=[[1, 0], [0, 1]]).corrupt(collection)


def test_flip_needs_judged_negatives(collection):
    with pytest.raises(InputError, match="noise=flip needs judged negatives"):
        Flip(ratio=0.5, seed=1).corrupt(collection)


def test_none_takes_no_ratio():
    with pytest.raises(InputError, match="noise=none, which corrupts nothing"):
        NoNoise(ratio=0.2)


def test_natural_needs_a_clean_core(collection, tmp_path):
    with pytest.raises(InputError, match=r"noise.clean_grade=3: no training judgement"):
        Natural(clean_grade=3).corrupt(collection)
    with pytest.raises(InputError, match=r"missing.qrel cannot be read"):
        Natural(qrels=str(tmp_path / "missing.qrel")).corrupt(collection)


def natural_of(collection, folder, content):
    (folder / "dirty.tsv").write_text("query-id\tcorpus-id\tscore\n" + content)
    return model("natural", ratio=None, qrels=folder / "dirty.tsv").corrupt(collection)


def test_labels_of_a_file_that_match_nothing_are_counted(collection, tmp_path, caplog):
    content = "q0\td0\t2\nQ1\td2\t1\nq2\td99\t1\nq3\td4\t1\n"
    with caplog.at_level(logging.WARNING):
        corruption = natural_of(collection, tmp_path, content)
    assert corruption.qrels == {"q0": {"d0": 2}, "q3": {"d4": 1}}
    assert corruption.audit.header.notes == {"ignored": 2}
    assert "left out 1 judgements name a query that is no training query: Q1 -> d2" in caplog.text
    assert "left out 1 judgements name a document that the collection does not have: q2 -> d99" in (
        caplog.text
    )
    assert "no label for 2 of 4 training queries (q1, q2)" in caplog.text


def test_a_file_of_labels_that_matches_nothing_is_refused(collection, tmp_path):
    with pytest.raises(InputError, match=r"(?s)judges no training query .* made:\n  1 .*Q0 -> d0"):
        natural_of(collection, tmp_path, "Q0\td0\t1\n")
    with pytest.raises(InputError, match="of made: it is empty"):
        natural_of(collection, tmp_path, "")


def test_a_pair_with_two_grades_is_refused_in_a_file_of_labels_too(collection, tmp_path):
    content = "q0\td0\t1\nq0\td0\t0\nq1\td2\t1\nq1\td2\t1\n"
    with pytest.raises(InputError, match=r"(?s)1 pairs are judged twice, .*: q0 -> d0\nKeep one"):
        natural_of(collection, tmp_path, content)


def test_binary_labels_in_a_file_are_dirty_and_those_of_the_collection_the_core(tmp_path):
    core = {"q0": {"d0": 1}, "q1": {"d1": 1}}
    binary = make_collection(tmp_path, DOCUMENTS, {"q0": "word0", "q1": "word1"}, core)
    corruption = natural_of(binary, tmp_path, "q0\td0\t1\nq0\td5\t1\nq1\td6\t1\n")
    assert corruption.qrels == {"q0": {"d0": 1, "d5": 1}, "q1": {"d6": 1}}
    assert corruption.audit.undo(corruption.qrels) == core


def test_pairs_that_a_smaller_training_set_leaves_out_stay_out(tmp_path, caplog):
    core = {"q0": {"d0": 1}, "q1": {"d1": 1}}
    whole = make_collection(tmp_path, DOCUMENTS, {"q0": "word0", "q1": "word1"}, core)
    smaller = replace(whole, spared={"q0": {"d4": 1}})
    corruption = natural_of(smaller, tmp_path, "q0\td0\t1\nq0\td4\t1\nq1\td1\t1\n")
    assert corruption.qrels == core
    assert "1 judgements are of pairs that dataset.train_pairs leaves out" in caplog.text


def test_models_inside_a_model_have_its_seed():
    uniform, target = UniformSubstitution(ratio=0.1, seed=2), "noise.target.seed=2"
    with pytest.raises(InputError, match=r"components\.uniform\.seed=2: must be noise\.seed=1"):
        Mixture(ratio=0.1, seed=1, components={"uniform": uniform}, weights={"uniform": 1.0})
    assert f"{target}: must be noise.seed=1" in refused("instance", **{"target.seed": 2})


def test_an_instance_target_treats_pairs():
    with pytest.raises(InputError, match=r"noise\.target does not treat single pairs"):
        InstanceDependent(ratio=0.1, seed=1, rate=GaussianRates(), target=Flip(ratio=0.1, seed=1))


def test_mixture_weights():
    uniform = UniformSubstitution(ratio=0.1, seed=1)
    with pytest.raises(InputError, match="must have exactly the keys"):
        Mixture(ratio=0.1, seed=1, components={"uniform": uniform}, weights={"other": 1.0})
    with pytest.raises(InputError, match="at least one weight must be above 0"):
        Mixture(ratio=0.1, seed=1, components={"uniform": uniform}, weights={"uniform": 0.0})
    with pytest.raises(InputError, match=r"noise.components.flip does not treat single pairs"):
        Mixture(
            ratio=0.1, seed=1, components={"flip": Flip(ratio=0.1, seed=1)}, weights={"flip": 1.0}
        )


def test_rates_and_encoders():
    with pytest.raises(InputError, match=r"noise.rate.spread=0"):
        GaussianRates(0)
    with pytest.raises(InputError, match=r"noise.encoder.dimensions"):
        LatentSemantics(dimensions=0)
    with pytest.raises(InputError, match=r"noise.encoder.pooling=max"):
        TransformerTextEncoder("anywhere", pooling="max")


def test_documents_without_words(tmp_path):
    collection = make_collection(
        tmp_path, {"d0": "!", "d1": "?", "d2": "."}, {"q0": "..."}, {"q0": {"d0": 1}}
    )
    with pytest.raises(InputError, match="contain no words"):
        model("semantic", ratio=0.9).corrupt(collection)
