"""Secrets from the environment are used and never written down."""

import pytest
from cell_runs import composed
from omegaconf import OmegaConf

from cells.configuration.secrets import looks_secret, plain
from cells.record.directory import Cell
from cells.record.stored_config import differences

VALUE = "what-nobody-may-read"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("MY_KEY", "WANDB_API_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, VALUE)
    monkeypatch.setenv("PLACE", "/data")


@pytest.mark.parametrize(
    "key",
    ["api_key", "apiKey", "WANDB_API_KEY", "hf_token", "token", "password", "client_secret"],
)
def test_keys_that_look_like_a_secret(key):
    assert looks_secret(key)


@pytest.mark.parametrize(
    "key", ["tokens", "tokenizer", "special_tokens", "batch_tokens", "key", "monkey", "path"]
)
def test_keys_that_do_not(key):
    assert not looks_secret(key)


def test_secrets_stay_interpolations_and_all_else_is_resolved():
    cfg = OmegaConf.create(
        {
            "logger": {"api_key": "${oc.env:MY_KEY}", "url": "https://x:${oc.env:HF_TOKEN}@y"},
            "credentials": {"user": "${oc.env:MY_KEY}"},
            "mode": "${oc.env:MY_KEY}",
            "copy": "${logger.api_key}",
            "paths": [{"token": "${oc.env:MY_KEY}"}, "${oc.env:PLACE}/x"],
            "place": "${oc.env:PLACE}",
            "tokens": {"length": "${length}"},
            "length": 3,
            "password": "typed",
        }
    )
    assert plain(cfg) == {
        "logger": {"api_key": "${oc.env:MY_KEY}", "url": "https://x:${oc.env:HF_TOKEN}@y"},
        "credentials": {"user": "${oc.env:MY_KEY}"},
        "mode": "${oc.env:MY_KEY}",
        "copy": "${oc.env:MY_KEY}",
        "paths": [{"token": "${oc.env:MY_KEY}"}, "/data/x"],
        "place": "/data",
        "tokens": {"length": 3},
        "length": 3,
        "password": "typed",
    }
    assert cfg.logger.api_key == VALUE


def test_no_file_of_a_cell_holds_the_secret_and_the_cell_stays_the_same(tmp_path, monkeypatch):
    cfg = composed(f"output_dir={tmp_path}", "+logger.api_key=${oc.env:WANDB_API_KEY}")
    cell = Cell.of(cfg)
    cell.claim(overwrite=False)
    text = cell.file("config.yaml").read_text()
    assert VALUE not in text
    assert "${oc.env:WANDB_API_KEY}" in text
    assert VALUE not in str(cell.config)
    monkeypatch.delenv("WANDB_API_KEY")
    cell.file("scores.json").write_text("{}")
    assert differences(cell._stored(), cell.config) == []
