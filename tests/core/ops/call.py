"""A call of a public operation, written once for both libraries."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch.utils._pytree import tree_leaves

import torchscope.tf1 as ours
from tests.arrays import as_list
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.sizes import Sizes


class Call(NamedTuple):
    """A call of public names of `tf`.

    Attributes:
        names: what it stands for, without `tf.`: several where they are the same function.
        function: gets `tf`, TensorFlow's or ours, and the tensors; gives a tensor or a list of them.
        arrays: the tensors, as numpy arrays.
        tolerance: as in `tests.comparing.assert_close`.
        gradients: whether both have gradients that can be compared.
        drawn: whether it gives numbers that are drawn: only dtypes and shapes are compared.
        tensors_only: whether TensorFlow takes arrays for predicates, or compares lists, and fails.
        unrecorded: why it cannot be compiled whole, nor run without values: its shape depends on them.
    """

    names: tuple[str, ...]
    function: Callable[..., Any]
    arrays: tuple[Any, ...] = ()
    tolerance: float | None = None
    gradients: bool = True
    drawn: bool = False
    tensors_only: bool = False
    unrecorded: str = ""


def named(path):
    """A function that calls what is under a name of `tf`."""

    def call(tf, *tensors):
        for part in path.split("."):
            tf = getattr(tf, part)
        return tf(*tensors)

    return call


def outcome(call, tensors):
    """Our tensors."""
    given = call.function(ours, *tensors)
    given = [given] if isinstance(given, Sizes) else as_list(given)
    return [as_tensor(each) for each in tree_leaves(given, lambda part: isinstance(part, Sizes))]
