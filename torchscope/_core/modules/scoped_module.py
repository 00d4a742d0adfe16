"""ScopedModule: a model function, as TF1 wrote them, as an nn.Module."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from torch import Tensor, nn

from torchscope._core.modules.registry import ScopedParameterRegistry
from torchscope._core.pytorch import tracing
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.running.build import build
from torchscope._core.running.placeholders import feeding
from torchscope._core.store.places import REGISTRY

P = ParamSpec("P")
R = TypeVar("R")


class ScopedModule(nn.Module, Generic[P, R]):
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
        example_inputs: inputs by which the variables are made here and now, as by `build`: a tuple of
            arguments, a dict of keyword arguments, or one tensor. An optimizer that is made next
            holds them all.
        reuse_from_earlier_passes: as in `ScopedParameterRegistry`.
        collect_updates: the same.

    >>> net = ts.ScopedModule(model, example_inputs=(torch.empty(8, 3),))
    >>> [tuple(p.shape) for p in net.parameters()]
    [(3, 2)]

    A function that makes its own placeholders takes no arguments. What the module is called with is
    then fed to them: by name in the argument `feeds`, or in the order in which they are made.

    >>> import torchscope.tf1 as tf
    >>> def build_graph():
    ...     x = tf.placeholder(tf.float32, [None, 3], name="x")
    ...     return x @ tf.get_variable("w", [3, 2])
    >>> net = ts.ScopedModule(build_graph)
    >>> net(feeds={"x": torch.ones(4, 3)}).shape, net(torch.ones(4, 3)).shape
    (torch.Size([4, 2]), torch.Size([4, 2]))
    """

    # Whether the function takes what the module is called with, by position and as `feeds`.
    _ts_takes = True, True

    def __init__(
        self,
        fn: Callable[P, R],
        name: str | None = None,
        *,
        example_inputs: Sequence[Any] | Mapping[str, Any] | Tensor | None = None,
        reuse_from_earlier_passes: bool = False,
        collect_updates: bool = False,
    ) -> None:
        if not callable(fn):
            raise TypeError(f"ScopedModule takes a function that computes; this is {fn!r}.")
        super().__init__()
        self._ts_fn = fn
        self._ts_name = name
        self._ts_takes = _takes(fn)
        self._ts_scopes = ScopedParameterRegistry(
            self,
            reuse_from_earlier_passes=reuse_from_earlier_passes,
            collect_updates=collect_updates,
        )
        if isinstance(example_inputs, Mapping):
            build(self, **example_inputs)
        elif isinstance(example_inputs, Tensor):
            build(self, example_inputs)
        elif example_inputs is not None:
            build(self, *example_inputs)

    @property
    def registry(self) -> ScopedParameterRegistry:
        """The registry of the function's variables."""
        return self._ts_scopes

    if TYPE_CHECKING:

        @overload
        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

        @overload
        def __call__(self: ScopedModule[[], R], *feeds: Any) -> R: ...

        @overload
        def __call__(self, *args: Any, feeds: Mapping[Any, Any], **kwargs: Any) -> R: ...

        def __call__(self, *args: Any, **kwargs: Any) -> R:
            """A module is called as its forward is; placeholders are fed beside."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the function; one call is one pass."""
        if type(args) is not tuple:
            raise tracing.refusal("A ScopedModule")
        takes_some, takes_feeds = self._ts_takes
        if not takes_some or ("feeds" in kwargs and not takes_feeds):
            feeds: Any = None if takes_feeds else kwargs.pop("feeds", None)
            if feeds is not None or args:
                with feeding(feeds, *(() if takes_some else args)):
                    return self._run(*(args if takes_some else ()), **kwargs)
        return self._run(*args, **kwargs)

    def _run(self, *args: Any, **kwargs: Any) -> R:
        if self._ts_name is None:
            return self._ts_fn(*args, **kwargs)
        with variable_scope(self._ts_name):
            return self._ts_fn(*args, **kwargs)

    def extra_repr(self) -> str:
        """The function, and the scope that it runs in."""
        name = getattr(self._ts_fn, "__qualname__", type(self._ts_fn).__name__)
        return name if self._ts_name is None else f"{name}, name={self._ts_name!r}"


def _takes(fn: Callable[..., Any]) -> tuple[bool, bool]:
    """Whether a function takes an argument by position, and whether one that is named `feeds`."""
    if isinstance(fn, nn.Module):
        if REGISTRY in fn.__dict__:
            # Its pass is its own, and so are its placeholders.
            return True, True
        fn = fn.forward
    try:
        parameters = inspect.signature(fn).parameters
    except (TypeError, ValueError):
        return True, True
    by_position = {
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    }
    return any(p.kind in by_position for p in parameters.values()), "feeds" in parameters
