import pytest
from omegaconf import OmegaConf

from cells.configuration.startup_checks import check
from errors import InputError


def config(**changes):
    cfg = OmegaConf.create(
        {
            "collection": "demo",
            "cell": "demo/static/elr/none-0/seed-1",
            "noise": {"ratio": 0.2},
            "batch": {"size": 8, "in_batch": True},
            "negatives": {"per_example": 1, "depth": 100},
            "evaluation": {"depth": 100, "batch_tokens": 1024},
            "trainer": {"max_epochs": 1},
            "measures": ["nDCG@10", "AP"],
            "on_error": "continue",
            "keep": ["weights"],
            "objective": "test",
            "model": {},
            "optimizer": {"lr": 0.1},
            "selection_measure": "nDCG@10",
        }
    )
    for key, value in changes.items():
        OmegaConf.update(cfg, key.replace("__", "."), value)
    return cfg


def test_a_sound_configuration_passes():
    check(config())
    check(config(noise__ratio=0))
    check(config(noise__ratio=None))
    check(config(batch__size=1))


@pytest.mark.parametrize("ratio", [1.5, -0.1, float("nan"), 1.0, "abc", True])
def test_ratio_outside_its_range_is_refused(ratio):
    with pytest.raises(InputError, match=r"noise\.ratio=.*0 <= noise\.ratio < 1"):
        check(config(noise__ratio=ratio))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("batch.size", 0),
        ("negatives.per_example", -1),
        ("negatives.depth", -5),
        ("evaluation.depth", 0),
        ("trainer.max_epochs", 0),
        ("evaluation.batch_tokens", 0),
        ("checkpoint.steps", 0),
        ("checkpoint.steps", -1),
        ("task.depth", 0),
        ("model.network.dimensions", 0),
        ("model.network.projection", -3),
    ],
)
def test_counts_out_of_range_are_refused_by_name(key, value):
    with pytest.raises(InputError, match=f"{key}={value}"):
        check(config(**{key.replace(".", "__"): value}))


@pytest.mark.parametrize("key", ["optimizer.lr", "model.network.temperature", "checkpoint.minutes"])
@pytest.mark.parametrize("value", [0, -0.5, float("nan"), float("inf"), "abc", True])
def test_what_must_be_positive_is_refused_before_anything_is_read(key, value):
    with pytest.raises(InputError, match=rf"(?i){key}={value}: must be a positive number"):
        check(config(**{key.replace(".", "__"): value}))


def test_batches_without_any_negative_are_refused():
    with pytest.raises(InputError, match=r"batch\.size=1"):
        check(config(batch__size=1, negatives__per_example=0))
    with pytest.raises(InputError, match=r"batch\.in_batch=false"):
        check(config(batch__in_batch=False, negatives__per_example=0))


def test_what_to_do_on_an_error_is_one_of_two():
    with pytest.raises(InputError, match="on_error=explode: must be one of continue, stop"):
        check(config(on_error="explode"))


def test_what_to_keep_is_known():
    check(config(keep=[]))
    with pytest.raises(InputError, match=r"keep=\['run'\]: must be a list of any of weights, runs"):
        check(config(keep=["run"]))


def test_the_selection_measure_must_be_computed():
    with pytest.raises(InputError, match=r"selection_measure=RR@10.*nDCG@10"):
        check(config(selection_measure="RR@10"))


def test_an_encoder_that_the_model_starts_from_is_warned_of(caplog):
    check(config(noise__encoder={"path": "packaged:minilm"}, model={"path": "elsewhere"}))
    check(config(noise__encoder={"path": None}, model={"path": None}))
    assert not caplog.records
    check(config(noise__encoder={"path": "packaged:minilm"}, model={"path": "packaged:minilm"}))
    assert "adversarial" in caplog.text
