"""tf.variable_creator_scope: functions that the making of each variable goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torchscope._core.passes import one_pass as passes


@contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Sends the making of every variable through a function (tf.variable_creator_scope).

    The function gets the next creator and the keyword arguments of `Variable`; it may change
    them, and what it returns takes the variable's place. It is called in every pass, also where
    the next creator will find what an earlier pass made.

    >>> import torchscope as ts
    >>> def frozen(next_creator, **kwargs):
    ...     return next_creator(**{**kwargs, "trainable": False})
    >>> with ts.variable_creator_scope(frozen):
    ...     ts.get_variable("w", [1]).trainable
    False

    Raises:
        RuntimeError: on leaving: another such scope, opened inside, is open still; or this one is not.
    """
    pass_ = passes.current()
    outer = pass_.creators
    inner = (*outer, variable_creator)
    pass_.send_through(inner)
    try:
        yield
    finally:
        if pass_.creators is not inner:
            raise RuntimeError(
                "Exiting variable_creator_scope without proper nesting. Leave the one that was "
                "entered last first, as `with` does."
            )
        pass_.send_through(outer)
