"""Queries that are documents of the collection: evaluation.skip_same_id."""

from pathlib import Path

import numpy as np
import pytest
from cell_runs import composed, run_lines, settings_of
from folders import write_folder
from small_collection import text

from cells.inputs.tokenised import build_network, tokenise
from cells.inputs.training_inputs import load_inputs, open_collection
from cells.tasks.evaluate import evaluate
from cells.tasks.retrieve import retrieve
from cells.training.evaluator import Evaluator
from evaluation import write_trec
from evaluation.first_stage import FirstStage

IDS = [f"d{topic}-{n}" for topic in range(8) for n in range(5)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """As in ArguAna: each query is a document, and another document of its topic answers it."""
    base = tmp_path_factory.mktemp("own")
    texts = {doc_id: text(*map(int, doc_id[1:].split("-"))) for doc_id in IDS}
    judged = [(doc_id, IDS[(at + 1) % len(IDS)], 1) for at, doc_id in enumerate(IDS)]
    splits = {"train": judged[:30], "dev": judged[30:34], "test": judged[34:]}
    folder = write_folder(base / "own", texts=texts, queries=texts, **splits)
    shallow = ("evaluation.depth=5", "measures=[RR@5,nDCG@5]", "selection_measure=RR@5")
    return (*settings_of(folder, base), *shallow)


def written(cfg):
    lines = run_lines(Path(cfg.output_dir, cfg.cell))
    return [line.split() for line in lines]


def assert_without_own(lines, *, per_query=5):
    queries = {line[0] for line in lines}
    assert not [line for line in lines if line[0] == line[2]]
    assert len(lines) == per_query * len(queries)


def test_a_querys_own_document_is_no_answer(settings):
    with_own = composed(*settings, "task=evaluate")
    evaluate(with_own)
    own = [line for line in written(with_own) if line[0] == line[2]]
    assert {line[3] for line in own} == {"1"}  # which is why BEIR leaves it out
    assert len(own) == 6
    without = composed(*settings, "task=evaluate", "evaluation.skip_same_id=true", "overwrite=true")
    evaluate(without)
    assert_without_own(written(without))


@pytest.mark.parametrize("task", ["retrieve", "retrieve_bm25"])
def test_nor_in_the_runs_that_tasks_write(settings, task):
    cfg = composed(*settings, f"task={task}", "evaluation.skip_same_id=true")
    retrieve(cfg)
    assert_without_own(written(cfg))


def test_nor_in_validation_nor_among_the_candidates_of_a_first_stage(settings, tmp_path):
    cfg = composed(*settings, "evaluation.skip_same_id=true")
    tokenised = tokenise(cfg, open_collection(cfg))
    collection = tokenised.collection
    evaluator = Evaluator(cfg, tokenised)
    run = evaluator.retrieve(build_network(cfg, tokenised), collection.validation)
    queries = tokenised.split(collection.validation)
    own = [collection.documents.row(query_id) for query_id in queries.texts]
    assert run.depth == 5
    assert not (run.rows == [[row] for row in own]).any()
    plain = open_collection(composed(*settings))
    with_own = FirstStage(None, 6).run(queries, tokenised.corpus._replace(collection=plain))
    assert (with_own.rows[:, 0] == own).all()
    path = tmp_path / "first.trec"
    write_trec(with_own, plain.documents.doc_id, path, tag="x")
    for first_stage in (FirstStage(None, 5), FirstStage(str(path), 5)):
        found = first_stage.run(queries, tokenised.corpus)
        assert found.rows.tolist() == with_own.rows[:, 1:].tolist()


def test_nor_a_negative_of_its_query(settings):
    def negatives(*more):
        cfg = composed(*settings, "noise.ratio=0.0", *more)
        materials = load_inputs(cfg)
        return materials.collection, materials.examples

    for more, expected in (((), True), (("evaluation.skip_same_id=true",), False)):
        collection, examples = negatives(*more)
        pools = examples.pools
        own = [
            collection.documents.row(query_id) in pools.documents.take(np.array([place])).values
            for place, query_id in enumerate(collection.train.queries)
        ]
        assert any(own) is expected


@pytest.mark.parametrize("name", ["semantic", "uniform", "lexical"])
def test_noise_does_not_make_a_querys_own_document_its_label(settings, name):
    wanted = [f"noise={name}", "noise.ratio=0.8"]
    others = [each for each in settings if name == "semantic" or "noise.encoder" not in each]
    inserted = {}
    for skip in ("false", "true"):
        cfg = composed(*others, *wanted, f"evaluation.skip_same_id={skip}")
        rows = load_inputs(cfg).corruption.audit.rows
        inserted[skip] = [row for row in rows if row.inserted == row.query_id]
    assert inserted["true"] == []
    assert name == "uniform" or inserted["false"]  # they are near
