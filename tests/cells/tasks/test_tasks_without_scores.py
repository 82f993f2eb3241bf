"""Runs and corrupted labels are replaced by the same configuration only."""

import gzip

import pytest
import yaml
from cell_runs import composed, settings_of
from small_collection import write_small_collection

from cells.planning.states import states_in
from cells.record.lock import BusyError, lock_file, locked
from cells.tasks.evaluate import evaluate
from cells.tasks.noise import noise
from cells.tasks.retrieve import retrieve
from errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_small_collection(tmp_path_factory.mktemp("collections") / "tiny")


@pytest.fixture
def settings(folder, tmp_path):
    return settings_of(folder, tmp_path)


def test_a_run_is_not_replaced_by_one_of_another_configuration(settings, tmp_path):
    bm25 = [*settings, "task=retrieve_bm25"]
    retrieve(composed(*bm25))
    path = tmp_path / "out/retrieved/tiny/bm25/run.trec.gz"
    before = gzip.decompress(path.read_bytes())
    retrieve(composed(*bm25))
    assert gzip.decompress(path.read_bytes()) == before
    with pytest.raises(InputError, match=r"evaluation\.depth \(there: 100, here: 10\).*variant="):
        retrieve(composed(*bm25, "evaluation.depth=10"))
    assert gzip.decompress(path.read_bytes()) == before
    retrieve(composed(*bm25, "evaluation.depth=10", "variant=short"))
    assert (tmp_path / "out/retrieved/tiny/bm25-short/run.trec.gz").exists()
    retrieve(composed(*bm25, "evaluation.depth=10", "overwrite=true"))
    assert len(gzip.decompress(path.read_bytes())) < len(before)


def test_corrupted_labels_are_not_replaced_by_others_but_shown_in_other_ways(settings, tmp_path):
    task = [*settings, "task=noise", "noise.ratio=0.25", "task.encoder.dimensions=8"]
    noise(composed(*task, "task.examples_file=triplet"))
    cell = tmp_path / "out/noised/tiny/semantic-0.25/seed-1"
    before = (cell / "qrels/train.tsv").read_bytes()
    assert (cell / "train.jsonl").exists()
    with pytest.raises(InputError, match=r"noise\.K \(there: 100, here: 50\)"):
        noise(composed(*task, "noise.K=50"))
    assert (cell / "qrels/train.tsv").read_bytes() == before
    config = yaml.safe_load((cell / "config.yaml").read_text())
    (cell / "config.yaml").write_text(yaml.safe_dump(config | {"task": {"examples": 10}}))
    noise(composed(*task, "task.examples=1"))  # also where an earlier version wrote the task down
    assert (cell / "qrels/train.tsv").read_bytes() == before
    assert not (cell / "train.jsonl").exists()
    noise(composed(*task, "noise.K=50", "variant=near"))
    assert (tmp_path / "out/noised/tiny/semantic-near-0.25/seed-1/audit.tsv").exists()


@pytest.mark.parametrize(
    ("task", "name", "runs"),
    [
        ("retrieve_bm25", "retrieved/tiny/bm25", retrieve),
        ("noise", "noised/tiny/semantic-0.25/seed-1", noise),
        ("evaluate", "evaluated/tiny/static/seed-1", evaluate),
    ],
)
def test_one_command_at_a_time_writes_a_cell(settings, tmp_path, task, name, runs):
    with (
        locked(lock_file(tmp_path / "out", name)),
        pytest.raises(BusyError, match="process"),
    ):
        runs(composed(*settings, f"task={task}", "noise.ratio=0.25"))
    assert states_in(tmp_path / "out") == []
