"""`task=suspects` on the small collection: what it finds, keeps and refuses."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from cell_runs import run
from scipy.stats import rankdata

from cells.record.directory import Cell
from cells.record.written_scores import read_scores, write_scores
from cells.tasks.suspects import suspects
from cells.tasks.train import train
from cells.training import checkpoints, out_of_fold
from data import Cache, open_folder
from errors import InputError
from noise import Audit

CELL = "suspects/tiny/static/label_weakening/semantic-0.2/seed-1"


class Killed(BaseException):
    """What no one catches."""


def rows_of(folder):
    with (folder / "suspects.tsv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def by_pair(folder):
    return {(row["query_id"], row["doc_id"]): row for row in rows_of(folder)}


def ranks_of(folder):
    """The rank of each pair's evidence, as a share: 1 is the most suspect."""
    found = {pair: float(row["evidence"]) for pair, row in by_pair(folder).items()}
    return dict(zip(found, rankdata(list(found.values())) / len(found), strict=True))


@pytest.fixture(scope="module")
def folder(configure):
    cfg = configure("task.share=0.2")
    suspects(cfg)
    return Path(cfg.output_dir) / CELL


def labels(path):
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return {tuple(line.split("\t")[:2]) for line in lines if int(line.split("\t")[2]) > 0}


def test_every_pair_is_ranked_once_by_falling_evidence(folder):
    rows = rows_of(folder)
    evidence = [float(row["evidence"]) for row in rows]
    assert [int(row["rank"]) for row in rows] == list(range(1, len(rows) + 1))
    assert evidence == sorted(evidence, reverse=True)
    assert len({(row["query_id"], row["doc_id"]) for row in rows}) == len(rows) == 86


def test_known_wrong_labels_are_found_and_the_scores_say_how_well(folder):
    replaced = Audit.read(folder / "audit.tsv").replaced
    rows = rows_of(folder)
    worst = [(row["query_id"], row["doc_id"]) for row in rows[: len(replaced)]]
    named = {(row["query_id"], row["doc_id"]): row["likely_doc_id"] for row in rows}
    measures = json.loads((folder / "scores.json").read_text())["measures"]
    hits = sum(pair in replaced for pair in worst) / len(replaced)
    true = sum(named[pair] == removed for pair, removed in replaced.items()) / len(replaced)
    assert measures["precision"] == pytest.approx(hits)
    assert measures["true_named"] == pytest.approx(true)
    assert measures["true_named"] <= measures["true_listed"] <= 1
    assert measures["auroc"] > 0.95
    assert hits > 0.8


def test_a_share_is_dropped_and_natural_noise_trains_on_what_is_left(folder, configure):
    noisy = {(row["query_id"], row["doc_id"]) for row in rows_of(folder)}
    worst = {(row["query_id"], row["doc_id"]) for row in rows_of(folder)[:17]}
    qrels = folder / "qrels/train.tsv"
    assert labels(qrels) == noisy - worst
    cfg = configure("task=train", "noise=natural", "noise.ratio=null", f"noise.qrels={qrels}")
    train(cfg)
    audit = Audit.read(folder.parents[5] / cfg.cell / "audit.tsv")
    # undone, the cleaned labels are the collection's own: the rest of the noise, and what is lost
    assert audit.header.corrupted == audit.header.units > 0


def test_a_folder_with_the_cleaned_labels_is_a_collection(folder, tmp_path):
    (tmp_path / "cleaned/qrels").mkdir(parents=True)
    mine = folder.parents[6] / "tiny"
    for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        (tmp_path / "cleaned" / name).symlink_to(mine / name)
    shutil.copy(folder / "qrels/train.tsv", tmp_path / "cleaned/qrels")
    collection = open_folder(str(tmp_path / "cleaned"), cache=Cache(tmp_path / "cache"))
    judged = {**collection.train.qrels, **collection.validation.qrels}
    positives = {(q, d) for q, docs in judged.items() for d, grade in docs.items() if grade > 0}
    assert positives == labels(folder / "qrels/train.tsv")


def test_other_rules_reuse_what_the_models_said(folder, configure, monkeypatch):
    before = rows_of(folder)
    first, second = (
        f"{row['query_id']}\t{row['doc_id']}\t{decision}\t{row['likely_doc_id']}"
        for row, decision in zip(before, ("replace", "drop"), strict=False)
    )
    fields = "query_id\tdoc_id\tdecision\tlikely_doc_id"
    decisions = folder.parents[5] / "decisions.tsv"
    decisions.write_text(f"{fields}\n{first}\n{second}\n", encoding="utf-8")
    monkeypatch.setattr(out_of_fold, "fit", None)
    suspects(configure(f"task.decisions={decisions}"))
    noisy = {(row["query_id"], row["doc_id"]) for row in before}
    gone = {(row["query_id"], row["doc_id"]) for row in before[:2]}
    gained = (before[0]["query_id"], before[0]["likely_doc_id"])
    assert labels(folder / "qrels/train.tsv") == (noisy - gone) | {gained}
    suspects(configure("task.evidence=doubt"))
    assert not (folder / "qrels/train.tsv").exists()
    assert all(0 < float(row["evidence"]) < 1 for row in rows_of(folder))
    suspects(configure("task.share=0.2"))
    assert rows_of(folder) == before


def test_no_pair_is_judged_by_a_model_that_learnt_its_query(configure, monkeypatch, tmp_path):
    learnt, fit = [], out_of_fold.fit

    def watched(cfg, cell, setup, **rest):
        learnt.append({int(row) for row in setup.inputs.examples.query_rows})
        return fit(cfg, cell, setup, **rest)

    monkeypatch.setattr(out_of_fold, "fit", watched)
    suspects(configure(out=tmp_path))
    judged = []
    for path in sorted((tmp_path / CELL / "judged").glob("*.npz")):
        with np.load(path) as stored:
            judged.append({int(pair) for pair in stored["pairs"]})
    assert len(learnt) == len(judged) == 3
    # each training query of this collection has one pair, in the order of the queries
    assert all(not queries & pairs for queries, pairs in zip(learnt, judged, strict=True))
    assert set.union(*judged) == set(range(86))


def test_killed_and_continued_says_the_same_to_the_bit(folder, configure, monkeypatch, tmp_path):
    end_of_step = checkpoints.Checkpoints.on_train_batch_end
    steps = []

    def kill(self, trainer, *rest):
        end_of_step(self, trainer, *rest)
        steps.append(trainer.global_step)
        if len(steps) in {5, 9}:
            raise Killed

    monkeypatch.setattr(checkpoints.Checkpoints, "on_train_batch_end", kill)
    for _ in range(2):
        with pytest.raises(Killed):
            suspects(configure("task.share=0.2", "checkpoint.steps=1", out=tmp_path))
    # a key that changes no number may differ when it continues
    suspects(configure("task.share=0.2", "bm25.engine=bm25s", out=tmp_path))
    assert len(steps) == 18  # no step of the three models was done twice
    assert rows_of(tmp_path / CELL) == rows_of(folder)


def test_a_model_that_learns_all_labels_gives_the_area_under_the_margin(configure, tmp_path):
    suspects(configure("task.evidence=area", out=tmp_path))
    assert [path.name for path in (tmp_path / CELL / "judged").glob("*.npz")] == ["all.npz"]
    assert len(rows_of(tmp_path / CELL)) == 86


def test_bm25_judges_without_training_and_lists_can_be_joined(
    folder, configure, monkeypatch, tmp_path
):
    monkeypatch.setattr(out_of_fold, "fit", None)
    assert suspects(configure("task.evidence=bm25", out=tmp_path)) > 0.8
    alone = ranks_of(tmp_path / CELL)
    suspects(configure(f"task.beside=[{tmp_path / CELL}]", "task.share=0.2"))
    joined = {pair: float(row["evidence"]) for pair, row in by_pair(folder).items()}
    suspects(configure("task.share=0.2"))
    model = ranks_of(folder)
    assert joined == pytest.approx(
        {pair: (alone[pair] + model[pair]) / 2 for pair in model}, rel=1e-5
    )


def test_a_list_of_other_labels_is_not_joined(configure, tmp_path):
    suspects(configure("task.evidence=bm25", "noise.ratio=0.1", "variant=other", out=tmp_path))
    (other,) = tmp_path.glob("suspects/tiny/static/*/*/seed-1")
    with pytest.raises(InputError, match=r"^task\.beside: .* ranks other labels than those of"):
        suspects(configure("task.evidence=bm25", f"task.beside=[{other}]", out=tmp_path))
    (other / "suspects.tsv").write_text("query_id\tdoc_id\n1\t2\n")
    with pytest.raises(InputError, match=r"^task\.beside: .* is no list of suspects"):
        suspects(configure("task.evidence=bm25", f"task.beside=[{other}]", out=tmp_path))


def test_finished_cells_judge_without_training(configure, monkeypatch, tmp_path):
    cells = []
    for loss in ("label_weakening", "mae"):
        cfg = configure(
            "task=train", "noise.ratio=0.2", "noise.encoder.dimensions=8", f"loss={loss}"
        )
        train(cfg)
        cells.append(f"{cfg.output_dir}/{cfg.cell}")
    monkeypatch.setattr(out_of_fold, "fit", None)
    auroc = suspects(configure(f"task.finished=[{','.join(cells)}]", out=tmp_path))
    assert auroc > 0.7
    assert len(rows_of(tmp_path / CELL)) == 86
    for other, reason in (
        ("noise.ratio=0.1", "trained on other labels"),
        ("model.network.temperature=0.1", "model is configured otherwise"),
        ("dataset.split_seed=1", "trained on another collection"),
    ):
        with pytest.raises(InputError, match=rf"^task\.finished: .*{reason}"):
            suspects(configure(f"task.finished=[{cells[0]}]", other, out=tmp_path / reason))
    with pytest.raises(InputError, match=r"^task\.finished: .*cannot be read"):
        suspects(configure(f"task.finished=[{tmp_path}]", out=tmp_path / "none"))
    scores = read_scores(Path(cells[0])) | {"kept": ["runs"]}
    del scores["checksum"]
    write_scores(Path(cells[0]), scores)
    with pytest.raises(InputError, match=r"^task\.finished: .* did not keep its weights"):
        suspects(configure(f"task.finished=[{cells[0]}]", out=tmp_path / "unkept"))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("task.folds=87", r"^task\.folds=87: must be at most 86, the number of training queries"),
        ("task.folds=1", r"^task\.folds=1: must be a whole number of at least 2"),
        ("task.evidence=guess", r"^task\.evidence=guess: must be one of margin, doubt, area"),
        ("task.action=keep", r"^task\.action=keep: must be one of drop, replace"),
        ("task.share=1.0", r"^task\.share=1\.0: must be a number above 0 and below 1"),
        ("task.rivals=101", r"^task\.rivals=101: must be at most evaluation\.depth=100"),
        ("trainer.devices=2", r"^trainer\.devices=2: task=suspects trains on one device"),
        ("negatives.refresh_every=1", r"^negatives\.refresh_every=1: a model would mine"),
        ("dataset.train_pairs=1", r"^task=suspects: only one training query has a positive"),
    ],
)
def test_what_cannot_work_is_refused_in_a_line(configure, tmp_path, override, message):
    with pytest.raises(InputError, match=message) as refused:
        suspects(configure(override, out=tmp_path))
    assert "\n" not in str(refused.value)


def test_an_unknown_option_is_refused_with_what_is_near(tmp_path):
    refused = run("task=suspects", "task.fold=3", cwd=tmp_path)
    assert refused.returncode == 1
    (line,) = refused.stderr.strip().splitlines()
    assert "task.fold: there is no such key. Did you mean task.folds?" in line


def test_two_rules_are_refused(configure, tmp_path):
    with pytest.raises(InputError, match=r"^task\.share=0\.1 and task\.threshold=2\.0: only one"):
        suspects(configure("task.share=0.1", "task.threshold=2.0", out=tmp_path))


def test_other_training_needs_its_own_cell(folder, configure):
    with pytest.raises(InputError, match=r"task\.folds"):
        suspects(configure("task.folds=4"))
    assert Cell.of(configure()).file("suspects.tsv").exists()


def test_one_command_is_enough_on_the_embedded_collection(tmp_path):
    settings = ["dataset.train_pairs=300", "dataset.validation_queries=20", "noise=uniform"]
    small = ["model.network.dimensions=32", "trainer.max_epochs=1", "task.folds=2"]
    done = run("task=suspects", *settings, *small, "task.share=0.1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (cell,) = tmp_path.glob("outputs/suspects/demo/*/*/uniform-*/seed-1")
    assert len(rows_of(cell)) == 300
    assert {path.name for path in cell.iterdir()} >= {"review.html", "scores.json", "qrels"}
