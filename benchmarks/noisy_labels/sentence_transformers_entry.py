"""A worked entry to the benchmark of noisy labels: sentence-transformers' own trainer and search.

Usage: python -m benchmarks.noisy_labels.sentence_transformers_entry LABELS MODEL RUN [--loss
label_weakening] [--epochs 10] [--seed 1]

LABELS is the folder of a `task=noise` cell that has train.jsonl; MODEL any folder or name that
sentence-transformers loads; RUN the TREC run file to write, for report.py --runs. Documents and
queries come from ir_datasets. The epoch is chosen on training queries that LABELS leaves out.
"""

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ir_datasets
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers
from sentence_transformers.util import semantic_search

from losses import LabelWeakening
from losses.wrappers.robust_ranking_loss import Progress, RobustRankingLoss

DEPTH = 100
LOSSES = ("multiple_negatives_ranking", "label_weakening")


def documents(identifier: str) -> dict[str, str]:
    """Return the texts of a collection, each with its title in front."""
    docs = ir_datasets.load(identifier).docs_iter()
    return {doc.doc_id: f"{getattr(doc, 'title', '')} {doc.text}".strip() for doc in docs}


def queries(identifier: str) -> dict[str, str]:
    """Return the texts of a split's queries."""
    return {query.query_id: query.text for query in ir_datasets.load(identifier).queries_iter()}


def validation(dataset: str, labels: Path, corpus: dict[str, Any]) -> InformationRetrievalEvaluator:
    """Return what scores the training queries that the noisy labels leave out."""
    lines = (labels / "qrels/train.tsv").read_text(encoding="utf-8").splitlines()[1:]
    trained = {line.split("\t")[0] for line in lines}
    held_out: dict[str, Any] = {
        query_id: text
        for query_id, text in queries(f"{dataset}/train").items()
        if query_id not in trained
    }
    relevant: dict[str, set[str]] = {query_id: set() for query_id in held_out}
    for judgement in ir_datasets.load(f"{dataset}/train").qrels_iter():
        if judgement.query_id in held_out and judgement.relevance > 0:
            relevant[judgement.query_id].add(judgement.doc_id)
    return InformationRetrievalEvaluator(
        held_out, corpus, relevant, ndcg_at_k=[10], name="validation", write_csv=False
    )


def train(
    model: SentenceTransformer,
    labels: Path,
    evaluator: InformationRetrievalEvaluator,
    settings: argparse.Namespace,
) -> None:
    """Train the model in place and leave it with the weights of the best epoch."""
    robust = RobustRankingLoss(model, LabelWeakening())
    loss = robust if settings.loss == "label_weakening" else MultipleNegativesRankingLoss(model)
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            warmup_ratio=0.1,
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            seed=settings.seed,
            eval_strategy="epoch",
            save_strategy="epoch",
            save_total_limit=1,
            load_best_model_at_end=True,
            metric_for_best_model="eval_validation_cosine_ndcg@10",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_json(str(labels / "train.jsonl")),
            loss=loss,
            evaluator=evaluator,
            callbacks=[Progress(robust)],
        ).train()


def run_lines(
    model: SentenceTransformer, asked: dict[str, str], corpus: dict[str, str], tag: str
) -> Iterable[str]:
    """Yield the lines of a TREC run: the first documents for every query, by exact search."""
    vectors: Any = model.encode_query(list(asked.values()), convert_to_tensor=True)
    index: Any = model.encode_document(list(corpus.values()), convert_to_tensor=True)
    names = list(corpus)
    for query_id, found in zip(asked, semantic_search(vectors, index, top_k=DEPTH), strict=True):
        for rank, hit in enumerate(found, 1):
            document = names[int(hit["corpus_id"])]
            yield f"{query_id} Q0 {document} {rank} {hit['score']:.9g} {tag}\n"


def main() -> None:
    """Train on the noisy labels and write the run of the test queries."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("model")
    parser.add_argument("run", type=Path)
    parser.add_argument("--dataset", default="beir/scifact", help="id in ir_datasets")
    parser.add_argument("--loss", choices=LOSSES, default=LOSSES[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--seed", type=int, default=1)
    settings = parser.parse_args()
    model = SentenceTransformer(settings.model)
    corpus = documents(settings.dataset)
    evaluator = validation(settings.dataset, settings.labels, corpus)
    train(model, settings.labels, evaluator, settings)
    lines = run_lines(model, queries(f"{settings.dataset}/test"), corpus, settings.loss)
    settings.run.parent.mkdir(parents=True, exist_ok=True)
    settings.run.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
