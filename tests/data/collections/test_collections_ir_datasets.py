"""Collections from ir_datasets: views and faults on a stand-in, a missing download for real."""

import os
import subprocess
import sys
import zipfile
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest

from data.collections import ir_dataset, ir_datasets_home
from data.collections.ir_dataset import open_ir_dataset
from data.storage.cache import Cache
from errors import InputError

ROOT = Path(__file__).parents[3]
Qrel = namedtuple("Qrel", "query_id doc_id relevance")  # noqa: PYI024
DOCUMENTS = {"d1": "red fruit", "d2": " yellow fruit", "d3": "root"}
VIEWS = {
    "toy": {},
    "toy/train": {"q1": ("red", "d1"), "q2": ("yellow", "d2"), "q3": ("root", "d3")},
    "toy/dev": {"q4": ("roots", "d3")},
    "toy/2019": {"q5": ("reds", "d1")},
    "toy/2020": {"q6": ("yellows", "d2")},
}


def text_record(**fields):
    return SimpleNamespace(**fields, default_text=lambda: fields["text"])


class StandIn:
    """What the project uses of an ir_datasets object."""

    def __init__(self, identifier, count=3):
        self.view = VIEWS[identifier]
        self.count = count

    def has_docs(self):
        return True

    def has_queries(self):
        return bool(self.view)

    has_qrels = has_queries

    def docs_metadata(self):
        return {"count": self.count}

    def docs_iter(self):
        return (text_record(doc_id=doc_id, text=text) for doc_id, text in DOCUMENTS.items())

    def queries_iter(self):
        return (
            text_record(query_id=query_id, text=text) for query_id, (text, _) in self.view.items()
        )

    def qrels_iter(self):
        return (Qrel(query_id, doc_id, 1) for query_id, (_, doc_id) in self.view.items())


def open_toy(tmp_path, **settings):
    views = {
        "documents": "toy",
        "train": "toy/train",
        "validation": "toy/dev",
        "test": ["toy/2019", "toy/2020"],
    }
    return open_ir_dataset(**views | settings, cache=Cache(tmp_path / "cache"))


def test_views_become_splits(tmp_path, monkeypatch):
    monkeypatch.setattr(ir_dataset, "load", lambda _, identifier: StandIn(identifier))
    collection = open_toy(tmp_path)
    assert collection.name == "toy"
    assert list(collection.documents.texts()) == ["red fruit", "yellow fruit", "root"]
    assert collection.train.queries == {"q1": "red", "q2": "yellow", "q3": "root"}
    assert collection.validation.qrels == {"q4": {"d3": 1}}
    assert collection.test.qrels == {"q5": {"d1": 1}, "q6": {"d2": 1}}
    monkeypatch.setattr(ir_dataset, "load", None)
    assert open_toy(tmp_path).fingerprint == collection.fingerprint


def test_missing_validation_view_holds_training_queries_out(tmp_path, monkeypatch):
    monkeypatch.setattr(ir_dataset, "load", lambda _, identifier: StandIn(identifier))
    collection = open_toy(tmp_path, validation=None, test="toy/dev")
    assert len(collection.validation.queries) == 1
    assert collection.validation.queries.keys() < {"q1", "q2", "q3"}


def test_view_without_judgements_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(ir_dataset, "load", lambda _, identifier: StandIn(identifier))
    with pytest.raises(InputError, match=r"dataset\.test=toy has no queries with judgements"):
        open_toy(tmp_path, test="toy")


def test_store_that_lost_documents_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(ir_dataset, "load", lambda _, identifier: StandIn(identifier, count=4))
    with pytest.raises(
        InputError, match=r"dataset\.documents=toy gave 3 documents instead of 4\. Delete"
    ):
        open_toy(tmp_path)


def test_damaged_download_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("IR_DATASETS_HOME", str(tmp_path / "home"))
    with (
        pytest.raises(
            InputError,
            match=r"dataset\.train=beir/x/train cannot be read from .*/home/beir .*until "
            r"you delete it",
        ),
        ir_datasets_home.readable("train", "beir/x/train"),
    ):
        raise zipfile.BadZipFile("File is not a zip file")


@pytest.mark.parametrize(
    ("settings", "complaints"),
    [
        (
            {
                "documents": "beir/scifact",
                "train": "beir/scifact/train",
                "test": "beir/scifact/test",
            },
            [
                "dataset.documents=beir/scifact is not here and cannot be downloaded",
                "/beir/scifact/source.zip <- https://",
            ],
        ),
        (
            {"documents": "beir/sciFact", "train": "x", "test": "x"},
            ["dataset.documents=beir/sciFact is not an id of ir_datasets"],
        ),
    ],
)
def test_missing_collection_without_network_ends_in_one_line(tmp_path, settings, complaints):
    script = f"""
from pathlib import Path
from data.storage.cache import Cache
from data.collections.ir_dataset import open_ir_dataset
open_ir_dataset(**{settings!r}, cache=Cache(Path({str(tmp_path / "cache")!r})))
"""
    nowhere = dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"
    )
    environment = (
        os.environ
        | nowhere
        | {
            "IR_DATASETS_HOME": str(tmp_path / "home"),
            "PYTHONPATH": str(ROOT),
            "no_proxy": "",
            "NO_PROXY": "",
        }
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode != 0
    last_lines = ended.stderr[ended.stderr.rindex("InputError") :]
    assert all(complaint in last_lines for complaint in complaints)
    assert not list((tmp_path / "cache").glob("*/*.building"))
