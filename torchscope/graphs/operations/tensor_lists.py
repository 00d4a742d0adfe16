"""Lists of tensors, which TF2's loops write and read, and optional values, which its branches keep for their gradients.

They are values, as tensors are: what changes a list gives another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops import known
from torchscope._core.ops.sizes import Sizes
from torchscope.graphs.errors import GraphError
from torchscope.graphs.operations.table import TABLE, op
from torchscope.graphs.operations.tensor_arrays import number, numbers

Shape = tuple[int, ...] | None


class TensorList:
    """A list of tensors of one dtype.

    Args:
        dtype: their dtype; "variant" if they are lists themselves.
        shape: the shape of each, -1 for a size that is not known; None if not even the rank is.
        elements: the tensors, and None for each that is not set: that is zeros.
    """

    __slots__ = ("_dtype", "elements", "shape")

    def __init__(self, dtype: Any, shape: Shape, elements: Sequence[Any] = ()) -> None:
        self._dtype = dtype
        self.shape = shape
        self.elements = tuple(elements)

    def __len__(self) -> int:
        return len(self.elements)

    def of(self, elements: Sequence[Any]) -> TensorList:
        """A list like this one, of other tensors."""
        return TensorList(self._dtype, self.shape, elements)

    def with_item(self, index: int, item: Any) -> TensorList:
        """The list with another element."""
        if not 0 <= index < len(self):
            raise GraphError(
                f"Trying to modify element {index} in a list with {len(self)} elements."
            )
        return self.of([*self.elements[:index], self.element(item), *self.elements[index + 1 :]])

    def element(self, item: Any) -> Any:
        """What becomes an element: a tensor, or in a list of lists what is none."""
        if not isinstance(self._dtype, torch.dtype):
            return item
        return tf.convert_to_tensor(item, self._dtype)

    def get(self, index: int, shape: Shape) -> Tensor:
        """An element; zeros of a shape, where it is not set."""
        if not 0 <= index < len(self):
            raise GraphError(
                f"Trying to access element {index} in a list with {len(self)} elements."
            )
        found = self.elements[index]
        return self._zeros(self._shape_of(shape)) if found is None else found

    def _shape_of(self, asked: Shape) -> list[int]:
        """The shape of what is not set: as it is asked for, as the list's, and else as another element's."""
        sizes = list(_merged(asked, self.shape) or ())
        if _merged(asked, self.shape) is None or -1 in sizes:
            for each in self.elements:
                if each is not None:
                    return list(each.shape)
            raise GraphError(
                f"Trying to read an uninitialized tensor but element_shape is not fully defined: {asked}"
            )
        return sizes

    def _zeros(self, sizes: list[int]) -> Tensor:
        like = next((each for each in self.elements if each is not None), None)
        device = device_of_the_net() if like is None else like.device
        return torch.zeros(sizes, dtype=self._dtype, device=device)

    def stack(self, indices: Sequence[int], shape: Shape) -> Tensor:
        """Some elements, along a new first axis."""
        found = [self.get(each, shape) for each in indices]
        if found:
            return torch.stack(found)
        return self._zeros([0, *(max(each, 0) for each in _merged(shape, self.shape) or ())])

    def concat(self, shape: Shape, leading: Sequence[int]) -> tuple[Tensor, Tensor]:
        """All elements one after the other along their first axis, and how long each is there.

        Args:
            shape: the shape of each.
            leading: how long those are that are not set.
        """
        rest = None if shape is None else shape[1:]
        found = []
        for index, each in enumerate(self.elements):
            if each is None and rest is not None and index < len(leading):
                found.append(self._zeros([leading[index], *rest]))
            else:
                found.append(self.get(index, shape))
        lengths = Sizes([each.shape[0] for each in found], torch.int64).as_tensor()
        if found:
            return torch.cat(found), lengths
        return self._zeros([0, *(max(each, 0) for each in rest or ())]), lengths

    def __add__(self, other: TensorList) -> TensorList:
        if len(self) != len(other):
            raise GraphError(
                f"Trying to add two lists of tensors of different lengths: {len(self)} vs. {len(other)}."
            )
        pairs = zip(self.elements, other.elements, strict=True)
        return self.of([b if a is None else a if b is None else a + b for a, b in pairs])

    def zeros(self) -> TensorList:
        """A list like this one, of zeros."""
        return self.of([None if each is None else _zeros_like(each) for each in self.elements])


def _zeros_like(value: Any) -> Any:
    return value.zeros() if isinstance(value, TensorList) else torch.zeros_like(value)


def _merged(first: Shape, second: Shape) -> Shape:
    """What two say of one shape."""
    if first is None or second is None:
        return second if first is None else first
    return tuple(b if a < 0 else a for a, b in zip(first, second, strict=True))


def _shape(value: Any) -> Shape:
    """A shape that a node takes: a row of sizes, or -1 if nothing is known of it."""
    found = known.of(value)
    if found is None:
        found = value.tolist() if isinstance(value, Tensor) else value
    return None if isinstance(found, int) else tuple(map(int, found))


# Making lists


@op("EmptyTensorList")
def _empty(element_shape: Any, max_num_elements: Any, *, element_dtype: Any) -> Any:
    return TensorList(element_dtype, _shape(element_shape))


@op("TensorListReserve")
def _reserve(element_shape: Any, num_elements: Any, *, element_dtype: Any) -> Any:
    count = number(num_elements)
    return TensorList(element_dtype, _shape(element_shape), [None] * count)


@op("TensorListFromTensor")
def _from_tensor(tensor: Any, element_shape: Any) -> Any:
    tensor = tf.convert_to_tensor(tensor)
    return TensorList(tensor.dtype, _shape(element_shape), tensor.unbind())


@op("TensorListSplit")
def _split(tensor: Any, element_shape: Any, lengths: Any) -> Any:
    tensor = tf.convert_to_tensor(tensor)
    return TensorList(tensor.dtype, _shape(element_shape), torch.split(tensor, numbers(lengths)))


@op("TensorListScatter")
def _scatter(tensor: Any, indices: Any, element_shape: Any) -> Any:
    return _scattered(tensor, indices, element_shape, -1)


@op("TensorListScatterV2")
def _scattered(tensor: Any, indices: Any, element_shape: Any, num_elements: Any) -> Any:
    tensor, places = tf.convert_to_tensor(tensor), numbers(indices)
    size = max(number(num_elements), max(places, default=-1) + 1)
    made = TensorList(tensor.dtype, _shape(element_shape), [None] * size)
    return _scatter_into(made, tensor, places)


@op("TensorListScatterIntoExistingList")
def _scatter_into(input_handle: TensorList, tensor: Any, indices: Any) -> Any:
    elements = list(input_handle.elements)
    for index, each in zip(numbers(indices), tf.convert_to_tensor(tensor).unbind(), strict=True):
        elements += [None] * (index + 1 - len(elements))
        elements[index] = each
    return input_handle.of(elements)


@op("TensorListPushBack")
def _push_back(input_handle: TensorList, tensor: Any) -> Any:
    return input_handle.of([*input_handle.elements, input_handle.element(tensor)])


@op("TensorListPopBack", outputs=("output_handle", "tensor"))
def _pop_back(input_handle: TensorList, element_shape: Any) -> Any:
    if not input_handle.elements:
        raise GraphError("Trying to pop from an empty list.")
    last = input_handle.get(len(input_handle) - 1, _shape(element_shape))
    return input_handle.of(input_handle.elements[:-1]), last


@op("TensorListSetItem")
def _set_item(
    input_handle: TensorList,
    index: Any,
    item: Any,
    *,
    resize_if_index_out_of_bounds: bool = False,
) -> Any:
    at = number(index)
    if resize_if_index_out_of_bounds and at >= len(input_handle):
        input_handle = _resize(input_handle, at + 1)
    return input_handle.with_item(at, item)


@op("TensorListResize")
def _resize(input_handle: TensorList, size: Any) -> Any:
    count = number(size)
    elements = input_handle.elements[:count]
    return input_handle.of([*elements, *[None] * (count - len(elements))])


@op("TensorListConcatLists")
def _concat_lists(input_a: TensorList, input_b: TensorList) -> Any:
    return input_a.of([*input_a.elements, *input_b.elements])


# Reading lists


@op("TensorListGetItem")
def _get_item(input_handle: TensorList, index: Any, element_shape: Any) -> Any:
    return input_handle.get(number(index), _shape(element_shape))


@op("TensorListStack")
def _stack(input_handle: TensorList, element_shape: Any) -> Any:
    return input_handle.stack(range(len(input_handle)), _shape(element_shape))


@op("TensorListGather")
def _gather(input_handle: TensorList, indices: Any, element_shape: Any) -> Any:
    return input_handle.stack(numbers(indices), _shape(element_shape))


@op("TensorListConcat", outputs=("tensor", "lengths"))
def _concat(input_handle: TensorList, *, element_shape: list[int | None] | None = None) -> Any:
    shape = None if element_shape is None else tuple(-1 if n is None else n for n in element_shape)
    return input_handle.concat(shape, ())


@op("TensorListConcatV2", outputs=("tensor", "lengths"))
def _concat_v2(input_handle: TensorList, element_shape: Any, leading_dims: Any) -> Any:
    return input_handle.concat(_shape(element_shape), numbers(leading_dims))


@op("TensorListLength")
def _length(input_handle: TensorList) -> Any:
    return len(input_handle)


@op("TensorListElementShape")
def _element_shape(input_handle: TensorList, *, shape_type: torch.dtype) -> Any:
    return -1 if input_handle.shape is None else Sizes(input_handle.shape, shape_type)


# Optional values


class Optional:
    """A value, or none."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Any, ...] | None) -> None:
        self.values = values


@op("OptionalFromValue")
def _optional(*components: Any) -> Any:
    return Optional(components)


@op("OptionalNone")
def _no_value() -> Any:
    return Optional(None)


@op("OptionalHasValue")
def _has_value(optional: Optional) -> Any:
    return optional.values is not None


@op("OptionalGetValue", outputs=("components*",))
def _value(optional: Optional) -> Any:
    if optional.values is None:
        raise GraphError("The given optional does not have a value.")
    return optional.values


# What takes lists as it takes tensors


def _add_lists(*inputs: TensorList) -> TensorList:
    total = inputs[0]
    for each in inputs[1:]:
        total = total + each
    return total


def _lists_too(kind: str, function: Callable[..., Any]) -> None:
    """Has a type of node take lists as well."""
    operation = TABLE[kind]
    of_tensors = operation.function

    def either(*inputs: Any, **attributes: Any) -> Any:
        chosen = function if isinstance(inputs[0], TensorList) else of_tensors
        return chosen(*inputs, **attributes)

    TABLE[kind] = operation._replace(function=either)


_lists_too("AddN", _add_lists)
_lists_too("ZerosLike", TensorList.zeros)
