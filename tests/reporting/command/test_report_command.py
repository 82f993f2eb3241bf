"""report.py as a user calls it: on cells, on runs of others, with what goes wrong."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from cell_runs import ROOT
from wandb_records import read_offline_run

from benchmarks.sweeps.report_synthetic import Grid, write_cell, write_cells
from evaluation import read_per_query

GRID = Grid(
    {"cross_entropy": 0.0, "label_weakening": 0.3}, ratios=(0.0, 0.4), seeds=(1, 2), queries=30
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep") / "outputs"
    write_cells(folder, GRID)
    return folder


def start(*arguments, cwd):
    """Starts report.py in a process of its own."""
    command = [sys.executable, str(ROOT / "report.py"), *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_report_is_written_and_written_again(call, swept, tmp_path):
    for _ in range(2):
        status, shown, _ = call(swept)
        assert status == 0
        assert "8 finished cells in 4 groups, 0 not finished, 0 damaged; 4 comparisons" in shown
    files = {path.name for path in (tmp_path / "report").iterdir()}
    assert files >= {
        "cells.csv",
        "groups.csv",
        "comparisons.csv",
        "ranks.csv",
        "curves.csv",
        "incomplete.csv",
        "report.json",
        "tables",
    }
    assert (
        json.loads((tmp_path / "report/report.json").read_text())["plan"]["baseline"]
        == "cross_entropy"
    )
    assert not list((tmp_path / "report").rglob("*.partial"))


def test_the_terminal_shows_tables_and_writes_nothing(call, swept, tmp_path):
    status, shown, _ = call(swept, "--terminal", "noise.ratio=0.4", "--measure", "RR@10")
    assert status == 0
    assert "each loss minus cross_entropy" in shown
    assert "label_weakening minus" not in shown  # two losses have one comparison
    assert "nDCG@10" not in shown
    assert list(tmp_path.iterdir()) == []


def test_a_report_can_be_made_while_a_sweep_runs(call, swept, tmp_path):
    outputs = shutil.copytree(swept, tmp_path / "outputs")
    for path in outputs.glob("*/*/label_weakening/semantic-0.4/seed-*/scores.json"):
        path.unlink()
    status, shown, _ = call(outputs, "loss=cross_entropy,label_weakening,elr")
    assert status == 0
    assert "6 finished cells in 3 groups, 2 not finished" in shown
    assert "No finished cell has loss=elr." in shown
    assert (
        "label_weakening is not finished under 1 of 2 conditions of toy (toy/static/semantic-0.4): "
        "nothing is compared" in shown
    )
    assert (
        "toy/static/label_weakening/semantic-0.4/seed-1,interrupted,"
        in (tmp_path / "report/incomplete.csv").read_text()
    )


def test_damaged_cells_are_named_and_strict_makes_them_an_error(call, swept, tmp_path):
    outputs = shutil.copytree(swept, tmp_path / "outputs")
    (outputs / "toy/static/cross_entropy/semantic-0/seed-1/scores.json").write_text(
        '{"measures": {"RR@10"'
    )
    (outputs / "toy/static/cross_entropy/semantic-0/seed-2/per_query.tsv").write_text(
        "query_id\tRR@10\tnDCG@10\nq0\tnan\t0.5\n"
    )
    for arguments, expected in (((), 0), (("--strict",), 1)):
        status, shown, _ = call(outputs, *arguments)
        assert status == expected
        assert (
            "damaged, left out: toy/static/cross_entropy/semantic-0/seed-1: scores.json cannot be "
            "read" in shown
        )
        assert (
            "damaged, left out: toy/static/cross_entropy/semantic-0/seed-2: per_query.tsv says "
            "RR@10 of query q0 is nan" in shown
        )
        assert "6 finished cells in 3 groups, 0 not finished, 2 damaged" in shown
    status, shown, _ = call(outputs, "--status")
    assert status == 0
    assert "damaged" in shown


def test_status_shows_the_grid(call, swept, tmp_path):
    outputs = shutil.copytree(swept, tmp_path / "outputs")
    (outputs / "toy/static/cross_entropy/semantic-0/seed-1/scores.json").unlink()
    status, shown, _ = call(outputs, "--status")
    assert status == 0
    assert "7 done, 1 interrupted" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "output_dir"),
        (
            ["{swept}", "loss=elr"],
            "no finished cell to report on (0 not finished, 0 damaged; no finished cell has "
            "loss=elr)",
        ),
        (["{swept}/nothing"], "is not a folder"),
        (["loss=elr"], "is a filter"),
        (
            ["{swept}", "--baseline", "elr"],
            "--baseline elr: no finished cell has that loss. Finished: cross_entropy, "
            "label_weakening.",
        ),
        (
            ["{swept}", "--measure", "AP"],
            "has no measure AP. Choose with --measure what all have (nDCG@10, RR@10)",
        ),
        (["{swept}", "--alpha", "1.5"], "--alpha 1.5 must be between 0 and 1"),
        (["{swept}", "--out", "{swept}"], "holds files but no report.json"),
        (["--runs", "a=b.trec"], "--runs and --qrels belong together"),
        (["--runs", "a", "--qrels", "x"], "write name=path"),
        (["--runs", "a=b.trec", "--qrels", "{swept}/nothing.txt"], "nothing.txt cannot be read"),
    ],
)
def test_bad_input_is_refused_in_a_line(call, swept, arguments, message):
    status, _, errors = call(*(argument.replace("{swept}", str(swept)) for argument in arguments))
    assert status == 1
    assert message in errors
    assert "Traceback" not in errors


def test_measures_deeper_than_a_run_file_are_said(call, tmp_path):
    (tmp_path / "qrels.txt").write_text("q1 0 d1 1\n")
    (tmp_path / "short.trec").write_text("q1 Q0 d2 1 2 x\nq1 Q0 d1 2 1 x\n")
    run = f"short={tmp_path / 'short.trec'}"
    _, shown, _ = call("--runs", run, "--qrels", tmp_path / "qrels.txt", "--measure", "R@100")
    assert f"{tmp_path}/short.trec lists at most 2 documents per query: R@100 see no more." in shown
    _, shown, _ = call("--runs", run, "--qrels", tmp_path / "qrels.txt", "--measure", "R@2")
    assert "at most" not in shown


def test_a_cells_own_run_scores_what_the_cell_says(call, tmp_path):
    qrels = {f"q{query}": query % 3 for query in range(12)}
    (tmp_path / "qrels.txt").write_text(
        "".join(f"{query} 0 d{place} 1\n" for query, place in qrels.items())
    )
    (tmp_path / "a.trec").write_text(
        "".join(
            f"{query} Q0 d{rank} {rank + 1} {-rank} x\n" for query in qrels for rank in range(3)
        )
    )
    call("--runs", f"a={tmp_path}/a.trec", "--qrels", tmp_path / "qrels.txt", "--measure", "RR@10")
    (line,) = (tmp_path / "report/per_query/qrels.csv").read_text().splitlines()[1:]
    values = dict(zip(sorted(qrels), map(float, line.split(",")[2:]), strict=True))
    assert values == {query: pytest.approx(1 / (1 + place)) for query, place in qrels.items()}


def test_a_report_is_a_wandb_run(swept, tmp_path):
    done = start(swept, "--out", "out", "--wandb", "offline", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (log,) = (tmp_path / "out").glob("wandb/offline-run-*/run-*.wandb")
    recorded = read_offline_run(log)
    assert (
        recorded.name,
        recorded.group,
        recorded.job_type,
        recorded.tags,
        recorded.exit_code,
    ) == (
        "report",
        "report",
        "report",
        ["toy"],
        0,
    )
    assert recorded.config["plan"]["baseline"] == "cross_entropy"
    assert recorded.config["loss"] == ["cross_entropy", "label_weakening"]
    assert recorded.summary["cells/finished"] == 8
    assert recorded.summary["best/toy/static/semantic-0.4/nDCG@10"] == "label_weakening"
    assert 1 <= recorded.summary["rank/nDCG@10/label_weakening"] <= 2
    assert {"area/nDCG@10/toy/static/semantic/label_weakening"} <= recorded.summary.keys()
    logged = {
        key.split("/")[0] + "/" + key.split("/")[1]
        for row in recorded.history
        for key in row
        if "/" in key
    }
    assert logged >= {
        "table/comparisons",
        "table/groups",
        "table/cells",
        "robustness/toy",
        "figure/robustness",
        "figure/gains",
    }
    assert "report" in recorded.artifacts


def test_the_command_answers_help_and_mistakes_without_heavy_imports(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import report; "
        f"report.parser().format_help()\nprint({{'torch', 'numpy', 'scipy', 'wandb', 'hydra', "
        "'rich'} & set(sys.modules))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout
        == "set()\n"
    )
    done = start("outputs", cwd=tmp_path)
    assert done.returncode == 1
    assert (
        done.stderr == "outputs is not a folder: give the output_dir of a sweep, e.g. outputs/.\n"
    )


def test_synthetic_cells_have_the_files_that_a_report_reads(swept):
    values = read_per_query(next(swept.rglob("per_query.tsv")))
    assert len(values) == 30
    assert set(values["q0"]) == {"nDCG@10", "RR@10"}


def test_a_report_removes_the_files_of_a_report_only(call, swept, tmp_path):
    out = tmp_path / "paper"
    (out / "figures").mkdir(parents=True)
    (out / "figures/mine.pdf").touch()
    (out / "report.json").write_text('{"tool": "another program"}')
    status, _, errors = call(swept, "--out", out)
    assert status == 1
    assert "is not a report" in errors
    assert (out / "figures/mine.pdf").exists()
    (out / "report.json").unlink()
    (out / "figures/mine.pdf").unlink()
    (out / "figures").rmdir()
    assert call(swept, "--out", out)[0] == 0
    (out / "figures/mine.pdf").touch()
    (out / "figures/of-an-earlier-version.svg").touch()
    assert call(swept, "--out", out)[0] == 0
    left = {path.name for path in (out / "figures").iterdir()}
    assert "mine.pdf" in left
    assert "of-an-earlier-version.svg" not in left


def test_tables_of_collections_with_like_names_are_kept_apart(call, tmp_path):
    for dataset in ("my-data", "my_data", "данные", "запросы"):
        for loss in ("cross_entropy", "elr"):
            name = f"{dataset}/static/{loss}/semantic-0.4/seed-1"
            write_cell(tmp_path / "outputs", name, {"nDCG@10": np.array([0.5, 0.25])})
    assert call(tmp_path / "outputs", "--out", tmp_path / "report")[0] == 0
    names = {path.stem for path in (tmp_path / "report/tables").glob("*-paper.md")}
    assert names == {
        f"{each}-nDCG-10-paper" for each in ("my-data", "my_data", "данные", "запросы")
    }
