"""Layouts: where the channels are in a tensor, and how a kernel lies in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.pytorch import fakes
from torchscope._core.store.saved_tensors import before_moving

# By the number of spatial axes: channels last, and channels second.
FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}

# The permutations between them, by the rank of the tensor. permute takes them as they are: einops
# would add microseconds to each call.
TO_SECOND: dict[int, tuple[int, ...]] = {3: (0, 2, 1), 4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}
TO_LAST: dict[int, tuple[int, ...]] = {3: (0, 2, 1), 4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}

# A thread that meets a new kernel waits until it is laid out.
_LAYING_OUT = threading.Lock()

_TO_WEIGHT = {3: (2, 1, 0), 4: (3, 2, 0, 1), 5: (4, 3, 0, 1, 2)}


def channels_axis(operation: str, data_format: str | None, spatial: int) -> int:
    """The axis of the channels; last where no format is given.

    >>> channels_axis("Conv2D", "NCHW", 2), channels_axis("Conv3D", None, 3)
    (1, 4)

    Raises:
        ValueError: there is no such format for this number of spatial axes.
    """
    last, second = FORMATS[spatial]
    if data_format is None or data_format == last:
        return spatial + 1
    if data_format == second:
        return 1
    raise ValueError(
        f"Attr 'data_format' of '{operation}' Op passed string '{data_format}' not in: "
        f'"{last}", "{second}".'
    )


def channels_axis_of_lines(data_format: str | None) -> int:
    """The same for one spatial axis, for which TF1 has other words, and takes the names of two."""
    if data_format in {None, "NWC", "NHWC"}:
        return 2
    if data_format in {"NCW", "NCHW"}:
        return 1
    raise ValueError(f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}")


def as_weight(kernel: Tensor) -> Tensor:
    """A kernel as TF1 shapes it, (spatial axes, in, out), in PyTorch's order (out, in, spatial axes).

    >>> as_weight(torch.ones(5, 3, 2, 4)).shape
    torch.Size([4, 2, 5, 3])
    """
    if kernel.shape[-1] != 1:
        return kernel.permute(*_TO_WEIGHT[kernel.ndim])
    # The stride of an axis of length 1 means nothing, but PyTorch's gradient in float64 looks at
    # it. This gives it the usual one.
    return kernel[..., 0].unsqueeze(0).movedim(-1, 1)


def lay_out(kernel: Any, order: Sequence[int]) -> None:
    """Gives a new variable the memory order in which its axes are read fastest.

    Once, in place, at its first use as a kernel: what has just been made is marked as fresh. The
    shape and the numbers stay as they are.

    Args:
        kernel: a variable, or any tensor, which is left alone.
        order: its axes, outermost first.
    """
    if not hasattr(kernel, "_ts_fresh") or torch.compiler.is_dynamo_compiling():
        return
    with _LAYING_OUT, torch.no_grad(), fakes.outside():
        if hasattr(kernel, "_ts_fresh"):
            back = sorted(range(len(order)), key=order.__getitem__)
            laid_out = kernel.detach().permute(tuple(order)).contiguous().permute(back)
            before_moving(kernel, laid_out)
            # Not `kernel.data =`: that holds Python's lock while it waits for the tensor's, for
            # which a thread that uses the kernel may hold the tensor's and wait for Python's.
            # And unseen by autograd: the numbers stay, so what was computed of the kernel before,
            # such as a weight's decay, is still of it, and its backward finds what it has kept.
            version_kept = torch.autograd._unsafe_preserve_version_counter(kernel)  # type: ignore[attr-defined]
            with torch._C._AutoDispatchBelowAutograd(), version_kept:
                kernel.set_(laid_out)
            del kernel._ts_fresh
