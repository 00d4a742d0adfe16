"""Slots: variables that training keeps beside others (tensorflow.python.training.slot_creator)."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from torchscope._core.operations import tensor_names
from torchscope._core.passes import one_pass as passes
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import (
    unique_default_name,
    use_up_default_name,
    variable_scope,
)
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import as_shape
from torchscope.initializers import Zeros
from torchscope.nn.layouts import lay_out


def create_slot(primary: Any, val: Any, name: str, colocate_with_primary: bool = True) -> Any:
    """A slot of a variable or a tensor, that begins with a value.

    >>> import torchscope as ts
    >>> w = ts.get_variable("w", initializer=[1.0, 2.0])
    >>> [create_slot(w, w.initialized_value(), "Momentum").name for _ in range(2)]
    ['w/Momentum:0', 'w/Momentum_1:0']

    The key of `w` stays what it was:

    >>> list(ts.get_default_registry().module.state_dict())
    ['w', 'w:.Momentum', 'w:.Momentum_1']

    Args:
        primary: a variable; or a tensor, whose slot is named after what made it.
        val: the first value, from which the slot has its shape and dtype.
        name: the slot's name below that of `primary`, in the current scope; made unique.
        colocate_with_primary: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the name has characters that TF1 does not allow; or the scope says reuse=True and
            there is no such slot.
    """
    return _slot(primary, name, val, None, val.dtype)


def create_slot_with_initializer(
    primary: Any,
    initializer: Any,
    shape: Any,
    dtype: Any,
    name: str,
    colocate_with_primary: bool = True,
) -> Any:
    """A slot of a variable or a tensor, of a shape and dtype of its own.

    >>> import torch, torchscope as ts
    >>> w = ts.get_variable("w", [3])
    >>> slot = create_slot_with_initializer(w, ts.ones_initializer(), [], torch.float64, "power")
    >>> slot.name, slot.item(), slot.dtype, slot.trainable
    ('w/power:0', 1.0, torch.float64, False)

    Args:
        primary: as in `create_slot`.
        initializer: an initializer, which is called with the shape and the dtype.
        shape: the shape.
        dtype: the dtype.
        name: as in `create_slot`.
        colocate_with_primary: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `create_slot`.
    """
    dimensions = shape if type(shape) is list else list(as_shape(shape))
    return _slot(primary, name, initializer, dimensions, dtype)


def create_zeros_slot(
    primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True
) -> Any:
    """A slot of zeros, of the shape of a variable or a tensor.

    >>> import torchscope as ts
    >>> create_zeros_slot(ts.get_variable("w", [2]), "Adam").tolist()
    [0.0, 0.0]

    Args:
        primary: as in `create_slot`.
        name: as in `create_slot`.
        dtype: the dtype; that of `primary` by default.
        colocate_with_primary: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `create_slot`.
    """
    shape, dtype = list(primary.shape), primary.dtype if dtype is None else dtype
    return create_slot_with_initializer(primary, Zeros(), shape, dtype, name)


def name_of(primary: Any) -> str:
    """The name that slots go below: of a variable, or of what made a tensor."""
    if isinstance(primary, Variable):
        return primary._ts_record.name
    if isinstance(primary, Tensor):
        return tensor_names.name_of(primary)
    name: str = primary.op.name
    return name


def _slot(primary: Any, name: str, initializer: Any, shape: Any, dtype: Any) -> Any:
    default = f"{name_of(primary)}/{name}"
    slot = _made_by_an_earlier_pass(default, shape, dtype)
    if slot is not None:
        return slot
    with variable_scope(None, default) as scope:
        if scope.partitioner is not None:
            # A slot of a piece is a piece already.
            scope.set_partitioner(None)
        slot = get_variable("", shape=shape, dtype=dtype, initializer=initializer, trainable=False)
    if isinstance(primary, Variable) and isinstance(slot, Variable):
        slot._ts_record.slot_of = primary._ts_record.name
        if slot._tensor.shape == primary._tensor.shape:
            # What is computed of both is several times slower where they lie otherwise in memory.
            strides = primary._tensor.stride()
            lay_out(slot, sorted(range(len(strides)), key=lambda axis: -strides[axis]))
    return slot


def _made_by_an_earlier_pass(default: str, shape: Any, dtype: Any) -> Any:
    """The slot that the request will find, claimed, with its names used up; None if one must look.

    It is the way of each slot in each pass but the first, in few steps.
    """
    pass_ = passes.current()
    scope = pass_.scope
    if pass_.creators or scope.reuse or scope.custom_getter is not None:
        return None
    name = unique_default_name(pass_, default)
    slot = pass_.slots.get(f"{scope.name}/{name}/" if scope.name else f"{name}/")
    if slot is None:
        return None
    tensors, attribute, record = slot
    variable = tensors.get(attribute)
    agrees = (shape is None or shape == record.dimensions) and dtype is record.dtype
    if not agrees or record in pass_.claims or not isinstance(variable, Variable):
        return None
    use_up_default_name(pass_, default, name)
    pass_.claims[record] = 1
    return variable
