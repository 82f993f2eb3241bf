"""Vectors from outside: matched by id, and refused where they do not fit."""

import numpy as np
import pytest
from small_collection import write_small_collection

from data import Cache, VectorFolder, open_folder
from errors import InputError


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    folder = write_small_collection(tmp_path_factory.mktemp("collections") / "tiny")
    return open_folder(str(folder), cache=Cache(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(collection, tmp_path):
    """A good folder: row i of documents.npy is [i, 1], in reverse order; a stranger comes first."""
    rows = np.arange(len(collection.documents))[::-1]
    ids = ["stranger", *(collection.documents.doc_id(row) for row in rows)]
    values = np.stack([np.append(-1, rows), np.ones(len(ids))], axis=1).astype(np.float32)
    write(tmp_path, "documents", ids, values)
    queries = list(collection.test.queries)
    write(tmp_path, "queries", queries, np.ones((len(queries), 2), np.float32))
    return tmp_path


def write(folder, side, ids, values):
    np.save(folder / f"{side}.npy", values)
    (folder / f"{side}.ids").write_text("".join(f"{one}\n" for one in ids))


def test_vectors_follow_their_ids_in_any_order(folder, collection):
    store = VectorFolder(str(folder), collection).documents()
    assert len(store) == len(collection.documents)
    assert store.tokens([0, 7, 119]).ids.tolist() == [[0, 1], [7, 1], [119, 1]]
    assert store.tokens([5]).offsets.tolist() == [0, 1]


def test_other_vectors_have_another_source(folder, collection):
    first = VectorFolder(str(folder), collection).source
    np.save(folder / "queries.npy", 2 * np.load(folder / "queries.npy"))
    assert VectorFolder(str(folder), collection).source != first


def _of_another_size(folder, _):
    np.save(folder / "queries.npy", np.ones((24, 3), np.float32))


def _too_few(folder, _):
    np.save(folder / "documents.npy", np.load(folder / "documents.npy")[:-1])


def _one_id_short(folder, _):
    lines = (folder / "documents.ids").read_text().splitlines()
    write(folder, "documents", lines[:-1], np.load(folder / "documents.npy")[:-1])


def _twice(folder, _):
    lines = (folder / "documents.ids").read_text().splitlines()
    write(folder, "documents", [*lines, lines[-1]], np.ones((len(lines) + 1, 2), np.float32))


def _not_finite(folder, _):
    values = np.load(folder / "documents.npy")
    values[3, 1] = np.nan
    np.save(folder / "documents.npy", values)


def _too_large_for_training(folder, _):
    values = np.load(folder / "documents.npy").astype(np.float64)
    values[3, 1] = 1e300
    np.save(folder / "documents.npy", values)


def _archive(folder, _):
    np.savez(folder / "documents.npz", np.ones((121, 2)))
    (folder / "documents.npz").rename(folder / "documents.npy")


def _integers(folder, _):
    np.save(folder / "documents.npy", np.ones((121, 2), np.int64))


def _flat(folder, _):
    np.save(folder / "documents.npy", np.ones(121, np.float32))


def _pickled(folder, _):
    np.save(folder / "documents.npy", np.array([{}] * 121, dtype=object), allow_pickle=True)


def _cut(folder, _):
    path = folder / "documents.npy"
    path.write_bytes(path.read_bytes()[:-9])


def _gone(folder, _):
    (folder / "queries.ids").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_of_another_size, r"have 2 components and those of queries\.npy 3"),
        (_too_few, r"has 120 vectors and documents\.ids 121 ids"),
        (_one_id_short, r"1 documents of tiny have no vector, as d0-0"),
        (_twice, r"documents\.ids gives the id d0-0 twice"),
        (_not_finite, r"the vector of d23-2 \(row 3, counted from 0\) is not finite"),
        (_too_large_for_training, r"\(row 3, counted from 0\) is not finite in single precision"),
        (_archive, r"documents\.npy is an archive of arrays"),
        (_integers, r"holds int64 of shape \[121, 2\]: it must be a table of floating-point"),
        (_flat, r"holds float32 of shape \[121\]: it must be a table"),
        (_pickled, r"documents\.npy cannot be read as an array"),
        (_cut, r"documents\.npy cannot be read as an array"),
        (_gone, r"lacks queries\.ids\. Expected in the folder"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(damage, message, folder, collection):
    damage(folder, collection)
    with pytest.raises(InputError, match=message):
        VectorFolder(str(folder), collection).documents()


def test_queries_without_a_vector_are_counted(folder, collection):
    with pytest.raises(InputError, match=r"queries of tiny have no vector, as q0-"):
        VectorFolder(str(folder), collection).queries(collection.train.queries)
