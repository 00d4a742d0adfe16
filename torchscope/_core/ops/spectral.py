"""Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, numbers_of, of_dtype, wanted
from torchscope._core.values.conversion import dtype_name, shape_text

_COMPLEX = (torch.complex64, torch.complex128)
_REAL = (torch.float32, torch.float64)
_AXES = {1: "the last axis", 2: "the last two axes", 3: "the last three axes"}


def _of_complex(
    transform: Callable[..., Tensor], name: str, rank: int, example: str
) -> Callable[..., Tensor]:
    def function(input: Any, name: str | None = None) -> Tensor:
        numbers = as_tensor(wanted("input", input))
        if not isinstance(input, Tensor) and not numbers.is_complex():
            numbers = numbers.to(torch.complex64)
        of_dtype(numbers, "input", _COMPLEX)
        if numbers.ndim < rank:
            raise ValueError(
                f"Shape must be at least rank {rank} but is rank {numbers.ndim}: the transform is "
                f"over {_AXES[rank]}."
            )
        return transform(numbers, dim=list(range(-rank, 0)))

    inverse = "inverse " if name.startswith("i") else ""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""The {inverse}Fourier transform over {_AXES[rank]} (tf.{name}, tf.signal.{name}).

    >>> {name}({example})

    Args:
        input: complex numbers.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are not so many axes.
        TypeError: a tensor is not of complex numbers.
    """
    return function


def _of_real(
    transform: Callable[..., Tensor], name: str, rank: int, example: str
) -> Callable[..., Tensor]:
    back = name.startswith("i")
    dtype, allowed = (torch.complex64, _COMPLEX) if back else (torch.float32, _REAL)
    transform_name = name.upper()

    def function(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
        numbers = as_tensor(wanted("input_tensor", input_tensor), preferred=dtype)
        if numbers.dtype not in allowed:
            raise ValueError(
                f"{transform_name} requires tf.{dtype_name(allowed[0])} or "
                f"tf.{dtype_name(allowed[1])} inputs, got: {dtype_name(numbers.dtype)}. Cast them."
            )
        if numbers.ndim < rank:
            raise ValueError(
                f"Shape {shape_text(numbers.shape)} must have rank at least {rank}: the transform is "
                f"over {_AXES[rank]}."
            )
        lengths = None if fft_length is None else numbers_of(fft_length, "fft_length")
        if lengths is not None and (not isinstance(lengths, list) or len(lengths) != rank):
            raise ValueError(
                f"Shape must be rank 1 and hold {rank} lengths: fft_length is {fft_length!r}."
            )
        return transform(numbers, s=lengths, dim=list(range(-rank, 0)))

    given, made = ("complex", "real") if back else ("real", "complex")
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""The Fourier transform to {made} numbers over {_AXES[rank]} (tf.signal.{name}).

    >>> {name}({example})

    Args:
        input_tensor: {given} numbers.
        fft_length: over how many numbers, of each axis: it is cut off or filled up with 0.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are not so many axes, or lengths; or a tensor is not of {given} numbers.
        TypeError: a length is no integer.
    """
    return function


fft: Callable[..., Tensor] = _of_complex(
    torch.fft.fftn, "fft", 1, "[1.0, 2.0])\n    tensor([ 3.+0.j, -1.+0.j]"
)
ifft: Callable[..., Tensor] = _of_complex(
    torch.fft.ifftn, "ifft", 1, "[3.0, -1.0])\n    tensor([1.+0.j, 2.+0.j]"
)
fft2d: Callable[..., Tensor] = _of_complex(
    torch.fft.fftn, "fft2d", 2, "torch.ones(3, 2) + 0j).shape\n    torch.Size([3, 2]"
)
ifft2d: Callable[..., Tensor] = _of_complex(
    torch.fft.ifftn, "ifft2d", 2, "torch.ones(3, 2) + 0j).shape\n    torch.Size([3, 2]"
)
fft3d: Callable[..., Tensor] = _of_complex(
    torch.fft.fftn, "fft3d", 3, "torch.ones(4, 3, 2) + 0j).shape\n    torch.Size([4, 3, 2]"
)
ifft3d: Callable[..., Tensor] = _of_complex(
    torch.fft.ifftn, "ifft3d", 3, "torch.ones(4, 3, 2) + 0j).shape\n    torch.Size([4, 3, 2]"
)

rfft: Callable[..., Tensor] = _of_real(
    torch.fft.rfftn, "rfft", 1, "[1.0, 2.0])\n    tensor([ 3.+0.j, -1.+0.j]"
)
irfft: Callable[..., Tensor] = _of_real(
    torch.fft.irfftn, "irfft", 1, "[3.0, -1.0])\n    tensor([1., 2.]"
)
rfft2d: Callable[..., Tensor] = _of_real(
    torch.fft.rfftn, "rfft2d", 2, "torch.ones(3, 4)).shape\n    torch.Size([3, 3]"
)
irfft2d: Callable[..., Tensor] = _of_real(
    torch.fft.irfftn, "irfft2d", 2, "torch.ones(3, 3) + 0j).shape\n    torch.Size([3, 4]"
)
rfft3d: Callable[..., Tensor] = _of_real(
    torch.fft.rfftn, "rfft3d", 3, "torch.ones(2, 3, 4)).shape\n    torch.Size([2, 3, 3]"
)
irfft3d: Callable[..., Tensor] = _of_real(
    torch.fft.irfftn, "irfft3d", 3, "torch.ones(2, 3, 3) + 0j).shape\n    torch.Size([2, 3, 4]"
)


def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Numbers in such an order that frequency 0 is in the middle (tf.signal.fftshift).

    >>> fftshift([0, 1, 2, -2, -1])
    tensor([-2, -1,  0,  1,  2], dtype=torch.int32)

    Args:
        x: a tensor.
        axes: the axes; all by default.
        name: accepted for TF1 code; it has no effect.

    Raises:
        IndexError: there is no such axis.
        TypeError: an axis is no integer.
    """
    found: Tensor = torch.fft.fftshift(as_tensor(wanted("x", x)), _dims(axes))
    return found


def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """The order before `fftshift` (tf.signal.ifftshift).

    >>> ifftshift([-2, -1, 0, 1, 2])
    tensor([ 0,  1,  2, -2, -1], dtype=torch.int32)

    Arguments and errors are those of `fftshift`.
    """
    found: Tensor = torch.fft.ifftshift(as_tensor(wanted("x", x)), _dims(axes))
    return found


def _dims(axes: Any) -> Any:
    return None if axes is None else numbers_of(axes, "axes")
