"""Entries: the methods of a module whose calls are passes.

An entry stands on the module itself, before the method of its class, so that every way of calling
it begins a pass: ``net(x)``, ``net.forward(x)``, or another module that wraps the net. There
torch.compile, too, finds what it is to trace in the pass's stead.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn

from torchscope._core.pytorch import tracing
from torchscope._core.pytorch.compiler import constant

if TYPE_CHECKING:
    from typing_extensions import Self


class Registry(Protocol):
    """What runs the calls of an entry (modules/registry.py)."""

    @property
    def module(self) -> nn.Module:
        """The module that it is attached to."""

    def _run(self, entry: Entry, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls an entry as a pass."""


class Entry:
    """A method of a module, each call of which is a pass of the module's registry.

    Attributes:
        registry: the registry.
        name: the method's name.
        before: what stood on the module under that name before; None where it is the class's.
        compiled: what torch.compile was handed of its calls, once it has been here.
    """

    def __new__(cls, *_: Any) -> Self:
        """An entry of a class of its own."""
        return object.__new__(type(cls.__name__, (cls,), {}))

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is copied and pickled: into a new class."""
        return Entry.__new__, (Entry,), {**self.__dict__, "compiled": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._take_code()

    def __init__(self, registry: Registry, name: str, before: Any = None) -> None:
        self.registry = registry
        self.name = name
        self.before = before
        self.compiled: Any = None
        self.__name__ = name
        method = before or getattr(type(registry.module), name)
        self.__doc__ = method.__doc__
        self._runs = _identity(getattr(registry.module, "_ts_fn", None) or method)
        self._take_code()

    def _take_code(self) -> None:
        """Gives its call code of its own, named after what it runs."""
        # torch.compile compiles a code object eight times and then gives up. A class's forward is
        # code of its own; an entry's call has to be too, or nine nets would share one count. What it
        # learned of dynamic shapes it keeps by file, line and name. So the name is that of what
        # runs: nets share as much as they would without a registry.
        call = Entry.__call__
        code = call.__code__.replace(co_name=self._runs)
        own = FunctionType(code, call.__globals__, call.__name__)
        type(self).__call__ = own  # type: ignore[method-assign]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the method in a pass."""
        if torch.compiler.is_dynamo_compiling():
            # Not before: it imports the compiler, which takes as long as importing PyTorch.
            from torchscope._core.graphs.torch_compile import call  # noqa: PLC0415

            return call(self, args, kwargs)
        return self.registry._run(self, args, kwargs)

    @constant
    def make_ready(self) -> None:
        """Makes what the compiler is handed, when it comes here first."""
        # The compiler hands no objects to such functions, but for the one whose method it is.
        if self.compiled is None:
            from torchscope._core.graphs.torch_compile import Compiled  # noqa: PLC0415

            self.compiled = Compiled(self)

    @property
    def module(self) -> nn.Module:
        """The module whose method it is."""
        return self.registry.module

    def stand_unbound(self) -> None:
        """Stands on the module again where it was put there bound, as if it were a function of the class.

        Accelerate's ``unwrap_model(net, keep_fp32_wrapper=False)`` does so. A copy would call this net.
        """
        there = self.module.__dict__
        if getattr(there.get(self.name), "__func__", None) is self:
            there[self.name] = self

    def method(self) -> Any:
        """The function of the module's class that the entry stands before."""
        return getattr(type(self.registry.module), self.name)

    @property
    def __code__(self) -> CodeType:
        # torch.export looks at the code of what it exports.
        code: CodeType = (self.before or self.method()).__code__
        return code

    @property
    def __globals__(self) -> dict[str, Any]:
        # torch.jit.script asks for them first of all. Whoever else looks whether they are there finds none.
        raise AttributeError(tracing.SCRIPTED)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.before or self.method().__get__(self.registry.module))

    def __repr__(self) -> str:
        return f"<the entry {self.name!r} of {self.registry!r}>"


def _identity(function: Any) -> str:
    """What a function, or a module that stands for one, is told by: its name, its file and its line.

    >>> _identity(_identity).startswith("_identity_entry_methods_py_")
    True
    """
    if isinstance(function, nn.Module):
        function = type(function).forward
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return re.sub(r"\W+", "_", type(function).__qualname__)
    file = Path(code.co_filename).name
    # Python 3.10 knows no more than the name.
    name = getattr(code, "co_qualname", code.co_name)
    return re.sub(r"\W+", "_", f"{name} {file} {code.co_firstlineno}")
