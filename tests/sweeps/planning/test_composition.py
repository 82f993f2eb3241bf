"""A grid's configurations are those that Hydra composes, whatever kind of override is swept."""

from pathlib import Path

import pytest
from cell_runs import ROOT
from hydra import initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode
from omegaconf import OmegaConf, open_dict

from cells.configuration import resolvers, schema
from cells.planning.composition import ComposedGrid


@pytest.fixture
def grid():
    """Makes the grid of a command line, and what Hydra alone makes of each of its jobs."""
    schema.register()
    resolvers.register()
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()

        def of(*arguments):
            constant = [argument for argument in arguments if argument.startswith("hydra")]
            lines = [argument for argument in arguments if not argument.startswith("hydra")]
            master = loader.load_configuration("config", [*constant, *lines], RunMode.MULTIRUN)
            parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(lines))
            (jobs,) = BasicSweeper.split_arguments(parsed, None)
            return ComposedGrid(loader, master, jobs), lambda n: loader.load_sweep_config(
                master, jobs[n]
            )

        yield of


def plain(cfg):
    return OmegaConf.to_container(cfg, resolve=False)


def resolved(cfg):
    with open_dict(cfg):
        return OmegaConf.to_container(
            OmegaConf.masked_copy(cfg, [key for key in cfg if key != "hydra"]), resolve=True
        )


KINDS = {
    "values": ["noise.ratio=0,0.2", "seed=1,2"],
    "a range": ["seed=range(1,3)"],
    "a list and null": ["measures=[nDCG@10],[nDCG@10,AP]", "teacher=null,some.trec"],
    "text with an interpolation": ["variant='lr-${optimizer.lr}'", "optimizer.lr=1e-2,5e-2"],
    "quotes and an empty text": ["collection='\"a,b\"',c", "seed=1,2"],
    "independent groups": ["dataset=demo,nfcorpus", "model=static,minilm", "loss=elr,rince"],
    "groups with nested groups": ["loss=label_weakening,elr", "noise=semantic,uniform"],
    "a nested group": ["loss=label_weakening_literal", "loss/threshold=cosine,rising,split"],
    "a nested group of a swept group": [
        "loss=label_weakening,label_weakening_literal",
        "loss/threshold=cosine,constant",
        "noise/encoder=lsa,minilm",
    ],
    "groups that touch the same keys": [
        "model=static,minilm",
        "trainer=default,ddp_fork",
    ],
    "a group and values below it": [
        "model=static,minilm",
        "model.network.temperature=0.1,0.2",
        "optimizer.lr=1,2",
    ],
    "a group and a constant value below it": ["loss=elr,focal", "+loss.extra=3", "seed=1,2"],
    "added keys": ["+optimizer.betas=[0.9,0.99],[0.8,0.9]", "loss=elr,focal"],
    "added or overridden keys": ["++optimizer.lr=1,2", "++optimizer.eps=1,2"],
    "a value above and below": ["optimizer.lr=1,2", "++optimizer={lr:3},{lr:4,eps:1}", "seed=1,2"],
    "mappings": ["negatives={depth:5},{skip:2}", "loss=elr,focal"],
    "a deleted key": ["~optimizer.fused", "seed=1,2", "loss=elr,focal"],
    "a task": ["task=train,noise", "noise.ratio=0,0.2"],
    "an added group": ["+loss/threshold@loss.spare=cosine,rising", "loss=elr,focal"],
    "experiments, which override groups": ["experiment=smoke,study_small", "seed=1,2"],
    "an experiment": ["experiment=study", "model=static,adapter", "loss=elr,focal"],
    "a launcher": ["hydra/launcher=basic", "hydra.sweep.dir=somewhere", "loss=elr,focal"],
    "one job": ["seed=3"],
}


@pytest.mark.parametrize("arguments", KINDS.values(), ids=KINDS)
def test_every_configuration_is_hydras(grid, arguments):
    composed, by_hydra = grid(*arguments)
    seen = []
    for n, cfg in composed.configurations():
        ours, ours_resolved = plain(cfg), resolved(cfg)
        expected = by_hydra(n)
        assert ours == plain(expected)
        before = HydraConfig.instance().cfg
        HydraConfig.instance().set_config(expected)
        assert ours_resolved == resolved(expected)
        HydraConfig.instance().cfg = before
        seen.append(n)
    assert sorted(seen) == list(range(len(seen)))


def test_few_configurations_are_composed_by_hydra(grid, monkeypatch):
    composed, _ = grid(
        "dataset=demo,nfcorpus,scifact",
        "model=static,minilm",
        "loss=elr,focal,rince",
        "noise.ratio=0,0.2",
        "seed=range(5)",
    )
    loader, calls = GlobalHydra.instance().config_loader(), []
    method = loader.load_sweep_config
    monkeypatch.setattr(
        loader, "load_sweep_config", lambda *given: calls.append(given) or method(*given)
    )
    assert len(list(composed.configurations())) == 180
    assert len(calls) <= 1 + 3  # as many as the largest group has options


def test_a_value_that_cannot_be_set_is_refused_as_by_hydra(grid):
    composed, _ = grid("seed=1,word")
    with pytest.raises(ConfigCompositionException, match="Error merging override seed=word"):
        list(composed.configurations())


def test_what_hydra_refers_to_is_restored(grid):
    composed, _ = grid("loss=elr,focal")
    before = HydraConfig.instance().cfg
    list(composed.configurations())
    assert HydraConfig.instance().cfg is before


OVERRIDING = """
defaults:
  - override /scheduler: {}
batch: {{size: 7}}
"""


def test_files_that_override_another_group_are_composed_together(grid, tmp_path):
    for folder, scheduler in (("noise", "constant"), ("logger", "linear")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own.yaml").write_text(
            "# @package _global_\n" + OVERRIDING.format(scheduler)
        )
    search = f"hydra.searchpath=[{Path(tmp_path)}]"
    composed, by_hydra = grid(search, "noise=uniform,own", "logger=none,own", "seed=1,2")
    for n, cfg in composed.configurations():
        assert plain(cfg) == plain(by_hydra(n))
