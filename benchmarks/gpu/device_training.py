"""Training steps on a device: ours, sentence-transformers' and a plain loop's."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.gpu.device_clock import OurSteps, Span, TheirSteps, matrix_rate, peak_gib
from benchmarks.gpu.device_rows import Bench, DeviceRow
from benchmarks.training import peer_trainers
from benchmarks.training.workload import Workload
from cells.inputs.tokenised import build_network
from data import Tokens
from lightning_modules import TokenSettings
from lightning_modules.layers.ragged_tensor import padded

DENSE = "dense training"
PEER = "sentence-transformers"
WARM_UP = 3  # steps, in which kernels are chosen and memory is taken
Contenders = dict[str, Callable[[Span], None]]


def dense_uniform(bench: Bench) -> Iterator[DeviceRow]:
    """Train a dense retriever on texts of the most tokens."""
    yield from _dense(bench, bench.material.uniform, "uniform lengths", target=None)
    if bench.device == "cuda":  # last, for it may take longer than there is time
        yield from _compiled(bench)


def dense_skewed(bench: Bench) -> Iterator[DeviceRow]:
    """Train a dense retriever on texts of log-normal lengths."""
    yield from _dense(bench, bench.material.skewed, "skewed lengths", target=1.5)


def _dense(
    bench: Bench, collection: Path, lengths: str, *, target: float | None
) -> Iterator[DeviceRow]:
    scale, path, device = bench.scale, str(bench.material.model), bench.device
    keys = ["model=minilm", f"batch.size={scale.batch}"]
    work = work_on(bench, collection, *keys)
    build = peer_trainers.transformer(path, scale.document_length, device)

    def theirs(span: Span) -> None:
        peer_trainers.train_bi_encoder(
            build(), work.texts(), scale.batch, 2e-5, TheirSteps(span), **_theirs(work)
        )

    contenders: Contenders = {
        "ours": lambda span: work.train(OurSteps(span)),
        PEER: theirs,
        "a padded loop": lambda span: _padded_loop(work, path, span, device),
    }
    yield from _measured(bench, (DENSE, lengths), work, contenders, {PEER: target})


def _compiled(bench: Bench) -> Iterator[DeviceRow]:
    keys = ["model=minilm", f"batch.size={bench.scale.batch}", "trainer.compile=true"]
    work = work_on(bench, bench.material.uniform, *keys)
    contenders: Contenders = {"ours, compiled": lambda span: work.train(OurSteps(span))}
    yield from _measured(bench, (DENSE, "uniform lengths"), work, contenders, {})


def cross_encoder(bench: Bench) -> Iterator[DeviceRow]:
    """Train a cross-encoder on pairs of log-normal lengths."""
    scale, path, device = bench.scale, str(bench.material.model), bench.device
    length = scale.query_length + scale.document_length
    keys = ["model=cross_encoder", f"batch.size={scale.pairs_batch}"]
    work = work_on(bench, bench.material.skewed, *keys, f"model.network.pair_length={length}")

    def theirs(span: Span) -> None:
        from sentence_transformers import CrossEncoder

        student = CrossEncoder(path, num_labels=1, max_length=length, device=device)
        peer_trainers.train_cross_encoder(
            student, work.texts(), scale.pairs_batch, 2e-5, TheirSteps(span), **_theirs(work)
        )

    contenders: Contenders = {
        "ours": lambda span: work.train(OurSteps(span)),
        PEER: theirs,
    }
    yield from _measured(
        bench, ("cross-encoder training", "skewed lengths"), work, contenders, {PEER: 1.5}
    )


def late_interaction(bench: Bench) -> Iterator[DeviceRow]:
    """Train a late-interaction model on texts of log-normal lengths."""
    scale, material, device = bench
    keys = ["model=colbert", f"batch.size={scale.late_batch}", "model.network.projection=128"]
    work = work_on(bench, material.skewed, *keys)

    def theirs(span: Span) -> None:
        from sentence_transformers import MultiVectorEncoder

        export = material.model.with_name("late-interaction")
        if not export.exists():
            export.mkdir()
            network = build_network(work.cfg, work.inputs.tokenised)
            tokens = TokenSettings(**work.cfg.model.tokens)
            network.export(export, work.inputs.tokenised.tokenizer, tokens)
        student = MultiVectorEncoder(str(export), device=device)
        peer_trainers.train_multi_vector_encoder(
            student, work.texts(), scale.late_batch, 3e-5, TheirSteps(span), **_theirs(work)
        )

    contenders: Contenders = {
        "ours": lambda span: work.train(OurSteps(span)),
        PEER: theirs,
    }
    yield from _measured(
        bench, ("late-interaction training", "skewed lengths"), work, contenders, {PEER: 1.5}
    )


def work_on(bench: Bench, collection: Path, *keys: str) -> Workload:
    """Return a workload on a device, of a model and collection that were made up."""
    scale, material, device = bench
    return Workload.of(
        WARM_UP + scale.steps,
        *keys,
        f"model.path={material.model}",
        f"model.tokens.query_length={scale.query_length}",
        f"model.tokens.document_length={scale.document_length}",
        "dataset=folder",
        f"dataset.path={collection}",
        f"cache_dir={collection.with_name('cache')}",
        "loss=cross_entropy",
        "noise=none",
        "noise.ratio=0",
        "negatives.depth=0",
        f"trainer.accelerator={'gpu' if device == 'cuda' else 'cpu'}",
    )


def _theirs(work: Workload) -> dict[str, bool]:
    """Return the arguments of their trainer for our device and precision."""
    if work.cfg.trainer.accelerator == "cpu":
        return {"use_cpu": True}
    return {"bf16": work.cfg.trainer.precision == "bf16-mixed"}


def _measured(
    bench: Bench,
    what: tuple[str, str],
    work: Workload,
    contenders: Contenders,
    targets: Mapping[str, float | None],
) -> Iterator[DeviceRow]:
    """Yield a row of each contender.

    Args:
        bench: the bench.
        what: the part, and the lengths of its texts.
        work: gives the batches.
        contenders: name -> trains and tells the span of the steps.
        targets: name -> how many times as fast as it ours should be.
    """
    scale, _, device = bench
    precision = work.cfg.trainer.precision
    dtype = torch.bfloat16 if precision == "bf16-mixed" else torch.float32
    limit, flop = matrix_rate(device, dtype, scale.product), work.flop()
    setting = (
        f"{scale.layers} layers x {scale.width}, batch of {work.cfg.batch.size}, up to "
        f"{scale.query_length}/{scale.document_length} tokens, {what[1]}, {precision}"
    )
    for name, run in contenders.items():
        seconds, peak = peak_gib(partial(_seconds, run, bench), device)
        target, share = targets.get(name), flop / seconds / limit
        yield DeviceRow(what[0], setting, name, 1 / seconds, "steps/s", target, share, peak)


def _seconds(run: Callable[[Span], None], bench: Bench) -> float:
    """Return seconds a step, the median of several trainings."""
    spans = [
        Span(WARM_UP, WARM_UP + bench.scale.steps, bench.device) for _ in range(bench.scale.repeats)
    ]
    for span in spans:
        run(span)
    return median(span.per_step for span in spans)


def _padded_loop(work: Workload, path: str, span: Span, device: str) -> None:
    """Train as a short script would: queries and documents padded, one call each."""
    from transformers import AutoModel

    model = AutoModel.from_pretrained(path, add_pooling_layer=False).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, fused=True)
    is_half = work.cfg.trainer.precision == "bf16-mixed"
    for batch in work.batches():
        with torch.autocast(device, torch.bfloat16, enabled=is_half):
            queries, documents = (
                _encoded(model, tokens, device) for tokens in (batch.queries, batch.documents)
            )
        scores = (queries.float() @ documents.float().T / 0.05).masked_fill(
            ~batch.mask.to(device), -torch.inf
        )
        labels = batch.positive_columns[: len(scores)].to(device)
        functional.cross_entropy(scores, labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        span.step_ended()


# a Hugging Face model of any class
def _encoded(model: Any, tokens: Tokens, device: str) -> Tensor:
    rows = torch.arange(len(tokens.lengths))
    ids, mask = (each.to(device) for each in padded(tokens.ids, tokens.offsets, rows, 0))
    states = model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    weights = mask.unsqueeze(-1).float()
    return functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)
