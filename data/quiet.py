"""Keeps other libraries' chatter out of our lines."""

import logging


def quiet(library: str) -> None:
    """Lets only warnings and worse of a library's loggers through.

    The level reaches the loggers below, the filter stays where a library sets the level of its
    logger itself.
    """
    logger = logging.getLogger(library)
    logger.setLevel(logging.WARNING)
    logger.addFilter(_is_warning)


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
