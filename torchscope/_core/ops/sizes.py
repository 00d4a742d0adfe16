"""The sizes of a tensor, as TF1's code computes with them (tf.shape)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex, overload

import torch
from torch import Tensor
from torch.utils._pytree import register_pytree_node

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops import known
from torchscope._core.values.conversion import as_dtype, convert_to_tensor, dtype_name
from torchscope._core.values.static_shapes import TensorShape


class Sizes(tuple[Any, ...]):  # noqa: SLOT001 - a tuple has no room for more in slots
    """Integers that stand for an integer tensor of rank 1: what `tf.shape` gives.

    They are Python's integers, or the symbols of a recording, so nobody waits for a device to know
    them. Arithmetic is by element, as TF1's is, and a slice is of the same kind. With a tensor, or
    by true division, they become a tensor.

    >>> size = Sizes([2, 3, 4])
    >>> size[0], size[1:] * 2, size - 1
    (2, Sizes([6, 8]), Sizes([1, 2, 3]))

    Args:
        numbers: the integers.
        dtype: that of the tensor that they stand for.
    """

    # Of most, which then have no attributes of their own.
    dtype: torch.dtype = torch.int32

    def __new__(cls, numbers: Iterable[Any] = (), dtype: Any = torch.int32) -> Sizes:  # noqa: PYI034
        """Makes them."""
        made = tuple.__new__(cls, numbers)
        if dtype is not torch.int32:
            made.dtype = as_dtype(dtype)
        return made

    def __repr__(self) -> str:
        return f"Sizes({list(self)})"

    def __reduce__(self) -> Any:
        return Sizes, (list(self), self.dtype)

    def as_tensor(self, device: torch.device | None = None) -> Tensor:
        """The tensor that they stand for, on the device of the net that runs by default.

        >>> Sizes([2, 3]).as_tensor()
        tensor([2, 3], dtype=torch.int32)
        """
        return tensor_of(list(self), self.dtype, device or device_of_the_net())

    def get_shape(self) -> TensorShape:
        """How many there are, as the shape of the tensor.

        >>> Sizes([2, 3]).get_shape()
        TensorShape([Dimension(2)])
        """
        return TensorShape([len(self)])

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> Sizes: ...

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Sizes(found, self.dtype) if type(key) is slice else found

    def _with(self, other: Any, operation: Callable[[Any, Any], Any], *, swapped: bool) -> Any:
        if isinstance(other, Tensor) or hasattr(other, "astype"):
            pair: Any = (self.as_tensor(), torch.as_tensor(other))
            return operation(*(reversed(pair) if swapped else pair))
        if not isinstance(other, int | torch.SymInt | list | tuple):
            if isinstance(other, float | complex):
                raise TypeError(
                    f"Expected {dtype_name(self.dtype)}, but got {other} of type "
                    f"'{type(other).__name__}': sizes are integers. tf.cast(tf.shape(x), tf.float32) "
                    "makes floats of them."
                )
            return NotImplemented
        others = list(other) if isinstance(other, list | tuple) else [other]
        lengths = {len(self), len(others)}
        most = 0 if 0 in lengths else max(lengths)
        if not lengths <= {1, most}:
            raise ValueError(
                f"Dimensions must be equal, but are {len(self)} and {len(others)}: {self!r} and "
                f"{other!r}."
            )
        mine = [*self] * most if len(self) == 1 != most else [*self]
        others = others * most if len(others) == 1 != most else others
        rows = zip(others, mine, strict=True) if swapped else zip(mine, others, strict=True)
        return Sizes([operation(a, b) for a, b in rows], self.dtype)

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add, swapped=False)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, operator.add, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub, swapped=False)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, operator.sub, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul, swapped=False)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, operator.mul, swapped=True)

    def __floordiv__(self, other: Any) -> Any:
        return self._with(other, operator.floordiv, swapped=False)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with(other, operator.floordiv, swapped=True)

    def __mod__(self, other: Any) -> Any:
        return self._with(other, operator.mod, swapped=False)

    def __rmod__(self, other: Any) -> Any:
        return self._with(other, operator.mod, swapped=True)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, operator.pow, swapped=False)

    def __neg__(self) -> Sizes:
        return Sizes([-each for each in self], self.dtype)

    def __truediv__(self, other: Any) -> Any:
        return self.as_tensor().double() / _double(other)

    def __rtruediv__(self, other: Any) -> Any:
        return _double(other) / self.as_tensor().double()

    def __lt__(self, other: Any) -> Any:
        return self.as_tensor() < _tensor(other)

    def __le__(self, other: Any) -> Any:
        return self.as_tensor() <= _tensor(other)

    def __gt__(self, other: Any) -> Any:
        return self.as_tensor() > _tensor(other)

    def __ge__(self, other: Any) -> Any:
        return self.as_tensor() >= _tensor(other)


register_pytree_node(
    Sizes,
    lambda sizes: (list(sizes), sizes.dtype),
    Sizes,
    serialized_type_name="torchscope.ops.sizes.Sizes",
    to_dumpable_context=dtype_name,
    from_dumpable_context=as_dtype,
)


def tensor_of(numbers: Any, dtype: torch.dtype, device: torch.device | None) -> Tensor:
    """A tensor of integers that are known: one, or nested lists; they may be symbols.

    >>> known.of(tensor_of([2, 3], torch.int32, None))
    [2, 3]
    """
    return known.note(convert_to_tensor(numbers, dtype, device=device), numbers)


def integers_of(value: Any) -> Any:
    """Integers that stand for an integer tensor: one, or nested lists of them; None for all else.

    Of a tensor they are not asked, and what int32 cannot hold is no size.

    >>> integers_of(Sizes([2, 3])), integers_of([[1], [2]]), integers_of([1, 2.5])
    ([2, 3], [[1], [2]], None)
    """
    kind = type(value)
    if kind is int:
        return value if -(2**31) <= value < 2**31 else None
    if kind is Sizes:
        return list(value)
    if kind is list or kind is tuple:
        found = [integers_of(each) for each in value]
        return None if not found or any(each is None for each in found) else found
    return value if isinstance(value, torch.SymInt) else None


def row_of(value: Any) -> list[Any] | None:
    """The same of what stands for a tensor of rank 1; None for all else.

    >>> row_of(Sizes([2, 3])), row_of((4,)), row_of(4), row_of([[4]])
    ([2, 3], [4], None, None)
    """
    found = None if isinstance(value, Tensor) else integers_of(value)
    flat = isinstance(found, list) and not any(isinstance(each, list) for each in found)
    return found if flat else None


def standing_for(numbers: Any, *like: Any) -> Any:
    """What stands for an integer tensor of known numbers: an integer, `Sizes`, or else the tensor.

    >>> standing_for(2), standing_for([2, 3]), standing_for([[2]])
    (2, Sizes([2, 3]), tensor([[2]], dtype=torch.int32))

    Args:
        numbers: one integer, or nested lists of them. They may be symbols.
        like: what they were made of; the first `Sizes` among them says of which dtype they are.
    """
    if not isinstance(numbers, list):
        return numbers
    dtype = next((each.dtype for each in like if type(each) is Sizes), torch.int32)
    if any(isinstance(each, list) for each in numbers):
        return tensor_of(numbers, dtype, device_of_the_net())
    return Sizes(numbers, dtype)


def _tensor(value: Any) -> Any:
    if isinstance(value, Sizes):
        return value.as_tensor()
    return tensor_of(list(value), torch.int32, None) if isinstance(value, list | tuple) else value


def _double(value: Any) -> Any:
    value = _tensor(value)
    return value.double() if isinstance(value, Tensor) else value
