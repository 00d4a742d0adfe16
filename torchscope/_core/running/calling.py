"""Scopes that run: a function as the forward of the scope that it asks for its variables in.

A scope is a module of the tree. A function that only opens it with variable_scope passes that
module by; called through it, the function is a block that PyTorch can see: forward hooks,
fully_shard, the profiler.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from torch import nn

from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.passes.scopes import VariableScope
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.store import tree

P = ParamSpec("P")
R = TypeVar("R")


def call_in_scope(
    name_or_scope: str | VariableScope | variable_scope,
    fn: Callable[..., R],
    *args: Any,
    **kwargs: Any,
) -> R:
    """Calls a function inside a variable scope, as the forward of that scope's module.

    All names are those of ``with variable_scope(name_or_scope): fn(*args, **kwargs)``. Beside that,
    the forward hooks of the scope's module run, and what else PyTorch does to a module that is
    called: ``fully_shard(net.h0)`` gathers the weights of the scope h0 for the call.

    >>> import torch, torchscope as ts
    >>> def block(x):
    ...     return x * ts.get_variable("w", [3], initializer=ts.ones_initializer())
    >>> net = ts.ScopedModule(lambda x: ts.call_in_scope("h0", block, x))
    >>> _ = ts.build(net, torch.ones(3))
    >>> hook = net.h0.register_forward_hook(lambda module, args, output: output + 1)
    >>> net(torch.ones(3)).tolist(), list(net.state_dict())
    ([2.0, 2.0, 2.0], ['h0.w'])

    The decorator of the same use is `in_scope`.

    Args:
        name_or_scope: a name, relative to the current scope; a VariableScope, which is entered
            again; or, for all else that a scope can be told, a scope that was not entered yet:
            ``ts.variable_scope("h0", reuse=True)``.
        fn: the function.
        *args: its arguments; hooks see them as the module's.
        **kwargs: its keyword arguments.

    Raises:
        TypeError: `fn` cannot be called; or, as variable_scope does, no scope was given.
        ValueError: the scope's module is one of the user's own (an nn.Linear of that name), or the
            root, which runs already.
    """
    if not callable(fn):
        raise TypeError(
            f"ts.call_in_scope takes a scope, a function and its arguments; the function is {fn!r}."
        )
    if not isinstance(name_or_scope, variable_scope):
        name_or_scope = variable_scope(name_or_scope)
    with name_or_scope as scope:
        result: R = _module_of(passes.current(), scope.name)(*args, _ts_fn=fn, **kwargs)
        return result


def in_scope(
    name_or_scope: str | VariableScope | None, default_name: str | None = None, **settings: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes a function run in a scope, each time it is called: `call_in_scope` as a decorator.

    >>> import torchscope as ts
    >>> @ts.in_scope(None, default_name="layer")
    ... def layer(x):
    ...     return x + ts.get_variable("b", [1])
    >>> _ = layer(layer(0.0))
    >>> [v.name for v in ts.global_variables()]
    ['layer/b:0', 'layer_1/b:0']

    Args:
        name_or_scope: as in `variable_scope`.
        default_name: as in `variable_scope`.
        **settings: the other arguments of `variable_scope`, such as `reuse`.
    """

    def decorate(fn: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(fn)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            scope = variable_scope(name_or_scope, default_name, **settings)
            return call_in_scope(scope, fn, *args, **kwargs)

        return run

    return decorate


def _module_of(pass_: Pass, name: str) -> nn.Module:
    """The module of a scope; made where it is missing, before any of its variables."""
    store = pass_.store
    if not name:
        raise ValueError(
            f"The root scope has no module of its own to call: it is the "
            f"{type(store.module).__name__} that is running. Call the function itself."
        )
    path = name.split("/")
    found = tree.find_scope(store.module, path)
    if found is None:
        with store.lock:
            found = tree.make_scope(store.module, path)
    module = found[0]
    if not isinstance(module, tree.ScopeModule):
        raise ValueError(
            f"The scope {name} is the module's own {type(module).__name__}, which has a forward of "
            "its own. Call that module, or open the scope with ts.variable_scope."
        )
    return module
