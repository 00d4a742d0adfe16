"""Arrays of tensors that loops write and read, one element after the other."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.operations.operation import Operation, no_op
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope._core.ops.errors import InvalidArgumentError, UnimplementedError
from torchscope._core.ops.picking import gather
from torchscope._core.ops.truth import number
from torchscope._core.pytorch import fakes
from torchscope._core.values.conversion import as_dtype, chooses_dtypes, dtype_name, shape_text
from torchscope._core.values.static_shapes import TensorShape

# What the error of an element that was not written goes on with, where its shape is not known.
_UNKNOWN = (
    "Furthermore, the element shape is not fully defined: {}. Nothing was written to it in this array: "
    "go on with what `write` gives, `array = array.write(index, value)`; or give the element_shape, and "
    "it is zeros."
)
_AGAIN = "Could not write to TensorArray index {} because it has already been written to."


class TensorArray:
    """An array of tensors of one dtype (tf.TensorArray).

    `write`, `unstack`, `scatter` and `split` change nothing: they give the array to go on with. So an
    array may be a variable of a loop:

    >>> import torchscope.tf1 as tf
    >>> array = tf.TensorArray(tf.float32, size=3)
    >>> _, array = tf.while_loop(
    ...     lambda i, array: i < 3, lambda i, array: (i + 1, array.write(i, float(i) ** 2)), (0, array)
    ... )
    >>> array.stack()
    tensor([0., 1., 4.])

    An element may be read again whatever `clear_after_read` says.

    Args:
        dtype: the dtype of the elements.
        size: how many there are, or are at first: an integer or a tensor of one.
        dynamic_size: whether the array grows where it is written to behind its end.
        clear_after_read: accepted for TF1 code; it has no effect.
        tensor_array_name: accepted for TF1 code; it has no effect.
        handle: the `handle` of another array, in the place of a size.
        flow: the `flow` of another array, whose elements this one has; with `handle` only.
        infer_shape: whether all elements have one shape: that of the first that is written.
        element_shape: what is known of that shape beforehand. An element that was not written is zeros
            where all of it is known.
        colocate_with_first_write_call: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: there is no such dtype, or the size is no integer.
        ValueError: there is no size; or beside a handle what only a new array has.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        self._dtype = as_dtype(dtype)
        self._infer_shape = infer_shape
        self._dynamic_size = bool(dynamic_size)
        self._elements: dict[int, Tensor] = {}
        if handle is None:
            # All that is made of one array share this, as in TF1: what a loop without a turn would
            # write says of which shape it would be.
            self._shapes = [TensorShape(element_shape)]
            self._size = _size_of(size)
            return
        given: dict[str, Any] = {"`handle` and `tensor_array_name`": tensor_array_name}
        given |= {"a `handle` and `size`": size, "`handle` and `element_shape`": element_shape}
        given |= {"`handle` and `dynamic_size`": dynamic_size}
        given |= {"`handle` and `clear_after_read`": clear_after_read}
        for both, value in given.items():
            if value is not None:
                raise ValueError(f"Cannot provide both {both} arguments at the same time.")
        if not isinstance(flow, TensorArray):
            raise ValueError(
                "flow must not be None if handle is not None. It is the `flow` of another array. "
                f"Received: flow={flow!r:.200}"
            )
        self._elements, self._size = flow._elements, flow._size
        self._shapes, self._dynamic_size = flow._shapes, flow._dynamic_size

    # What it is

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the elements."""
        return self._dtype

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the elements' shape."""
        return self._shapes[0]

    @property
    def dynamic_size(self) -> bool:
        """Whether the array grows."""
        return self._dynamic_size

    @property
    def handle(self) -> TensorArray:
        """What stands for the array, where another is made of it."""
        return self

    @property
    def flow(self) -> TensorArray:
        """What stands for all that was written so far."""
        return self

    def size(self, name: str | None = None) -> int:
        """How many elements there are, as an integer."""
        result: int = self._size
        return result

    def identity(self) -> TensorArray:
        """The same array."""
        return self

    def close(self, name: str | None = None) -> Operation:
        """An operation that does nothing: what nobody holds is freed."""
        return no_op(name)

    def __repr__(self) -> str:
        return (
            f"<TensorArray of {self._size} elements, dtype={dtype_name(self._dtype)}, "
            f"element_shape={self.element_shape}>"
        )

    # Reading

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """One element.

        Args:
            index: its number, an integer or a tensor of one.
            name: accepted for TF1 code; it has no effect.

        Raises:
            InvalidArgumentError: there is none of this number, or it was not written.
        """
        at = _index_of(index, "TensorArray.read")
        return self._unwritten("?") if at is None else self._element(at)

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """Some elements, along a new first axis.

        Args:
            indices: their numbers, a list or a tensor (N,).
            name: accepted for TF1 code; it has no effect.

        Raises:
            InvalidArgumentError: there is none of such a number, or it was not written; or their shapes
                differ.
            ValueError: the numbers are not in one row.
        """
        ids = known.of(indices)
        if ids is None and isinstance(indices, Tensor):
            _check_row(indices.ndim, "indices", "gather")
            # The numbers stay where they are: to read them would stop a GPU.
            return gather(self.stack(), indices)
        ids = numbers_of(indices, "indices") if ids is None else ids
        _check_row(_depth_of(ids), "indices", "gather")
        return self._together([self._element(index) for index in ids])

    def stack(self, name: str | None = None) -> Tensor:
        """All elements, along a new first axis.

        Args:
            name: accepted for TF1 code; it has no effect.

        Raises:
            InvalidArgumentError: one was not written, and their shape is not known; or their shapes
                differ.
            UnimplementedError: there are none, and their shape is not known.
        """
        return self._together([self._element(index) for index in range(self._size)])

    def concat(self, name: str | None = None) -> Tensor:
        """All elements, one after the other along their first axis.

        Args:
            name: accepted for TF1 code; it has no effect.

        Raises:
            InvalidArgumentError: one was not written, and their shape is not known; or their shapes
                differ in more than the first axis.
            UnimplementedError: there are none.
            IndexError: they are numbers, without an axis.
        """
        elements = [self._element(index) for index in range(self._size)]
        if not elements:
            raise UnimplementedError(
                None,
                None,
                "TensorArray has size zero, but element_shape_except0 "
                f"{self.element_shape} is not fully defined. Currently only static shapes are "
                "supported when concatenating zero-size TensorArrays.",
            )
        for index, each in enumerate(elements):
            if not each.ndim:
                raise IndexError(
                    "list index out of range. The elements are numbers: `stack` puts them together."
                )
            if each.shape[1:] != elements[0].shape[1:]:
                raise _invalid(
                    "TensorArray has inconsistent shapes. Index 0 has (excepting dimension 0) shape: "
                    f"{shape_text(elements[0].shape[1:])} but index {index} has (excepting "
                    f"dimension 0) shape: {shape_text(each.shape[1:])}",
                )
        return torch.cat(elements)

    def _element(self, index: int) -> Tensor:
        if not 0 <= index < self._size:
            _fail(f"Tried to read from index {index} but array size is: {self._size}")
        found = self._elements.get(index)
        return self._unwritten(index) if found is None else found

    def _unwritten(self, index: int | str) -> Tensor:
        """An element of zeros."""
        if not self.element_shape.is_fully_defined():
            unknown = _UNKNOWN.format(self.element_shape)
            raise _invalid(f"Could not read from TensorArray index {index}. {unknown}")
        return self._zeros(self.element_shape.as_list())

    def _zeros(self, shape: list[int]) -> Tensor:
        written = next(iter(self._elements.values()), None)
        device = device_of_the_net() if written is None else written.device
        return torch.zeros(shape, dtype=self._dtype, device=device)

    def _together(self, elements: list[Tensor]) -> Tensor:
        if not elements:
            if not self.element_shape.is_fully_defined():
                raise UnimplementedError(
                    None,
                    None,
                    f"TensorArray has size zero, but element shape {self.element_shape} is not fully "
                    "defined. Currently only static shapes are supported when packing zero-size "
                    "TensorArrays: give the element_shape.",
                )
            return self._zeros([0, *self.element_shape.as_list()])
        for index, each in enumerate(elements):
            if each.shape != elements[0].shape:
                raise _invalid(
                    "TensorArray has inconsistent shapes. Index 0 has shape: "
                    f"{shape_text(elements[0].shape)} but index {index} has shape: "
                    f"{shape_text(each.shape)}",
                )
        return torch.stack(elements)

    # Writing

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with one element more.

        Args:
            index: its number, an integer or a tensor of one.
            value: the element, a tensor or what makes one.
            name: accepted for TF1 code; it has no effect.

        Raises:
            InvalidArgumentError: there is no place for it, or it is there already; or the dtype is
                another than the array's.
            ValueError: the shape is another than that of the elements.
        """
        value = self._value(value)
        self._note(value.shape)
        at = _index_of(index, "TensorArray.write")
        return self._with({} if at is None else {at: value})

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array with the parts of a tensor along its first axis as its elements.

        Args:
            value: a tensor, (N, ...).
            name: accepted for TF1 code; it has no effect.

        Raises:
            InvalidArgumentError: there are more parts than places; or as in `write`.
            ValueError: it is a number, or the shape is another than that of the elements.
        """
        value = self._value(value)
        if not value.ndim:
            raise ValueError(
                "slice index 0 of dimension 0 out of bounds. `unstack` takes a tensor apart along its "
                "first axis, and this is a number: `write` writes it."
            )
        return self._scattered(range(value.shape[0]), value)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with the parts of a tensor along its first axis as some of its elements.

        Args:
            indices: their numbers, a list or a tensor (N,).
            value: a tensor, (N, ...).
            name: accepted for TF1 code; it has no effect.

        Raises:
            InvalidArgumentError: there is no place of such a number; or as in `write`.
            ValueError: there are not as many numbers as parts; or the shape is another than that of the
                elements.
        """
        value = self._value(value)
        ids = numbers_of(indices, "indices")
        _check_row(_depth_of(ids), "indices", "scatter")
        if not value.ndim or value.shape[0] != len(ids):
            raise ValueError(
                f"Dimensions must be equal, but are {value.shape[0] if value.ndim else ()} and "
                f"{len(ids)}. There are {len(ids)} indices for a value of shape "
                f"{shape_text(value.shape)}."
            )
        return self._scattered(ids, value)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array with pieces of a tensor along its first axis as its elements.

        Args:
            value: a tensor, (N, ...).
            lengths: how long each piece is: a list, or a tensor of one row.
            name: accepted for TF1 code; it has no effect.

        Raises:
            InvalidArgumentError: there are not as many pieces as places, or not N in all; or the shapes
                differ, and the array infers them.
            ValueError: the lengths are not in one row.
        """
        value = self._value(value)
        sizes = numbers_of(lengths, "lengths")
        _check_row(_depth_of(sizes), "lengths", "split")
        if len(sizes) != self._size and not self._dynamic_size:
            raise _invalid(
                "TensorArray's size is not equal to the size of lengths "
                f"({self._size} vs. {len(sizes)}), and the TensorArray is not marked as dynamically "
                "resizeable",
            )
        if not value.ndim or sum(sizes) != value.shape[0]:
            raise _invalid(
                "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
                f"{sum(sizes)} and value's shape is: {shape_text(value.shape)}",
            )
        pieces = value.split(sizes) if sizes else ()
        for index, piece in enumerate(pieces):
            if self._infer_shape and not self.element_shape.is_compatible_with(piece.shape):
                raise _invalid(
                    f"Could not write to TensorArray index {index} because the value shape is "
                    f"{shape_text(piece.shape)} which is incompatible with the TensorArray's inferred "
                    f"element shape: {self.element_shape} (consider setting infer_shape=False).",
                )
            self._note(piece.shape)
        return self._with(dict(enumerate(pieces)))

    def _value(self, value: Any) -> Tensor:
        """What is to be written, of the array's dtype."""
        tensor = value.read_value() if hasattr(value, "_ts_record") else value
        tensor = as_tensor(tensor, dtype=None, preferred=self._dtype)
        if tensor.dtype != self._dtype:
            if not chooses_dtypes(tensor.device):
                raise _invalid(
                    f"TensorArray dtype is {dtype_name(self._dtype)} but Op is trying to write dtype "
                    f"{dtype_name(tensor.dtype)}. Convert the value, or make the array of its dtype.",
                )
            tensor = tensor.to(self._dtype)
        return tensor

    def _note(self, shape: Any) -> None:
        """Notes that an element of this shape is among them."""
        if not self.element_shape.is_compatible_with(shape):
            raise ValueError(
                f"Inconsistent shapes: saw {shape_text(shape)} but expected {self.element_shape} : "
                "elements of several shapes go into an array that is made with infer_shape=False."
            )
        if self._infer_shape:
            self._shapes[0] = self.element_shape.merge_with(shape)

    def _scattered(self, ids: Any, value: Tensor) -> TensorArray:
        self._note(value.shape[1:])
        most = max(ids, default=-1)
        if most >= self._size and not self._dynamic_size:
            _fail(f"Max scatter index must be < array size ({most} vs. {self._size})")
        elements: dict[int, Tensor] = {}
        for index, row in zip(ids, value.unbind(), strict=True):
            if index in elements:
                _fail(_AGAIN.format(index))
            elements[index] = row
        return self._with(elements)

    def _with(self, more: dict[int, Tensor]) -> TensorArray:
        size = self._size
        for index in more:
            if index < 0 or (index >= size and not self._dynamic_size):
                _fail(
                    f"Tried to write to index {index} but array is not resizeable and size is: {size}"
                )
            elif index in self._elements:
                _fail(_AGAIN.format(index))
            elif index >= size:
                size = index + 1
        array = TensorArray(self._dtype, size, self._dynamic_size, infer_shape=self._infer_shape)
        array._elements = {**self._elements, **more}
        array._shapes = self._shapes
        return array


def zeros_since(before: TensorArray, array: TensorArray, done: Tensor) -> TensorArray:
    """An array with zeros for what one before did not have, where `done`, one bool, is True."""
    late = {n: v for n, v in array._elements.items() if before._elements.get(n) is not v}
    made = array._with({})
    made._elements |= {n: v.masked_fill(done, 0) for n, v in late.items()}
    return made


def _invalid(message: str) -> InvalidArgumentError:
    return InvalidArgumentError(None, None, message)


def _fail(message: str) -> None:
    """Refuses what TF1 refuses when it runs: not in a part of a model that runs without computing."""
    device = device_of_the_net()
    nothing_runs = fakes.are_used() and not fakes.are_recorded()
    if not nothing_runs and (device is None or device.type != "meta"):
        raise _invalid(message)


def _index_of(index: Any, asked_by: str) -> int | None:
    """A number as Python's; None where it has no value, since nothing is computed."""
    found = known.of(index)
    if found is None or isinstance(found, list):
        tensor = as_tensor(index)
        _check_scalar(tensor, "index")
        found = number(tensor, asked_by)
    return found  # type: ignore[no-any-return]


def _size_of(size: Any) -> Any:
    if size is None:
        raise ValueError(
            "Argument `size` must be provided if handle is not provided. An array that grows may begin "
            "with size=0 and dynamic_size=True."
        )
    found = known.of(size)
    if found is None:
        tensor = as_tensor(size)
        _check_scalar(tensor, "size")
        if tensor.dtype.is_floating_point:
            raise TypeError(
                "Expected int32 passed to parameter 'size' of op 'TensorArrayV3', got "
                f"{size!r} of type '{type(size).__name__}' instead."
            )
        found = number(tensor, "TensorArray")
    elif isinstance(found, list):
        raise ValueError(f"Shape must be rank 0 but is rank 1: the size of an array is {size!r}.")
    return 0 if found is None else found


def _check_scalar(tensor: Tensor, what: str) -> None:
    if tensor.ndim:
        raise ValueError(
            f"Shape must be rank 0 but is rank {tensor.ndim}: the {what} of a TensorArray has shape "
            f"{shape_text(tensor.shape)}."
        )


def _depth_of(numbers: Any) -> int:
    if not isinstance(numbers, list):
        return 0
    return 1 + max((_depth_of(each) for each in numbers), default=0)


def _check_row(rank: int, what: str, operation: str) -> None:
    if rank != 1:
        raise ValueError(
            f"Shape must be rank 1 but is rank {rank}: the {what} of TensorArray.{operation} are in one "
            "row."
        )
