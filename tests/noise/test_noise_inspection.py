"""Looking at a corruption before training on it."""

import io
import math

import pytest
from noise_collections import WORDS, make_collection, model
from rich.console import Console

from errors import InputError
from noise import LatentSemantics
from noise.inspection.inspection import inspect
from noise.inspection.inspection_tables import records, tables

DOCUMENTS = {
    f"d{n:02}": f"{WORDS[n % 14]} {WORDS[n % 14]} {WORDS[n * 5 % 13]} d{n:02}" for n in range(60)
}
QUERIES = {f"q{n:02}": WORDS[n % 14] for n in range(14)}
TRAIN = {f"q{n:02}": {f"d{n:02}": 1, f"d{n + 14:02}": 1} for n in range(14)}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(tmp_path_factory.mktemp("inspection"), DOCUMENTS, QUERIES, TRAIN)


def inspected(collection, name, **keys):
    return inspect(
        collection,
        model(name, **({"ratio": 0.5} | keys)).corrupt(collection),
        LatentSemantics(dimensions=12),
        examples=3,
    )


def printed(inspection):
    console = Console(file=io.StringIO(), width=160)
    for table in tables(inspection):
        console.print(table)
    return console.file.getvalue()


def test_semantic_noise_is_nearer_than_uniform_noise(collection):
    semantic, uniform = (
        inspected(collection, name).similarities for name in ("semantic", "uniform")
    )
    assert semantic.removed_inserted.mean() > uniform.removed_inserted.mean() + 0.2
    assert semantic.query_inserted.mean() > uniform.query_inserted.mean() + 0.2


def test_what_is_printed(collection):
    inspection = inspected(collection, "semantic")
    text = printed(inspection)
    for expected in (
        "semantic noise on made",
        "14 of 28 judgements (0.5000)",
        inspection.audit.sha256[:20],
        "Rank of the inserted",
        "bm25 and lsa-2",
    ):
        assert expected in text
    plain = records(inspection)
    assert plain["examples"].columns == ("query", "removed", "inserted", "rank", "similarity")
    assert len(plain["examples"].rows) == 3
    assert plain["examples"].rows[0][0] in QUERIES.values()
    assert ["audit", inspection.audit.sha256] in plain["summary"].rows
    measured = {(row[0], row[1], row[2]) for row in plain["substitutions"].rows}
    assert measured == {(row.query_id, row.removed, row.inserted) for row in inspection.audit.rows}


def test_noise_without_substitutions_can_be_inspected(collection):
    for name in ("none", "false_negative"):
        inspection = inspected(collection, name, ratio=0.0 if name == "none" else 0.5)
        assert len(inspection.similarities.removed_inserted) == 0
        assert math.isnan(inspection.contamination[0].share)
        assert f"{name} noise on made" in printed(inspection)


def test_a_scorer_estimates_contamination(collection):
    asked = []

    def longest(queries, documents):
        asked.append((len(queries), len(documents)))
        return [len(document) for document in documents]

    corruption = model("semantic", ratio=0.5).corrupt(collection)
    (estimate,) = inspect(collection, corruption, LatentSemantics(), scorer=longest).contamination
    longer = [
        len(DOCUMENTS[row.inserted]) > len(DOCUMENTS[row.removed]) for row in corruption.audit.rows
    ]
    assert estimate.share == pytest.approx(sum(longer) / len(longer))
    assert asked == [(14, 14), (14, 14)]


def test_agreement_is_at_most_each_judge(collection):
    bm25, encoder, both = inspected(collection, "lexical").contamination
    assert both.share <= min(bm25.share, encoder.share)
    assert both.pairs == 14


def test_examples_must_be_asked_for(collection):
    with pytest.raises(InputError, match="examples=0"):
        inspect(collection, model("none").corrupt(collection), LatentSemantics(), examples=0)
