"""What TensorFlow has and torchscope has not: it can be imported and named, and is refused when it is used."""

from __future__ import annotations

import sys
from abc import ABCMeta
from collections.abc import Callable
from typing import Any

from torchscope.ops.errors import UnimplementedError
from torchscope.port.places import canonical
from torchscope.tf1.missing import instead_of


class _Absent(ABCMeta):
    """The class of absent symbols: classes themselves, so that others, abstract ones too, inherit from them."""

    path: str
    place: str

    def __getattr__(cls, name: str) -> Any:
        if name == "__version__":
            # Libraries look at import whether what they need is new enough, also for what is never used.
            return "999.0.0"
        if name.startswith(("__", "_abc_")):
            raise AttributeError(name)
        return _made(f"{cls.path}.{name}", cls.place)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__mro__[1] is object:
            raise UnimplementedError(None, None, cls.said())
        # Of a class that inherits from it, instances can be made, as a default of an argument say.
        return _Instance(cls)

    def __repr__(cls) -> str:
        return f"<{cls.path}, which torchscope has not>"

    def said(cls) -> str:
        """What is said to whoever uses it."""
        advice = instead_of(f"tf.{canonical(cls.path) or cls.path}")
        return (
            f"{cls.path} was used, and torchscope has none. It is named at {cls.place}. "
            f"{advice or 'Rewrite what needs it, or leave that out.'}"
        )


class _Instance:
    """An instance of a class that inherits from what is absent: refused when it is used."""

    def __init__(self, of: _Absent) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnimplementedError(None, None, f"{self._of.__name__}.{name}: {self._of.said()}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise UnimplementedError(None, None, f"{self._of.__name__}(...): {self._of.said()}")


def _made(path: str, place: str) -> Any:
    return _Absent(path.rpartition(".")[2], (), {"path": path, "place": place})


def _caller() -> str:
    """Where the function that calls this module's was called from."""
    frame = sys._getframe(2)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def absent(path: str) -> Any:
    """What stands for a symbol of TensorFlow that torchscope has not.

    It has attributes, which are absent too; classes inherit from it; nothing is an instance of it.

    >>> Estimator = absent("tensorflow.estimator.Estimator")
    >>> class Mine(Estimator):
    ...     pass
    >>> isinstance(1, Estimator)
    False
    >>> Mine().train()
    Traceback (most recent call last):
    torchscope.ops.errors.UnimplementedError: Mine.train: tensorflow.estimator.Estimator was used, and ...

    Args:
        path: its path in TensorFlow.

    Raises:
        UnimplementedError: by what stands for it, when it is called; by an instance of what inherits from it,
            when that is used.
    """
    return _made(path, _caller())


def absent_decorator(path: str) -> Callable[[Any], Any]:
    """A decorator in the place of one that torchscope has not: what it decorates is refused when called.

    >>> @absent_decorator("tensorflow.contrib.tpu.wrap")
    ... def f():
    ...     pass
    >>> f()
    Traceback (most recent call last):
    torchscope.ops.errors.UnimplementedError: tensorflow.contrib.tpu.wrap was used, and ...
    """
    missing = _made(path, _caller())

    def decorated(_: Any) -> Any:
        return missing

    return decorated
