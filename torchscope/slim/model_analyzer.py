"""How large a model's variables are (slim.model_analyzer).

TF1's analyze_ops reads the operations of a graph, which PyTorch does not have;
torch.utils.flop_counter counts what runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchscope._core.values.conversion import dtype_name

__all__ = ["analyze_vars", "tensor_description"]


def tensor_description(var: Any) -> str:
    """The dtype and the shape of a variable (slim.model_analyzer.tensor_description).

    >>> import torchscope as ts
    >>> tensor_description(ts.get_variable("w", [3, 3, 8, 16]))
    '(float32 3x3x8x16)'
    """
    return f"({dtype_name(var.dtype)} {'x'.join(map(str, var.shape))})"


def analyze_vars(variables: Iterable[Any], print_info: bool = False) -> tuple[int, int]:
    """The number of elements of all variables, and of their bytes.

    Answers to slim.model_analyzer.analyze_vars.

    >>> import torchscope as ts
    >>> _ = ts.get_variable("w", [2, 3])
    >>> analyze_vars(ts.global_variables(), print_info=True)
    ---------
    Variables: name (type shape) [size]
    ---------
    w:0 (float32 2x3) [6, bytes: 24]
    Total size of variables: 6
    Total bytes of variables: 24
    (6, 24)

    Args:
        variables: the variables.
        print_info: whether to print a line for each, and the totals.
    """
    lines, elements, total = [], 0, 0
    for each in variables:
        count = each.numel()
        size = count * each.element_size()
        elements, total = elements + count, total + size
        lines.append(f"{each.name} {tensor_description(each)} [{count}, bytes: {size}]")
    if print_info:
        rule = "-" * 9
        lines = [rule, "Variables: name (type shape) [size]", rule, *lines]
        lines += [f"Total size of variables: {elements}", f"Total bytes of variables: {total}"]
        print(*lines, sep="\n")  # noqa: T201 - it is what was asked for
    return elements, total


def __dir__() -> list[str]:
    return __all__
