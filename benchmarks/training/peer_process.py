"""Train sentence-transformers' static model once, as a JSON file says.

python -m benchmarks.training.peer_process FILE
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from transformers import AutoTokenizer


def main(task: Path) -> None:
    """Train for one epoch."""
    settings = json.loads(task.read_text(encoding="utf-8"))
    tokenizer: Any = AutoTokenizer.from_pretrained(settings["tokenizer"])
    tokenizer.backend_tokenizer.enable_truncation(settings["length"])
    embedding = StaticEmbedding(tokenizer, embedding_dim=settings["dimensions"])
    model = SentenceTransformer(modules=[embedding, Normalize()], device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=settings["batch_size"],
            learning_rate=settings["learning_rate"],
            num_train_epochs=1,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=True,
        )
        data = Dataset.from_dict(settings["texts"])
        SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=data,
            loss=MultipleNegativesRankingLoss(model),
        ).train()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
