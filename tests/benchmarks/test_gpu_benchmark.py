"""The benchmark for GPUs: refused without one, and its ways on a CPU."""

import json
import signal
import subprocess
import sys
import time

import pytest
import torch
from cell_runs import ROOT

pytest.importorskip("datasets")  # the peers read their texts from it

from benchmarks.gpu.__main__ import TimeIsUp, limited, main
from benchmarks.gpu.device_rows import DeviceRow
from benchmarks.gpu.device_table import table


def ended(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["benchmarks.gpu", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_without_a_gpu_it_is_refused_in_a_line(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = ended(monkeypatch, "--out", str(tmp_path / "results"))
    assert said.startswith("there is no NVIDIA GPU here: use --device cpu --small")
    assert not (tmp_path / "results").exists()


# libraries of the peers
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_parts_run_on_a_cpu_and_leave_their_rows(monkeypatch, tmp_path):
    parts = ["encoding", "searching", "late_interaction"]
    small = ["--device", "cpu", "--small", "--out", str(tmp_path), "--only", *parts]
    assert ended(monkeypatch, *small) == 0
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert "processor" in lines[0]["facts"]
    assert [line["part"] for line in lines if "seconds" in line] == parts
    rows = [DeviceRow(**line) for line in lines if "contender" in line]
    assert [row.contender for row in rows].count("sentence-transformers") == 2
    assert all(row.speed > 0 and 0 < row.share < 1 for row in rows)
    assert (tmp_path / "results.md").read_text() == table(rows)


def test_a_part_that_fails_is_written_and_the_next_one_measured(monkeypatch, tmp_path):
    def fails(_bench):
        raise RuntimeError("out of order")

    parts = {"broken": fails, "fine": lambda _: iter([DeviceRow("a", "b", "ours", 2.0, "x/s")])}
    monkeypatch.setattr("benchmarks.gpu.__main__.PARTS", parts)
    arguments = ["--device", "cpu", "--small", "--out", str(tmp_path), "--only", "broken", "fine"]
    assert ended(monkeypatch, *arguments) == 1
    text = (tmp_path / "results.jsonl").read_text()
    assert '"failed": "RuntimeError: out of order"' in text
    assert '"contender": "ours"' in text


def test_a_part_is_cut_off_after_its_seconds():
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TimeIsUp), limited(1):
        time.sleep(20)
    assert signal.getsignal(signal.SIGALRM) == before


def test_the_table_says_how_many_times_as_fast_ours_is():
    rows = [
        DeviceRow("p", "s", "ours", 3.0, "steps/s", share=0.5, peak_gib=2.0),
        DeviceRow("p", "s", "peer", 1.0, "steps/s", target=1.5),
        DeviceRow("p", "s", "loop", 4.0, "steps/s", target=0.8),
    ]
    assert table(rows).splitlines()[2:] == [
        "| p | s | ours | 3 steps/s |  |  | 0.50 | 2.0 GiB |",
        "| p | s | peer | 1 steps/s | 3.00 | 1.5 holds |  |  |",
        "| p | s | loop | 4 steps/s | 0.75 | 0.8 MISS |  |  |",
    ]


def test_the_session_is_refused_without_a_gpu(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    script = ROOT / "benchmarks/gpu/session.sh"
    said = subprocess.run(
        [script, tmp_path],
        env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert said.stderr.strip() == "there is no NVIDIA GPU here"
