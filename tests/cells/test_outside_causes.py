"""Errors whose cause is the machine: full disks, folders that are gone, too little memory."""

import errno
import os
import shutil
from typing import NamedTuple

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from torch.multiprocessing import ProcessExitedException

from cells.sweep import outside_causes


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def cfg(tmp_path):
    (tmp_path / "out").mkdir()
    places = {"output_dir": str(tmp_path / "out"), "cache_dir": str(tmp_path / "cache")}
    return OmegaConf.create(places | {"batch": {"size": 10**9}, "noise": {"K": 10**12}})


def said_of(number, path, cfg):
    return outside_causes.in_words(OSError(number, os.strerror(number), str(path)), cfg)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_named_with_the_path_and_what_is_left(number, cfg, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9, 12_300))
    words = said_of(number, "/somewhere/last.ckpt", cfg)
    assert "no space left: /somewhere/last.ckpt could not be written" in words
    assert f"output_dir={cfg.output_dir} has 12.3 KB left" in words
    assert "the same command" in words
    assert "\n" not in words


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0"),
        OSError("4096 requested and 100 written"),
        OSError("Error while serializing: I/O error: something"),
    ],
)
def test_a_write_that_fails_without_a_reason_is_the_disks_when_that_is_full(
    error, cfg, monkeypatch
):
    assert outside_causes.in_words(error, cfg) is None
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9, 0))
    assert "no space left" in outside_causes.in_words(error, cfg)


def test_a_read_only_folder_is_named_by_its_key(cfg):
    words = said_of(errno.EROFS, f"{cfg.cache_dir}/tokens/a.bin", cfg)
    assert words.startswith(f"cache_dir={cfg.cache_dir}: {cfg.cache_dir}/tokens/a.bin cannot be")
    assert "Read-only file system" in words


def test_an_output_folder_that_vanishes_is_named(cfg):
    shutil.rmtree(cfg.output_dir)
    words = said_of(errno.ENOENT, f"{cfg.output_dir}/demo/run.trec", cfg)
    assert words.startswith(f"output_dir={cfg.output_dir} is gone")


def test_other_files_that_are_missing_are_not_the_disks_fault(cfg):
    assert said_of(errno.ENOENT, "/elsewhere/file", cfg) is None
    assert outside_causes.in_words(KeyError("a bug"), cfg) is None


def test_memory_that_cannot_be_had_is_told_in_bytes_with_the_keys_that_size_it(cfg):
    for allocate in (lambda: torch.empty(2**60), lambda: np.empty(2**50)):
        with pytest.raises((RuntimeError, MemoryError)) as caught:
            allocate()
        words = outside_causes.in_words(caught.value, cfg)
        assert words.startswith("out of memory: ")
        assert "wanted at once; this machine has " in words
        assert "noise.K=1000000000000, batch.size=1000000000" in words


def test_the_cause_of_an_error_counts_too(cfg):
    error = RuntimeError("wrapped")
    error.__cause__ = MemoryError()
    assert outside_causes.in_words(error, cfg).startswith("out of memory")


def test_a_process_that_was_killed_is_named_with_the_signal(cfg):
    error = ProcessExitedException("", 1, 4711, 1, signal_name="SIGKILL")
    words = outside_causes.in_words(error, cfg)
    assert words.startswith("process 1 was ended by SIGKILL from outside")
    by_itself = ProcessExitedException("", 1, 4711, 1)
    assert outside_causes.in_words(by_itself, cfg) is None
