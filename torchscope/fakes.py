"""Fake tensors: shapes without values, which `ts.build` runs a net on.

What a variable is made of must be real all the same. So whatever makes or lays out a variable
steps out of fake mode while it does so.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only


def are_used() -> bool:
    """Whether tensors that are made now are fake."""
    if torch.compiler.is_compiling():
        return False
    return torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE) is not None


def outside() -> Any:
    """A context in which tensors are real; free where they are so already."""
    return unset_fake_temporarily() if are_used() else nullcontext()


class WritesAreFake(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps real tensors from being written to in a fake mode, which lets some operations do so."""

    def __init__(self, mode: FakeTensorMode) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._mode = mode

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs one operation; one that writes gets fake tensors only."""
        kwargs = kwargs or {}
        if func._schema.is_mutable and are_used():
            args, kwargs = tree_map_only(Tensor, self._fake, (args, kwargs))
        return func(*args, **kwargs)

    def _fake(self, tensor: Tensor) -> Tensor:
        return tensor if isinstance(tensor, FakeTensor) else self._mode.from_tensor(tensor)


def check_real(value: Tensor, name: str) -> None:
    """Refuses a fake tensor as the first value of the variable `name`."""
    if isinstance(value, FakeTensor):
        raise RuntimeError(
            f"The initial value of variable {name} is computed in the model function, and ts.build "
            "computes nothing. Give an initializer, or a function without arguments that makes the "
            "value (lambda: torch.zeros(3)); or, if it depends on the inputs, call the module once "
            "on real inputs instead of ts.build."
        )
