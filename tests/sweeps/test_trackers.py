"""A tracker never costs a result: the cell trains and its scores are written."""

import json
import socket

import pytest
from cell_runs import SMALL, composed
from small_collection import write_small_collection

import cells.tasks.train
from cells.tasks.train import train
from cells.tracking import wandb_mode
from cells.tracking.tracker import LocalTracker
from cells.tracking.wandb_tracker import WandbTracker
from errors import InputError


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("trackers")
    write_small_collection(base / "tiny")
    return base


@pytest.fixture
def run_cell(base, tmp_path):
    def run_it(*overrides):
        cfg = composed(
            "dataset=folder",
            f"dataset.path={base / 'tiny'}",
            f"cache_dir={base / 'cache'}",
            f"output_dir={tmp_path}",
            *SMALL,
            "trainer.max_epochs=1",
            *overrides,
        )
        train(cfg)
        return json.loads((tmp_path / cfg.cell / "scores.json").read_text())["measures"]

    return run_it


def broken(*_arguments, **_keywords):
    raise ConnectionError("the service is gone\nand more")


@pytest.mark.parametrize("place", ["__init__", "lightning_logger", "table", "results", "close"])
def test_a_tracker_that_breaks_anywhere_is_warned_of_once(run_cell, monkeypatch, caplog, place):
    monkeypatch.setattr(LocalTracker, place, broken)
    assert run_cell()
    warned = [record for record in caplog.records if "the tracker is given up" in record.message]
    assert [record.getMessage().endswith("the service is gone") for record in warned] == [True]


def test_a_logger_that_breaks_during_training_is_warned_of_once(run_cell, monkeypatch, caplog):
    monkeypatch.setattr("pytorch_lightning.loggers.CSVLogger.log_metrics", broken)
    assert run_cell("trainer.max_epochs=2", "logger.every_n_steps=1")
    assert caplog.text.count("the tracker is given up") == 1


def test_the_scores_are_written_before_the_tracker_is_told(run_cell, monkeypatch, tmp_path):
    found = []
    monkeypatch.setattr(
        LocalTracker, "table", lambda *_: found.append(bool(list(tmp_path.rglob("scores.json"))))
    )
    run_cell()
    assert found == [True, True, True]


def test_a_setting_that_cannot_be_used_is_still_refused(run_cell):
    with pytest.raises(InputError, match=r"logger\.mode=sometimes"):
        run_cell("logger=wandb", "logger.mode=sometimes")


def test_a_server_that_does_not_answer_means_offline(monkeypatch, caplog):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    assert wandb_mode.usable_mode("online") == "offline"
    assert "http://127.0.0.1:9 does not answer; recording offline" in caplog.text


def test_behind_a_proxy_it_is_the_proxy_that_answers(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.invalid")
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        assert wandb_mode.usable_mode("online") == "online"
        monkeypatch.setenv("no_proxy", "wandb.invalid")
        assert wandb_mode.usable_mode("online") == "offline"
    monkeypatch.delenv("no_proxy")
    assert wandb_mode.usable_mode("online") == "offline"


@pytest.mark.parametrize("url", ["https://127.0.0.1:99999", "http://"])
def test_an_address_that_is_none_means_offline(monkeypatch, url):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", url)
    assert wandb_mode.usable_mode("online") == "offline"


def test_a_home_that_takes_no_files_is_not_needed(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    for name in wandb_mode.FOLDERS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    wandb_mode.give_folders()
    for name in wandb_mode.FOLDERS:
        assert str(tmp_path) in cells.tracking.wandb_mode.os.environ[name]


def test_tags_fit_what_the_server_takes(run_cell, monkeypatch):
    seen = {}
    init = cells.tracking.wandb_tracker.wandb.init
    monkeypatch.setattr(
        cells.tracking.wandb_tracker.wandb,
        "init",
        lambda **given: seen.update(given) or init(**given),
    )
    assert WandbTracker
    run_cell("logger=wandb", f"variant={'long' * 20}")
    assert max(map(len, seen["tags"])) == 64
