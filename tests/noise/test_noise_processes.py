"""The same audit from any number of processes, whatever the order of the input."""

import multiprocessing
from pathlib import Path

from noise_collections import WORDS, make_collection, model, shuffled

from data import Cache
from data.storage.text_store import TextStore

DOCUMENTS = {
    f"d{n:02}": f"{WORDS[n % 14]} {WORDS[n * 5 % 13]} {WORDS[n * 3 % 11]} d{n:02}"
    for n in range(60)
}
QUERIES = {f"q{n}": f"{WORDS[n]} {WORDS[n + 1]}" for n in range(12)}
TRAIN = {
    f"q{n}": {f"d{n * 3 + k:02}": k for k in range(1, 4)} | {f"d{n * 3 + 20:02}": 0}
    for n in range(12)
}


def audit(folder, name):
    """Open the parent's collection and corrupt it, with a cache that other workers share."""
    collection = make_from(Path(folder))
    return model(name, ratio=0.4).corrupt(collection).audit.to_bytes()


def make_from(folder):
    from data import Collection, Split

    judged = TRAIN if (folder / "plain").exists() else dict(reversed(TRAIN.items()))
    train = Split("train", {query_id: QUERIES[query_id] for query_id in judged}, judged)
    documents = TextStore(folder / "store")
    return Collection(
        "made",
        documents,
        train,
        Split("validation", {}, {}),
        Split("test", {}, {}),
        "",
        documents.fingerprint,
        Cache(folder / "cache"),
    )


def test_one_two_and_four_processes_give_the_same_bytes(tmp_path):
    collection = make_collection(tmp_path / "1", DOCUMENTS, QUERIES, TRAIN)
    (tmp_path / "1" / "plain").touch()
    for workers in (2, 4):
        shuffled(collection, tmp_path / str(workers), lambda key: (ord(key[-1]) * 3 % 7, key[::-1]))
    # forking this process would copy its threads
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "noise.models.semantic",
            "evaluation.exact_search",
            "sklearn.feature_extraction.text",
            "hydra",
        ]
    )
    audits = {"semantic": set(), "mixture": set()}
    for workers in (1, 2, 4):
        with context.Pool(workers) as pool:
            for name, different in audits.items():
                different.update(
                    pool.starmap(
                        audit, [(str(tmp_path / str(workers)), name)] * workers, chunksize=1
                    )
                )
    for different in audits.values():
        assert len(different) == 1
        assert b"\tswap\t" in different.pop()
