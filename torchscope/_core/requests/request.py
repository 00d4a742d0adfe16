"""A request for a variable: what get_variable was asked for, and what the scope adds to that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from torchscope._core.passes.scopes import Reuse, VariableScope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.conversion import as_dtype, as_shape, convert_to_tensor, dtype_name
from torchscope._core.values.partitioners import PartitionInfo
from torchscope._core.values.replicas import VariableAggregation, VariableSynchronization


class Request(NamedTuple):
    """What one call of get_variable asks for, in the order in which TF1's getters take it.

    Attributes:
        partition: where the variable lies in the whole, if it is a piece of one.
    """

    name: str
    shape: Any = None
    dtype: Any = torch.float32
    initializer: Any = None
    regularizer: Callable[..., Any] | None = None
    reuse: Reuse = None
    trainable: bool | None = None
    collections: Any = None
    caching_device: Any = None
    partitioner: Callable[..., Any] | None = None
    validate_shape: bool = True
    use_resource: bool | None = None
    constraint: Callable[..., Any] | None = None
    synchronization: Any = VariableSynchronization.AUTO
    aggregation: Any = VariableAggregation.NONE
    partition: PartitionInfo | None = None

    def read(self) -> Request:
        """The request with its shape and dtype as TF1 reads them."""
        shape = None if self.shape is None else as_shape(self.shape)
        return self._replace(shape=shape, dtype=as_dtype(self.dtype))


# As TF1's getters are given them.
NAMES = Request._fields[:-1]
_AUTO, _NONE = VariableSynchronization.AUTO, VariableAggregation.NONE


def asked_in(
    scope: VariableScope,
    name: str,
    shape: Any,
    dtype: Any,
    initializer: Any,
    regularizer: Callable[..., Any] | None,
    trainable: bool | None,
    collections: Any,
    caching_device: Any,
    partitioner: Callable[..., Any] | None,
    validate_shape: bool,
    use_resource: bool | None,
    constraint: Callable[..., Any] | None,
    synchronization: Any,
    aggregation: Any,
) -> Request:
    """What is asked for in a scope: by its full name, with all that the scope hands down.

    Raises:
        TypeError: the name is no string.
        ValueError: the initializer is a value of another dtype than was asked for.
    """
    settings, asked = scope._settings, scope._settings.dtype
    if not isinstance(name, str):
        raise TypeError(
            f"expected string or bytes-like object, got '{type(name).__name__}'. "
            "get_variable takes the variable's name first."
        )
    if dtype is not None:
        asked = as_dtype(dtype)
        if initializer is not None and not callable(initializer):
            _check_dtype(convert_to_tensor(initializer).dtype, asked)
    if trainable is None:
        # A variable that is local, or that replicas write, is trainable only where that was said.
        trainable = (
            GraphKeys.LOCAL_VARIABLES not in (collections or ())
            and synchronization is not VariableSynchronization.ON_READ
        )
    # As its own __new__ does, in half the time.
    return tuple.__new__(
        Request,
        (
            scope._prefix + name,
            shape,
            asked,
            settings.initializer if initializer is None else initializer,
            settings.regularizer if regularizer is None else regularizer,
            scope._reuse,
            trainable,
            collections,
            settings.caching_device if caching_device is None else caching_device,
            partitioner,
            validate_shape,
            settings.use_resource if use_resource is None else use_resource,
            settings.constraint if constraint is None else constraint,
            _AUTO if synchronization is None else synchronization,
            _NONE if aggregation is None else aggregation,
            None,
        ),
    )


def _check_dtype(given: torch.dtype, asked: torch.dtype) -> None:
    if given != asked:
        raise ValueError(
            f"Initializer type '<dtype: '{dtype_name(given)}'>' and explicit dtype "
            f"'<dtype: '{dtype_name(asked)}'>' don't match. "
            "Leave the dtype out, or convert the value."
        )
