"""TF1's switches between its own ways of running: here there is one way, and most of them mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from torchscope._core.ops.errors import UnimplementedError


def executing_eagerly() -> bool:
    """False: code that asks is to build its model as in a graph (tf.executing_eagerly).

    >>> executing_eagerly()
    False
    """
    return False


executing_eagerly_outside_functions = executing_eagerly


def disable_v2_behavior() -> None:
    """Nothing: TF1's behaviour is the only one here (tf.disable_v2_behavior, and the other disable_*)."""


disable_control_flow_v2 = disable_v2_behavior
disable_eager_execution = disable_v2_behavior
disable_resource_variables = disable_v2_behavior
disable_tensor_equality = disable_v2_behavior
disable_v2_tensorshape = disable_v2_behavior
enable_resource_variables = disable_v2_behavior
enable_control_flow_v2 = disable_v2_behavior


def enable_eager_execution(*args: object, **options: object) -> NoReturn:
    """Refused: values are there at once, but variables are shared by the rules of a graph (tf.enable_eager_execution).

    Raises:
        UnimplementedError: always.
    """
    raise UnimplementedError(
        None,
        None,
        "tf.enable_eager_execution: torchscope computes at once, and shares variables by TF1's rules for "
        "graphs. Leave the line out, and have the model's function called by a net: ts.ScopedModule(function).",
    )


@contextmanager
def init_scope() -> Iterator[None]:
    """A block that is no other: there is no graph to be lifted out of (tf.init_scope)."""
    yield
