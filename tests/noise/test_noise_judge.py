"""A cross-encoder as the judge of contamination."""

import shutil

import numpy as np
import pytest
import torch
from exported_models import exported
from noise_collections import make_collection, model
from safetensors.torch import load_file, save_file
from tiny_models import WORDS, save_tiny, save_tiny_classifier, tiny_tokenizer
from transformers import AutoModelForSequenceClassification

from errors import InputError
from noise import LatentSemantics
from noise.inspection.inspection import inspect
from noise.inspection.judge import CrossEncoderJudge

DOCUMENTS = {
    f"d{n:02}": " ".join(["word", *(WORDS[n * k % 20] for k in range(1, 2 + n % 7)), f"d{n}"])
    for n in range(40)
}
QUERIES = {f"q{n}": f"{WORDS[n]} {WORDS[n + 1]}" for n in range(8)}
TRAIN = {f"q{n}": {f"d{n:02}": 1, f"d{n + 8:02}": 1} for n in range(8)}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(tmp_path_factory.mktemp("collection"), DOCUMENTS, QUERIES, TRAIN)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return save_tiny_classifier(tmp_path_factory.mktemp("classifier"))


def plainly_scored(folder, queries, documents):
    """Pair by pair, as the model's authors would."""
    network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    pairs = zip(queries, documents, strict=True)
    encoded = [
        tiny_tokenizer()(*pair, return_tensors="pt", return_token_type_ids=True) for pair in pairs
    ]
    with torch.inference_mode():
        return [float(network(**pair).logits) for pair in encoded]


def test_pairs_get_the_logits_of_the_classifier(classifier, monkeypatch):
    monkeypatch.setattr("noise.inspection.judge.PAIRS_AT_ONCE", 5)
    queries, documents = [QUERIES[f"q{n % 8}"] for n in range(12)], list(DOCUMENTS.values())[:12]
    np.testing.assert_allclose(
        CrossEncoderJudge(classifier)(queries, documents),
        plainly_scored(classifier, queries, documents),
        atol=1e-4,
    )


def test_contamination_is_the_share_that_the_judge_prefers(classifier, collection):
    corruption = model("semantic", ratio=0.5).corrupt(collection)
    (estimate,) = inspect(
        collection, corruption, LatentSemantics(), scorer=CrossEncoderJudge(classifier)
    ).contamination
    rows = corruption.audit.rows
    queries = [QUERIES[row.query_id] for row in rows]
    inserted, removed = (
        [DOCUMENTS[getattr(row, side)] for row in rows] for side in ("inserted", "removed")
    )
    above = np.array(plainly_scored(classifier, queries, inserted)) > np.array(
        plainly_scored(classifier, queries, removed)
    )
    assert estimate.share == pytest.approx(above.mean())
    assert 0 < estimate.share < 1
    assert estimate.pairs == len(rows) == 8


def test_an_exported_cross_encoder_judges_with_its_own_lengths(tmp_path):
    folder = save_tiny(tmp_path / "tiny", positions=64)
    exported("cross_encoder", folder, tmp_path / "export", "model.network.pair_length=12")
    judge = CrossEncoderJudge(str(tmp_path / "export"))
    long = " ".join(WORDS[:20])
    assert judge(["a b"], [long]) == pytest.approx(judge(["a b"], [f"{long} a a a"]))
    assert judge(["a b"], ["c"]) != pytest.approx(judge(["a b"], ["d"]))


def test_what_is_no_cross_encoder_is_refused(classifier, tmp_path):
    encoder = save_tiny(tmp_path / "encoder", positions=64)
    exported("minilm", encoder, tmp_path / "dense")
    with pytest.raises(
        InputError, match=r"^task\.cross_encoder=.* holds a dense retriever, not a cross-encoder"
    ):
        CrossEncoderJudge(str(tmp_path / "dense"))
    with pytest.raises(
        InputError,
        match=r"^task\.cross_encoder=.* BertForSequenceClassification \(.*classifier.* "
        r"are not in its files",
    ):
        CrossEncoderJudge(encoder)
    with pytest.raises(InputError, match=r"^task\.cross_encoder=.*no tokenizer there"):
        CrossEncoderJudge(str(tmp_path / "missing"))
    truncated = shutil.copytree(classifier, tmp_path / "truncated") / "model.safetensors"
    truncated.write_bytes(truncated.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"^task\.cross_encoder=.*truncated"):
        CrossEncoderJudge(str(truncated.parent))
    three = shutil.copytree(classifier, tmp_path / "three") / "model.safetensors"
    weights = load_file(three)
    save_file(
        weights | {"classifier.weight": torch.zeros(3, 16), "classifier.bias": torch.zeros(3)},
        three,
        {"format": "pt"},
    )
    with pytest.raises(
        InputError, match=r"^task\.cross_encoder=.*three.*a classifier must have one class"
    ):
        CrossEncoderJudge(str(three.parent))
