"""A sweep of task=evaluate ends with one table."""

import json

import pytest
from cell_runs import SMALL, composed
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from small_collection import write_small_collection

from cells.tasks.evaluate import evaluate
from cells.tasks.evaluated_table import evaluated


@pytest.fixture
def configs(tmp_path):
    names = ("one", "two")
    folders = [write_small_collection(tmp_path / name) for name in names]
    places = (f"output_dir={tmp_path / 'out'}", f"cache_dir={tmp_path / 'cache'}")
    return [
        composed("task=evaluate", "dataset=folder", f"dataset.path={folder}", *places, *SMALL)
        for folder in folders
    ]


def test_the_table_has_every_collection_and_their_mean(configs, tmp_path, capsys):
    for cfg in configs:
        evaluate(cfg)
    found = list(evaluated(tmp_path / "out"))
    assert [(each.model, each.dataset) for each in found] == [
        ("static/seed-1", "one"),
        ("static/seed-1", "two"),
    ]
    scores = tmp_path / "out/evaluated/one/static/seed-1/scores.json"
    assert found[0].measures == json.loads(scores.read_text())["measures"]
    capsys.readouterr()
    callback = instantiate(HydraConfig.get().callbacks.evaluated)
    callback.on_multirun_end(configs[0])
    shown = capsys.readouterr().out
    value = f"{(found[0].measures['nDCG@10'] + found[1].measures['nDCG@10']) / 2:.4f}"
    assert "Evaluated models" in shown
    assert value in next(line for line in shown.splitlines() if "mean of 2" in line)
