"""What rewritten files ask at run time, where the syntax alone does not tell what an object is."""

from __future__ import annotations

import importlib
import inspect
import operator
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import torch

from torchscope._core.operations import tensor_names
from torchscope._core.values.conversion import as_dtype, dtype_name
from torchscope._core.values.static_shapes import TensorShape
from torchscope.port import places
from torchscope.port.absent import absent as absent
from torchscope.port.absent import absent_decorator as absent_decorator
from torchscope.port.bindings import is_of_tensorflow
from torchscope.tf1 import graphs

_Tensor = torch.Tensor


# Shapes.


def get_shape(x: Any) -> Any:
    """``x.get_shape()``: a TensorShape for a tensor, and for all else what it gives itself.

    >>> get_shape(torch.ones(2, 3)) == [2, 3]
    True
    """
    if isinstance(x, _Tensor):
        return TensorShape(x.shape)
    asked = getattr(x, "get_shape", None)
    return x.shape if asked is None else asked()


def of_shape(shape: Any) -> Any:
    """What has a shape's attributes and methods: a TensorShape for a torch.Size, and else the thing itself.

    >>> of_shape(torch.ones(2, 3).shape).ndims, of_shape(torch.Size([2])).as_list()
    (2, [2])
    """
    if isinstance(shape, _Tensor) and not hasattr(shape, "dims"):
        return TensorShape(shape.shape)
    return TensorShape(shape) if isinstance(shape, torch.Size) else shape


def value(dimension: Any) -> Any:
    """``dimension.value``: that of a Dimension, a number itself, and else what the object has.

    >>> value(3), value(torch.ones(2, 3).shape[1])
    (3, 3)
    """
    if dimension is None or isinstance(dimension, (int, torch.SymInt)):
        asked = getattr(dimension, "value", None)
        return dimension if asked is None else asked
    return dimension.value


# Tensors.


class _Op:
    """What is known of the operation that made a tensor: its name."""

    def __init__(self, name: str, device: str) -> None:
        self.name, self.type, self.inputs, self.device = name, "", (), device


def name(x: Any) -> Any:
    """``x.name``: what the object has; a tensor's is that which the pass knows, or ``Tensor:0``.

    >>> name(torch.float32), name(torch.ones(1))
    ('float32', 'Tensor:0')
    """
    if isinstance(x, torch.dtype):
        return dtype_name(x)
    if not isinstance(x, _Tensor):
        return x.name
    own = getattr(x, "name", None)
    if own is not None:
        return own
    return f"{tensor_names.name_of(x)}:0"


def op(x: Any) -> Any:
    """``x.op``: what the object has; for a tensor a thing with its name.

    >>> op(torch.ones(1)).name
    'Tensor'
    """
    if isinstance(x, _Tensor) and not hasattr(x, "op"):
        return _Op(name(x).rpartition(":")[0], str(x.device))
    return x.op


def graph(x: Any) -> Any:
    """``x.graph``: what the object has; a tensor's is the default graph."""
    return (
        graphs.get_default_graph()
        if isinstance(x, _Tensor) and not hasattr(x, "graph")
        else x.graph
    )


def set_shape(x: Any) -> Callable[[Any], None]:
    """``x.set_shape``: what the object has; a tensor's compares its shape, and changes nothing.

    >>> set_shape(torch.ones(2, 3))([None, 3])
    >>> set_shape(torch.ones(2, 3))([2, 4])
    Traceback (most recent call last):
    ValueError: Shapes (2, 3) and (2, 4) are not compatible
    """
    if isinstance(x, _Tensor) and not hasattr(x, "set_shape"):
        shape = TensorShape(x.shape)

        def compared(other: Any) -> None:
            shape.merge_with(other)

        return compared
    found: Callable[[Any], None] = x.set_shape
    return found


def eval(x: Any) -> Callable[..., Any]:
    """``x.eval``: what the object has; a tensor's gives its value as an array.

    >>> eval(torch.ones(2))()
    array([1., 1.], dtype=float32)
    """
    if isinstance(x, _Tensor) and not hasattr(x, "eval"):
        return lambda *_, **__: x.detach().cpu().numpy()
    found: Callable[..., Any] = x.eval
    return found


def consumers(x: Any) -> Callable[[], Any]:
    """``x.consumers``: what the object has; of a tensor it is not known who computed with it."""
    if isinstance(x, _Tensor):
        made: Callable[[], Any] = absent("tensorflow.Tensor.consumers")
        return made
    found: Callable[[], Any] = x.consumers
    return found


class _Strided:
    """A tensor under an index with steps that go back."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor

    def __getitem__(self, index: Any) -> torch.Tensor:
        every = index if isinstance(index, tuple) else (index,)
        given = sum(each is not None and each is not Ellipsis for each in every)
        turned, new, axis = [], [], 0
        for each in every:
            if each is Ellipsis:
                axis += self.tensor.ndim - given
            elif isinstance(each, slice) and each.step is not None and each.step < 0:
                turned.append(axis)
                new.append(_turned(each, self.tensor.shape[axis]))
                axis += 1
                continue
            elif each is not None:
                axis += 1
            new.append(each)
        tensor = self.tensor.flip(turned) if turned else self.tensor
        return tensor[tuple(new)]


def _turned(index: slice, size: Any) -> slice:
    """The slice that takes from a turned axis what one with a negative step takes from the axis."""

    def place(at: Any) -> Any:
        if at is None:
            return None
        at = at + size if at < 0 else at
        # Before the first one is after the last one of the turned axis.
        return max(0, size - 1 - at) if at >= 0 else size

    return slice(place(index.start), place(index.stop), -index.step)


def strided(x: Any) -> Any:
    """What is indexed as TensorFlow indexes, with negative steps; of all but tensors the thing itself.

    >>> strided(torch.arange(4))[::-1], strided([1, 2, 3])[::-1]
    (tensor([3, 2, 1, 0]), [3, 2, 1])
    """
    return _Strided(x) if isinstance(x, _Tensor) else x


# Dtypes.


class _Dtype:
    """What TensorFlow's dtypes tell, of a torch.dtype."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype

    @property
    def base_dtype(self) -> torch.dtype:
        return self.dtype

    @property
    def real_dtype(self) -> torch.dtype:
        return self.dtype.to_real()

    @property
    def as_numpy_dtype(self) -> Any:
        import numpy as np  # noqa: PLC0415 - whoever asks has it

        # Nothing is made: it may be asked while a net is built or recorded.
        return np.dtype(dtype_name(self.dtype)).type

    @property
    def is_floating(self) -> bool:
        return self.dtype.is_floating_point

    @property
    def is_complex(self) -> bool:
        return self.dtype.is_complex

    @property
    def is_bool(self) -> bool:
        return self.dtype == torch.bool

    @property
    def is_integer(self) -> bool:
        return not (
            self.dtype.is_floating_point or self.dtype.is_complex or self.dtype == torch.bool
        )

    @property
    def is_unsigned(self) -> bool:
        return self.is_integer and not self.dtype.is_signed

    @property
    def is_numpy_compatible(self) -> bool:
        return self.dtype != torch.bfloat16

    @property
    def size(self) -> int:
        return self.dtype.itemsize

    @property
    def limits(self) -> tuple[Any, Any]:
        return self.min, self.max

    @property
    def max(self) -> Any:
        return self._info("maximum").max

    @property
    def min(self) -> Any:
        return self._info("minimum").min

    def _info(self, asked: str) -> Any:
        if self.is_bool:
            raise TypeError(f"Cannot find {asked} value of {self.dtype}.")
        return torch.finfo(self.dtype) if self.dtype.is_floating_point else torch.iinfo(self.dtype)

    def is_compatible_with(self, other: Any) -> bool:
        try:
            return as_dtype(other) == self.dtype
        except (TypeError, ValueError):
            return False


def of_dtype(dtype: Any) -> Any:
    """What has the attributes of TensorFlow's dtypes, for a torch.dtype; else the thing itself.

    >>> of_dtype(torch.float32).is_floating, of_dtype(torch.int32).max
    (True, 2147483647)
    """
    return _Dtype(dtype) if isinstance(dtype, torch.dtype) else dtype


# Augmented assignment.


def _out_of_place(in_place: Callable[[Any, Any], Any], computed: Callable[[Any, Any], Any]) -> Any:
    """An augmented assignment that makes a new tensor, and does to all else what Python does."""

    def assigned(x: Any, y: Any) -> Any:
        return computed(x, y) if isinstance(x, _Tensor) else in_place(x, y)

    assigned.__name__ = assigned.__qualname__ = in_place.__name__
    assigned.__doc__ = (
        f"What an augmented assignment gives: a new tensor for a tensor, operator.{in_place.__name__} for "
        "all else."
    )
    return assigned


iadd: Callable[[Any, Any], Any] = _out_of_place(operator.iadd, operator.add)
iand: Callable[[Any, Any], Any] = _out_of_place(operator.iand, operator.and_)
ifloordiv: Callable[[Any, Any], Any] = _out_of_place(operator.ifloordiv, operator.floordiv)
ilshift: Callable[[Any, Any], Any] = _out_of_place(operator.ilshift, operator.lshift)
imatmul: Callable[[Any, Any], Any] = _out_of_place(operator.imatmul, operator.matmul)
imod: Callable[[Any, Any], Any] = _out_of_place(operator.imod, operator.mod)
imul: Callable[[Any, Any], Any] = _out_of_place(operator.imul, operator.mul)
ior: Callable[[Any, Any], Any] = _out_of_place(operator.ior, operator.or_)
ipow: Callable[[Any, Any], Any] = _out_of_place(operator.ipow, operator.pow)
irshift: Callable[[Any, Any], Any] = _out_of_place(operator.irshift, operator.rshift)
isub: Callable[[Any, Any], Any] = _out_of_place(operator.isub, operator.sub)
itruediv: Callable[[Any, Any], Any] = _out_of_place(operator.itruediv, operator.truediv)
ixor: Callable[[Any, Any], Any] = _out_of_place(operator.ixor, operator.xor)


# Modules, and older Pythons.


class _Namespace(ModuleType):
    """One of TensorFlow's own modules: its names are found in several namespaces of torchscope.tf1."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._path = path

    def __getattr__(self, name: str) -> Any:
        found = None if name.startswith("__") else places.find(f"{self._path}.{name}")
        if found is None:
            raise AttributeError(f"torchscope has no {self._path}.{name}")
        thing = places.at(found)
        setattr(self, name, thing)
        return thing


def module(path: str) -> Any:
    """What stands for one of TensorFlow's own modules.

    >>> module("tensorflow.python.ops.array_ops").reshape.__name__
    'reshape'
    """
    return _Namespace(path)


def import_module(name: str, package: str | None = None) -> Any:
    """``importlib.import_module``: what stands for TensorFlow, if a module of it is asked for.

    >>> import_module("tensorflow").__name__
    'torchscope.tf1'

    Raises:
        ImportError: there is no such module.
    """
    if not is_of_tensorflow(name):
        return importlib.import_module(name, package)
    found = places.find(name)
    if found is not None:
        return places.at(found)
    inner = places.canonical(name)
    return module(name) if inner and places.namespaces(inner) else absent(name)


class _ArgSpec(NamedTuple):
    """What inspect.getargspec gave."""

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def getargspec(function: Callable[..., Any]) -> Any:
    """What inspect.getargspec gave, which Python 3.11 has not.

    >>> getargspec(lambda a, b=2: a).args
    ['a', 'b']
    """
    full = inspect.getfullargspec(function)
    return _ArgSpec(full.args, full.varargs, full.varkw, full.defaults)
