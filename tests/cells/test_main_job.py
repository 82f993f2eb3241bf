"""The main task on a small collection, composed and run in this process."""

import csv
import json

import pytest
import pytrec_eval
from cell_runs import SMALL, composed, run_lines
from small_collection import write_small_collection

from cells.tasks.evaluate import evaluate
from cells.tasks.train import train
from errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_small_collection(tmp_path_factory.mktemp("collections") / "tiny")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def run_cell(folder, cache, tmp_path):
    def run_it(*overrides, out=tmp_path):
        cfg = composed(
            "dataset=folder",
            f"dataset.path={folder}",
            f"cache_dir={cache}",
            f"output_dir={out}",
            *SMALL,
            *overrides,
        )
        return train(cfg), out / cfg.cell

    return run_it


def scores_of(cell):
    return json.loads((cell / "scores.json").read_text())


def history(cell):
    return list(csv.DictReader((cell / "history.csv").read_text().splitlines()))


def test_a_cell_leaves_every_file(run_cell):
    value, cell = run_cell("noise.ratio=0.2")
    assert (
        cell.relative_to(cell.parents[4]).as_posix()
        == "tiny/static/label_weakening/semantic-0.2/seed-1"
    )
    expected = {
        "config.yaml",
        "scores.json",
        "per_query.tsv",
        "run.trec.gz",
        "audit.tsv",
        "history.csv",
        "checkpoints",
        "run.log",
        "steps",
    }
    assert {path.name for path in cell.iterdir()} == expected
    scores = scores_of(cell)
    assert value == scores["measures"]["nDCG@10"]
    assert (
        set(scores["measures"])
        == set(scores["untrained"])
        == set(scores["validation"])
        == {"nDCG@10", "RR@10", "R@100", "AP"}
    )
    assert scores["noise"]["realised"] == pytest.approx(0.2, abs=0.5 / scores["noise"]["units"])
    rows = history(cell)
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert float(rows[scores["selected_epoch"]]["validation/nDCG@10"]) == pytest.approx(
        scores["validation"]["nDCG@10"]
    )
    assert {
        "train/loss_clean",
        "train/loss_corrupted",
        "train/memorisation",
        "validation/AP",
    } <= set(rows[0])


def test_an_export_answers_like_the_cell_it_came_from(run_cell, folder, cache, tmp_path):
    _, cell = run_cell("export=true", "trainer.max_epochs=1")
    places = [
        f"dataset.path={folder}",
        f"cache_dir={cache}",
        f"output_dir={tmp_path / 'evaluated'}",
    ]
    cfg = composed(
        "task=evaluate", "dataset=folder", *places, *SMALL, f"model.path={cell / 'export'}"
    )
    assert evaluate(cfg) == pytest.approx(scores_of(cell)["measures"]["nDCG@10"], abs=1e-6)


def test_another_program_scores_the_run_file_alike(run_cell, folder):
    _, cell = run_cell("noise.ratio=0.0", "trainer.max_epochs=1")
    qrels, run = {}, {}
    for line in (folder / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        query_id, doc_id, grade = line.split("\t")
        qrels.setdefault(query_id, {})[doc_id] = int(grade)
    for line in run_lines(cell):
        query_id, _, doc_id, _, score, _ = line.split()
        run.setdefault(query_id, {})[doc_id] = float(score)
    names = {"ndcg_cut_10": "nDCG@10", "recall_100": "R@100", "map": "AP"}
    theirs = pytrec_eval.RelevanceEvaluator(qrels, set(names)).evaluate(run)
    for name, ours in names.items():
        mean = sum(values[name] for values in theirs.values()) / len(qrels)
        assert scores_of(cell)["measures"][ours] == pytest.approx(mean, abs=1e-6)


def test_the_same_cell_twice_gives_the_same_bytes(run_cell, tmp_path):
    outcomes = [
        run_cell("noise.ratio=0.4", "seed=3", out=tmp_path / name)[1]
        for name in ("first", "second")
    ]
    for name in ("run.trec.gz", "per_query.tsv", "audit.tsv"):
        assert (outcomes[0] / name).read_bytes() == (outcomes[1] / name).read_bytes()
    for key in ("measures", "untrained", "validation", "noise", "selected_epoch"):
        assert scores_of(outcomes[0])[key] == scores_of(outcomes[1])[key]


def test_another_seed_gives_another_cell(run_cell):
    cells = [
        run_cell("noise.ratio=0.4", f"seed={seed}", "trainer.max_epochs=1")[1] for seed in (1, 2)
    ]
    assert (cells[0] / "audit.tsv").read_bytes() != (cells[1] / "audit.tsv").read_bytes()
    assert (cells[0] / "run.trec.gz").read_bytes() != (cells[1] / "run.trec.gz").read_bytes()


def test_a_finished_cell_is_skipped(run_cell, caplog):
    value, cell = run_cell("trainer.max_epochs=1")
    before = (cell / "scores.json").stat().st_mtime_ns
    with caplog.at_level("INFO"):
        assert run_cell("trainer.max_epochs=1")[0] == value
    assert "is finished" in caplog.text
    assert (cell / "scores.json").stat().st_mtime_ns == before


def test_training_learns_from_clean_labels(run_cell):
    _, cell = run_cell(
        "noise.ratio=0.0", "loss=cross_entropy", "trainer.max_epochs=8", "negatives.per_example=2"
    )
    scores = scores_of(cell)
    losses = [float(row["train/loss"]) for row in history(cell)]
    assert losses[-1] < losses[0] / 2
    assert scores["validation"]["nDCG@10"] > 0


def test_an_interrupted_cell_goes_on_where_it_stopped(run_cell, monkeypatch, tmp_path):
    _, undisturbed = run_cell("trainer.max_epochs=3", out=tmp_path / "undisturbed")
    import cells.training.evaluator

    score, calls = cells.training.evaluator.Evaluator.validate, []

    def interrupt_second(self, network):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return score(self, network)

    monkeypatch.setattr(cells.training.evaluator.Evaluator, "validate", interrupt_second)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run_cell("trainer.max_epochs=3", out=tmp_path / "interrupted")
    monkeypatch.undo()
    _, resumed = run_cell("trainer.max_epochs=3", out=tmp_path / "interrupted")
    assert scores_of(resumed)["measures"] == scores_of(undisturbed)["measures"]
    assert [row["step"] for row in history(resumed)] == ["5", "10", "15"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["measures=[nDCG@10,nDGC@5]"], "(?i)nDGC@5.*nDCG@5"),
        (["batch.size=5000"], r"batch\.size=5000"),
        (["loss.alpha=2"], "alpha"),
        (["model.network.temperature=0"], r"model\.network\.temperature=0"),
        (["dataset.path=/nowhere"], "/nowhere"),
        (["model.tokens.document_length=0"], "max_length=0"),
    ],
)
def test_unusable_settings_are_named(run_cell, overrides, message):
    with pytest.raises(Exception, match=message) as caught:
        run_cell(*overrides)
    assert isinstance(caught.value, InputError) or isinstance(caught.value.__cause__, InputError)


def test_what_is_not_kept_is_gone_and_a_repeat_that_wants_it_says_so(run_cell, caplog):
    caplog.set_level("INFO")
    _, cell = run_cell("trainer.max_epochs=1", "keep=[]")
    assert not list(cell.rglob("*.safetensors*")) + list(cell.rglob("run.trec*"))
    assert scores_of(cell)["written"].keys() == {"run.trec.gz", "per_query.tsv"}
    run_cell("trainer.max_epochs=1", "keep=[weights]")
    assert ", without weights, which it did not keep): skipped" in caplog.text


def test_retrieval_deeper_than_the_collection_is_cut(run_cell):
    _, cell = run_cell("evaluation.depth=100000", "trainer.max_epochs=1")
    lines = run_lines(cell)
    assert len(lines) == 24 * 120
