"""Training steps of sentence-transformers, on the texts of a workload and in their order."""

import tempfile
from collections.abc import Callable
from typing import Any

from datasets import Dataset
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.utils.data import SequentialSampler
from transformers import TrainerCallback
from transformers.utils import logging

from benchmarks.measuring import clock
from benchmarks.training.workload import per_step

logging.set_verbosity_error()


class PeerStepTimes(TrainerCallback):
    """When each step ended, in CPU seconds."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: object, **__: object) -> None:
        """Note it."""
        self.ends.append(clock())


# the trainer's own arguments
def in_order(dataset: Dataset, **settings: Any) -> DefaultBatchSampler:
    """Yield batches of neighbouring examples, in the order of the data set."""
    return DefaultBatchSampler(SequentialSampler(dataset), **settings)


def bi_encoder(
    model: Callable[[], Any], texts: dict[str, list[str]], batch_size: int, learning_rate: float
) -> float:
    """Return CPU seconds per step of SentenceTransformerTrainer (MultipleNegativesRanking)."""
    times = PeerStepTimes()
    train_bi_encoder(model(), texts, batch_size, learning_rate, times, use_cpu=True)
    return per_step(times.ends)


def cross_encoder(
    model: Callable[[], Any], texts: dict[str, list[str]], batch_size: int, learning_rate: float
) -> float:
    """Return CPU seconds per step of CrossEncoderTrainer (BinaryCrossEntropy)."""
    times = PeerStepTimes()
    train_cross_encoder(model(), texts, batch_size, learning_rate, times, use_cpu=True)
    return per_step(times.ends)


def train_bi_encoder(
    student: Any,
    texts: dict[str, list[str]],
    batch_size: int,
    learning_rate: float,
    times: TrainerCallback,
    **arguments: Any,
) -> None:
    """Train on triples by SentenceTransformerTrainer; the callback learns when steps end."""
    from sentence_transformers import (
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    settings = _settings(batch_size, learning_rate, arguments)
    _train(
        SentenceTransformerTrainer,
        lambda folder: SentenceTransformerTrainingArguments(output_dir=folder, **settings),
        model=student,
        train_dataset=Dataset.from_dict(texts),
        loss=MultipleNegativesRankingLoss(student),
        callbacks=[times],
    )


def train_cross_encoder(
    student: Any,
    texts: dict[str, list[str]],
    batch_size: int,
    learning_rate: float,
    times: TrainerCallback,
    **arguments: Any,
) -> None:
    """Train by CrossEncoderTrainer; a step reads each query with its two documents."""
    from sentence_transformers.cross_encoder import (
        CrossEncoderTrainer,
        CrossEncoderTrainingArguments,
    )
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

    pairs = {
        "query": [query for query in texts["anchor"] for _ in range(2)],
        "document": [
            text for both in zip(texts["positive"], texts["negative"], strict=True) for text in both
        ],
        "label": [1.0, 0.0] * len(texts["anchor"]),
    }
    settings = _settings(2 * batch_size, learning_rate, arguments)
    _train(
        CrossEncoderTrainer,
        lambda folder: CrossEncoderTrainingArguments(output_dir=folder, **settings),
        model=student,
        train_dataset=Dataset.from_dict(pairs),
        loss=BinaryCrossEntropyLoss(student),
        callbacks=[times],
    )


def train_multi_vector_encoder(
    student: Any,
    texts: dict[str, list[str]],
    batch_size: int,
    learning_rate: float,
    times: TrainerCallback,
    **arguments: Any,
) -> None:
    """Train on triples by MultiVectorEncoderTrainer, with the scores of MaxSim."""
    from sentence_transformers.multi_vector_encoder import (
        MultiVectorEncoderTrainer,
        MultiVectorEncoderTrainingArguments,
    )
    from sentence_transformers.multi_vector_encoder.losses import (
        MultiVectorMultipleNegativesRankingLoss,
    )

    settings = _settings(batch_size, learning_rate, arguments)
    _train(
        MultiVectorEncoderTrainer,
        lambda folder: MultiVectorEncoderTrainingArguments(output_dir=folder, **settings),
        model=student,
        train_dataset=Dataset.from_dict(texts),
        loss=MultiVectorMultipleNegativesRankingLoss(student),
        callbacks=[times],
    )


def _settings(batch_size: int, learning_rate: float, others: dict[str, Any]) -> dict[str, Any]:
    return {
        "per_device_train_batch_size": batch_size,
        "num_train_epochs": 1,
        "learning_rate": learning_rate,
        "batch_sampler": in_order,
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
    } | others


def _train(trainer: Any, arguments: Callable[[str], Any], **made: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trainer(args=arguments(folder), **made).train()


def transformer(path: str, length: int, device: str = "cpu") -> Callable[[], Any]:
    """Build a mean-pooled, normalised SentenceTransformer from a folder, as often as asked."""

    def build() -> Any:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import (
            Normalize,
            Pooling,
            Transformer,
        )

        encoder = Transformer(path, max_seq_length=length)
        return SentenceTransformer(
            modules=[encoder, Pooling(encoder.get_embedding_dimension()), Normalize()],
            device=device,
        )

    return build
