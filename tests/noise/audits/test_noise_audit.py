"""The audit as a file, and the draws and counts behind it."""

import json
import tempfile
from hashlib import blake2b, sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noise_collections import make_collection, model

from keyed_random import keyed_uniform, keyed_uniforms
from noise import Audit, AuditRow
from noise.audit.row import COLUMNS, from_line, to_line
from noise.selection.order import count, in_order

DOCUMENTS = {f"d{n}": f"word{n} thing{n % 3}" for n in range(20)}
TRAIN = {"q0": {"d0": 2, "d1": 1, "d2": 0}, "q1": {"d2": 1}, "q2": {"d3": 1}, "q3": {"d4": 1}}

grades = st.none() | st.integers(-1, 5)
similarities = st.none() | st.integers(-10_000, 10_000).map(lambda value: value / 10_000)
names = st.text(max_size=8)
rows = st.builds(
    AuditRow,
    names,
    names,
    names,
    grades,
    grades,
    names,
    grades,
    grades,
    grades,
    similarities,
    similarities,
    st.floats(0, 1),
    names,
    names,
)


@pytest.fixture
def collection(tmp_path):
    return make_collection(tmp_path, DOCUMENTS, {f"q{n}": f"word{n}" for n in range(4)}, TRAIN)


@given(rows)
def test_a_row_survives_its_line(row):
    line = to_line(row)
    assert "\n" not in line
    assert line.count("\t") == len(COLUMNS) - 1
    assert from_line(line) == row
    assert to_line(from_line(line)) == line


def test_no_minus_zero_is_written():
    row = AuditRow("q", "k", "a", 1, 0, "b", None, 1, 1, -1e-9, -0.0, 0.5, "swap", "v")
    assert "-0" not in to_line(row)


def test_the_file_holds_header_columns_and_rows(collection, tmp_path):
    audit = model("semantic", ratio=0.4).corrupt(collection).audit
    path = tmp_path / "audit.tsv"
    audit.write(path)
    lines = path.read_text().splitlines()
    header = {
        key: json.loads(value)
        for key, value in (line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    }
    assert header["parameters"] == {"K": 100, "T": 0.05, "dup": 0.95, "lam": 0.5, "mode": "swap"}
    assert (header["ratio"], header["units"], header["corrupted"], header["realised"]) == (
        0.4,
        5,
        2,
        0.4,
    )
    assert header["encoder"] == "lsa-2"
    assert len(header["encoder_fingerprint"]) == len(header["collection_fingerprint"]) == 32
    assert lines[len(header)].split("\t") == list(COLUMNS)
    assert len(lines) == len(header) + 1 + 2
    assert sha256(path.read_bytes()).hexdigest() == audit.sha256
    assert Audit.read(path) == audit


def test_the_version_hash_follows_what_decides(collection):
    hashes = [
        model("semantic", ratio=ratio, **keys).corrupt(collection).audit.header.version_hash
        for ratio, keys in (
            (0.2, {}),
            (0.4, {"seed": 7}),
            (0.4, {"K": 3}),
            (0.4, {"encoder.dimensions": 2}),
        )
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_rates_of_a_swap(collection):
    header = model("uniform", ratio=0.4).corrupt(collection).audit.header
    assert (header.false_positives, header.false_negatives) == (2, 2)
    assert header.eps_plus == 0.4
    assert header.eps_minus_corpus == 2 / (4 * 20 - 5)


def test_replaced_tells_what_an_inserted_document_stands_for(collection):
    corruption = model("uniform", ratio=0.4).corrupt(collection)
    for (query_id, inserted), removed in corruption.audit.replaced.items():
        assert corruption.qrels[query_id][inserted] >= 1
        assert TRAIN[query_id][removed] >= 1
    gained = model("flip", ratio=0.99).corrupt(collection).audit
    assert gained.replaced == {("q0", "d2"): None}


def test_a_draw_is_the_hash_of_its_key():
    digest = blake2b(b"v|7|pick|q|d", digest_size=8).digest()
    assert keyed_uniform("v", 7, "pick", "q", "d") == (int.from_bytes(digest, "big") + 0.5) / 2**64
    assert keyed_uniforms("v", 7, "pick", ("q",), ["d", "e"]) == [
        keyed_uniform("v", 7, "pick", "q", each) for each in "de"
    ]


def test_draws_are_uniform():
    draws = np.array(keyed_uniforms("v", 1, "select", (), map(str, range(20_000))))
    assert 0 < draws.min() < draws.max() < 1
    counts = np.histogram(draws, 20, (0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi-square, 19 degrees of freedom, p = .0007


def test_rates_are_proportional_to_the_chance_of_being_corrupted():
    judgements = [("q", f"d{n}", 1) for n in range(20_000)]
    rates = {("q", doc_id): 1.0 + 2.0 * (int(doc_id[1:]) % 2) for _, doc_id, _ in judgements}
    chosen = in_order(judgements, 1, rates)[:4000]
    odd = sum(int(pair.doc_id[1:]) % 2 for pair in chosen)
    assert odd / len(chosen) == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize(
    ("ratio", "units", "expected"),
    [(0.0, 9, 0), (0.5, 9, 5), (0.1, 14, 1), (0.1, 15, 2), (0.99, 3, 3)],
)
def test_counts_are_rounded_half_up(ratio, units, expected):
    assert count(ratio, units) == expected


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(0, 5))
def test_the_order_is_that_of_the_keys(numbers, seed):
    judgements = [("q", f"d{number}", 1) for number in dict.fromkeys(numbers)]
    assert in_order(judgements, seed) == in_order(reversed(judgements), seed)


def test_writing_leaves_nothing_beside_the_file(collection):
    with tempfile.TemporaryDirectory() as folder:
        model("none").corrupt(collection).audit.write(Path(folder) / "audit.tsv")
        assert [path.name for path in Path(folder).iterdir()] == ["audit.tsv"]
