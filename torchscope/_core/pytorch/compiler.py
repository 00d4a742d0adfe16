"""Marks by which torch.compile tells what to do with a function of ours.

They are what PyTorch's own decorators leave on a function. The decorators themselves import the
compiler, which takes as long as importing PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def constant(function: F) -> F:
    """A function that the compiler calls while it traces, and whose answer it keeps."""
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


def uncompiled(function: F) -> F:
    """A function that the compiler leaves the graph for.

    A pass of an entry is recorded whole. What asks for variables elsewhere, in code that is compiled,
    does so as it was written.
    """
    function._torchdynamo_disable = True  # type: ignore[attr-defined]
    function._torchdynamo_disable_msg = (  # type: ignore[attr-defined]
        "it asks for variables, which torch.compile takes in the forward of a module with a registry "
        "only. Compile a ts.ScopedModule of the function instead"
    )
    return function
