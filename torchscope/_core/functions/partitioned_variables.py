"""Lists of pieces: a variable that is cut as a list of numbers says, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.scopes import Reuse
from torchscope._core.requests.partitioned import get_partitioned
from torchscope._core.requests.request import asked_in
from torchscope._core.requests.variable_scope import variable_scope


def create_partitioned_variables(
    shape: Sequence[int],
    slicing: Sequence[int],
    initializer: Any,
    dtype: Any = torch.float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Reuse = None,
) -> list[Any]:
    """A variable in pieces, as a list of them (tf.create_partitioned_variables).

    >>> import torchscope.tf1 as tf
    >>> pieces = tf.create_partitioned_variables([5, 3], [2, 1], tf.zeros_initializer(), name="table")
    >>> [(piece.name, tuple(piece.shape)) for piece in pieces]
    [('table/part_0:0', (3, 3)), ('table/part_1:0', (2, 3))]

    Args:
        shape: the dimensions of the whole.
        slicing: into how many pieces each dimension is cut; one of them at most into more than 1. The first
            pieces take what does not divide evenly.
        initializer: an initializer, called for each piece; or a value of the whole, which is cut too.
        dtype: the dtype; a value has its own.
        trainable: whether an optimizer is to train the pieces.
        collections: the collections to join, [GLOBAL_VARIABLES] by default.
        name: the variable scope of the pieces; 'PartitionedVariable' by default, made unique.
        reuse: whether the pieces were made before, as in `variable_scope`.

    Raises:
        ValueError: `slicing` does not fit the shape, the pieces exist or not as `reuse` does not say, or
            the scope has a custom getter.
    """
    if len(shape) != len(slicing):
        raise ValueError(
            "The 'shape' and 'slicing' of a partitioned Variable must have the length: "
            f"shape: {shape}, slicing: {slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse) as scope:
        if scope.custom_getter is not None:
            raise ValueError(
                "Private access to _get_partitioned_variable is not allowed when a custom getter is set. "
                f"The getter is {scope.custom_getter}: write get_variable with a partitioner, which goes "
                "through it."
            )
        pass_ = passes.current()
        request = asked_in(
            scope,
            "",
            shape,
            None,
            initializer,
            None,
            trainable,
            collections,
            None,
            lambda **_: slicing,
            True,
            None,
            None,
            None,
            None,
        )
        asked = request.dtype if dtype is None else dtype
        request = request._replace(name=scope.name, dtype=asked).read()
        whole = pass_.partitioned.get(scope.name)
        # What initializers and regularizers do is done at the root of the name scopes.
        where, pass_.where = pass_.where, ""
        try:
            return list(get_partitioned(pass_, request, whole))
        finally:
            pass_.where = where
