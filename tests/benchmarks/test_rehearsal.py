"""The rehearsal at MS MARCO's size: its collection, its accounting and its page."""

import json
import sys
from dataclasses import asdict

import numpy as np
import pytest

from benchmarks.retrieval import adapter_memory, rehearsal_collection
from benchmarks.retrieval.made_up_passages import MS_MARCO, distinct_words
from benchmarks.retrieval.rehearsal import STORED, StageCost, attempt
from benchmarks.retrieval.rehearsal_collection import write_rehearsal_collection
from benchmarks.retrieval.rehearsal_page import LIMITS, PAGE, page
from data import Cache, open_folder


def test_the_page_is_that_of_the_stored_rows():
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert PAGE.read_text(encoding="utf-8") == page(stored)


def test_the_projection_of_each_stage_grows_as_the_stage_does():
    def cost(size, stage):
        seconds = 10 + 3600 * (size / MS_MARCO) ** (2 if stage == "noise" else 1)
        gigabytes = distinct_words(size) / 1e6 if stage == "tokens" else 1 + size / MS_MARCO
        return asdict(StageCost(size, stage, cpu=seconds, own=gigabytes))

    rows = [cost(size, stage) for size in (100_000, 1_000_000) for stage in LIMITS]
    projected = page({"rows": rows, "machine": {}}).split("## ")[1]
    for stage in LIMITS:
        assert f"| {stage} | 1.0 | 2.0 |" in projected


def test_its_collection_is_as_dense_as_ms_marco(tmp_path, monkeypatch):
    monkeypatch.setattr(rehearsal_collection, "VALIDATION_QUERIES", 20)
    write_rehearsal_collection(1000, tmp_path / "made-up")
    collection = open_folder(str(tmp_path / "made-up"), cache=Cache(tmp_path / "cache"))
    splits = (collection.train, collection.validation, collection.test)
    assert [len(split.queries) for split in splits] == [56, 20, 20]
    for split in splits:
        for query_id, judged in split.qrels.items():
            assert judged == {query_id.removeprefix("q"): 1}


def test_a_killed_stage_is_counted_and_a_failing_one_ends_the_rehearsal(tmp_path):
    cost = StageCost(1000, "ingest")
    attempt(cost, [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, 0.2)
    attempt(cost, [sys.executable, "-c", "list(range(3_000_000))"], tmp_path, None)
    assert cost.kills == 1
    assert cost.cpu > 0
    assert 0.05 < cost.own <= cost.resident < 1
    with pytest.raises(SystemExit, match="ingest failed with status 3"):
        attempt(cost, [sys.executable, "-c", "import sys; sys.exit(3)"], tmp_path, None)


def test_the_memory_of_an_adapter_is_measured_on_random_vectors(tmp_path, monkeypatch):
    monkeypatch.setattr(rehearsal_collection, "VALIDATION_QUERIES", 20)
    cost = adapter_memory.measured(1000, tmp_path, ["negatives.depth=0", "batch.size=32"])
    assert np.load(tmp_path / "vectors-1000" / "documents.npy", mmap_mode="r").shape == (1000, 64)
    assert 0.1 < cost.own <= cost.resident < 5
    assert cost.cpu > 0
