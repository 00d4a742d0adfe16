"""tensorflow.python.ops.control_flow_util: whether XLA will compile what is built, which it never will."""

from typing import Any


def GetContainingXLAContext(ctxt: Any) -> None:  # noqa: N802 - TF1's name
    """None: there is no XLA around.

    >>> import torchscope.tf1 as tf
    >>> GetContainingXLAContext(tf.get_default_graph()._get_control_flow_context())

    Args:
        ctxt: what a graph's ``_get_control_flow_context()`` gave.
    """


GetContainingWhileContext = GetContainingXLAContext


def IsInXLAContext(op: Any) -> bool:  # noqa: N802 - TF1's name
    """False: XLA compiles nothing.

    >>> IsInXLAContext(None)
    False

    Args:
        op: an operation.
    """
    return False
