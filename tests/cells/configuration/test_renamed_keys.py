import pytest
from cell_runs import ROOT, composed, run
from omegaconf import OmegaConf

from cells.configuration.renamed_keys import (
    RENAMED,
    refuse_renamed,
    refuse_renamed_overrides,
    stored_value,
)
from cells.record.directory import Cell, differences
from errors import InputError

EARLIER = OmegaConf.load(ROOT / "tests/fixtures/earlier_cell.yaml")


def test_an_earlier_key_on_the_command_line_is_refused_with_the_new_one(tmp_path):
    refused = run("model.learning_rate=1e-3", cwd=tmp_path)
    assert refused.returncode
    assert "model.learning_rate is now optimizer.lr: set optimizer.lr=..." in refused.stderr


@pytest.mark.parametrize("key", RENAMED)
def test_every_earlier_key_is_refused_wherever_it_is_set(key):
    with pytest.raises(InputError, match=f"{key} is now {RENAMED[key]}"):
        refuse_renamed_overrides(["-m", f"++{key}=1,2", "loss=focal"])
    cfg = OmegaConf.create({"model": {}})
    refuse_renamed(cfg)
    OmegaConf.update(cfg, key, 1)
    with pytest.raises(InputError, match=f"{key} is now {RENAMED[key]}"):
        refuse_renamed(cfg)


def test_today_s_keys_pass():
    refuse_renamed_overrides(["optimizer.lr=1e-3", "trainer.max_epochs=2", "scheduler=constant"])


def test_a_cell_with_the_earlier_keys_is_the_cell_of_the_same_values():
    same = ("loss=label_weakening_literal", "scheduler.warmup=0.1")
    stored = OmegaConf.to_container(EARLIER)
    keys = ("optimizer", "scheduler", "batch", "trainer", "model")

    def differing(*changes):
        lines = differences(stored, Cell.of(composed(*same, *changes)).config)
        return [line for line in lines if line.startswith(keys)]

    assert differing() == []
    assert differing("optimizer.lr=1e-3", "scheduler=constant") == [
        "optimizer.lr (there: 0.02, here: 0.001)",
        "scheduler._target_ (there: lightning_modules.linear_schedule, "
        "here: lightning_modules.constant_schedule)",
    ]


def test_a_stored_value_is_found_by_either_key():
    assert stored_value(EARLIER, "optimizer.lr") == 0.02
    assert stored_value(OmegaConf.create({"optimizer": {"lr": 1.0}}), "optimizer.lr") == 1.0
