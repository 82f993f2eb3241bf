"""What a step needs of a GPU's memory, said before the first one. No GPU is needed."""

import logging

import pytest
import torch
from cell_runs import SMALL, composed
from configured_models import SMALL as SMALL_MODELS
from small_collection import write_small_collection
from tiny_models import save_encoder_of

from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import load_inputs
from cells.training import memory_report
from cells.training.loading import training_loader
from cells.training.memory_report import (
    RecomputedChunks,
    report_memory,
    step_bytes,
    token_bytes,
)
from lightning_modules.training import step_memory
from lightning_modules.training.seeding import random_states
from lightning_modules.training.step_memory import (
    CHUNK_SHARE,
    chunk_tokens,
    free_chunks,
    kept_bytes,
    weight_bytes,
)


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    base = tmp_path_factory.mktemp("memory")
    folder = write_small_collection(base / "tiny")
    encoder = save_encoder_of(folder, base / "cache", base / "encoder", dropout=0.1)

    def of(model, *overrides):
        path = [] if model == "static" else [f"model.path={encoder}"]
        lengths = ["model.tokens.query_length=16", "model.tokens.document_length=32"]
        common = [key for key in SMALL if not key.startswith(("model.", "noise."))]
        where = [f"dataset.path={folder}", f"cache_dir={base / 'cache'}", "dataset=folder"]
        keys = [*where, *common, *path, *lengths, *SMALL_MODELS.get(model, [])]
        settled = ["trainer.precision=32-true", "noise=none", "noise.ratio=0"]
        cfg = composed(f"model={model}", *keys, *settled, *overrides)
        inputs = load_inputs(cfg)
        return cfg, inputs, build_network(cfg, inputs.tokenised).train()

    return of


@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
def test_the_estimate_is_near_what_the_first_batch_keeps(model, cell):
    cfg, inputs, network = cell(model)
    kept = kept_bytes(network, next(iter(training_loader(cfg, inputs))))
    before = random_states()["torch"]
    assert step_bytes(cfg, inputs, network) == pytest.approx(kept, rel=0.25)
    assert torch.equal(random_states()["torch"], before)
    assert all(weight.grad is None for weight in network.parameters())


def test_recomputed_activations_are_not_kept(cell):
    cfg, inputs, network = cell("minilm")
    again = cell("minilm", "model.network.adaptation.recompute=chunks")
    assert step_bytes(*again) < 0.2 * step_bytes(cfg, inputs, network)


@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
def test_a_chunk_has_as_many_tokens_as_the_free_memory_allows(model, cell, monkeypatch, caplog):
    cfg, inputs, network = cell(model, "model.network.adaptation.recompute=chunks")
    monkeypatch.setattr(step_memory, "CPU_TOKENS", 1)
    per_token = token_bytes(cfg, inputs, network)
    (chunks,) = free_chunks(network)
    needed = step_bytes(cfg, inputs, network) + weight_bytes(network)
    gpu_with(monkeypatch, needed + 2 * 100 * per_token)  # half of which is left to the gradients
    with caplog.at_level(logging.INFO):
        report_memory(cfg, inputs, network)
    assert (chunks.recomputed_tokens, chunks.tokens) == (64, None)
    assert "chunks of up to 64 tokens" in caplog.text
    assert chunks.recompute
    kept = RecomputedChunks(network).state_dict()
    chunks.recomputed_tokens = 128  # as much is free when the cell is continued
    RecomputedChunks(network).load_state_dict(kept)
    assert chunks.recomputed_tokens == 64
    # what one such chunk keeps while it is computed again
    batch = next(iter(training_loader(cfg, inputs)))
    tokens = int(network.encoded_lengths(batch).sum())
    chunks.recompute = False
    assert kept_bytes(network, batch) * 100 / tokens == pytest.approx(100 * per_token, rel=0.3)


def test_chunks_are_neither_tiny_nor_larger_than_a_gpu_needs():
    assert chunk_tokens(-(2**30), 1000.0) == 384
    assert chunk_tokens(2**40, 1000.0) == 16384
    assert CHUNK_SHARE * 2**24 / 1000 > 8192
    assert chunk_tokens(2**24, 1000.0) == 8192


def test_a_batch_as_small_as_the_measured_ones_is_still_measured(cell):
    recompute = "model.network.adaptation.recompute=chunks"
    cfg, inputs, network = cell("minilm", recompute, "batch.size=2")
    usual = token_bytes(*cell("minilm", recompute))
    assert token_bytes(cfg, inputs, network) == pytest.approx(usual, rel=0.5)


def test_a_size_that_was_set_and_chunks_that_are_kept_stay(cell):
    assert not free_chunks(cell("minilm")[2])
    network = cell("minilm", "model.network.adaptation.recompute=chunks")[2]
    free_chunks(network)[0].tokens = 24
    assert not free_chunks(network)


def gpu_with(monkeypatch, free):
    monkeypatch.setattr(memory_report, "device_of", lambda _: "cuda")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (free, 2**40))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 0)


def test_weights_that_are_not_trained_have_no_gradient_and_no_averages(cell):
    network = cell("minilm")[2]
    bytes_of_weights = sum(weight.nbytes for weight in network.parameters())
    assert weight_bytes(network) == 4 * bytes_of_weights
    assert weight_bytes(network.requires_grad_(requires_grad=False)) == bytes_of_weights


@pytest.mark.parametrize(("free", "level"), [(2**40, logging.INFO), (2**20, logging.WARNING)])
def test_the_line_names_what_to_change_where_the_gpu_has_too_little(
    free, level, cell, monkeypatch, caplog
):
    cfg, inputs, network = cell("minilm")
    gpu_with(monkeypatch, free)
    with caplog.at_level(logging.INFO):
        report_memory(cfg, inputs, network)
    (record,) = [r for r in caplog.records if "a step keeps about" in r.message]
    assert record.levelno == level
    advice = "Set model.network.adaptation.recompute=chunks, which takes time instead. Make one of"
    assert (advice in record.message) == (level == logging.WARNING)
    assert "batch.size=16" in record.message or level == logging.INFO


def test_on_a_cpu_nothing_is_measured(cell, monkeypatch, caplog):
    cfg, inputs, network = cell("static", "trainer.accelerator=cpu")
    monkeypatch.setattr(memory_report, "step_bytes", pytest.fail)
    report_memory(cfg, inputs, network)
    assert not caplog.records
