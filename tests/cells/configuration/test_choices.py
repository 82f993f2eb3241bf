import pytest
from cell_runs import ROOT, composed

from cells.command.choices import RENAMED, check_choices
from cells.record.coordinates import coordinates_of
from errors import InputError


@pytest.fixture
def configs(tmp_path):
    for group, options in {
        "loss": ("cross_entropy", "label_weakening"),
        "dataset": ("demo", "scifact"),
    }.items():
        (tmp_path / group).mkdir()
        for option in options:
            (tmp_path / group / f"{option}.yaml").touch()
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["loss=cross_entropy"],
        ["-m", "loss=cross_entropy,label_weakening", "seed=1,2"],
        ["loss=glob(*)"],
        ["noise.ratio=0.2"],
        ["~loss"],
        ["--help"],
    ],
)
def test_known_choices_pass(configs, arguments):
    check_choices(arguments, configs)


@pytest.mark.parametrize("argument", ["loss=cross_entropi", "loss=label_weakening,cross_entropi"])
def test_unknown_choices_are_named_with_the_nearest_and_all(configs, argument):
    with pytest.raises(
        InputError,
        match=r"loss=cross_entropi: .*Did you mean loss=cross_entropy\? Choices: "
        r"cross_entropy, label_weakening",
    ):
        check_choices([argument], configs)


def test_null_is_no_choice(configs):
    with pytest.raises(InputError, match="dataset=null: there is no such dataset"):
        check_choices(["dataset=null"], configs)


def test_nothing_is_suggested_where_nothing_is_near(configs):
    with pytest.raises(InputError, match=r"no such dataset\. Choices"):
        check_choices(["dataset=zzzzzz"], configs)


@pytest.mark.parametrize("option", [["--config-dir", "{}"], ["--config-dir={}"], ["-cd", "{}"]])
def test_a_folder_of_ones_own_adds_choices(configs, tmp_path_factory, option):
    own = tmp_path_factory.mktemp("own")
    (own / "loss").mkdir()
    (own / "loss" / "mine.yaml").touch()
    arguments = [part.format(own) for part in option]
    check_choices([*arguments, "loss=mine,cross_entropy", "dataset=demo"], configs)
    with pytest.raises(InputError, match="Choices: cross_entropy, label_weakening, mine"):
        check_choices([*arguments, "loss=others"], configs)


def test_a_search_path_is_left_to_hydra(configs):
    check_choices(["hydra.searchpath=[file:///elsewhere]", "loss=mine"], configs)


@pytest.mark.parametrize("name", RENAMED["loss"])
def test_earlier_names_are_refused_with_what_says_the_same_today(name):
    with pytest.raises(InputError, match=f"loss={name} is now: loss=") as refused:
        check_choices([f"loss=cross_entropy,{name}"], ROOT / "conf")
    assert composed(*str(refused.value).split(" is now: ")[1].split()).loss


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        (["loss=cross_entropy"], "cross_entropy"),
        (["loss=label_weakening"], "label_weakening"),
        (["loss=label_weakening", "loss/threshold=odds"], "label_weakening"),
        (["loss=label_weakening", "loss/threshold=margin"], "label_weakening-threshold-margin"),
        (
            ["loss=label_weakening_literal", "loss/threshold=lift", "loss/confidence=ema"],
            "label_weakening_literal-confidence-ema-threshold-lift",
        ),
        (
            ["loss=label_weakening_pointwise", "loss/threshold@loss.loss.threshold=by_label"],
            "label_weakening_pointwise-threshold-by_label",
        ),
        (["loss/threshold=margin", "variant=x"], "label_weakening-threshold-margin-x"),
    ],
)
def test_choices_below_a_loss_show_in_the_path(overrides, name):
    cfg = composed(*overrides)
    assert cfg.cell == f"demo/static/{name}/semantic-0.2/seed-1"
    assert coordinates_of(cfg).loss == name
