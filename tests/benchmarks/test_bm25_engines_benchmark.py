"""What the comparison of BM25's engines keeps between two calls."""

import json

import numpy as np
import pytest

from benchmarks.retrieval import bm25_engines, made_up_passages
from benchmarks.retrieval.bm25_engines import agreement, one, prepare
from data.storage import text_store_writer


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(made_up_passages, "WORDS", 500)
    monkeypatch.setattr(made_up_passages, "BLOCK", 50)


def test_half_a_collection_is_not_taken_for_whole(tmp_path, monkeypatch):
    def interrupted(folder, *_):
        (folder / "texts.bin").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(text_store_writer, "write_text_store", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepare(60, tmp_path)
    prepare(60, tmp_path)
    assert json.loads((tmp_path / "60/documents/store.json").read_text())["documents"] == 60
    assert [path.name for path in (tmp_path / "60").iterdir()] == ["documents"]


def test_an_index_is_made_anew_and_runs_are_told_apart_by_their_queries(
    tmp_path, monkeypatch, capsys
):
    def indexed(_, documents, folder):
        assert documents.is_dir()
        assert not list(folder.iterdir())
        (folder / "index").write_bytes(bytes(5_000_000))
        return lambda texts, depth: (
            np.tile(np.arange(depth), (len(texts), 1)),
            np.ones((len(texts), depth), np.float32),
        )

    monkeypatch.setattr(bm25_engines, "ours", indexed)
    prepare(60, tmp_path)
    for queries in (20, 30, 20):
        one("bm25s", 60, queries, str(tmp_path))
        assert json.loads(capsys.readouterr().out)[2] == "5"  # MB
    one("pruned", 60, 30, str(tmp_path))
    assert agreement(tmp_path / "60", "pruned", 30) == "30 of 30"
    one("pruned", 60, 10, str(tmp_path))
    assert agreement(tmp_path / "60", "pruned", 10) == ""
    assert [path.name for path in (tmp_path / "60").iterdir() if path.is_dir()] == ["documents"]
