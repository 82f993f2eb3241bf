"""The tables of the configuration say what the files say."""

import pytest
from cell_runs import ROOT, composed
from omegaconf import OmegaConf

from docs.configuration_tables import TARGET, Key, keys_of, meanings, prefix_of, table

CONF = ROOT / "conf"
BLANK = 26
"""Keys of the reference without a meaning; the number is to fall."""
TEXT = """\
# What the file is about.
defaults:
  - other
_target_: a.B
_partial_: true
# What the limit is.
limit: null
part:
  depth: 100   # how deep
  # of both: a|b
  kind: a
"""


def test_keys_have_their_default_and_the_comment_behind_or_before_them():
    assert list(keys_of(TEXT, "group.")) == [
        Key("group._target_", "a.B", ""),
        Key("group.limit", "null", "What the limit is."),
        Key("group.part.depth", "100", "how deep"),
        Key("group.part.kind", "a", "of both: a|b"),
    ]


def test_a_table_holds_what_markdown_would_take_for_its_own():
    assert "| `part.kind` | `a` | of both: a\\|b |" in table(TEXT)
    assert table("defaults: [a]\n") == ""
    assert "in &lt;cell>" in table("a: 1  # in <cell>\n")


def test_a_key_without_a_comment_has_the_meaning_that_another_file_of_its_group_gives(tmp_path):
    for name, text in {
        "config.yaml": "output_dir: x  # where\n",
        "model/a.yaml": "depth: 1  # how deep\n",
        "model/b.yaml": "depth: 2\n_target_: m.B\n",
        "loss/a.yaml": "beta: 1  # of a\n",
        "loss/b.yaml": "beta: 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    said = meanings(tmp_path / "model", tmp_path)
    assert said == {"output_dir": "where", "model.depth": "how deep"}
    assert "| `model.depth` | `2` | how deep |" in table("depth: 2\n", "model.", said)
    assert "| `loss.beta` | `1` |  |" in table("beta: 1\n", "loss.", said), "beta of another loss"
    assert f"| {TARGET} |" in table("_target_: m.B\n", "model.", said)


def test_few_keys_of_the_reference_have_no_meaning():
    said = {path.parent: meanings(path.parent, CONF) for path in CONF.glob("*/**/*.yaml")}
    tables = [
        table(path.read_text(encoding="utf-8"), prefix_of(path, CONF), said.get(path.parent, {}))
        for path in CONF.rglob("*.yaml")
    ]
    assert "".join(tables).count("|  |\n") <= BLANK


@pytest.mark.parametrize("choice", ["model/static", "model/cross_encoder", "noise/semantic"])
def test_every_key_of_a_file_is_a_key_of_the_configuration(choice):
    group, _, name = choice.partition("/")
    path = CONF / f"{choice}.yaml"
    cfg = composed(f"{group}={name}")
    keys = list(keys_of(path.read_text(encoding="utf-8"), prefix_of(path, CONF)))
    assert len(keys) > 5
    for key in keys:
        parent, _, last = key.name.rpartition(".")
        assert last in OmegaConf.select(cfg, parent), key.name


def test_a_global_file_and_a_group_in_a_group_have_their_places():
    assert prefix_of(CONF / "model" / "static.yaml", CONF) == ""
    assert prefix_of(CONF / "loss" / "threshold" / "rising.yaml", CONF) == "loss.threshold."
