"""The log file of a cell."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import terminal


class _CellLog(logging.FileHandler):
    """A log file that a full disk cuts short, without a traceback for every line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Leave the line out; the error that ends the cell is said on the terminal."""


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name == terminal.__name__


@contextmanager
def logged_to(path: Path, *, only: bool = False) -> Iterator[None]:
    """Copy log messages inside the block to a file, and the traceback of an error that ends it.

    Args:
        path: the file.
        only: show nothing elsewhere but warnings and how far long work is.
    """
    handler = _CellLog(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("[%(asctime)s][%(name)s][%(levelname)s] %(message)s"))
    root = logging.getLogger()
    others = list(root.handlers) if only else []
    for other in others:
        other.addFilter(_is_worth_a_line)
    root.addHandler(handler)
    try:
        yield
    except Exception:
        handler.emit(
            root.makeRecord(root.name, logging.ERROR, "", 0, "the cell failed", (), sys.exc_info())
        )
        raise
    finally:
        root.removeHandler(handler)
        for other in others:
            other.removeFilter(_is_worth_a_line)
        handler.close()
