"""What every model of conf/model/*.yaml promises, on tiny random weights."""

import json
from pathlib import Path

import pytest
import torch
from cell_runs import ROOT
from configured_models import batch_of, built, config, documents
from hydra.utils import instantiate
from tiny_models import WORDS, save_tiny, tiny_tokenizer

from data import Batch, Tokens
from errors import InputError
from evaluation.search_method import Search
from lightning_modules.layers.chunks import Chunks
from lightning_modules.layers.ragged_tensor import take
from lightning_modules.layers.word_vectors import WordVectors

MODELS = sorted(path.stem for path in (ROOT / "conf" / "model").glob("*.yaml"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"))


def test_every_model_file_is_covered():
    assert MODELS == [
        "adapter",
        "colbert",
        "cross_encoder",
        "minilm",
        "minilm_2layers",
        "static",
        "static_wide",
    ]


@pytest.mark.parametrize("model", MODELS)
def test_scores_are_finite_and_of_the_batchs_shape(model, folder):
    batch = batch_of(model)
    scores = built(model, folder).scores(batch)
    assert scores.shape == batch.mask.shape
    assert scores.isfinite().all()
    assert scores.requires_grad


@pytest.mark.parametrize("model", MODELS)
def test_scores_do_not_depend_on_what_else_is_in_the_batch(model, folder):
    network, batch = built(model, folder), batch_of(model)
    whole = network.scores(batch)
    for row, column in batch.mask.nonzero()[::7].tolist():
        alone = Batch(*batch)._replace(
            queries=_text(batch.queries, row),
            documents=_text(batch.documents, column),
            mask=torch.ones(1, 1, dtype=torch.bool),
        )
        torch.testing.assert_close(
            network.scores(alone)[0, 0], whole[row, column], atol=1e-4, rtol=1e-4
        )


@pytest.mark.parametrize("recompute", ["null", "chunks"])
@pytest.mark.parametrize("model", ["colbert", "cross_encoder", "minilm"])
def test_word_vectors_looked_up_once_leave_scores_and_gradients(
    model, recompute, folder, monkeypatch
):
    found = {}
    for way in ("once", "each chunk"):
        network = built(model, folder, f"model.network.adaptation.recompute={recompute}").eval()
        next(
            module for module in network.modules() if isinstance(module, Chunks)
        ).tokens = 24  # several chunks
        if way == "each chunk":
            monkeypatch.setattr(WordVectors, "of", lambda _self, ids: {"input_ids": ids})
        scores = network.scores(batch_of(model))
        scores.square().sum().backward()
        found[way] = (
            scores.detach(),
            {name: weight.grad for name, weight in network.named_parameters()},
        )
    assert torch.equal(found["once"][0], found["each chunk"][0])
    for name, gradient in found["each chunk"][1].items():
        torch.testing.assert_close(found["once"][1][name], gradient, atol=1e-5, rtol=1e-4, msg=name)


def _text(tokens, row):
    return Tokens(*take(tokens.ids, tokens.offsets, torch.tensor([row])))


@pytest.mark.parametrize("model", MODELS)
def test_training_and_evaluation_agree_without_dropout(model, folder):
    network, batch = built(model, folder), batch_of(model)
    torch.testing.assert_close(
        network.train().scores(batch), network.eval().scores(batch), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("model", MODELS)
def test_saved_weights_give_equal_scores(model, folder):
    first, second, batch = built(model, folder), built(model, folder, seed=5), batch_of(model)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.scores(batch), second.scores(batch))


@pytest.mark.parametrize("model", MODELS)
def test_the_temperature_divides(model, folder):
    batch = batch_of(model)
    one, two = (
        built(model, folder, f"model.network.temperature={t}").scores(batch) for t in (1, 2)
    )
    torch.testing.assert_close(one, 2 * two)


@pytest.mark.parametrize("model", MODELS)
def test_every_weight_gets_a_gradient(model, folder):
    network = built(model, folder)
    network.scores(batch_of(model)).square().sum().backward()
    without = [
        name
        for name, weight in network.named_parameters()
        if weight.requires_grad and weight.grad is None
    ]
    assert not without  # a distributed run would wait for them for ever


@pytest.mark.parametrize("model", MODELS)
def test_every_model_says_how_it_answers(model, folder):
    assert isinstance(instantiate(config(model, folder).model.search), Search)


@pytest.mark.parametrize("model", MODELS)
def test_a_temperature_of_zero_is_refused(model, folder):
    with pytest.raises(Exception, match=r"model\.network\.temperature=0"):
        built(model, folder, "model.network.temperature=0")


@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
def test_lengths_beyond_the_positions_are_refused(model, folder):
    key = (
        "model.network.pair_length" if model == "cross_encoder" else "model.tokens.document_length"
    )
    with pytest.raises(InputError, match=f"{key}=33: .* has 32 positions"):
        built(model, folder, f"{key}=33")


@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
def test_missing_and_truncated_weights_are_refused(model, tmp_path):
    from safetensors.torch import load_file, save_file

    weights = Path(save_tiny(tmp_path / "tiny")) / "model.safetensors"
    tensors = load_file(weights)
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, weights, metadata={"format": "pt"})
    with pytest.raises(
        InputError,
        match=r"1 weights of .*layer\.1\.output\.dense\.weight\) are not in its files: "
        r"they are truncated",
    ):
        built(model, tmp_path / "tiny")
    weights.write_bytes(weights.read_bytes()[:-500])
    with pytest.raises(InputError, match=r"model\.path=.*cannot be loaded"):
        built(model, tmp_path / "tiny")


@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"hidden_size": 32},
            r"weights have another size .*\[32, 16\] in its files, \[32, 32\] by its config\.json",
        ),
        ({"vocab_size": 50}, r"1 weights have another size .*\[28, 16\] in its files, \[50, 16\]"),
        (
            {"model_type": "distilbert", "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
            r"DistilBert\w+ \(.*k_lin.*\) are not in its files, which hold others "
            r"instead \(.*token_type",
        ),
        ({"model_type": "nonsense"}, "cannot be loaded .*nonsense"),
    ],
)
def test_weights_of_another_size_or_architecture_are_refused_with_both(
    model, changes, message, tmp_path
):
    config = Path(save_tiny(tmp_path / "tiny")) / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | changes))
    with pytest.raises(InputError, match=message):
        built(model, tmp_path / "tiny")


@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
def test_a_tokenizer_of_another_vocabulary_is_refused(model, folder):
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens([f"{word}{word}" for word in WORDS])
    cfg = config(model, folder)
    with pytest.raises(
        InputError, match=r"51 ids and its encoder 28 embeddings|do not belong together"
    ):
        instantiate(cfg.model.network)(tokenizer=tokenizer, documents=documents(), seed=0)
