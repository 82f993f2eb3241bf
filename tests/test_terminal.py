"""Long work says how far it is, also where there is no terminal."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from terminal import Pulse, in_words, track

ROOT = Path(__file__).parents[1]


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, logger="terminal")
    return lambda: [record.getMessage() for record in caplog.records]


def test_a_line_a_minute_with_share_and_time_left(said):
    clock = Clock()
    pulse = Pulse("Encoding", 400, clock=clock)
    for done, clock.now in ((50, 30.0), (100, 60.0), (150, 90.0), (200, 121.0)):
        pulse.at(done)
    assert said() == ["Encoding: 25 %, about 3.0 min left", "Encoding: 50 %, about 2.0 min left"]


def test_steps_of_an_interrupted_process_do_not_shorten_the_estimate(said):
    clock = Clock()
    pulse = Pulse("training", 400, start=300, clock=clock)
    clock.now = 60.0
    pulse.at(350, " (epoch 3 of 3)")
    assert said() == ["training (epoch 3 of 3): 88 %, about 60 s left"]


def test_work_of_unknown_length_is_counted(said):
    clock = Clock()
    pulse = Pulse("Reading", None, clock=clock)
    clock.now = 61.0
    pulse.at(12345)
    assert said() == ["Reading: 12,345 done"]


def test_items_pass_unchanged_and_quick_work_says_nothing(said):
    assert list(track(iter("abc"), "Reading", total=3)) == ["a", "b", "c"]
    assert said() == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(59, "59 s"), (119, "119 s"), (120, "2.0 min"), (9000, "2.5 h")]
)
def test_times_have_the_unit_that_suits_them(seconds, words):
    assert in_words(seconds) == words


def started(tmp_path, *command, library, does):
    """Starts a program of the project where a library that it imports does something else."""
    (tmp_path / f"{library}.py").write_text(does)
    return subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_line_is_there_before_torch_is_imported(tmp_path):
    told = started(
        tmp_path,
        ROOT / "run.py",
        library="torch",
        does="import os\nprint('torch comes', flush=True)\nos._exit(3)",
    )
    assert told.returncode == 3, told.stderr
    assert told.stdout.splitlines() == ["loading libraries ...", "torch comes"]


@pytest.mark.parametrize(
    ("program", "library"), [(("run.py",), "hydra"), (("report.py", "outputs"), "numpy")]
)
def test_ctrl_c_during_the_imports_is_a_line_and_a_status(tmp_path, program, library):
    # a background job of a shell is born with SIGINT ignored
    does = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "time.sleep(60)"
    )
    told = started(tmp_path, ROOT / program[0], *program[1:], library=library, does=does)
    assert told.returncode == 130
    assert told.stderr == "stopped by Ctrl-C\n"


def test_other_errors_keep_their_traceback(tmp_path):
    told = started(tmp_path, ROOT / "run.py", library="hydra", does="raise RuntimeError('broken')")
    assert told.returncode == 1
    assert told.stderr.endswith("RuntimeError: broken\n")
