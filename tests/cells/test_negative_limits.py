"""Limits on mined negatives, from the configuration to the cell."""

import json

import pytest
from cell_runs import SMALL, composed
from small_collection import write_small_collection

from cells.inputs.negative_mining import check_negatives
from cells.inputs.training_inputs import load_inputs
from cells.tasks.train import train
from errors import InputError


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    base = tmp_path_factory.mktemp("limits")
    return [
        "dataset=folder",
        f"dataset.path={write_small_collection(base / 'tiny')}",
        f"cache_dir={base / 'cache'}",
        "noise.ratio=0.4",
        *SMALL,
    ]


def write_run(path, inputs, score):
    """Writes a run that scores each train query's labelled document and two others."""
    lines = []
    for query_id, judged in inputs.corruption.qrels.items():
        positive = max(judged, key=judged.get)
        others = [name for name in ("d1-0", "d2-1", "d3-2") if name not in judged][:2]
        for rank, name in enumerate([positive, *others]):
            lines.append(f"{query_id} Q0 {name} {rank + 1} {score(rank)} x\n")
    path.write_text("".join(lines))
    return path


def test_a_cell_records_what_the_limits_left(settings, tmp_path):
    for fallback in ("random", "keep", "drop"):
        cfg = composed(
            *settings,
            f"output_dir={tmp_path / fallback}",
            "noise.mode=replace",
            "negatives.relative_margin=0.05",
            f"negatives.fallback={fallback}",
        )
        train(cfg)
        cell = tmp_path / fallback / cfg.cell
        scores = json.loads((cell / "scores.json").read_text())
        counts, wrong = scores["data"]["mined_negatives"].values()
        assert 0 < counts["short"] < counts["pairs"] == 86
        assert 0 < counts["allowed"] < counts["candidates"]
        # wrong labels score low, so that they above all are left without negatives
        assert wrong["short"] / wrong["pairs"] > counts["short"] / counts["pairs"]
        left = counts["pairs"] - counts["short"] if fallback == "drop" else counts["pairs"]
        assert scores["data"]["training_examples"] == left


def test_a_teacher_s_run_decides(settings, tmp_path, caplog):
    plain = load_inputs(composed(*settings))
    run = write_run(tmp_path / "run.trec", plain, lambda rank: 0.3 - 0.1 * rank)
    cfg = composed(*settings, f"negatives.scores={run}", "negatives.absolute_margin=0.05")
    limits = load_inputs(cfg).limits["all"]
    assert limits.unlisted_positives == 0
    assert limits.allowed == limits.candidates  # each positive scores .1 above the next
    cfg = composed(*settings, f"negatives.scores={run}", "negatives.absolute_margin=0.15")
    assert load_inputs(cfg).limits["all"].allowed < limits.candidates
    lines = run.read_text().splitlines(keepends=True)
    run.write_text("".join(lines[3:]))
    load_inputs(cfg)
    assert "does not list the positive of 1 of 86 training pairs" in caplog.text


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["negatives.relative_margin=1.0"], r"negatives\.relative_margin=1\.0"),
        (["negatives.absolute_margin=inf"], r"negatives\.absolute_margin=inf"),
        (["negatives.max_score=nan"], r"negatives\.max_score=nan"),
        (
            ["negatives.fallback=none"],
            r"negatives\.fallback=none: must be one of random, keep, drop",
        ),
        (
            ["negatives.max_score=1", "negatives.depth=0"],
            r"negatives\.max_score=1.*nothing is mined",
        ),
        (["negatives.scores=x"], r"negatives\.scores=x: nothing reads it"),
        (
            ["negatives.max_score=1", "negatives.fallback=drop", "negatives.refresh_every=1"],
            r"negatives\.fallback=drop: .*refresh_every=1",
        ),
    ],
)
def test_limits_out_of_range_or_without_effect_are_refused(settings, overrides, message):
    with pytest.raises(InputError, match=message):
        check_negatives(composed(*settings, *overrides).negatives)


def test_scores_that_cannot_be_compared_are_refused(settings, tmp_path):
    plain = load_inputs(composed(*settings))
    ranks = write_run(tmp_path / "ranks.trec", plain, lambda rank: -1 - rank)
    strange = tmp_path / "strange.trec"
    strange.write_text("nobody Q0 d0-0 1 0.5 x\n")
    for run, message in ((ranks, "its scores are ranks"), (strange, "has none of the")):
        with pytest.raises(InputError, match=message):
            load_inputs(composed(*settings, f"negatives.scores={run}", "negatives.max_score=0.5"))


def test_limits_hold_for_negatives_that_the_network_mines(settings, tmp_path, caplog):
    cfg = composed(
        *settings,
        f"output_dir={tmp_path}",
        "negatives.refresh_every=1",
        "negatives.relative_margin=0.05",
    )
    with caplog.at_level("INFO"):
        train(cfg)
    found = [line for line in caplog.messages if "mined candidates are within" in line]
    assert len(found) == 2  # BM25's before the first epoch, the network's before the second
    assert found[0] != found[1]
