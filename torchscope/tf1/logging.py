"""tf.logging: Python's logging, under the logger that TF1 wrote to."""

from __future__ import annotations

import itertools
import logging as _logging
import sys as _sys
from logging import DEBUG, ERROR, FATAL, INFO
from logging import WARNING as WARN
from typing import Any

from torchscope.tf1.missing import missing as _missing

__all__ = [
    "DEBUG",
    "ERROR",
    "FATAL",
    "INFO",
    "WARN",
    "TaskLevelStatusMessage",
    "debug",
    "error",
    "fatal",
    "flush",
    "get_logger",
    "get_verbosity",
    "info",
    "log",
    "log_every_n",
    "log_first_n",
    "log_if",
    "set_verbosity",
    "vlog",
    "warn",
    "warning",
]

_LOGGER = _logging.getLogger("tensorflow")
# How often each line of a program has come to log_every_n or log_first_n.
_times: dict[tuple[str, int], itertools.count[int]] = {}


def get_logger() -> _logging.Logger:
    """The logger (tf.get_logger): 'tensorflow', which writes to stderr where nobody listens.

    >>> get_logger().name
    'tensorflow'
    """
    if not _LOGGER.hasHandlers():
        handler = _logging.StreamHandler(_sys.stderr)
        handler.setFormatter(_logging.Formatter(_logging.BASIC_FORMAT))
        _LOGGER.addHandler(handler)
    return _LOGGER


def get_verbosity() -> int:
    """From which level on messages are written; WARN at first.

    >>> get_verbosity() in (DEBUG, INFO, WARN, ERROR, FATAL)
    True
    """
    return _LOGGER.getEffectiveLevel()


def set_verbosity(v: int | str) -> None:
    """Sets from which level on messages are written: DEBUG, INFO, WARN, ERROR or FATAL."""
    get_logger().setLevel(v)


def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Writes a message, into which `args` go by %, where the verbosity is DEBUG."""
    get_logger().debug(msg, *args, **{"stacklevel": 2, **kwargs})


def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Writes a message where the verbosity is INFO or lower."""
    get_logger().info(msg, *args, **{"stacklevel": 2, **kwargs})


def warning(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Writes a message where the verbosity is WARN or lower."""
    get_logger().warning(msg, *args, **{"stacklevel": 2, **kwargs})


warn = warning


def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Writes a message where the verbosity is ERROR or lower."""
    get_logger().error(msg, *args, **{"stacklevel": 2, **kwargs})


def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Writes a message at the level FATAL; the program goes on, as in TF1."""
    get_logger().critical(msg, *args, **{"stacklevel": 2, **kwargs})


def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Writes a message at a level."""
    get_logger().log(level, msg, *args, **{"stacklevel": 2, **kwargs})


vlog = log


def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """Writes a message if a condition holds."""
    if condition:
        get_logger().log(level, msg, *args, stacklevel=2)


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Writes a message each n-th time that the calling line comes here, the first time too.

    >>> for step in range(4):
    ...     log_every_n(WARN, "step %d", 3, step)  # writes of the steps 0 and 3
    """
    if _count_of_caller() % n == 0:
        get_logger().log(level, msg, *args, stacklevel=2)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Writes a message the first n times that the calling line comes here."""
    if _count_of_caller() < n:
        get_logger().log(level, msg, *args, stacklevel=2)


def flush() -> None:
    """Has what was written so far come out."""
    for handler in _LOGGER.handlers:
        handler.flush()


def TaskLevelStatusMessage(msg: Any) -> None:  # noqa: N802 - TF1's name
    """Writes a message at the level ERROR."""
    get_logger().error(msg, stacklevel=2)


def _count_of_caller() -> int:
    """How often the line that has called our caller was here before."""
    frame = _sys._getframe(2)
    line = frame.f_code.co_filename, frame.f_lineno
    return next(_times.setdefault(line, itertools.count()))


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
