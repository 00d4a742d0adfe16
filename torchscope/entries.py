"""Entries: the methods of a module whose calls are passes.

An entry stands on the module itself, before the method of its class, so that every way of calling
it begins a pass: ``net(x)``, ``net.forward(x)``, or another module that wraps the net. torch.compile
traces it, pass and all, as one frame. Hooks would be three.
"""

from __future__ import annotations

import inspect
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

    from torchscope.registry import ScopedParameterRegistry


class Entry:
    """A method of a module, each call of which is a pass of the module's registry.

    Attributes:
        registry: the registry.
        name: the method's name.
        before: what stood on the module under that name before; None where it is the class's.
    """

    def __new__(cls, *_: Any) -> Self:
        """An entry of a class of its own."""
        # torch.compile compiles a code object eight times and then gives up. A class's forward is
        # code of its own; an entry's call has to be too, or nine nets would share one count.
        call = Entry.__call__
        own = FunctionType(call.__code__.replace(), call.__globals__, call.__name__)
        return object.__new__(type(cls.__name__, (cls,), {"__call__": own}))

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is copied and pickled: into a new class."""
        return Entry.__new__, (Entry,), self.__dict__

    def __init__(self, registry: ScopedParameterRegistry, name: str, before: Any = None) -> None:
        self.registry = registry
        self.name = name
        self.before = before
        self.__name__ = name
        self.__doc__ = (before or getattr(type(registry.module), name)).__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the method in a pass."""
        return self.registry.run(self, args, kwargs)

    def method(self, module: Any) -> Any:
        """What the entry stands before, bound to the module."""
        return getattr(type(module), self.name).__get__(module)

    @property
    def __code__(self) -> CodeType:
        # torch.export looks at the code of what it exports.
        code: CodeType = (self.before or self.method(self.registry.module)).__code__
        return code

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.before or self.method(self.registry.module))

    def __repr__(self) -> str:
        return f"<the entry {self.name!r} of {self.registry!r}>"
