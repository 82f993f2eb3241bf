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
    from sentence_transformers import (
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    student = model()
    return _steps(
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
        student,
        MultipleNegativesRankingLoss(student),
        dataset=Dataset.from_dict(texts),
        batch_size=batch_size,
        learning_rate=learning_rate,
    )


def cross_encoder(
    model: Callable[[], Any], texts: dict[str, list[str]], batch_size: int, learning_rate: float
) -> float:
    """Return CPU seconds per step of CrossEncoderTrainer (BinaryCrossEntropy).

    A step reads each query with its two documents.
    """
    from sentence_transformers.cross_encoder import (
        CrossEncoderTrainer,
        CrossEncoderTrainingArguments,
    )
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

    student = model()
    pairs = {
        "query": [query for query in texts["anchor"] for _ in range(2)],
        "document": [
            text for both in zip(texts["positive"], texts["negative"], strict=True) for text in both
        ],
        "label": [1.0, 0.0] * len(texts["anchor"]),
    }
    return _steps(
        CrossEncoderTrainer,
        CrossEncoderTrainingArguments,
        student,
        BinaryCrossEntropyLoss(student),
        dataset=Dataset.from_dict(pairs),
        batch_size=2 * batch_size,
        learning_rate=learning_rate,
    )


def _steps(trainer: Any, arguments: Any, student: Any, loss: Any, **data: Any) -> float:
    times = PeerStepTimes()
    with tempfile.TemporaryDirectory() as folder:
        trainer(
            model=student,
            args=arguments(
                output_dir=folder,
                per_device_train_batch_size=data["batch_size"],
                num_train_epochs=1,
                learning_rate=data["learning_rate"],
                batch_sampler=in_order,
                save_strategy="no",
                logging_strategy="no",
                report_to=[],
                disable_tqdm=True,
                use_cpu=True,
            ),
            train_dataset=data["dataset"],
            loss=loss,
            callbacks=[times],
        ).train()
    return per_step(times.ends)


def transformer(path: str, length: int) -> Callable[[], Any]:
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
            modules=[encoder, Pooling(encoder.get_embedding_dimension()), Normalize()], device="cpu"
        )

    return build
