"""ScopedModule: a model function, as TF1 wrote them, as an nn.Module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from torchscope.registry import ScopedParameterRegistry
from torchscope.scopes import variable_scope


class ScopedModule(nn.Module):
    """A module whose forward is a function that asks for its variables by name.

    >>> import torch, torchscope as ts
    >>> def model(x):
    ...     return x @ ts.get_variable("w", [x.shape[-1], 2])
    >>> net = ts.ScopedModule(model)
    >>> net(torch.ones(1, 3)).shape, list(net.state_dict())
    (torch.Size([1, 2]), ['w'])

    Args:
        fn: the function; its arguments are those of forward. A module works as well.
        name: the variable scope that it runs in; none by default.
        reuse_from_earlier_passes: as in `ScopedParameterRegistry`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        *,
        reuse_from_earlier_passes: bool = False,
    ) -> None:
        if not callable(fn):
            raise TypeError(f"ScopedModule takes a function that computes; this is {fn!r}.")
        super().__init__()
        self._ts_fn = fn
        self._ts_name = name
        self._ts_scopes = ScopedParameterRegistry(
            self, reuse_from_earlier_passes=reuse_from_earlier_passes
        )

    @property
    def registry(self) -> ScopedParameterRegistry:
        """The registry of the function's variables."""
        return self._ts_scopes

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the function; one call is one pass."""
        if self._ts_name is None:
            return self._ts_fn(*args, **kwargs)
        with variable_scope(self._ts_name):
            return self._ts_fn(*args, **kwargs)

    def extra_repr(self) -> str:
        """The function, and the scope that it runs in."""
        name = getattr(self._ts_fn, "__qualname__", type(self._ts_fn).__name__)
        return name if self._ts_name is None else f"{name}, name={self._ts_name!r}"
