"""Long work says how far it is, also where there is no terminal."""

import logging

import pytest

from terminal import Pulse, in_words, track


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
