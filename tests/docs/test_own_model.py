"""The examples of docs/how-to/own-model.md: the file of an encoder, and an embedding service."""

import json

import numpy as np
import pytest
from cell_runs import composed, run_lines
from printed_examples import HOW_TO, blocks, performed
from small_collection import write_small_collection

from cells.tasks.train import train

PAGE = list(blocks(HOW_TO / "own-model.md"))


def embed(texts):
    """A service: letters counted, seen through a fixed random map."""
    counts = np.array([[text.count(letter) for letter in "abeiklmnorstu"] for text in texts])
    return (counts @ np.random.default_rng(0).normal(size=(13, 8))).astype(np.float32)


def texts_of(path):
    """The texts of a BEIR file by their ids."""
    records = map(json.loads, path.read_text().splitlines())
    return {record["_id"]: record["text"] for record in records}


def test_a_head_on_a_service_answers_as_the_cell_did(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store, use = (block.text for block in PAGE if block.language == "python")
    mine = write_small_collection(tmp_path / "mine")
    documents, queries = texts_of(mine / "corpus.jsonl"), texts_of(mine / "queries.jsonl")
    names = {
        "embed": embed,
        "document_ids": list(documents),
        "document_texts": list(documents.values()),
        "query_ids": list(queries),
        "query_texts": list(queries.values()),
    }
    performed(store, names, tmp_path)
    cfg = composed(
        *("model=adapter", "model.vectors=vectors", "dataset=folder", "dataset.path=mine"),
        *("trainer.max_epochs=2", "noise.encoder.dimensions=8", "optimizer.lr=1e-2"),
    )
    train(cfg)
    cell = tmp_path / "outputs" / cfg.cell
    tuned = {}
    for side in ("documents", "queries"):
        given = {"vectors": np.load(tmp_path / "vectors" / f"{side}.npy")}
        left = performed(use.replace("<cell>", str(cell)), given, tmp_path)
        assert np.abs(left["update"]).max() > 0
        tuned[side] = left["tuned"] / np.linalg.norm(left["tuned"], axis=1, keepdims=True)
    lines = (line.split() for line in run_lines(cell))
    first = {query_id: doc_id for query_id, _, doc_id, rank, *_ in lines if rank == "1"}
    assert len(first) == 24
    for query_id, doc_id in first.items():
        scores = tuned["documents"] @ tuned["queries"][names["query_ids"].index(query_id)]
        assert scores[names["document_ids"].index(doc_id)] == pytest.approx(scores.max(), abs=1e-5)


def test_the_file_of_an_encoder_is_a_choice(tmp_path):
    (block,) = (block for block in PAGE if block.language == "yaml")
    assert block.file == "conf/model/my_encoder.yaml"
    path = tmp_path / "conf" / "model" / "my_encoder.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(block.text)
    cfg = composed(
        f"hydra.searchpath=[{tmp_path / 'conf'}]", "model=my_encoder", "model.path=elsewhere"
    )
    assert (cfg.model.network.pooling, cfg.model.network.num_hidden_layers) == ("cls", 2)
    assert cfg.optimizer.lr == 5e-5
