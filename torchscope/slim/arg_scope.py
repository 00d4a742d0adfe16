"""arg_scope: default arguments for functions, within a block of code (tf.contrib.framework).

An arg scope is a dict from a function's key to the arguments that it gets. A thread has one current
arg scope. Entering another replaces it, so what is current never changes while it is in use.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import torch

from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import thread
from torchscope.slim.telling import told

F = TypeVar("F", bound=Callable[..., Any])
Scope = dict[str, dict[str, Any]]

_KEY, _ARGUMENTS = "_key_op", "_scoped_arguments"
# Plain, so that torch.compile traces it.
_thread = threading.local()


def current_arg_scope() -> Scope:
    """The arguments that each function gets here, by the function's key.

    >>> current_arg_scope()
    {}
    """
    scope: Scope | None = getattr(_thread, "scope", None)
    return {} if scope is None else scope


def add_arg_scope(func: F) -> F:
    """Lets a function take arguments from `arg_scope`. A decorator.

    >>> @add_arg_scope
    ... def dense(x, units=1, activation=None):
    ...     return x, units, activation
    >>> with arg_scope([dense], activation="relu"):
    ...     dense(0, units=2)
    (0, 2, 'relu')

    Args:
        func: the function. What it is called with goes before what the scope says.
    """
    key = str(func)

    @functools.wraps(func)
    def scoped(*args: Any, **kwargs: Any) -> Any:
        given: dict[str, Any] | None = current_arg_scope().get(key)
        if given is not None:
            kwargs = {**given, **kwargs}
        return func(*args, **kwargs)

    setattr(scoped, _KEY, key)
    setattr(scoped, _ARGUMENTS, _with_defaults(func))
    return scoped  # type: ignore[return-value]


def _with_defaults(func: Callable[..., Any]) -> tuple[str, ...]:
    parameters = inspect.signature(func).parameters.values()
    return tuple(p.name for p in parameters if p.default is not p.empty)


def has_arg_scope(func: Any) -> bool:
    """Whether a function was decorated with `add_arg_scope`.

    >>> has_arg_scope(print)
    False
    """
    return hasattr(func, _ARGUMENTS)


def arg_scoped_arguments(func: Any) -> tuple[str, ...]:
    """The names of the arguments of a decorated function that have defaults.

    >>> @add_arg_scope
    ... def dense(x, units=1): ...
    >>> arg_scoped_arguments(dense)
    ('units',)

    Raises:
        ValueError: it was not decorated.
    """
    _check_decorated(func)
    names: tuple[str, ...] = getattr(func, _ARGUMENTS)
    return names


def arg_scope_func_key(func: Any) -> str:
    """The key of a function in an arg scope.

    >>> arg_scope_func_key(add_arg_scope(sorted))
    '<built-in function sorted>'
    """
    return getattr(func, _KEY, None) or str(func)


class arg_scope:
    """Gives default arguments to functions while it is open (slim.arg_scope).

    >>> @add_arg_scope
    ... def dense(x, units=1, activation=None):
    ...     return x, units, activation
    >>> with arg_scope([dense], units=3) as scope:
    ...     with arg_scope([dense], activation="relu"):
    ...         dense(0)
    (0, 3, 'relu')
    >>> with arg_scope(scope):
    ...     dense(0)
    (0, 3, None)

    Args:
        list_ops_or_scope: the functions, each decorated with `add_arg_scope`, or an arg scope that
            another ``with`` gave. The latter replaces everything that is current.
        **kwargs: the arguments. Inner ones go before outer ones.

    Raises:
        TypeError: `list_ops_or_scope` is neither a list or tuple nor a dict.
        ValueError: a function is not decorated, or arguments came along with an arg scope.
    """

    def __init__(
        self, list_ops_or_scope: Iterable[Any] | Mapping[str, dict[str, Any]], **kwargs: Any
    ) -> None:
        if isinstance(list_ops_or_scope, dict):
            if kwargs:
                raise ValueError(
                    "When attempting to re-use a scope by suppling a dictionary, kwargs must be "
                    f"empty. These were given as well: {', '.join(kwargs)}. Open a second "
                    "arg_scope([function, ...], ...) inside for them."
                )
        elif isinstance(list_ops_or_scope, (list, tuple)):
            for func in list_ops_or_scope:
                _check_decorated(func)
        else:
            raise TypeError(
                "list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict). It is "
                f"{list_ops_or_scope!r}."
            )
        self._what = list_ops_or_scope
        self._arguments = kwargs
        self._outer: list[tuple[Scope, Any]] = []

    def __enter__(self) -> Scope:
        outer = current_arg_scope()
        self._outer.append((outer, getattr(thread, "surroundings", None)))
        if isinstance(self._what, dict):
            scope = {key: dict(arguments) for key, arguments in self._what.items()}
        else:
            scope = dict(outer)
            for func in self._what:
                key = arg_scope_func_key(func)
                scope[key] = {**scope.get(key, {}), **self._arguments}
        _thread.scope = scope
        if torch.compiler.is_dynamo_compiling():
            thread.surroundings = False
        elif passes.active() is None:
            thread.surroundings = told(scope)
        return scope

    def __exit__(self, *exc_info: object) -> None:
        _thread.scope, surroundings = self._outer.pop()
        if passes.active() is None:
            thread.surroundings = surroundings

    def __call__(self, func: F) -> F:
        """Opens it around every call of a function: a decorator."""

        @functools.wraps(func)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return inside  # type: ignore[return-value]


def _check_decorated(func: Any) -> None:
    if not has_arg_scope(func):
        module, name = getattr(func, "__module__", None), getattr(func, "__name__", repr(func))
        raise ValueError(
            f"{(module, name)} is not decorated with @add_arg_scope. An arg_scope reaches only "
            "functions that are: slim's layers, and your own once you decorate them."
        )
