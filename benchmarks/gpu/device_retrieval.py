"""Encoding and search on a device, and the time of a whole cell."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.gpu.device_clock import matrix_rate, peak_gib, seconds_of
from benchmarks.gpu.device_rows import Bench, DeviceRow
from benchmarks.gpu.device_training import work_on
from benchmarks.training import peer_trainers
from benchmarks.training.flop import encoding_flop
from data import TokenStore
from data.storage.ragged import Ragged
from evaluation.encode import encode_store
from evaluation.exact_search import exact_top_k
from evaluation.search_method import to_device_of
from lightning_modules.layers.ragged_tensor import padded

ROOT = Path(__file__).parents[2]
TOGETHER = 256  # documents that the peer and the plain loop encode at once
DEPTH = 100
QUERY_BLOCK = 100  # queries whose scores the plain search holds at once


def encoding(bench: Bench) -> Iterator[DeviceRow]:
    """Encode documents of log-normal lengths, in float32."""
    scale, material, device = bench
    work = work_on(bench, material.skewed, "model=minilm")
    tokenised = work.inputs.tokenised
    rows = np.arange(scale.encoded)
    texts = list(tokenised.collection.documents.texts(rows.tolist()))
    assert isinstance(tokenised.documents, TokenStore)
    store = TokenStore(Ragged(*tokenised.documents.ragged.take(rows)))
    network: Any = work.network().eval().to(device)
    peer = peer_trainers.transformer(str(material.model), scale.document_length, device)()
    budget = work.cfg.evaluation.batch_tokens
    contenders: dict[str, Callable[[], object]] = {
        "ours": lambda: encode_store(
            store,
            lambda tokens: network.encode_documents(to_device_of(tokens, network)),
            batch_tokens=budget,
        ),
        "sentence-transformers": lambda: peer.encode(
            texts, batch_size=TOGETHER, show_progress_bar=False
        ),
        "a length-sorted loop": lambda: _sorted_loop(network.encoder.backbone, store, device),
    }
    limit = matrix_rate(device, torch.float32, scale.product)
    flop = encoding_flop(network, torch.from_numpy(store.lengths))
    setting = (
        f"{scale.layers} layers x {scale.width}, {scale.encoded} documents of up to "
        f"{scale.document_length} tokens, float32"
    )
    for name, run in contenders.items():
        seconds, peak = _repeated(run, bench)
        target = 1.15 if name == "sentence-transformers" else None
        share = flop / seconds / limit
        yield DeviceRow(
            "encoding", setting, name, scale.encoded / seconds, "documents/s", target, share, peak
        )


@torch.inference_mode()
# a Hugging Face model of any class
def _sorted_loop(backbone: Any, store: TokenStore, device: str) -> Tensor:
    tokens = store.tokens(np.arange(len(store)))
    parts = []
    for rows in torch.split(tokens.lengths.argsort(descending=True), TOGETHER):
        ids, mask = (each.to(device) for each in padded(tokens.ids, tokens.offsets, rows, 0))
        states = backbone(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        parts.append(functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1))
    return torch.cat(parts).cpu()


def searching(bench: Bench) -> Iterator[DeviceRow]:
    """Search vectors that are on the device for the best of each query."""
    scale, _, device = bench
    generator = torch.Generator().manual_seed(0)
    queries, documents = (
        functional.normalize(torch.randn(n, scale.width, generator=generator), dim=1).to(device)
        for n in (scale.asked, scale.searched)
    )
    depth = min(DEPTH, scale.searched)

    def plain() -> list[Tensor]:
        parts = torch.split(queries, QUERY_BLOCK)
        return [(part @ documents.T).topk(depth).indices.cpu() for part in parts]

    contenders: dict[str, Callable[[], object]] = {
        "ours": lambda: exact_top_k(queries, documents, depth, device=device),
        "matrix product and top-k": plain,
    }
    limit = matrix_rate(device, torch.float32, scale.product)
    flop = 2 * scale.asked * scale.searched * scale.width
    setting = (
        f"{scale.searched} documents x {scale.width}, {scale.asked} queries, the best {depth}, "
        "float32"
    )
    for name, run in contenders.items():
        seconds, peak = _repeated(run, bench)
        target = None if name == "ours" else 0.8
        share = flop / seconds / limit
        yield DeviceRow(
            "exact search", setting, name, scale.asked / seconds, "queries/s", target, share, peak
        )


def whole_cell(bench: Bench) -> Iterator[DeviceRow]:
    """Run a cell as a user does, in a process of its own: noise, training, retrieval, scores."""
    scale, material, device = bench
    output = material.skewed.with_name("outputs")
    keys = [
        "model=minilm",
        f"model.path={material.model}",
        "dataset=folder",
        f"dataset.path={material.skewed}",
        f"cache_dir={material.skewed.with_name('cell-cache')}",
        f"output_dir={output}",
        f"batch.size={scale.batch}",
        "trainer.max_epochs=1",
        f"trainer.accelerator={'gpu' if device == 'cuda' else 'cpu'}",
        "logger=none",
        "overwrite=true",
    ]
    started = time.perf_counter()
    subprocess.run([sys.executable, str(ROOT / "run.py"), *keys], check=True, cwd=ROOT)
    minutes = (time.perf_counter() - started) / 60
    (scores,) = output.rglob("scores.json")
    spent = json.loads(scores.read_text(encoding="utf-8"))["wall_seconds"]
    parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spent.items())
    yield DeviceRow("a whole cell", f"one epoch; {parts}", "ours", 1 / minutes, "cells/min")


def _repeated(run: Callable[[], object], bench: Bench) -> tuple[float, float | None]:
    """Return the median seconds after a warm-up, and the peak memory."""

    def measured() -> float:
        run()
        return median(seconds_of(run, bench.device) for _ in range(bench.scale.repeats))

    return peak_gib(measured, bench.device)
