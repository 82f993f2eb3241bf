import sys

import pytest

import report


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Calls report.py in this process from an empty folder; returns status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["report.py", *map(str, arguments), "--resamples", "300"])
        status = report.main()
        return status, *capsys.readouterr()

    return called
