"""A constructor's refusal names the key that the user has set, and a dry run meets it too."""

import logging

import pytest
from cell_runs import composed
from hydra.errors import InstantiationException
from hydra.utils import instantiate

from cells.configuration.constructor_errors import refusal_in
from cells.sweep.attempt import attempt
from errors import InputError


@pytest.mark.parametrize(
    ("overrides", "group", "message"),
    [
        (["noise.K=0"], "noise", "noise.K=0: must be"),
        (["noise=instance", "noise.target.K=0"], "noise", "noise.target.K=0: must be"),
        (
            ["noise=mixture", "noise.components.semantic.T=0"],
            "noise",
            "noise.components.semantic.T=0: must be",
        ),
        (["noise.encoder.dimensions=0"], "noise", "noise.encoder.dimensions=0: must be"),
        (["loss.alpha=-1"], "loss", "loss.alpha=-1: must be"),
        (
            ["loss=label_weakening_pointwise", "loss.loss.alpha=-1"],
            "loss",
            "loss.loss.alpha=-1: must be",
        ),
        (["loss.threshold.rho=2"], "loss", "loss.threshold.rho=2: must be"),
        (
            ["loss=label_weakening_pointwise", "loss.loss.threshold.start=2"],
            "loss",
            "loss.loss.threshold.start=2: must be",
        ),
    ],
)
def test_the_key_is_that_of_the_node_that_was_built(overrides, group, message):
    with pytest.raises(InstantiationException) as caught:
        instantiate(composed(*overrides)[group])
    assert refusal_in(caught.value).startswith(message)


def test_errors_of_other_kinds_are_no_refusals():
    with pytest.raises(InstantiationException) as caught:
        instantiate({"_target_": "losses.Focal", "gamma": 1.0, "of": "nothing"})
    assert refusal_in(caught.value) is None


def test_a_dry_run_refuses_what_would_fail_and_runs_nothing(tmp_path, caplog):
    place = (f"output_dir={tmp_path / 'out'}", f"cache_dir={tmp_path / 'cache'}", "dry_run=true")
    with caplog.at_level(logging.INFO):
        attempt(composed(*place))
    assert "can be run" in caplog.text
    for override, key in (("loss.alpha=-1", "loss.alpha=-1"), ("noise.K=0", "noise.K=0")):
        with pytest.raises(InputError, match=f"^{key}: must be"):
            attempt(composed(*place, override))
    assert not any(tmp_path.iterdir())
