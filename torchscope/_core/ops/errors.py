"""TF1's errors, each with the code that it goes by (tf.errors).

Where Python has an error of its own for the same thing, TF1's is a kind of it too: code that was
written for TF1 catches one, and code that was written for PyTorch the other.
"""

from __future__ import annotations

from typing import Any

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


class OpError(Exception):
    """What TF1 raises when an operation fails (tf.errors.OpError).

    >>> error = OpError(None, None, "The disk is full.", UNKNOWN)
    >>> str(error), error.error_code
    ('The disk is full.', 2)

    Args:
        node_def: what TF1 gives of the operation's definition; None as a rule.
        op: the operation, where it is known.
        message: what has happened.
        error_code: a number that tells the kind.
    """

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int) -> None:
        super().__init__(message)
        self.node_def = node_def
        self.op = op
        self.message = message
        self.error_code = error_code

    def __reduce__(self) -> tuple[Any, ...]:
        return OpError, (self.node_def, self.op, self.message, self.error_code)

    def __str__(self) -> str:
        return self.message


class _CodeError(OpError):
    """An error of a kind that has a code of its own."""

    code: int

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, self.code)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.node_def, self.op, self.message)


class CancelledError(_CodeError):
    """Something was stopped before it was done (tf.errors.CancelledError)."""

    code = CANCELLED


class UnknownError(_CodeError):
    """Nothing more is known (tf.errors.UnknownError)."""

    code = UNKNOWN


class InvalidArgumentError(_CodeError, ValueError):
    """An operation got what it cannot work with (tf.errors.InvalidArgumentError).

    >>> raise InvalidArgumentError(None, None, "Expected a matrix.")
    Traceback (most recent call last):
    torchscope.tf1.errors.InvalidArgumentError: Expected a matrix.
    """

    code = INVALID_ARGUMENT


class DeadlineExceededError(_CodeError, TimeoutError):
    """It took too long (tf.errors.DeadlineExceededError)."""

    code = DEADLINE_EXCEEDED


class NotFoundError(_CodeError, FileNotFoundError):
    """There is no such file (tf.errors.NotFoundError)."""

    code = NOT_FOUND


class AlreadyExistsError(_CodeError, FileExistsError):
    """There is such a file already (tf.errors.AlreadyExistsError)."""

    code = ALREADY_EXISTS


class PermissionDeniedError(_CodeError, PermissionError):
    """A file may not be read or written (tf.errors.PermissionDeniedError)."""

    code = PERMISSION_DENIED


class UnauthenticatedError(_CodeError):
    """Somebody did not say who they are (tf.errors.UnauthenticatedError)."""

    code = UNAUTHENTICATED


class ResourceExhaustedError(_CodeError):
    """There is no room left (tf.errors.ResourceExhaustedError)."""

    code = RESOURCE_EXHAUSTED


class FailedPreconditionError(_CodeError):
    """Something has to be done first (tf.errors.FailedPreconditionError)."""

    code = FAILED_PRECONDITION


class AbortedError(_CodeError):
    """It was given up (tf.errors.AbortedError)."""

    code = ABORTED


class OutOfRangeError(_CodeError):
    """There is no more to read (tf.errors.OutOfRangeError)."""

    code = OUT_OF_RANGE


class UnimplementedError(_CodeError, NotImplementedError):
    """Nobody has written it (tf.errors.UnimplementedError)."""

    code = UNIMPLEMENTED


class InternalError(_CodeError):
    """Something that cannot be has happened (tf.errors.InternalError)."""

    code = INTERNAL


class UnavailableError(_CodeError):
    """It may work later (tf.errors.UnavailableError)."""

    code = UNAVAILABLE


class DataLossError(_CodeError):
    """A file is not what was written (tf.errors.DataLossError)."""

    code = DATA_LOSS


# Tracebacks and pickles name them where users find them.
for _each in [OpError, *_CodeError.__subclasses__()]:
    _each.__module__ = "torchscope.tf1.errors"
