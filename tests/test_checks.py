"""The checks of configured values: what passes, and what the message of a refusal says."""

import math

import pytest

import checks
from errors import InputError


def refused(check, *arguments, **options):
    with pytest.raises(InputError) as error:
        check("loss.x", *arguments, **options)
    return str(error.value)


def test_numbers_within_their_interval_pass_as_floats():
    assert checks.real("x", 1, "up to 1", 0.0, 1.0) == 1.0
    assert isinstance(checks.real("x", 1, "any number"), float)
    assert checks.ratio("x", 0) == 0.0


@pytest.mark.parametrize("value", [2, -1, math.nan, math.inf, "0.5", True, None])
def test_other_numbers_are_refused(value):
    assert refused(checks.real, value, "up to 1", 0.0, 1.0).endswith(": must be up to 1.")


def test_an_open_end_is_refused():
    assert refused(checks.real, 0, "above 0", 0.0, open_low=True) == "loss.x=0: must be above 0."
    assert refused(checks.real, 1, "below 1", high=1.0, open_high=True)
    assert "e.g. 2e-5" in refused(checks.positive, 0.0, "2e-5")


@pytest.mark.parametrize("value", [0, 1.0, True, "1", None])
def test_whole_numbers_are_whole_and_large_enough(value):
    assert checks.integer("x", 1, 1) == 1
    assert refused(checks.integer, value, 1).endswith(": must be a whole number of at least 1.")


def test_words_are_among_the_choices():
    assert checks.choice("x", "a", ("b", "a")) == "a"
    assert refused(checks.choice, "c", ("b", "a")) == "loss.x=c: must be one of b, a."
    assert refused(checks.choice, "c", {"b", "a"}) == "loss.x=c: must be one of a, b."
    allowed = "must be one of a, or null for none."
    assert refused(checks.choice, "c", ("a",), or_null="for none").endswith(allowed)


def test_a_value_is_named_as_yaml_writes_it():
    assert refused(checks.integer, None).startswith("loss.x=null:")
    assert refused(checks.integer, False).startswith("loss.x=false:")
    assert refused(checks.switch, "no") == "loss.x=no: must be true or false."
