"""tensorflow.python.util.deprecation: marks on functions that were to go. Nothing goes here, and nobody is warned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F")


def deprecated(date: str | None, instructions: str, warn_once: bool = True) -> Callable[[F], F]:
    """Decorates a function, which stays as it is (tf.contrib.framework.deprecated).

    >>> @deprecated("2018-01-01", "Use g.")
    ... def f():
    ...     return 1
    >>> f()
    1

    Args:
        date: when it was to go.
        instructions: what was to be used instead.
        warn_once: it has no effect.

    Raises:
        ValueError: there are no instructions.
    """
    _check(instructions)
    return _unchanged


def deprecated_args(
    date: str | None, instructions: str, *deprecated_arg_names_or_tuples: Any, **kwargs: Any
) -> Callable[[F], F]:
    """Decorates a function, which stays as it is (tf.contrib.framework.deprecated_args).

    >>> deprecated_args(None, "Leave it out.", "b")(max)(1, 2)
    2

    Args:
        date: when the arguments were to go.
        instructions: what was to be used instead.
        *deprecated_arg_names_or_tuples: the arguments.
        **kwargs: they have no effect.

    Raises:
        ValueError: there are no instructions.
    """
    _check(instructions)
    return _unchanged


def deprecated_arg_values(
    date: str | None, instructions: str, warn_once: bool = True, **deprecated_kwargs: Any
) -> Callable[[F], F]:
    """Decorates a function, which stays as it is (tf.contrib.framework.deprecated_arg_values).

    >>> deprecated_arg_values(None, "Leave it out.", a=None)(max)(1, 2)
    2

    Args:
        date: when the values were to go.
        instructions: what was to be used instead.
        warn_once: it has no effect.
        **deprecated_kwargs: the values.

    Raises:
        ValueError: there are no instructions.
    """
    _check(instructions)
    return _unchanged


def _unchanged(function: F) -> F:
    return function


def _check(instructions: str) -> None:
    if not instructions:
        raise ValueError(
            "Don't deprecate things without conversion instructions! Specify the `instructions` argument."
        )
