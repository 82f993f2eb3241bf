"""The tables of the configuration say what the files say."""

import pytest
from cell_runs import ROOT, composed
from omegaconf import OmegaConf

from docs.configuration_tables import Key, keys_of, prefix_of, table

CONF = ROOT / "conf"
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
