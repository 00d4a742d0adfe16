"""The same numbers in another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, overload

from torch import Tensor

from torchscope._core.operations.tensor_names import named
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, either, numbers_of, wanted
from torchscope._core.ops.sizes import Sizes, integers_of, row_of, standing_for
from torchscope._core.values.conversion import shape_text


@overload
# Any: it is the shape that says whether sizes stay so.
def reshape(tensor: int | Sequence[int], shape: Any, name: str | None = None) -> Any: ...


@overload
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor: ...


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The same numbers in the same order in another shape (tf.reshape).

    >>> reshape([[1.0, 2.0], [3.0, 4.0]], [-1])
    tensor([1., 2., 3., 4.])

    Args:
        tensor: a tensor.
        shape: its sizes, integers or tensors of one, or a tensor of them. One may be -1: what is
            left.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensor, or `Sizes` of what are sizes.

    Raises:
        ValueError: there are more or fewer numbers than that, the shape is one number, or a size is
            negative.
        TypeError: a size is no integer.
    """
    kind = type(shape)
    if (kind is list or kind is tuple or kind is Sizes) and isinstance(tensor, Tensor):
        for size in shape:
            if type(size) is not int:
                break
        else:
            try:
                return tensor.reshape(shape)
            except RuntimeError:
                return _reshaped(tensor, list(shape))
    sizes = numbers_of(shape, "shape")
    if not isinstance(sizes, list) or any(isinstance(each, list) for each in sizes):
        raise ValueError(
            f"Shape must be rank 1 but is rank {2 if isinstance(sizes, list) else 0}: a shape is a "
            f"list of sizes. Received: shape={shape!r}"
        )
    if sizes in ([-1], [1]) and not isinstance(tensor, Tensor):
        row = row_of([tensor]) or row_of(tensor)
        if row is not None and (sizes == [-1] or len(row) == 1):
            return standing_for(row, tensor)
    return _reshaped(as_tensor(wanted("tensor", tensor)), sizes)


def _reshaped(tensor: Tensor, sizes: Sequence[int]) -> Tensor:
    """The tensor in another shape, or TF1's words for why it has none."""
    unknown = [axis for axis, size in enumerate(sizes) if type(size) is int and size == -1]
    if len(unknown) > 1:
        raise ValueError(
            f"Only one input size may be -1, not both {unknown[0]} and {unknown[1]}: the shape is "
            f"{list(sizes)}."
        )
    for size in sizes:
        if size < -1:
            raise ValueError(
                f"Invalid value in tensor used for shape: {size}. The shape is {list(sizes)}; one "
                "size may be -1."
            )
    if unknown and 0 in sizes and tensor.numel() == 0:
        # What is left besides the zeros.
        part = math.prod(size for size in sizes if size not in (0, -1))
        whole = math.prod(size for size in tensor.shape if size)
        sizes = [whole // part if size == -1 else size for size in sizes]
    try:
        return tensor.reshape(sizes)
    except RuntimeError:
        count = tensor.numel()
        told = f"The tensor has shape {shape_text(tensor.shape)}, the new one is {list(sizes)}."
        whole = math.prod(size for size in sizes if size != -1)
        if unknown:
            raise ValueError(
                f"Dimension size must be evenly divisible by {whole} but is {count}: what -1 "
                f"stands for. {told}"
            ) from None
        text = ",".join(map(str, sizes))
        raise ValueError(
            f"Cannot reshape a tensor with {count} elements to shape [{text}] ({whole} elements): "
            f"they must be as many. {told}"
        ) from None


@overload
def expand_dims(
    input: int, axis: Any = None, name: str | None = None, dim: Any = None
) -> Sizes: ...


@overload
def expand_dims(
    input: Any, axis: Any = None, name: str | None = None, dim: Any = None
) -> Tensor: ...


def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    """A tensor with one more axis, of length 1 (tf.expand_dims).

    >>> expand_dims(torch.ones(2, 3), -1).shape
    torch.Size([2, 3, 1])

    Args:
        input: a tensor.
        axis: where the axis is to be in the result.
        name: accepted for TF1 code; it has no effect.
        dim: another name of `axis`.

    Returns:
        The tensor, or `Sizes` of an integer.

    Raises:
        ValueError: there is no axis, or it is too large.
        TypeError: the axis is no integer.
    """
    if type(axis) is int and dim is None and isinstance(input, Tensor):
        try:
            made = input.unsqueeze(axis)
        except IndexError:
            pass
        else:
            return made if made.ndim > 1 else _noted(made, input)
    axis = either("dim", dim, "axis", axis)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims(): where it is to be.")
    where = numbers_of(int(axis) if isinstance(axis, bool) else axis, "dim")
    if isinstance(where, list):
        if len(where) != 1:
            raise ValueError(
                f"'dim' input must be a tensor with a single value: one axis. Received: {axis!r}"
            )
        (where,) = where
    number = None if isinstance(input, Tensor) else integers_of(input)
    if number is not None and not isinstance(number, list) and where in (0, -1):
        return Sizes([number])
    tensor = as_tensor(wanted("input", input))
    if not -tensor.ndim - 1 <= where <= tensor.ndim:
        raise ValueError(
            f"dim {where} not in the interval [{-tensor.ndim - 1}, {tensor.ndim}]. The tensor has "
            f"shape {shape_text(tensor.shape)}."
        )
    return _noted(tensor.unsqueeze(where), tensor)


def _noted(row: Tensor, tensor: Tensor) -> Tensor:
    """A row of one number, of which is known what is known of the number."""
    number = None if tensor.ndim or tensor.is_floating_point() else known.of(tensor)
    return row if number is None else known.note(row, [number])


@overload
def squeeze(
    input: Sizes, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> int: ...


@overload
def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Tensor: ...


def squeeze(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    squeeze_dims: Any = None,
) -> Any:
    """A tensor without its axes of length 1 (tf.squeeze).

    >>> squeeze(torch.ones(1, 3, 1), [0]).shape
    torch.Size([3, 1])

    Args:
        input: a tensor.
        axis: the axes; all of length 1 by default.
        name: accepted for TF1 code; it has no effect.
        squeeze_dims: another name of `axis`.

    Returns:
        The tensor, or the integer of one size.

    Raises:
        ValueError: an axis is longer, or is not there.
        TypeError: an axis is no integer.
    """
    if axis is None and squeeze_dims is None and isinstance(input, Tensor):
        return input.squeeze()
    if type(input) is Sizes and len(input) == 1 and known.of(axis) in (None, 0, -1, [0]):
        return input[0]
    tensor = as_tensor(wanted("input", input))
    axis = either("squeeze_dims", squeeze_dims, "axis", axis)
    given = [] if axis is None else numbers_of(axis, "axis")
    axes = given if isinstance(given, list) else [given]
    for place, each in enumerate(axes):
        if not -tensor.ndim <= each < tensor.ndim:
            raise ValueError(
                f"squeeze_dims[{place}] not in [{-tensor.ndim},{tensor.ndim}). It is {each}; the "
                f"input has shape {shape_text(tensor.shape)}."
            )
        if tensor.shape[each] != 1:
            raise ValueError(
                f"Can not squeeze dim[{each % tensor.ndim}], expected a dimension of 1, got "
                f"{tensor.shape[each]}. The input has shape {shape_text(tensor.shape)}."
            )
    return tensor.squeeze(list({each % tensor.ndim for each in axes})) if axes else tensor.squeeze()


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor, which must be of a shape (tf.ensure_shape).

    >>> ensure_shape([[1.0, 2.0]], [None, 2])
    tensor([[1., 2.]])

    Args:
        x: a tensor.
        shape: its sizes; None for any.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it is of another shape.
    """
    tensor = as_tensor(wanted("input", x))
    if shape is None:
        return tensor
    if isinstance(shape, int) or not hasattr(shape, "__iter__"):
        shape = [shape]
    sizes = [None if each is None else numbers_of(each, "shape") for each in shape]
    if len(sizes) != tensor.ndim:
        raise ValueError(
            f"Shape must be rank {len(sizes)} but is rank {tensor.ndim}: the tensor has shape "
            f"{shape_text(tensor.shape)}."
        )
    for axis, (size, own) in enumerate(zip(sizes, tensor.shape, strict=True)):
        if size is not None and size != own:
            text = ",".join("?" if each is None else str(each) for each in sizes)
            raise ValueError(
                f"Dimension {axis} in both shapes must be equal, but are {size} and {own}. Shapes "
                f"are [{text}] and [{','.join(map(str, tensor.shape))}]."
            )
    return tensor


def identity(input: Any, name: str | None = None) -> Tensor:
    """A tensor with the same values, through which gradients flow (tf.identity).

    >>> identity([1.0, 2.0])
    tensor([1., 2.])

    Args:
        input: a tensor or what makes one.
        name: its name, for what is named after it; made unique.

    Raises:
        ValueError: it is None.
        TypeError: it is no number and holds none.
    """
    return named(as_tensor(wanted("input", input)).clone(), name)


def identity_n(input: Any, name: str | None = None) -> list[Tensor]:
    """Several tensors with the same values (tf.identity_n).

    >>> identity_n([1.0, 2])
    [tensor(1.), tensor(2, dtype=torch.int32)]

    Args:
        input: a list of tensors or of what makes them.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are none.
        TypeError: it is no list.
    """
    if not isinstance(input, list | tuple):
        raise TypeError(
            f"Expected list for 'input' argument to 'IdentityN' Op, not {input!r}. tf.identity "
            "takes one tensor."
        )
    if not input:
        raise ValueError("Attr 'T' of 'IdentityN' Op passed list of length 0 less than minimum 1.")
    return [identity(each) for each in input]


def guarantee_const(input: Any, name: str | None = None) -> Tensor:
    """The tensor as it is (tf.guarantee_const): nothing here needs the promise.

    >>> guarantee_const([1.0])
    tensor([1.])

    Args:
        input: a tensor or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it is None.
    """
    return as_tensor(wanted("input", input))
