"""Seeded mutations of every file that is read back: no traceback, no number changed silently.

They run under `make test-faults` only. FUZZ changes how many mutations each kind of file gets.
"""

import os
import random
import shutil

import pytest
from small_collection import write_small_collection
from test_damaged_files import configuration, write_killed

from cells.planning.states import states_in
from cells.record import failures
from cells.record.directory import Cell
from cells.record.made_from import begin, check_finished, file_hashes
from cells.record.written_scores import read_scores, write_scores
from cells.sweep.skip import needs_no_job
from cells.training.continuing import newest
from data import Cache, open_folder
from errors import InputError
from evaluation import read_trec
from noise import SemanticSwap
from noise.encoders.latent_semantics import LatentSemantics
from reporting.reading.cells import read_cells

pytestmark = pytest.mark.faults
MUTATIONS = int(os.environ.get("FUZZ", "200"))
MEASURE = "validation/nDCG@10"


def flip(content, chance):
    begin, end = span(content, chance)
    return content[:begin] + bytes(byte ^ 4 for byte in content[begin:end]) + content[end:]


def delete(content, chance):
    begin, end = span(content, chance)
    return content[:begin] + content[end:]


def repeat(content, chance):
    begin, end = span(content, chance)
    return content[:begin] + content[begin:end] * 2 + content[end:]


def insert(content, chance):
    begin, end = span(content, chance)
    return content[:begin] + chance.randbytes(end - begin) + content[begin:]


def blank(content, chance):
    begin, end = span(content, chance)
    return content[:begin] + bytes(end - begin) + content[end:]


def cut(content, chance):
    return content[: span(content, chance)[0]]


def other_digit(content, chance):
    digits = [place for place, byte in enumerate(content) if 48 <= byte <= 57] or [0]
    place = chance.choice(digits)
    return content[:place] + str(chance.randrange(10)).encode() + content[place + 1 :]


def mark(content, chance):
    return b"\xef\xbb\xbf" + content


def other_line_ends(content, chance):
    return content.replace(b"\n", b"\r\n")


def null(content, chance):
    return content.replace(b"1", b"null", 1)


def not_a_number(content, chance):
    return content.replace(b"0.", b"NaN", 1)


CHANGES = (
    *(flip, delete, repeat, insert, blank, cut),
    *(other_digit, mark, other_line_ends, null, not_a_number),
)


def span(content, chance):
    begin = chance.randrange(len(content) + 1)
    return begin, min(len(content), begin + chance.choice((1, 2, 8, 64, 512)))


def mutated(content, chance):
    """The bytes after one to three changes, each of a kind that editors, disks and copies make."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        content = chance.choice(CHANGES)(content, chance)
    return content


def refusal(action):
    """The message of an InputError; None without one. Anything else fails the test."""
    try:
        action()
    except InputError as error:
        return str(error)
    return None


def mutations(path):
    """Write the file again and again, mutated, and as it was at the end."""
    chance, content = random.Random(path.name), path.read_bytes()  # noqa: S311
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(content, chance))
        yield path.read_bytes() == content
    path.write_bytes(content)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("fuzzed")
    write_small_collection(base / "tiny")
    return base


@pytest.fixture(scope="module")
def killed(base):
    return write_killed(base)


@pytest.fixture
def finished(base, tmp_path):
    """A finished cell with hashes of what it is made from, and its configuration."""
    shutil.copy(base / "tiny" / "qrels" / "train.tsv", tmp_path / "labels.tsv")
    cfg = configuration(base, tmp_path / "out", f"teacher={tmp_path / 'labels.tsv'}")
    cell = Cell.of(cfg)
    cell.claim(overwrite=False)
    measures = {"nDCG@10": 0.123456789, "AP": 0.25}
    scores = {"measures": measures, "data": {"fingerprint": "x"}, "wall_seconds": {"train": 1.0}}
    write_scores(cell.directory, scores | {"made_from": {"files": file_hashes(cell)}})
    return cell, cfg


def test_scores(finished):
    cell, cfg = finished
    assert needs_no_job(cfg)
    measures = read_scores(cell.directory)["measures"]
    refused = 0
    for _ in mutations(cell.file("scores.json")):
        try:
            assert read_scores(cell.directory)["measures"] == measures
            check_finished(cell, read_scores(cell.directory))
        except InputError:
            refused += 1
        needs_no_job(cfg)
        states_in(cell.directory.parents[4])
        read_cells(cell.directory.parents[4])
    assert refused > MUTATIONS / 2


@pytest.mark.parametrize("name", ["config.yaml", "made_from.json"])
def test_what_a_cell_knows_of_itself(base, tmp_path, name):
    cfg = configuration(base, tmp_path / "out")
    cell = Cell.of(cfg)
    cell.claim(overwrite=False)
    begin(cell)
    cell.file("checkpoints").mkdir()
    cell.file("checkpoints/last.ckpt").touch()
    for _ in mutations(cell.file(name)):
        message = refusal(lambda: (needs_no_job(cfg), cell.claim(overwrite=False), begin(cell)))
        assert message is None or str(cell.directory) in message
        states_in(tmp_path / "out")
        read_cells(tmp_path / "out")


def test_records_of_failures(tmp_path, monkeypatch):
    monkeypatch.setenv(failures.SWEEP, "this")
    failures.record(tmp_path, "a/b/c/d-0/seed-1", ValueError("no"))
    (path,) = (tmp_path / failures.FOLDER).iterdir()
    for _ in mutations(path):
        found = failures.of_this_sweep(tmp_path)
        assert found == [] or found[0].cell
        if not found:  # another sweep's, and readable as such
            assert [record.readable for record in failures.recorded(tmp_path)] == [True]
        states_in(tmp_path)


def test_audits(base, tmp_path):
    collection = open_folder(path=str(base / "tiny"), cache=Cache(base / "cache"))
    path = tmp_path / "audit.tsv"

    def corrupted(audit):
        noise = SemanticSwap(ratio=0.3, seed=1, encoder=LatentSemantics(dimensions=8), audit=audit)
        return noise.corrupt(collection)

    expected = corrupted(None)
    expected.audit.write(path)
    refused = 0
    for _ in mutations(path):
        found = []
        message = refusal(lambda found=found: found.append(corrupted(str(path))))
        if message is not None:
            refused += 1
            assert "noise.audit=" in message
            continue
        assert found[0].qrels == expected.qrels
        assert found[0].audit.header == expected.audit.header
        assert found[0].audit.rows == expected.audit.rows
    assert refused > MUTATIONS / 2


def test_runs(base, finished, tmp_path):
    cell, cfg = finished
    collection = open_folder(path=str(base / "tiny"), cache=Cache(base / "cache"))
    path, scores = tmp_path / "labels.tsv", read_scores(cell.directory)
    lines = [f"q{n}-0 Q0 d{n}-{k} {k + 1} {0.9 - k / 10} tag\n" for n in range(9) for k in range(4)]
    path.write_text("".join(lines))
    record = {"measures": scores["measures"], "made_from": {"files": file_hashes(cell)}}
    write_scores(cell.directory, record | {"data": scores["data"]})
    for same in mutations(path):
        message = refusal(lambda: read_trec(path, collection.documents))
        assert message is None or str(path) in message
        assert needs_no_job(cfg) == same  # a finished cell is not that of another run


@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("name", ["last.ckpt", "previous.ckpt", "best.safetensors"])
def test_checkpoints(base, killed, tmp_path, name, hashed):
    """Without a hash, as of earlier versions, nothing but a traceback can be asked for."""
    cell = Cell.of(configuration(base, killed))
    whole = {path.name: path.read_bytes() for path in cell.file("checkpoints").iterdir()}
    chance = random.Random(name)  # noqa: S311
    for _ in range(MUTATIONS // 4):
        shutil.rmtree(tmp_path / "checkpoints", ignore_errors=True)
        (tmp_path / "checkpoints").mkdir()
        for each, content in whole.items():
            if hashed or not each.endswith(".blake2b"):
                changed = mutated(content, chance) if each == name else content
                (tmp_path / "checkpoints" / each).write_bytes(changed)
        found = []
        message = refusal(
            lambda found=found: found.append(
                newest(tmp_path / "checkpoints", cell.fingerprint, MEASURE)
            )
        )
        assert message is None or (not hashed and "another cell or configuration" in message)
        if hashed and found[0] is not None:
            assert found[0].read_bytes() == whole[found[0].name]
