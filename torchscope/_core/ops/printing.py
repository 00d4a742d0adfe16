"""What is printed while a model function runs."""

from __future__ import annotations

import sys
from typing import Any

from torch import Tensor

from torchscope._core.operations.operation import Operation
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.texts import text_of
from torchscope._core.pytorch import fakes
from torchscope._core.pytorch.compiler import uncompiled
from torchscope._core.values.structures import is_nested


@uncompiled
def Print(  # noqa: N802 - TF1's name
    input_: Any,
    data: Any,
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Tensor:
    """A tensor; some numbers of others are printed to stderr (tf.Print).

    >>> Print(torch.tensor(1.0), [torch.tensor([2.0, 3.0])], "data: ")
    tensor(1.)

    It waits for the device. In a recording (ts.graph, torch.compile) nothing is printed.

    Args:
        input_: a tensor, or what makes one, which is given back.
        data: a list of tensors.
        message: what to print before them.
        first_n: accepted for TF1 code; each pass prints.
        summarize: how many numbers to print of each; 3 by default, -1 for all.
        name: accepted for TF1 code; it has no effect.
    """
    value = as_tensor(input_)
    if not fakes.are_used():
        shown = "".join(
            f"[{text_of(each, 3 if summarize is None else summarize)}]" for each in data
        )
        sys.stderr.write(f"{message or ''}{shown}\n")
    return value


@uncompiled
def print_(*inputs: Any, **kwargs: Any) -> Operation:
    """Prints tensors and anything else to stderr (tf.print).

    >>> print_("x:", torch.tensor([1.0, 2.0]), output_stream=sys.stdout)
    x: [1 2]
    <tf.Operation 'PrintV2' type=PrintV2>

    Args:
        *inputs: what to print, in any nesting.
        **kwargs: `output_stream`, a file, sys.stderr by default; `summarize`, how many numbers at each
            end to print, 3 by default, -1 for all; `sep`, `end`, as for Python's print; `name`.

    Raises:
        ValueError: there are other arguments.
    """
    stream, summarize = kwargs.pop("output_stream", None), kwargs.pop("summarize", 3)
    sep, end, name = kwargs.pop("sep", " "), kwargs.pop("end", "\n"), kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    if not fakes.are_used():
        text = sep.join(
            each if isinstance(each, str) else _shown(each, summarize) for each in inputs
        )
        (stream or sys.stderr).write(f"{text}{end}")
    return Operation.named(name, "PrintV2", None, "PrintV2")


def _shown(value: Any, most: int) -> str:
    """A structure as Python shows it, with TF1's text of tensors."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{key!r}: {_shown(each, most)}" for key, each in value.items()) + "}"
        )
    if is_nested(value):
        inside = ", ".join(_shown(each, most) for each in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, Tensor):
        return text_of(value, most) if value.is_meta else _array(value.detach().cpu(), most, 1)
    return repr(value)


def _array(tensor: Tensor, most: int, depth: int) -> str:
    if not tensor.ndim:
        return text_of(tensor, most)
    count = len(tensor)
    each = [_array(part, most, depth + 1) for part in tensor]
    if most >= 0 and count > 2 * most:
        each = [*each[:most], "...", *each[count - most :]]
    return "[" + (" " if tensor.ndim == 1 else "\n" + " " * depth).join(each) + "]"
