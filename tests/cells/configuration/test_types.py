"""Every key of every group has a type, which its constructor's signature gives, a library's too."""

from itertools import cycle

import pytest
from cell_runs import ROOT, composed

from cells.configuration.completeness import check_complete
from cells.configuration.signatures import check_types
from errors import InputError

GROUPS = (
    "dataset",
    "loss",
    "logger",
    "model",
    "noise",
    "optimizer",
    "scheduler",
    "task",
    "trainer",
)
OPTIONS = {
    group: sorted(path.stem for path in (ROOT / "conf" / group).glob("*.yaml")) for group in GROUPS
}
ROUNDS = [
    [f"{group}={option}" for group, option in zip(GROUPS, options, strict=True)]
    for options in zip(
        *(options if group == "loss" else cycle(options) for group, options in OPTIONS.items()),
        strict=False,
    )
]


def test_every_choice_of_every_group_passes():
    for overrides in ROUNDS:
        check_types(
            composed(*overrides, "dataset.path=x" if "dataset=folder" in overrides else "seed=1")
        )


def test_a_precision_of_ours_passes():
    check_types(composed("trainer.precision=auto"))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("loss.alpha=abc", r"loss\.alpha=abc: must be a number"),
        ("loss.alpha=nan", r"loss\.alpha=nan: must be a number"),
        ("loss.threshold=0.5", r"loss\.threshold=0\.5: must be a node with the _target_"),
        ("loss.threshold.rho=[1]", r"loss\.threshold\.rho=\[1\]: must be a number"),
        ("+loss.alpa=1", r"loss\.alpa: LabelWeakening takes no alpa\. Did you mean loss\.alpha\?"),
        ("loss._target_=losses.Nothing", r"loss\._target_=losses\.Nothing: cannot be imported"),
        ("loss._target_=7", r"loss\._target_=7: must be the dotted name"),
        ("noise.K=1.5", r"noise\.K=1\.5: must be a whole number"),
        ("noise.K=99999999999999999999", r"noise\.K=9+: must be a whole number"),
        ("noise.encoder.dimensions=true", r"noise\.encoder\.dimensions=true: must be a whole"),
        ("noise.encoder=x", r"noise\.encoder=x: must be"),
        ("model.path=7", r"model\.path=7: must be text, in quotes"),
        ("model.tokens=1", r"model\.tokens=1: must be a mapping with the keys query_length"),
        ("model.tokens.query_length=a", r"model\.tokens\.query_length=a: must be a whole number"),
        ("+model.tokens.length=1", r"model\.tokens\.length: model\.tokens takes no length"),
        ("+model.vew=x", r"model\.vew: model takes no vew\. Did you mean model\.view\?"),
        ("~dataset._target_", r"dataset\._target_ is missing"),
        ("~model.tokenizer._partial_", r"model\.tokenizer\._partial_=null: must be true"),
        ("scheduler._partial_=false", r"scheduler\._partial_=false: must be true"),
        ("~model.network.temperature", r"model\.network\.temperature is missing, and build_static"),
        ("trainer.gradient_clip_val=abc", r"trainer\.gradient_clip_val=abc: must be a .*number"),
        ("+trainer.acumulate=2", r"trainer\.acumulate: Trainer takes no acumulate"),
        ("+trainer.logger=true", r"trainer\.logger is set by the recipe"),
        ("optimizer.lr=abc", r"optimizer\.lr=abc: must be"),
        ("logger.steps=3", r"logger\.steps=3: must be true or false"),
        ("dataset.split_seed=a", r"dataset\.split_seed=a: must be a whole number"),
        ("+batch.sizes=1", r"batch\.sizes: batch takes no sizes\. Did you mean batch\.size\?"),
        ("+sed=1", r"sed: a cell takes no sed\. Did you mean seed\?"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_refused_by_key_with_what_it_must_be(override, message):
    with pytest.raises(InputError, match=message):
        check_types(composed(override))


def test_a_key_that_others_refer_to_may_be_added():
    check_types(composed("+model.mine=1", "model.network.dimensions=${model.mine}"))


@pytest.mark.parametrize("key", ["negatives", "seed"])
def test_a_removed_key_is_named(key):
    with pytest.raises(InputError, match=rf"{key} was removed.*leave ~{key} out"):
        check_complete(composed(f"~{key}"))


def test_a_key_without_a_value_is_named():
    with pytest.raises(InputError, match=r"dataset\.path: no value.*Give one: dataset\.path="):
        check_complete(composed("dataset=folder"))
