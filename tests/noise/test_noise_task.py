"""`task=noise` and training from an audit, on the small collection, in this process."""

import json

import pytest
import wandb
from cell_runs import SMALL, composed, run_lines
from small_collection import write_small_collection
from tiny_models import save_tiny_classifier
from wandb_records import read_offline_run

from cells.tasks.noise import noise
from cells.tasks.train import train
from errors import InputError
from noise import Audit

NOISE_ONLY = ["task.encoder.dimensions=8", "task.examples=3"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("noise_task")
    write_small_collection(base / "tiny")
    return base


def configuration(base, *overrides):
    places = [
        f"dataset.path={base / 'tiny'}",
        f"cache_dir={base / 'cache'}",
        f"output_dir={base / 'outputs'}",
    ]
    return composed("dataset=folder", *places, *SMALL, "noise.ratio=0.25", *overrides)


def test_the_task_writes_the_audit_and_shows_examples(base, capsys):
    realised = noise(configuration(base, "task=noise", *NOISE_ONLY))
    cell = base / "outputs/noised/tiny/semantic-0.25/seed-1"
    assert realised == pytest.approx(0.25, abs=0.01)
    assert (cell / "audit.tsv").exists()
    shown = capsys.readouterr().out
    for part in (
        "semantic noise on tiny",
        "Rank of the inserted document",
        "inserted above removed",
        "noise.audit=",
    ):
        assert part in shown


def test_training_from_the_audit_is_training_on_the_same_labels(base):
    noise(configuration(base, "task=noise", *NOISE_ONLY))
    audit = base / "outputs/noised/tiny/semantic-0.25/seed-1/audit.tsv"
    train(configuration(base))
    train(configuration(base, f"noise.audit={audit}", "variant=from-audit"))
    cells = [
        base / f"outputs/tiny/static/{loss}/semantic-0.25/seed-1"
        for loss in ("label_weakening", "label_weakening-from-audit")
    ]
    audits = [(cell / "audit.tsv").read_text().replace("-from-audit", "") for cell in cells]
    assert audits[0] == audits[1]
    ranked = [[line.rpartition(" ")[0] for line in run_lines(cell)] for cell in cells]
    assert ranked[0] == ranked[1]


def test_the_task_records_its_tables_with_wandb(base):
    overrides = ["task=noise", *NOISE_ONLY, "logger=wandb", f"output_dir={base / 'wandb'}"]
    try:
        noise(configuration(base, *overrides))
    finally:
        # or processes that later tests start would hand their records to the service of this one
        wandb.teardown()
    cell = base / "wandb/noised/tiny/semantic-0.25/seed-1"
    (recorded,) = (cell / "wandb").glob("offline-run-*/*.wandb")
    run = read_offline_run(recorded)
    assert run.exit_code == 0
    logged = {
        name: value
        for each in run.history
        for name, value in each.items()
        if name.startswith("noise/")
    }
    assert {
        name: logged[f"noise/{name}/nrows"] for name in ("summary", "examples", "substitutions")
    } == {
        "summary": 12,
        "examples": 3,
        "substitutions": 22,
    }
    summary = json.loads((recorded.parent / "files" / logged["noise/summary/path"]).read_text())
    assert dict(summary["data"])["audit"] == Audit.read(cell / "audit.tsv").sha256


def test_a_cross_encoder_judges_contamination(base, capsys, tmp_path):
    save_tiny_classifier(tmp_path / "judge")
    noise(
        configuration(
            base,
            "task=noise",
            *NOISE_ONLY,
            f"task.cross_encoder={tmp_path / 'judge'}",
            f"output_dir={base / 'judged'}",
        )
    )
    shown = " ".join(capsys.readouterr().out.split())
    assert "cross-encoder judge" in shown
    assert "bm25" not in shown


def test_a_judge_that_is_none_is_refused_before_anything_is_written(base, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"^task\.cross_encoder=.*empty"):
        noise(
            configuration(
                base,
                "task=noise",
                f"task.cross_encoder={tmp_path / 'empty'}",
                f"output_dir={tmp_path / 'outputs'}",
            )
        )
    assert not (tmp_path / "outputs").exists()
