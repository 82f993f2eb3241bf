"""Where negatives are mined: BM25, a run file, and the network that is being trained."""

import csv

import numpy as np
import pytest
from cell_runs import SMALL, composed
from small_collection import write_small_collection

from cells.inputs.negative_mining import check_negatives
from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import examples_of, load_inputs
from cells.tasks.train import train
from cells.training.evaluator import Evaluator
from errors import InputError


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    base = tmp_path_factory.mktemp("mining")
    return [
        "dataset=folder",
        f"dataset.path={write_small_collection(base / 'tiny')}",
        f"cache_dir={base / 'cache'}",
        *SMALL,
    ]


@pytest.fixture(scope="module")
def inputs(settings):
    return load_inputs(composed(*settings, "noise.ratio=0.0"))


def write_run(path, *rows):
    path.write_text(
        "".join(
            f"{query_id} Q0 {doc_id} {rank} {100 - rank} x\n" for query_id, doc_id, rank in rows
        )
    )
    return f"negatives.run={path}"


def pools(inputs):
    documents = inputs.examples.pools.documents
    names = [inputs.collection.documents.doc_id(row) for row in documents.values]
    return {
        query_id: names[start:end]
        for query_id, start, end in zip(
            inputs.collection.train.queries,
            documents.offsets[:-1],
            documents.offsets[1:],
            strict=True,
        )
    }


def test_a_run_file_gives_the_negatives_at_the_ranks_asked_for(settings, inputs, tmp_path, caplog):
    query_id = next(iter(inputs.collection.train.queries))
    positive = next(iter(inputs.collection.train.qrels[query_id]))
    listed = [name for name in ("d3-0", "d4-1", "d5-2", "d6-3") if name != positive]
    run = write_run(
        tmp_path / "run.trec",
        *((query_id, name, rank) for rank, name in enumerate([listed[0], positive, *listed[1:]])),
    )
    mined = pools(
        load_inputs(
            composed(*settings, "noise.ratio=0.0", run, "negatives.depth=4", "negatives.skip=1")
        )
    )
    assert mined.pop(query_id) == listed[1:3]  # not the first rank, not the positive, not the fifth
    assert not any(mined.values())
    assert f"lacks {len(mined)} training queries" in caplog.text


def test_the_first_ranks_of_bm25_can_be_left_out(settings, inputs):
    whole, part = (
        pools(inputs),
        pools(load_inputs(composed(*settings, "noise.ratio=0.0", "negatives.skip=3"))),
    )
    assert all(set(part[query_id]) <= set(whole[query_id]) for query_id in whole)
    assert sum(map(len, part.values())) < sum(map(len, whole.values()))


def test_a_network_mines_the_same_ranks(settings, inputs):
    cfg = composed(*settings, "negatives.depth=7", "negatives.skip=2")
    network = build_network(cfg, inputs.tokenised)
    mined = Evaluator(cfg, inputs.tokenised).mine(network)
    assert mined.query_ids == list(inputs.collection.train.queries)
    assert mined.rows.shape == (len(mined.query_ids), 7)
    examples, _ = examples_of(cfg.negatives, inputs.collection, inputs.corruption, mined)
    positives = {
        (query, document)
        for query, document in zip(examples.query_rows, examples.document_rows, strict=True)
    }
    pools = examples.pools.documents
    for query, rows in enumerate(mined.rows[:, 2:]):
        expected = [row for row in rows if (query, row) not in positives]
        assert pools.take(np.array([query])).values.tolist() == expected


def test_refreshed_negatives_change_training_and_are_gone_in_the_end(settings, tmp_path):
    cells = {}
    for every in ("null", "1"):
        cfg = composed(
            *settings,
            f"output_dir={tmp_path / every}",
            f"negatives.refresh_every={every}",
            "noise.ratio=0.4",
        )
        train(cfg)
        cells[every] = tmp_path / every / cfg.cell
    given, refreshed = (
        list(csv.DictReader((cell / "history.csv").read_text().splitlines()))
        for cell in cells.values()
    )
    assert given[0]["train/loss"] == refreshed[0]["train/loss"]
    assert given[1]["train/loss"] != refreshed[1]["train/loss"]
    assert {path.name for path in (cells["1"] / "checkpoints").iterdir()} == {
        "best.safetensors",
        "best.safetensors.blake2b",
    }


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["negatives.depth=-1"], r"negatives\.depth=-1"),
        (["negatives.skip=-1"], r"negatives\.skip=-1"),
        (["negatives.skip=10"], r"negatives\.skip=10: .*negatives\.depth=10"),
        (["negatives.refresh_every=0"], r"negatives\.refresh_every=0"),
        (
            ["negatives.refresh_every=1", "negatives.per_example=0"],
            r"negatives\.refresh_every=1: .*negatives\.per_example=0",
        ),
        (["negatives.run=x", "negatives.depth=0"], r"negatives\.run=x: .*negatives\.depth=0"),
    ],
)
def test_settings_out_of_range_or_without_effect_are_refused(settings, overrides, message):
    with pytest.raises(InputError, match=message):
        check_negatives(composed(*settings, *overrides).negatives)


def test_run_files_that_do_not_fit_are_refused(settings, tmp_path):
    for rows, message in (
        ([("nobody", "d0-0", 1)], r"negatives\.run=.*has none of the \d+ training queries"),
        ([("q0-0", "nowhere", 1)], "not in the collection"),
        ([("q0-0", "d0-0", 1), ("q0-0", "d0-0", 2)], "a second time"),
    ):
        with pytest.raises(InputError, match=message):
            load_inputs(composed(*settings, write_run(tmp_path / "run.trec", *rows)))
    with pytest.raises(InputError, match="cannot be read"):
        load_inputs(composed(*settings, f"negatives.run={tmp_path / 'absent.trec'}"))
