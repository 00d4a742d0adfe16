"""What TensorFlow has and torchscope has not: it can be imported and named, and is refused when it is used."""

from __future__ import annotations

import sys
from abc import ABCMeta
from collections.abc import Callable
from typing import Any

from torchscope._core.ops.errors import UnimplementedError
from torchscope.port.places import canonical
from torchscope.tf1.missing import instead_of


class _Absent(ABCMeta):
    """The class of absent symbols: classes themselves, so that others, abstract ones too, inherit from them."""

    _ts_path: str
    _ts_place: str

    def __getattr__(cls, name: str) -> Any:
        if name == "__version__":
            # Libraries look at import whether what they need is new enough, also for what is never used.
            return "999.0.0"
        if name.startswith(("__", "_abc_", "_ts_")):
            raise AttributeError(name)
        return _made(f"{cls._ts_path}.{name}", cls._ts_place)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__mro__[1] is object:
            raise UnimplementedError(None, None, cls._ts_said())
        return super().__call__(*args, **kwargs)

    def __repr__(cls) -> str:
        return f"<{cls._ts_path}, which torchscope has not>"

    def _ts_said(cls) -> str:
        """What is said to whoever uses it."""
        advice = instead_of(f"tf.{canonical(cls._ts_path) or cls._ts_path}")
        return (
            f"{cls._ts_path} was used, and torchscope has none. It is named at {cls._ts_place}. "
            f"{advice or 'Rewrite what needs it, or leave that out.'}"
        )


# What an instance has of a class that inherits from what is absent. What the class itself has runs; all else
# is refused.


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Takes what the absent class may have taken."""


def _getattr(self: Any, name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    cls = type(self)
    raise UnimplementedError(None, None, f"{cls.__name__}.{name}: {cls._ts_said()}")


def _call(self: Any, *args: Any, **kwargs: Any) -> Any:
    cls = type(self)
    raise UnimplementedError(None, None, f"{cls.__name__}(...): {cls._ts_said()}")


def _made(path: str, place: str) -> Any:
    own = {"_ts_path": path, "_ts_place": place}
    of_instances = {"__init__": _init, "__getattr__": _getattr, "__call__": _call}
    return _Absent(path.rpartition(".")[2], (), own | of_instances)


def _caller() -> str:
    """Where the function that calls this module's was called from."""
    frame = sys._getframe(2)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def absent(path: str) -> Any:
    """What stands for a symbol of TensorFlow that torchscope has not.

    It has attributes, which are absent too; nothing is an instance of it. Classes inherit from it, and what
    they have themselves runs.

    >>> Estimator = absent("tensorflow.estimator.Estimator")
    >>> class Mine(Estimator):
    ...     pass
    >>> isinstance(1, Estimator)
    False
    >>> Mine().train()
    Traceback (most recent call last):
    torchscope.tf1.errors.UnimplementedError: Mine.train: tensorflow.estimator.Estimator was used, and ...

    Args:
        path: its path in TensorFlow.

    Raises:
        UnimplementedError: by what stands for it, when it is called; by an instance of what inherits from it,
            when it is asked for what its class has not itself.
    """
    return _made(path, _caller())


def absent_decorator(path: str) -> Callable[[Any], Any]:
    """A decorator in the place of one that torchscope has not: what it decorates is refused when called.

    >>> @absent_decorator("tensorflow.contrib.tpu.wrap")
    ... def f():
    ...     pass
    >>> f()
    Traceback (most recent call last):
    torchscope.tf1.errors.UnimplementedError: tensorflow.contrib.tpu.wrap was used, and ...
    """
    missing = _made(path, _caller())

    def decorated(_: Any) -> Any:
        return missing

    return decorated
