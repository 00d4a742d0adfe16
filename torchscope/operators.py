"""`v += x`: in a model a new tensor, as in TF1; between passes PyTorch's operation in place.

TF1's variables have no operators that change them, so Python makes `v = v + x` of it: the variable
stays as it is. PyTorch's tensors have them, and code that trains by hand says `p -= lr * p.grad`. Which
of the two is meant, is told by where it is said.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from torchscope import passes

if TYPE_CHECKING:
    from torchscope.records import Record

# By the name of each in-place operator: the operation that makes a new tensor, and the method of a
# tensor by which PyTorch does it in place, if it does.
OPERATIONS: dict[str, tuple[Callable[[Any, Any], Any], str | None]] = {
    "__iadd__": (operator.add, "add_"),
    "__isub__": (operator.sub, "sub_"),
    "__imul__": (operator.mul, "mul_"),
    "__itruediv__": (operator.truediv, "div_"),
    "__ifloordiv__": (operator.floordiv, "floor_divide_"),
    "__imod__": (operator.mod, "remainder_"),
    "__ipow__": (operator.pow, "pow_"),
    "__imatmul__": (operator.matmul, None),
    "__iand__": (operator.and_, "__iand__"),
    "__ior__": (operator.or_, "__ior__"),
    "__ixor__": (operator.xor, "__ixor__"),
    "__ilshift__": (operator.lshift, "__ilshift__"),
    "__irshift__": (operator.rshift, "__irshift__"),
}


class Operators:
    """The in-place operators of a variable."""

    __slots__ = ()

    _ts_record: Record


class TracedOperators:
    """The same while torch.compile traces a pass.

    The compiler does not look for operators in a tensor's class: it calls what PyTorch's tensors have,
    through `__torch_function__` where there is one. It gives the method's name for the operator's
    there, so a method that is called by its name does not get so far.
    """

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Computes as of a plain tensor, and operators make a new one."""
        with torch._C.DisableTorchFunctionSubclass():
            return _plain(func)(*args, **(kwargs or {}))


class SnapshotOperators(TracedOperators):
    """The same of a variable that passes assign to: an operation reads a copy.

    The compiler keeps for backward what is in memory already, and computes the rest again there: from
    a variable that was written to meanwhile, and without a word (PyTorch 2.13).
    """

    _ts_copy: Tensor | None

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Computes with copies, all but `detach`, through which the variable itself is written to."""
        with torch._C.DisableTorchFunctionSubclass():
            if func is Tensor.detach:
                return func(*args)
            copies = {name: _copied(value) for name, value in (kwargs or {}).items()}
            return _plain(func)(*_copied(args), **copies)


# The compiler sees through a clone, and not through this.
@torch.library.custom_op("torchscope::snapshot", mutates_args=())
def snapshot(tensor: Tensor) -> Tensor:
    """A copy that is kept for backward, in a compiled graph too."""
    return tensor.clone()


@snapshot.register_fake
def _(tensor: Tensor) -> Tensor:
    return torch.empty_like(tensor)


def _plain(func: Any) -> Any:
    """What makes a new tensor where `func` is an operator's; else `func`."""
    # The compiler hashes no function that is written in Python.
    return (
        _WRITTEN_IN_PYTHON.get(func.__name__, func)
        if isinstance(func, FunctionType)
        else _OUT_OF_PLACE.get(func, func)
    )


def _copied(value: Any) -> Any:
    """An argument with copies of the variables in it: one of each, until it is assigned to."""
    if isinstance(value, SnapshotOperators):
        if value._ts_copy is None:
            value._ts_copy = snapshot(value)
        return value._ts_copy
    if type(value) is tuple:
        return tuple([_copied(item) for item in value])
    return [_copied(item) for item in value] if type(value) is list else value


def _in_a_model(record: Record) -> bool:
    """Whether TF1 code runs: a pass, or a script at top level that asks the default registry.

    In a script PyTorch's own way to change a variable is under no_grad, which TF1 has not.
    """
    if passes.active() is not None:
        return True
    return torch.is_grad_enabled() and record in passes.default().catalogue.records


def _operator(name: str) -> Callable[[Any, Any], Any]:
    make, _ = OPERATIONS[name]
    change = getattr(Tensor, name, make)

    def operate(self: Any, other: Any) -> Any:
        record: Record = self._ts_record
        if not _in_a_model(record):
            return change(self, other)
        # The compiler is told of it, for later passes.
        record.operated = True
        return make(self, other)

    return operate


def _in_python(name: str) -> Callable[..., Any]:
    def compute(self: Any, *args: Any, **kwargs: Any) -> Any:
        plain = cast("Tensor", self).view_as(self)
        return getattr(plain, name)(*args, **kwargs)

    return compute


def _method(name: str) -> Callable[..., Any]:
    def change(self: Any, *args: Any, **kwargs: Any) -> Any:
        getattr(cast("Tensor", self).detach(), name)(*args, **kwargs)
        return self

    return change


snapshot.register_autograd(lambda _, gradient: gradient)

# What makes a new tensor, by what the compiler calls for an operator.
_OUT_OF_PLACE: dict[Any, Callable[[Any, Any], Any]] = {}
_WRITTEN_IN_PYTHON: dict[str, Callable[[Any, Any], Any]] = {"pow_": operator.pow}


def _reversed(make: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def operate(right: Any, left: Any) -> Any:
        return make(left, right)

    return operate


for _name, (_make, _in_place) in OPERATIONS.items():
    setattr(Operators, _name, _operator(_name))
    for _function, _does in (
        (getattr(Tensor, f"__{_name[3:]}"), _make),
        (getattr(Tensor, f"__r{_name[3:]}"), _reversed(_make)),
    ):
        if isinstance(_function, FunctionType):
            _WRITTEN_IN_PYTHON[_function.__name__] = _does
    _OUT_OF_PLACE[getattr(operator, _name)] = _make
    if _in_place is not None:
        _OUT_OF_PLACE[getattr(Tensor, _in_place)] = _make
        if _in_place != _name:
            setattr(TracedOperators, _in_place, _method(_in_place))

for _name in ("norm", "split", "unique", "unique_consecutive", "unflatten"):
    # PyTorch has written these in Python as well.
    setattr(TracedOperators, _name, _in_python(_name))
