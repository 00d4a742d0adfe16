"""What reads and changes variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.store.saved_tensors import before_assignment
from torchscope.graphs.errors import GraphError
from torchscope.graphs.operations.table import op


@contextmanager
def changing(*variables: Any) -> Iterator[None]:
    """Within it variables may be changed in place: what was read of them stays as it was."""
    for each in variables:
        record = getattr(each, "_ts_record", None)
        if record is not None:
            before_assignment(each, record)
    with torch.no_grad():
        yield


class Temporary:
    """A variable that is there while a graph runs. Gradients flow through what is assigned to it."""

    def __init__(self, value: Tensor) -> None:
        self.value = value

    def assign(self, value: Any) -> Temporary:
        """Sets the value."""
        self.value = tf.convert_to_tensor(value, self.value.dtype)
        return self

    def assign_add(self, value: Any) -> Temporary:
        """Adds to the value."""
        return self.assign(self.value + tf.convert_to_tensor(value))

    def assign_sub(self, value: Any) -> Temporary:
        """Subtracts from the value."""
        return self.assign(self.value - tf.convert_to_tensor(value))


_ASSIGNMENTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "Assign": ("AssignVariableOp", tf.assign),
    "AssignAdd": ("AssignAddVariableOp", tf.assign_add),
    "AssignSub": ("AssignSubVariableOp", tf.assign_sub),
}
for _type, (_resource, _function) in _ASSIGNMENTS.items():

    def _assigned(ref: Any, value: Any, function: Callable[..., Any] = _function) -> Any:
        return function(ref, value)

    op(_type, assigns=(0,))(_assigned)
    op(_resource, outputs=(), assigns=(0,))(_assigned)


def _set_to(function: Callable[..., Any]) -> Callable[..., Any]:
    """What sets a variable to what a function makes of it, of places and of numbers."""

    def scatter(ref: Any, indices: Any, updates: Any) -> Any:
        return tf.assign(ref, function(ref, indices, updates))

    return scatter


_SCATTERED: dict[str, Callable[..., Any]] = {
    "Update": tf.scatter_update,
    "Add": tf.scatter_add,
    "Sub": tf.scatter_sub,
    "Mul": tf.scatter_mul,
    "Div": tf.scatter_div,
    "Min": tf.scatter_min,
    "Max": tf.scatter_max,
    "NdUpdate": tf.scatter_nd_update,
    "NdAdd": tf.scatter_nd_add,
    "NdSub": tf.scatter_nd_sub,
    "NdMin": _set_to(tf.tensor_scatter_nd_min),
    "NdMax": _set_to(tf.tensor_scatter_nd_max),
}
for _type, _function in _SCATTERED.items():

    def _changed(
        ref: Any, indices: Any, updates: Any, function: Callable[..., Any] = _function
    ) -> Any:
        return function(ref, indices, updates)

    op(f"Scatter{_type}", assigns=(0,))(_changed)
    op(f"ResourceScatter{_type}", outputs=(), assigns=(0,))(_changed)


@op("ResourceStridedSliceAssign", outputs=(), assigns=(0,))
@op("StridedSliceAssign", assigns=(0,))
def _strided_slice_assign(
    ref: Any,
    begin: Any,
    end: Any,
    strides: Any,
    value: Any,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    with changing(ref):
        # The numbers of the elements that the slice has: it may run backwards, which no view of a tensor does.
        numbers = torch.arange(ref.numel(), device=ref.device).reshape(ref.shape)
        places = tf.strided_slice(numbers, begin, end, strides, *masks)
        given = tf.convert_to_tensor(value).to(ref.device).expand(places.shape)
        flat = ref.reshape(-1).index_put((places.reshape(-1),), given.reshape(-1))
        ref.copy_(flat.reshape(ref.shape))
    return ref


@op("ResourceCountUpTo", "CountUpTo", assigns=(0,))
def _count_up_to(ref: Any, *, limit: int) -> Any:
    before = ref.detach().clone()
    if int(before) >= limit:
        raise GraphError(f"Reached limit of {limit}")
    tf.assign_add(ref, 1)
    return before


op("IsVariableInitialized", "VarIsInitializedOp")(lambda _: True)
op("DestroyResourceOp", outputs=(), stateful=True)(lambda _: None)


@op("VariableShape")
def _variable_shape(input: Any, *, out_type: Any = torch.int32) -> Any:
    return tf.shape(input, out_type=out_type)


# It is written to by what takes it, and read when it is destroyed.
@op("TemporaryVariable", stateful=True)
def _temporary_variable(*, shape: Any, dtype: Any) -> Any:
    return Temporary(torch.zeros(shape, dtype=dtype, device=device_of_the_net()))


@op("DestroyTemporaryVariable", stateful=True)
def _destroy_temporary_variable(ref: Temporary) -> Any:
    return ref.value
