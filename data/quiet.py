"""Keeps other libraries' chatter out of our lines."""

import logging


def quiet(library: str) -> None:
    """Lets only warnings and worse of a library's logger through.

    A filter, because some libraries set the level of their logger themselves.
    """
    logging.getLogger(library).addFilter(_is_warning)


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
