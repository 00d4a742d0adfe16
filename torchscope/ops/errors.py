"""TF1's errors of operations that were given values which they cannot work with (tf.errors)."""

from __future__ import annotations

from typing import Any


class OpError(Exception):
    """An operation failed when it was run (tf.OpError).

    >>> OpError(None, None, "It failed.").message
    'It failed.'

    Args:
        node_def: accepted for TF1 code: there are no nodes here.
        op: the operation, or None.
        message: what is wrong.
    """

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(message)
        self.node_def = node_def
        self.op = op
        self.message = message

    def __reduce__(self) -> Any:
        return type(self), (self.node_def, self.op, self.message)


class InvalidArgumentError(OpError, ValueError):
    """An operation was given a value that it cannot work with (tf.errors.InvalidArgumentError).

    It is a ValueError as well, as PyTorch's own code would raise.

    >>> isinstance(InvalidArgumentError(None, None, "No."), ValueError)
    True
    """
