"""An audit that cannot be right is refused, and what differs is named."""

import re
from dataclasses import replace

import pytest
from noise_collections import make_collection, model
from noise_labels import DOCUMENTS, TRAIN

from errors import InputError
from noise import UniformSubstitution


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(
        tmp_path_factory.mktemp("bad"), DOCUMENTS, {f"q{n}": f"word{n}" for n in range(4)}, TRAIN
    )


def audit_of(collection, path, name="uniform", **keys):
    model(name, **({"ratio": 0.4} | keys)).corrupt(collection).audit.write(path)
    return path


@pytest.mark.parametrize("name", ["uniform", "mixture", "instance"])
def test_an_audit_gives_the_same_labels_whatever_the_seed(collection, tmp_path, name):
    path = audit_of(collection, tmp_path / "audit.tsv", name)
    first = model(name, ratio=0.4).corrupt(collection)
    again = model(name, ratio=0.4, seed=9, audit=path).corrupt(collection)
    assert again == first


def test_an_audit_may_lie_in_the_home_folder(collection, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    audit_of(collection, tmp_path / "audit.tsv")
    UniformSubstitution(ratio=0.4, seed=1, audit="~/audit.tsv").corrupt(collection)


def test_an_audit_needs_no_encoder(collection, tmp_path):
    path = audit_of(collection, tmp_path / "audit.tsv", "semantic")
    elsewhere = model(
        "semantic",
        "noise/encoder=minilm",
        ratio=0.4,
        audit=path,
        **{"encoder.path": tmp_path / "missing"},
    )
    assert elsewhere.corrupt(collection) == model("semantic", ratio=0.4).corrupt(collection)


def test_an_audit_of_something_else_is_refused_and_the_difference_named(collection, tmp_path):
    path = audit_of(collection, tmp_path / "audit.tsv")
    other = make_collection(
        tmp_path / "other",
        DOCUMENTS | {"d0": "changed"},
        {"q0": "word0"},
        {"q0": {"d0": 1}},
        name="other",
    )
    with pytest.raises(
        InputError,
        match=r"collection is made in the file and other in this run; content of the "
        r"collection is \w+",
    ):
        model("uniform", ratio=0.4, audit=path).corrupt(other)
    with pytest.raises(
        InputError, match=r"corruption: noise.ratio is 0.4 in the file and 0.2 in this run\. Set"
    ):
        model("uniform", ratio=0.2, audit=path).corrupt(collection)
    with pytest.raises(
        InputError,
        match=r"noise is uniform in the file and false_negative in this run; version is "
        r"uniform-1 in the file",
    ):
        model("false_negative", ratio=0.4, audit=path).corrupt(collection)
    older = tmp_path / "older.tsv"
    older.write_text(path.read_text().replace('"uniform-1"', '"uniform-0"'))
    with pytest.raises(
        InputError,
        match=r"corruption: version is uniform-0 in the file and uniform-1 in this run\. Set",
    ):
        model("uniform", ratio=0.4, audit=older).corrupt(collection)
    with pytest.raises(
        InputError,
        match=r"corruption: noise.mode is swap in the file and replace in this run\. Set",
    ):
        model("uniform", ratio=0.4, audit=path, mode="replace").corrupt(collection)


def test_damaged_audits_are_refused(collection, tmp_path):
    whole = audit_of(collection, tmp_path / "audit.tsv").read_text()
    for damaged, complaint in {
        whole[:-1]: "the file is truncated",
        "".join(whole.splitlines(keepends=True)[:-1]): "the file is truncated",
        whole.replace("audit-1", "audit-0"): "not an audit file",
        whole.replace("\tswap\t", "\t"): r"line \d+: 13 columns instead of 14",
        whole.replace("\t0\td", "\tzero\td"): "invalid literal",
        "hello": "not an audit file",
    }.items():
        path = tmp_path / "damaged.tsv"
        path.write_text(damaged)
        with pytest.raises(InputError, match=complaint):
            model("uniform", ratio=0.4, audit=path).corrupt(collection)
    with pytest.raises(InputError, match="cannot be read"):
        model("uniform", ratio=0.4, audit=tmp_path / "missing.tsv").corrupt(collection)


def test_an_audit_whose_header_holds_no_values_is_refused(collection, tmp_path):
    path = audit_of(collection, tmp_path / "audit.tsv")
    whole = path.read_text()
    for field, value in {
        "parameters": "null",
        "ratio": '"0.4"',
        "units": "5.0",
        "seed": "true",
        "eps_plus": "NaN",
        "notes": "[]",
    }.items():
        path.write_text(re.sub(rf"(?m)^# {field}: .*$", f"# {field}: {value}", whole))
        with pytest.raises(InputError, match=rf"audit\.tsv: its header says {field}="):
            model("uniform", ratio=0.4, audit=path).corrupt(collection)


@pytest.mark.parametrize(
    ("edited", "complaint"),
    [
        ({"query_id": "q9"}, r"row 1 \(query 'q9'\): this is no training query"),
        ({"inserted": "d99"}, "the collection has no document 'd99'"),
        ({"removed": "d99"}, "the collection has no document 'd99'"),
        ({"removed": "d11"}, "document 'd11' has the grade None, not 1"),
        ({"removed_from": 2}, "has the grade 1, not 2"),
        ({"inserted_from": 0}, "has the grade None, not 0"),
        ({"inserted": "", "inserted_from": None}, "it gives grades to no document"),
        ({"inserted_to": 0}, r"its header says false_positives=\d, its rows amount to \d"),
        ({"removed_to": 1}, "its header says false_negatives="),
        ({"kind": "skip"}, "its header says corrupted=2, its rows amount to 1"),
    ],
)
def test_an_audit_edited_by_hand_is_refused(collection, tmp_path, edited, complaint):
    corruption = model("uniform", ratio=0.4).corrupt(collection)
    places = [at for at, row in enumerate(corruption.audit.rows) if row.removed_from == 1]
    rows = list(corruption.audit.rows)
    first = rows.pop(places[0])
    replace(corruption.audit, rows=(first._replace(**edited), *rows)).write(tmp_path / "audit.tsv")
    with pytest.raises(InputError, match=f"{complaint}.*edited or damaged"):
        model("uniform", ratio=0.4, audit=tmp_path / "audit.tsv").corrupt(collection)


def test_an_audit_that_inserts_what_it_removes_is_refused(collection, tmp_path):
    audit = model("uniform", ratio=0.4).corrupt(collection).audit
    rows = [row._replace(inserted=row.removed, inserted_from=1) for row in audit.rows]
    replace(audit, rows=tuple(rows)).write(tmp_path / "audit.tsv")
    with pytest.raises(InputError, match="it removes and inserts 'd"):
        model("uniform", ratio=0.4, audit=tmp_path / "audit.tsv").corrupt(collection)
