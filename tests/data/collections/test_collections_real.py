"""Real collections: published counts, and BM25 in the region of published values."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import ir_measures
import pytest
from ir_measures import nDCG

from data.collections.folder import open_folder
from data.runs.bm25 import bm25_run
from data.storage.cache import Cache

pytestmark = pytest.mark.collections

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def open_real(real_collections, tmp_path_factory):
    cache = Cache(tmp_path_factory.mktemp("cache"))
    return lambda name: open_folder(str(real_collections / name), cache=cache, on_problem="drop")


@pytest.mark.parametrize(
    ("name", "documents", "queries", "judgements"),
    [
        ("scifact", 5_183, (807, 300), 339),  # 2 of the 809 training claims are test claims too
        (
            "nfcorpus",
            3_633,
            (2_582, 323, 323),
            12_334,
        ),  # 8 training and 1 validation topic are asked again later
        ("medquad-liveqa", 17_328, (13_003, 1_342, 103), 2_299),
        ("argkp21", 7_238, (207, 36, 33), 3_426),
    ],
)
def test_counts_are_the_published_ones(open_real, name, documents, queries, judgements):
    collection = open_real(name)
    train, validation, test = (
        len(split.queries) for split in (collection.train, collection.validation, collection.test)
    )
    assert len(collection.documents) == documents
    assert (
        (train + validation, test) if len(queries) == 2 else (train, validation, test)
    ) == queries
    assert sum(map(len, collection.test.qrels.values())) == judgements


@pytest.mark.parametrize(
    ("name", "least"),
    [("scifact", 0.65), ("nfcorpus", 0.31), ("medquad-liveqa", 0.29), ("argkp21", 0.35)],
)
def test_bm25_reaches_the_known_region(open_real, name, least):
    collection = open_real(name)
    run = bm25_run(collection, collection.test.queries, 100)
    scored = {
        query_id: {
            collection.documents.doc_id(row): -rank for rank, row in enumerate(rows) if row >= 0
        }
        for query_id, rows in zip(run.query_ids, run.rows.tolist(), strict=True)
    }
    assert (
        ir_measures.calc_aggregate([nDCG @ 10], collection.test.qrels, scored)[nDCG @ 10] >= least
    )


@pytest.mark.parametrize("name", ["scifact", "nfcorpus"])
def test_ir_datasets_and_the_folder_give_the_same_collection(
    real_collections, open_real, tmp_path, name
):
    home = shutil.copytree(
        real_collections / "irds_home", tmp_path / "home", copy_function=shutil.copyfile
    )
    for path in [home, *home.rglob("*/")]:
        path.chmod(0o755)
    validation = None if name == "scifact" else f"beir/{name}/dev"
    script = f"""
from pathlib import Path
from data.storage.cache import Cache
from data.collections.ir_dataset import open_ir_dataset
views = dict(documents="beir/{name}", train="beir/{name}/train", test="beir/{name}/test")
views["validation"] = {validation!r}
print(open_ir_dataset(**views, cache=Cache(Path({str(tmp_path / "cache")!r}))).fingerprint)
"""
    environment = os.environ | {"IR_DATASETS_HOME": str(home), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert ended.stdout.split()[-1] == open_real(name).fingerprint
