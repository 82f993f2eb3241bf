"""`task=noise` and training from an audit, on the small collection, in this process."""

import pytest
from cell_runs import SMALL, composed
from small_collection import write_small_collection

from cells.noising import noise
from cells.training import train

NOISE_ONLY = ["task.encoder.dimensions=8", "task.examples=3"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("noise_task")
    write_small_collection(base / "tiny")
    return base


def configuration(base, *overrides):
    places = [f"dataset.path={base / 'tiny'}", f"cache_dir={base / 'cache'}", f"output_dir={base / 'outputs'}"]
    return composed("dataset=folder", *places, *SMALL, "noise.ratio=0.25", *overrides)


def test_the_task_writes_the_audit_and_shows_examples(base, capsys):
    realised = noise(configuration(base, "task=noise", *NOISE_ONLY))
    cell = base / "outputs/noised/tiny/semantic-0.25/seed-1"
    assert realised == pytest.approx(0.25, abs=0.01)
    assert (cell / "audit.tsv").exists()
    shown = capsys.readouterr().out
    for part in ("semantic noise on tiny", "Rank of the inserted document", "inserted above removed", "noise.audit="):
        assert part in shown


def test_training_from_the_audit_is_training_on_the_same_labels(base):
    noise(configuration(base, "task=noise", *NOISE_ONLY))
    audit = base / "outputs/noised/tiny/semantic-0.25/seed-1/audit.tsv"
    train(configuration(base))
    train(configuration(base, f"noise.audit={audit}", "variant=from-audit"))
    cells = [base / f"outputs/tiny/static/{loss}/semantic-0.25/seed-1" for loss in ("label_weakening", "label_weakening-from-audit")]
    for name in ("run.trec", "audit.tsv"):
        written = [(cell / name).read_text().replace("-from-audit", "") for cell in cells]
        assert written[0] == written[1]
