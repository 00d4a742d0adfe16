"""Products of matrices and of tensors."""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import (
    as_tensor,
    check_broadcast,
    check_same_dtype,
    numbers_of,
    of_dtype,
    operands,
)
from torchscope._core.ops.reducing import ORDERED
from torchscope._core.values.conversion import as_dtype, chooses_dtypes, dtype_name, shape_text

_MULTIPLIED = (
    *(torch.bfloat16, torch.float16, torch.float32, torch.float64, torch.int32, torch.int64),
    *(torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.complex64, torch.complex128),
)


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of matrices, or of batches of them (tf.matmul).

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]])
    tensor([[11.]])

    Args:
        a: (..., N, K).
        b: (..., K, M), of the dtype of `a`. The axes before the last two are broadcast.
        transpose_a: whether `a` is (..., K, N).
        transpose_b: whether `b` is (..., M, K).
        adjoint_a: the same, with complex numbers conjugated.
        adjoint_b: the same, with complex numbers conjugated.
        a_is_sparse: accepted for TF1 code; it has no effect.
        b_is_sparse: accepted for TF1 code; it has no effect.
        output_type: the dtype of the product of integers; by default their own.
        grad_a: accepted for TF1 code; it has no effect.
        grad_b: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., N, M).

    Raises:
        ValueError: the shapes do not fit, or a matrix is to be both transposed and adjoint.
        TypeError: the dtypes differ, or there is no product of them.
    """
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        a = as_tensor(a, b)
        b = as_tensor(b, a, preferred=a.dtype)
    if transpose_a or adjoint_a:
        a = _turned("a", a, transpose_a, adjoint_a)
    if transpose_b or adjoint_b:
        b = _turned("b", b, transpose_b, adjoint_b)
    if not a.is_floating_point():
        return _of_others(a, b, output_type)
    if a.ndim < 2 or b.ndim < 2 or output_type is not None:
        _check_matrices(a, b, output_type)
    try:
        return torch.matmul(a, b)
    except RuntimeError:
        _check_matrices(a, b, output_type)
        raise


def batch_matmul(
    x: Any, y: Any, adj_x: bool = False, adj_y: bool = False, name: str | None = None
) -> Tensor:
    """The products of batches of matrices (tf.batch_matmul, an older name of `matmul`).

    >>> batch_matmul(torch.ones(5, 1, 2), torch.ones(5, 1, 2), adj_y=True).shape
    torch.Size([5, 1, 1])

    Args:
        x: (..., N, K).
        y: (..., K, M).
        adj_x: whether `x` is (..., K, N); complex numbers are conjugated.
        adj_y: whether `y` is (..., M, K); complex numbers are conjugated.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the dtypes differ.
    """
    return matmul(x, y, adjoint_a=adj_x, adjoint_b=adj_y)


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The products of matrices and vectors (tf.linalg.matvec).

    >>> matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0])
    tensor([3., 7.])

    Args:
        a: (..., N, K).
        b: (..., K).
        transpose_a: whether `a` is (..., K, N).
        adjoint_a: the same, with complex numbers conjugated.
        a_is_sparse: accepted for TF1 code; it has no effect.
        b_is_sparse: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., N).

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the dtypes differ.
    """
    a = as_tensor(a, b)
    vector = as_tensor(b, a, preferred=a.dtype)
    return matmul(a, vector.unsqueeze(-1), transpose_a, adjoint_a=adjoint_a).squeeze(-1)


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """The sum of products over some axes of both (tf.tensordot).

    >>> tensordot([[1.0, 2.0]], [[3.0], [4.0]], [[1], [0]])
    tensor([[11.]])

    Args:
        a: a tensor.
        b: another one.
        axes: how many axes, the last of `a` and the first of `b`; or those of `a` and those of `b`.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The other axes of `a`, then those of `b`.

    Raises:
        ValueError: the axes differ in number or length.
        IndexError: there is no such axis.
        TypeError: the dtypes differ, or an axis is no integer.
    """
    first, second = as_tensor(a), as_tensor(b)
    mine, others = _contracted(axes, first, second)
    sizes = [
        math.prod(tensor.shape[each] for each in which)
        for tensor, which in ((first, mine), (second, others))
    ]
    check_same_dtype("MatMul", "a", first, "b", second)
    if any(first.shape[m] != second.shape[o] for m, o in zip(mine, others, strict=True)):
        raise ValueError(
            f"Dimensions must be equal, but are {sizes[0]} and {sizes[1]}: axes {mine} of "
            f"{shape_text(first.shape)} meet axes {others} of {shape_text(second.shape)}."
        )
    found: Tensor = torch.tensordot(of_dtype(first, "a", _MULTIPLIED), second, (mine, others))
    return found


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Tensor:
    """The sum of products that an equation says (tf.einsum).

    >>> einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]])
    tensor([[11.]])

    Args:
        equation: a label for each axis of each tensor, and those of the result. Without `->` the
            result has the labels that come once, in alphabetical order; `...` are other axes.
        inputs: the tensors.
        kwargs: `name`, `optimize` and `greedy` are accepted for TF1 code; they have no effect.

    Raises:
        ValueError: the equation is none, or does not fit the tensors.
        TypeError: the dtypes differ, or there is another argument.
    """
    unknown = [key for key in kwargs if key not in ("name", "optimize", "greedy")]
    if unknown:
        raise TypeError(
            f"Invalid keyword arguments for einsum: {', '.join(unknown)}. Valid arguments: name, "
            "optimize, greedy."
        )
    labels, result = _parsed(equation)
    if len(labels) != len(inputs):
        raise ValueError(
            f'Got {len(inputs)} inputs for equation "{equation}", expecting {len(labels)}'
        )
    beside = next((each for each in inputs if isinstance(each, Tensor)), None)
    dtype = None if beside is None else beside.dtype
    tensors = [as_tensor(each, beside, preferred=dtype) for each in inputs]
    if len({each.dtype for each in tensors}) > 1 and not chooses_dtypes(tensors[0].device):
        raise TypeError(
            "Tensors in list passed to 'inputs' of 'Einsum' Op have types "
            f"[{', '.join(dtype_name(each.dtype) for each in tensors)}] that don't all match. "
            "Convert them to one dtype."
        )
    _check_labels(labels, result, tensors)
    return torch.einsum(f"{','.join(labels)}->{result}", tensors)


def cross(a: Any, b: Any, name: str | None = None) -> Tensor:
    """The cross products of vectors of three numbers (tf.cross, tf.linalg.cross).

    >>> cross([1, 2, 3], [3, 2, 1])
    tensor([-4,  8, -4], dtype=torch.int32)

    Args:
        a: (..., 3).
        b: (..., 3), of the same shape and dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes are others.
        TypeError: the dtypes differ, or the numbers are complex.
    """
    first, second = operands("Cross", a=a, b=b)
    of_dtype(first, "a", ORDERED)
    check_same_dtype("Cross", "a", first, "b", second)
    shapes = f"The shapes are {shape_text(first.shape)} and {shape_text(second.shape)}."
    if not first.ndim or not second.ndim:
        raise ValueError(f"Shape must be at least rank 1 but is rank 0: {shapes}")
    if first.ndim != second.ndim:
        raise ValueError(
            f"Shapes must be equal rank, but are {first.ndim} and {second.ndim}: {shapes}"
        )
    for axis, (one, other) in enumerate(zip(first.shape, second.shape, strict=True)):
        if one != other:
            raise ValueError(
                f"Dimension {axis} in both shapes must be equal, but are {one} and {other}. {shapes}"
            )
    if first.shape[-1] != 3:
        raise ValueError(f"Dimension must be 3 but is {first.shape[-1]}: {shapes}")
    found: Tensor = torch.linalg.cross(first, second)
    return found


def _turned(name: str, matrix: Tensor, transpose: bool, adjoint: bool) -> Tensor:
    if transpose and adjoint:
        raise ValueError(
            f"Only one of `transpose_{name}` and `adjoint_{name}` can be True. Received "
            f"`transpose_{name}`=True, `adjoint_{name}`=True."
        )
    if matrix.ndim < 2:
        return matrix
    return matrix.mH if adjoint else matrix.mT


def _of_others(a: Tensor, b: Tensor, output_type: Any) -> Tensor:
    """The product of integers or complex numbers."""
    if output_type is not None and not a.is_complex():
        dtype = as_dtype(output_type)
        a, b = a.to(dtype), b.to(dtype)
    of_dtype(a, "a", _MULTIPLIED)
    _check_matrices(a, b, None)
    if a.is_cuda and not a.is_complex():
        # CUDA has no product of integer matrices.
        return (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(-2, dtype=a.dtype)
    return torch.matmul(a, b)


def _check_matrices(a: Tensor, b: Tensor, output_type: Any) -> None:
    batch = a.ndim > 2 or b.ndim > 2
    shapes = f"the matrices have the shapes {shape_text(a.shape)} and {shape_text(b.shape)}."
    if batch:
        check_same_dtype("BatchMatMulV2", "x", a, "y", b)
    else:
        check_same_dtype("MatMul", "a", a, "b", b)
    for each in (a, b):
        if each.ndim < 2:
            least = "at least rank 2" if batch else "rank 2"
            raise ValueError(f"Shape must be {least} but is rank {each.ndim}: {shapes}")
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"Dimensions must be equal, but are {a.shape[-1]} and {b.shape[-2]}: {shapes}"
        )
    for one, other in zip(a.shape[-3::-1], b.shape[-3::-1], strict=False):
        if one != other and 1 not in (one, other):
            raise ValueError(f"Dimensions must be equal, but are {one} and {other}: {shapes}")
    if output_type is not None and as_dtype(output_type) != a.dtype:
        raise ValueError(
            f"output_type {dtype_name(as_dtype(output_type))} is for integers. The matrices are of "
            f"{dtype_name(a.dtype)}: cast the product."
        )


def _contracted(axes: Any, first: Tensor, second: Tensor) -> tuple[list[int], list[int]]:
    """The axes of both tensors that are summed over."""
    given = numbers_of(axes, "axes")
    if not isinstance(given, list):
        if given < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {given}.")
        for tensor in (first, second):
            if given > tensor.ndim:
                raise ValueError(
                    "`axes` must not be larger than the number of dimensions of tensor "
                    f"{shape_text(tensor.shape)}.  Received {given}, vs tensor dimensions "
                    f"{tensor.ndim}."
                )
        return list(range(first.ndim - given, first.ndim)), list(range(given))
    if len(given) != 2:
        raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
    pair = [each if isinstance(each, list) else [each] for each in given]
    mine, others = pair
    if len(mine) != len(others):
        raise ValueError(
            f"Different number of contraction axes `a` and `b`, {len(mine)} != {len(others)}."
        )
    for tensor, which in zip((first, second), pair, strict=True):
        for each in which:
            if not -tensor.ndim <= each < tensor.ndim:
                raise IndexError(
                    f"list index out of range: there is no axis {each} of the shape "
                    f"{shape_text(tensor.shape)}."
                )
    return mine, others


@functools.cache
def _parsed(equation: str) -> tuple[list[str], str]:
    """The labels of each tensor, and those of the result."""
    text = equation.replace(" ", "")
    left, arrow, result = text.partition("->")
    labels = left.split(",")
    for each in [*labels, result]:
        if each.count("...") > 1 or set(each.replace("...", "", 1)) - set(string.ascii_letters):
            raise ValueError(f"Subscripts have incorrect format: {equation}")
    found = left.replace("...", "").replace(",", "")
    if not arrow:
        once = sorted(label for label in set(found) if found.count(label) == 1)
        return labels, ("..." if "..." in left else "") + "".join(once)
    own = result.replace("...", "")
    for label in own:
        if label not in found:
            raise ValueError(
                f"Output subscripts contain the label {label} not present in the input subscripts."
            )
        if own.count(label) > 1:
            raise ValueError(
                f"Output subscripts contain a label appearing more than once: {equation}"
            )
    return labels, result


def _check_labels(labels: Sequence[str], result: str, tensors: Sequence[Tensor]) -> None:
    """Refuses tensors that do not fit: PyTorch would broadcast axes of length 1, and sum over `...`."""
    sizes: dict[str, int] = {}
    others: list[tuple[str, Tensor]] = []
    for text, tensor in zip(labels, tensors, strict=True):
        count, rank = len(text.replace("...", "")), tensor.ndim
        if rank < count or (rank > count and "..." not in text):
            least = "at least rank" if "..." in text else "rank"
            raise ValueError(f"Shape must be {least} {count} but is rank {rank}: of {text!r}.")
        before, _, after = text.partition("...")
        shape = tensor.shape
        named = [*zip(before, shape, strict=False)]
        named += zip(after, shape[rank - len(after) :], strict=True)
        for label, size in named:
            if sizes.setdefault(label, size) != size:
                raise ValueError(
                    f"Dimensions must be equal, but are {sizes[label]} and {size}: these are lengths "
                    f"of {label!r}."
                )
        if rank > count:
            others.append((text, tensor[(0,) * len(before) + (...,) + (0,) * len(after)]))
            if "..." not in result:
                raise ValueError(
                    f"Shape must be at most rank 0 but is rank {rank - count}: the result has no "
                    "'...'."
                )
    if len(others) > 1:
        check_broadcast(*others)
