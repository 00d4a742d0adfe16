"""`v += x`: in a model a new tensor, as in TF1; between passes PyTorch's operation in place.

TF1's variables have no operators that change them, so Python makes `v = v + x` of it: the variable
stays as it is. PyTorch's tensors have them, and code that trains by hand says `p -= lr * p.grad`. Which
of the two is meant, is told by where it is said.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from torchscope._core import current

if TYPE_CHECKING:
    from torchscope._core.store.records import Record

# By the name of each in-place operator: the operation that makes a new tensor.
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "__iadd__": operator.add,
    "__isub__": operator.sub,
    "__imul__": operator.mul,
    "__itruediv__": operator.truediv,
    "__ifloordiv__": operator.floordiv,
    "__imod__": operator.mod,
    "__ipow__": operator.pow,
    "__imatmul__": operator.matmul,
    "__iand__": operator.and_,
    "__ior__": operator.or_,
    "__ixor__": operator.xor,
    "__ilshift__": operator.lshift,
    "__irshift__": operator.rshift,
}


class Operators:
    """The in-place operators of a variable."""

    __slots__ = ()

    _ts_record: Record


def _in_a_model(record: Record) -> bool:
    """Whether TF1 code runs: a pass, or a script at top level that asks the default registry.

    In a script PyTorch's own way to change a variable is under no_grad, which TF1 has not.
    """
    if current.active() is not None:
        return True
    return torch.is_grad_enabled() and record in current.default().store.records


def _operator(name: str) -> Callable[[Any, Any], Any]:
    make = OPERATIONS[name]
    change = getattr(Tensor, name, make)

    # Any: what the operation gives.
    def operate(self: Any, other: Any) -> Any:
        record: Record = self._ts_record
        if not _in_a_model(record):
            return change(self, other)
        return make(self, other)

    return operate


for _name in OPERATIONS:
    setattr(Operators, _name, _operator(_name))
