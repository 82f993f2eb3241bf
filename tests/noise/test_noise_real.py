"""Noise on real collections."""

import pytest
from noise_collections import MODELS, model
from test_noise_contract import assert_contract

from data import Cache, open_folder

pytestmark = pytest.mark.collections


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("real"))


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"flip", "natural"}))
def test_scifact(name, real_collections, cache):
    assert_contract(
        name, open_folder(str(real_collections / "scifact"), cache=cache, on_problem="drop")
    )


def test_flips_of_argkp21(real_collections, cache):
    assert_contract(
        "flip", open_folder(str(real_collections / "argkp21"), cache=cache, on_problem="drop")
    )


def test_natural_noise_of_nfcorpus(real_collections, cache):
    collection = open_folder(str(real_collections / "nfcorpus"), cache=cache, on_problem="drop")
    graded = real_collections / "nfcorpus" / "graded" / "train.3-2-1.qrel.gz"
    corruption = model("natural", ratio=None, qrels=graded, min_grade=1, clean_grade=3).corrupt(
        collection
    )
    core = corruption.audit.undo(corruption.qrels)
    assert {grade for judged in core.values() for grade in judged.values()} == {3}
    weak = [grade for judged in corruption.qrels.values() for grade in judged.values() if grade < 3]
    assert len(weak) == corruption.audit.header.corrupted > 10 * sum(map(len, core.values()))
