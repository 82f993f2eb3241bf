"""The precision of training: asked for, settled for the device, or refused."""

import pytest
import torch
from cell_runs import composed
from omegaconf import OmegaConf

from cells.record.stored_config import differences
from cells.training import precision
from cells.training.precision import check_precision, settled_precision
from errors import InputError


def settled(*overrides, stored=None):
    return settled_precision(composed(*overrides).trainer, stored or {})


def checked(*overrides):
    cfg = composed(*overrides)
    check_precision(cfg.trainer, cfg.optimizer)


@pytest.fixture
def card(monkeypatch):
    """A machine with a GPU, new or old."""

    def has(*, bf16):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bf16)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "an old card")

    return has


def test_a_cpu_trains_in_full_precision():
    assert settled("trainer.accelerator=cpu") == "32-true"


@pytest.mark.parametrize(("bf16", "chosen"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_gpu_trains_in_bfloat16_if_it_is_made_for_it(bf16, chosen, card):
    card(bf16=bf16)
    assert settled() == chosen
    assert settled("trainer.accelerator=cpu") == "32-true"


def test_a_cell_keeps_the_precision_that_it_began_with(card):
    card(bf16=True)
    assert settled(stored={"trainer": {"precision": "32-true"}}) == "32-true"
    assert settled("trainer.precision=16-mixed", stored={"trainer": {"precision": "32-true"}}) == (
        "16-mixed"
    )
    # an earlier version stored the word
    assert settled(stored={"trainer": {"precision": "auto"}}) == "bf16-mixed"


def test_auto_is_the_same_cell_as_the_precision_it_settled_on():
    asked = OmegaConf.to_container(composed().trainer)
    begun = asked | {"precision": "bf16-mixed"}
    assert differences({"trainer": begun}, {"trainer": asked}) == []
    assert differences({"trainer": begun}, {"trainer": asked | {"precision": "32-true"}}) == [
        "trainer.precision (there: bf16-mixed, here: 32-true)"
    ]


@pytest.mark.parametrize(
    ("factor", "chosen"), [(10.0, "32-true"), (0.95, "32-true"), (0.5, "bf16-mixed")]
)
def test_the_fastest_is_half_precision_only_where_it_is_faster(factor, chosen, monkeypatch):
    times = {torch.bfloat16: factor, torch.float32: 1.0}
    monkeypatch.setattr(precision, "_seconds", lambda dtype, _device: times[dtype])
    asked = ["trainer.precision=fastest", "trainer.accelerator=cpu"]
    assert settled(*asked) == chosen
    assert settled(*asked, stored={"trainer": {"precision": "32-true"}}) == "32-true"


def test_the_fastest_is_measured_on_this_machine():
    asked = ["trainer.precision=fastest", "trainer.accelerator=cpu"]
    assert settled(*asked) in {"32-true", "bf16-mixed"}


def test_slow_half_precision_is_pointed_out(monkeypatch, caplog):
    times = {torch.bfloat16: 8.0, torch.float32: 1.0}
    monkeypatch.setattr(precision, "_seconds", lambda dtype, _device: times[dtype])
    checked("trainer.precision=bf16-mixed", "trainer.accelerator=cpu")
    assert "8.0 times slower than 32-true" in caplog.text


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainer.precision=half"], r"trainer\.precision=half: must be one of 32-true"),
        (
            ["trainer.precision=16-mixed", "trainer.accelerator=cpu"],
            r"trainer\.precision=16-mixed: a CPU does not support it",
        ),
        (
            ["trainer=ddp_fork", "trainer.precision=fastest"],
            r"trainer\.precision=fastest with trainer\.devices=2",
        ),
    ],
)
def test_unusable_precisions_are_refused(overrides, message):
    with pytest.raises(InputError, match=message):
        settled(*overrides)


def test_a_card_without_bf16_is_named(card):
    card(bf16=False)
    with pytest.raises(
        InputError, match=r"trainer\.precision=bf16-mixed: an old card does not support it"
    ):
        settled("trainer.precision=bf16-mixed")


def test_scaled_gradients_that_nobody_can_clip_are_refused():
    half = ["trainer.precision=16-mixed", "trainer.gradient_clip_val=1.0"]
    with pytest.raises(InputError, match=r"optimizer\.fused=false"):
        checked(*half)
    checked(*half, "optimizer.fused=false", "trainer.accelerator=gpu")
