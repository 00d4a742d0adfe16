"""What a call does that no graph can do again is refused, with what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from torchscope._core.graphs.module_state import Change
from torchscope._core.operations.operation import Operation
from torchscope._core.pytorch.fakes import needs_values
from torchscope._core.store.variables import Variable

# What stands for itself on every call.
_PLAIN = (
    *(Tensor, int, float, complex, str, bytes, type(None), torch.SymInt, torch.SymFloat),
    *(torch.SymBool, torch.dtype, torch.device, Enum, FunctionType, type),
)


def check_values(net: nn.Module, error: Exception) -> None:
    """Says of an error that it comes of values that are not there, where it does.

    Raises:
        RuntimeError: it does.
    """
    if needs_values(error) or (error.__cause__ and needs_values(error.__cause__)):
        raise RuntimeError(
            f"The forward of this {type(net).__name__} needs the values of tensors "
            f"({type(error).__name__}: {str(error).partition(chr(10))[0]}). A graph is built from "
            "shapes alone: it has no branches that depend on values. Choose with torch.where, or call "
            "the net itself."
        ) from error


def check_left(net: nn.Module, left: list[Change]) -> None:
    """Refuses what later calls could not leave, since they run no Python.

    Raises:
        RuntimeError: it is there.
    """
    changed = [change.name for change in left if not change.can_be_made_again()]
    if changed:
        raise RuntimeError(
            f"The forward of this {type(net).__name__} changes {', '.join(changed)}. A graph is "
            "made of one call, and later calls run no Python: that would stay as the first call "
            "left it. Return what it keeps, or make a variable of it."
        )


def check_result(net: nn.Module, result: Any) -> None:
    """Refuses a result that may hold tensors where nobody finds them.

    Raises:
        TypeError: it may.
    """
    for leaf in tree_leaves(result):
        if isinstance(leaf, Operation):
            raise TypeError(
                f"The forward of this {type(net).__name__} returns the operation {leaf.name}, to be run "
                "later. A graph gives tensors: run it in the forward, `with tf.control_dependencies("
                "[operation]):`, or call the net itself."
            )
        if not isinstance(leaf, _PLAIN):
            raise TypeError(
                f"The forward of this {type(net).__name__} returns a {type(leaf).__qualname__}. A "
                "graph gives tensors, numbers and strings, in lists, tuples and dicts. Return those, "
                "or register the class with torch.utils._pytree."
            )


def check_owners(net: nn.Module, constants: Iterable[Tensor]) -> None:
    """Refuses what reads tensors of modules that nobody can look up again.

    Raises:
        RuntimeError: it does.
    """
    for constant in constants:
        if isinstance(constant, nn.Parameter | Variable):
            raise RuntimeError(
                f"The forward of this {type(net).__name__} reads {_what(constant)}, which is in no "
                "module that a graph could look it up in. Make its module a submodule, or hand "
                "the tensor in as an argument."
            )


def _what(constant: Any) -> str:
    if isinstance(constant, Variable):
        return f"variable {constant.name}"
    return f"a parameter of shape {tuple(constant.shape)}"
