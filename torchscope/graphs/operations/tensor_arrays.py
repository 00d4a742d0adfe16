"""Arrays of tensors and stacks, which TF1's loops write and read, and the gradients of these loops.

TensorFlow's are resources that nodes change, and what orders these nodes is a number, the flow, that they pass on. So it is
here: the handle is an object, and who takes a flow runs after who gave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops import known
from torchscope._core.ops.sizes import Sizes
from torchscope.graphs.errors import GraphError
from torchscope.graphs.operations.table import op

Shape = list[int | None] | None


class Array:
    """An array of tensors of one dtype, each of which is written once, and read as often as one likes.

    Args:
        dtype: their dtype.
        size: how many there are.
        shape: the shape of each, as far as it is known.
        grows: whether it grows where it is written to behind its end.
        of: the array whose gradients these are: what is written to one place is added up.
        prepended: of gradients, what is before the shape of each.
    """

    def __init__(
        self,
        dtype: torch.dtype,
        size: int,
        shape: Shape = None,
        *,
        grows: bool = False,
        of: Array | None = None,
        prepended: tuple[int, ...] = (),
    ) -> None:
        self._dtype = dtype
        self.size = size
        self._shape = shape
        self._grows = grows
        self._of = of
        self._prepended = prepended
        self._elements: dict[int, Tensor] = {}
        self._gradients: dict[tuple[str, tuple[int, ...]], Array] = {}

    def gradient(self, source: str, prepended: tuple[int, ...] = ()) -> Array:
        """The array of its gradients, of which each call of tf.gradients has one."""
        key = source, prepended
        if key not in self._gradients:
            self._gradients[key] = Array(
                self._dtype, self.size, self._shape, of=self, prepended=prepended
            )
        return self._gradients[key]

    def write(self, index: int, value: Any) -> None:
        """Writes an element."""
        if index < 0 or (index >= self.size and not self._grows):
            raise GraphError(
                f"Tried to write to index {index} but array is not resizeable and size is: {self.size}"
            )
        value = tf.convert_to_tensor(value, self._dtype)
        if index in self._elements:
            if self._of is None:
                raise GraphError(
                    f"Could not write to TensorArray index {index} because it has already been written to."
                )
            value = self._elements[index] + value
        self._elements[index] = value
        self.size = max(self.size, index + 1)

    def read(self, index: int, shape: Shape = None) -> Tensor:
        """An element; zeros where none was written, and the shape is known."""
        if not 0 <= index < self.size:
            raise GraphError(f"Tried to read from index {index} but array size is: {self.size}")
        found = self._elements.get(index)
        return self._zeros(index, shape) if found is None else found

    def _zeros(self, index: int, shape: Shape) -> Tensor:
        if self._of is not None:
            like = self._of.read(index, shape)
            return like.new_zeros((*self._prepended, *like.shape))
        written = next(iter(self._elements.values()), None)
        device = device_of_the_net() if written is None else written.device
        for each in (shape, self._shape):
            if each is not None and None not in each:
                return torch.zeros(each, dtype=self._dtype, device=device)  # type: ignore[arg-type]
        raise GraphError(
            f"Could not read index {index} of a TensorArray: it has not been written to, and its shape is not known."
        )

    def stack(self, indices: Iterable[int], shape: Shape = None) -> Tensor:
        """Some elements, along a new first axis."""
        found = [self.read(each, shape) for each in indices]
        return torch.stack(found) if found else self._none(shape)

    def _none(self, shape: Shape) -> Tensor:
        """No elements of a shape, as far as that is known."""
        sizes = [each or 0 for each in (shape or self._shape or [])]
        return torch.zeros([0, *sizes], dtype=self._dtype, device=device_of_the_net())

    def concat(self, shape: Shape = None) -> tuple[Tensor, Tensor]:
        """All elements one after the other along their first axis, and how long each is there."""
        found = [self.read(each) for each in range(self.size)]
        lengths = Sizes([each.shape[0] for each in found], torch.int64)
        return torch.cat(found) if found else self._none(shape), lengths.as_tensor()


def number(value: Any) -> int:
    """A number that is needed as Python's."""
    found = known.of(value)
    return int(value if found is None else found)


def numbers(values: Any) -> list[int]:
    """The same of a row of them."""
    found = known.of(values)
    if found is None:
        found = values.tolist() if isinstance(values, Tensor) else values
    return list(map(int, found))


# What changes nothing has its place as well: an array is read before it is written to once more.


@op("TensorArray", "TensorArrayV2", stateful=True)
def _array(
    size: Any, *, dtype: torch.dtype, element_shape: Shape = None, dynamic_size: bool = False
) -> Any:
    return Array(dtype, number(size), element_shape, grows=dynamic_size)


@op("TensorArrayV3", outputs=("handle", "flow"), stateful=True)
def _array_and_flow(
    size: Any, *, dtype: torch.dtype, element_shape: Shape = None, dynamic_size: bool = False
) -> Any:
    return Array(dtype, number(size), element_shape, grows=dynamic_size), 0.0


def _versions(name: str, *more: str, **said: Any) -> Callable[[Any], Any]:
    """Enters an operation of arrays under the names of all its versions."""
    kinds = (f"TensorArray{name}", f"TensorArray{name}V2", f"TensorArray{name}V3")
    return op(*kinds, *more, stateful=True, **said)


@_versions("Write")
def _write(handle: Array, index: Any, value: Any, flow_in: Any) -> Any:
    handle.write(number(index), value)
    return flow_in


@_versions("Read")
def _read(handle: Array, index: Any, flow_in: Any) -> Any:
    return handle.read(number(index))


@_versions("Gather")
def _gather(handle: Array, indices: Any, flow_in: Any, *, element_shape: Shape = None) -> Any:
    return handle.stack(numbers(indices), element_shape)


@op("TensorArrayPack", stateful=True)
def _pack(handle: Array, flow_in: Any, *, element_shape: Shape = None) -> Any:
    return handle.stack(range(handle.size), element_shape)


@_versions("Scatter")
def _scatter(handle: Array, indices: Any, value: Any, flow_in: Any) -> Any:
    for index, each in zip(numbers(indices), tf.convert_to_tensor(value).unbind(), strict=True):
        handle.write(index, each)
    return flow_in


@op("TensorArrayUnpack", stateful=True)
def _unpack(handle: Array, value: Any, flow_in: Any) -> Any:
    for index, each in enumerate(tf.convert_to_tensor(value).unbind()):
        handle.write(index, each)
    return flow_in


@_versions("Concat", outputs=("value", "lengths"))
def _concat(handle: Array, flow_in: Any, *, element_shape_except0: Shape = None) -> Any:
    return handle.concat(element_shape_except0)


@_versions("Split")
def _split(handle: Array, value: Any, lengths: Any, flow_in: Any) -> Any:
    for index, each in enumerate(torch.split(tf.convert_to_tensor(value), numbers(lengths))):
        handle.write(index, each)
    return flow_in


@_versions("Size")
def _size(handle: Array, flow_in: Any) -> Any:
    return handle.size


@_versions("Close", outputs=())
def _close(handle: Array) -> None:
    pass


@op("TensorArrayGrad", "TensorArrayGradV2", stateful=True)
def _gradient(handle: Array, flow_in: Any, *, source: str) -> Any:
    return handle.gradient(source)


@op("TensorArrayGradV3", outputs=("grad_handle", "flow_out"), stateful=True)
def _gradient_and_flow(handle: Array, flow_in: Any, *, source: str) -> Any:
    return handle.gradient(source), flow_in


@op("TensorArrayGradWithShape", outputs=("grad_handle", "flow_out"), stateful=True)
def _gradient_of_shape(handle: Array, flow_in: Any, prepended: Any, *, source: str) -> Any:
    return handle.gradient(source, tuple(numbers(prepended))), flow_in


@op("Stack", stateful=True)
def _stack() -> Any:
    return []


@op("StackV2", stateful=True)
def _stack_of_size(max_size: Any) -> Any:
    return []


@op("StackPush", "StackPushV2", stateful=True)
def _push(handle: list[Any], elem: Any) -> Any:
    handle.append(elem)
    return elem


@op("StackPop", "StackPopV2", stateful=True)
def _pop(handle: list[Any]) -> Any:
    return handle.pop()


@op("StackClose", "StackCloseV2", outputs=(), stateful=True)
def _close_stack(handle: list[Any]) -> None:
    handle.clear()
