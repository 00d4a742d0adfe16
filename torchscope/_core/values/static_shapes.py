"""Shapes as TF1 code holds them: `TensorShape`, whose parts are `Dimension`s, known or not."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, NoReturn, overload

import torch

from torchscope._core.values.conversion import as_shape, shape_text


class Dimension:
    """A number of elements, or None if it is unknown (tf.Dimension).

    Arithmetic with an unknown one is unknown, and a comparison with it is None.

    >>> Dimension(3) * 2, Dimension(None) + 1, Dimension(3) == 3, Dimension(3).value
    (Dimension(6), Dimension(None), True, 3)

    Args:
        value: an integer, a symbol of a recording, another dimension, or None.

    Raises:
        TypeError: it is none of these.
        ValueError: it is negative.
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = _value(value)

    @property
    # Any: an integer, the symbol of a recording, or None: who asks knows which.
    def value(self) -> Any:
        """The integer, or None."""
        return self._value

    def __repr__(self) -> str:
        return f"Dimension({self._value!r})"

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __index__(self) -> int:
        if self._value is None:
            raise TypeError(
                "__int__ returned non-int (type NoneType): this dimension is unknown. tf.shape(x) has "
                "the sizes that a tensor has."
            )
        return operator.index(self._value)

    def __int__(self) -> int:
        return self.__index__()

    def __bool__(self) -> bool:
        return bool(self._value)

    # Two unknown ones may be equal or not.
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    # Any: None where a dimension is not known.
    def __eq__(self, other: object) -> Any:
        return _compared(self, other, operator.eq)

    # Any: None where a dimension is not known.
    def __ne__(self, other: object) -> Any:
        return _compared(self, other, operator.ne)

    # Any: None where a dimension is not known.
    def __lt__(self, other: Any) -> Any:
        return _compute(operator.lt, self._value, _value(other))

    # Any: None where a dimension is not known.
    def __le__(self, other: Any) -> Any:
        return _compute(operator.le, self._value, _value(other))

    # Any: None where a dimension is not known.
    def __gt__(self, other: Any) -> Any:
        return _compute(operator.gt, self._value, _value(other))

    # Any: None where a dimension is not known.
    def __ge__(self, other: Any) -> Any:
        return _compute(operator.ge, self._value, _value(other))

    def __add__(self, other: Any) -> Dimension:
        return _dimension(operator.add, self, other)

    def __radd__(self, other: Any) -> Dimension:
        return _dimension(operator.add, other, self)

    def __sub__(self, other: Any) -> Dimension:
        return _dimension(operator.sub, self, other)

    def __rsub__(self, other: Any) -> Dimension:
        return _dimension(operator.sub, other, self)

    def __mul__(self, other: Any) -> Dimension:
        return _dimension(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Dimension:
        return _dimension(operator.mul, other, self)

    def __floordiv__(self, other: Any) -> Dimension:
        return _dimension(operator.floordiv, self, other)

    def __rfloordiv__(self, other: Any) -> Dimension:
        return _dimension(operator.floordiv, other, self)

    def __mod__(self, other: Any) -> Dimension:
        return _dimension(operator.mod, self, other)

    def __rmod__(self, other: Any) -> Dimension:
        return _dimension(operator.mod, other, self)

    def __truediv__(self, other: Any) -> NoReturn:
        raise TypeError(
            f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}', please use "
            "// instead"
        )

    def __rtruediv__(self, other: Any) -> NoReturn:
        raise TypeError(
            f"unsupported operand type(s) for /: '{type(other).__name__}' and 'Dimension', please use "
            "// instead"
        )

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both may be the same number.

        >>> Dimension(3).is_compatible_with(None), Dimension(3).is_compatible_with(4)
        (True, False)
        """
        mine, theirs = self._value, _value(other)
        return mine is None or theirs is None or bool(mine == theirs)

    def assert_is_compatible_with(self, other: Any) -> None:
        """Refuses a number that it cannot be.

        Raises:
            ValueError: it is another.
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {Dimension(other)} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """What both say together.

        >>> Dimension(None).merge_with(3)
        Dimension(3)

        Raises:
            ValueError: they are two numbers.
        """
        self.assert_is_compatible_with(other)
        return Dimension(other if self._value is None else self)


# TF1 takes one wherever it takes an integer.
numbers.Integral.register(Dimension)


def _value(value: Any) -> Any:
    """What a dimension says."""
    if isinstance(value, Dimension):
        return value._value
    if isinstance(value, torch.SymInt):
        return value
    return as_shape([value])[0]


def _compute(operation: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    return None if one is None or other is None else operation(one, other)


def _compared(one: Dimension, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
    try:
        return _compute(operation, one._value, _value(other))
    except (TypeError, ValueError):
        return NotImplemented


def _dimension(operation: Callable[[Any, Any], Any], one: Any, other: Any) -> Dimension:
    try:
        values = _value(one), _value(other)
    except TypeError:
        # As Python asks operators to: nobody gets it.
        return NotImplemented  # type: ignore[no-any-return]
    return Dimension(_compute(operation, *values))


class TensorShape:
    """A shape, of which dimensions or all may be unknown (tf.TensorShape).

    Everything that takes a shape takes one, and it equals the list or tuple of its numbers.

    >>> shape = TensorShape([2, None])
    >>> shape[0].value, shape.as_list(), shape.merge_with([None, 3]) == [2, 3]
    (2, [2, None], True)

    Args:
        dims: its dimensions, integers or None; one of them, for a shape of one dimension; or None,
            if not even their number is known.

    Raises:
        TypeError: a dimension is none.
        ValueError: one is negative.
    """

    __slots__ = ("_dims",)

    def __init__(self, dims: Any) -> None:
        self._dims: list[Dimension] | None
        if dims is None or (isinstance(dims, TensorShape) and dims._dims is None):
            self._dims = None
        elif isinstance(dims, str):
            raise TypeError(
                f"Failed to convert '{dims!r}' to a shape: '{dims!r}'could not be converted to a "
                "dimension. A shape should either be single dimension (e.g. 10), or an iterable of "
                "dimensions (e.g. [1, 10, None])."
            )
        elif isinstance(dims, Iterable) and not (isinstance(dims, torch.Tensor) and not dims.ndim):
            self._dims = [Dimension(each) for each in dims]
        else:
            self._dims = [Dimension(dims)]

    @property
    def dims(self) -> list[Dimension] | None:
        """The dimensions, or None."""
        return self._dims

    @property
    def ndims(self) -> int | None:
        """How many there are, or None."""
        return None if self._dims is None else len(self._dims)

    @property
    def rank(self) -> int | None:
        """How many dimensions there are, or None."""
        return self.ndims

    def __repr__(self) -> str:
        return f"TensorShape({self._dims!r})"

    def __str__(self) -> str:
        return "<unknown>" if self._dims is None else shape_text(self.as_list())

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __iter__(self) -> Iterator[Dimension]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self._dims)

    @overload
    def __getitem__(self, key: slice) -> TensorShape: ...

    @overload
    def __getitem__(self, key: int) -> Dimension: ...

    def __getitem__(self, key: Any) -> Any:
        if self._dims is not None:
            return TensorShape(self._dims[key]) if isinstance(key, slice) else self._dims[key]
        if not isinstance(key, slice):
            return Dimension(None)
        start, stop = key.start or 0, key.stop
        if key.step is not None:
            raise ValueError("Steps are not yet handled: the rank of this shape is unknown.")
        if stop is None or start < 0 or stop < 0:
            return TensorShape(None)
        return TensorShape([None] * max(stop - start, 0))

    def __eq__(self, other: object) -> bool:
        try:
            other = _shape(other)
        except TypeError:
            return NotImplemented
        return self._values == other._values

    def __hash__(self) -> int:
        return hash(None if self._dims is None else tuple(self.as_list()))

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return _shape(other).concatenate(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorShape, (self._values,)

    @property
    def _values(self) -> list[Any] | None:
        return None if self._dims is None else [each.value for each in self._dims]

    def as_list(self) -> list[Any]:
        """The dimensions as integers, None where one is unknown.

        >>> TensorShape([2, None]).as_list()
        [2, None]

        Raises:
            ValueError: their number is unknown.
        """
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return [each.value for each in self._dims]

    # Any: as of `Dimension.value`.
    def num_elements(self) -> Any:
        """The number of elements, or None.

        >>> TensorShape([2, 3]).num_elements()
        6
        """
        if not self.is_fully_defined():
            return None
        product: Any = 1
        for each in self.as_list():
            product = product * each
        return product

    def is_fully_defined(self) -> bool:
        """Whether each dimension is known."""
        return self._dims is not None and all(each.value is not None for each in self._dims)

    def assert_is_fully_defined(self) -> None:
        """Refuses a shape that is not wholly known.

        Raises:
            ValueError: something is unknown.
        """
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def with_rank(self, rank: int) -> TensorShape:
        """The shape, which must have so many dimensions.

        Raises:
            ValueError: it has others.
        """
        if self._dims is None:
            return TensorShape([None] * rank)
        self.assert_has_rank(rank)
        return self

    def assert_has_rank(self, rank: int) -> None:
        """Refuses another number of dimensions.

        Raises:
            ValueError: it is another.
        """
        if self.ndims not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """The shape, which must have so many dimensions or more.

        Raises:
            ValueError: it has fewer.
        """
        if self.ndims is not None and self.ndims < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """The shape, which must have so many dimensions or fewer.

        Raises:
            ValueError: it has more.
        """
        if self.ndims is not None and self.ndims > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def assert_same_rank(self, other: Any) -> None:
        """Refuses a shape with another number of dimensions.

        Raises:
            ValueError: it has another.
        """
        other = _shape(other)
        if None not in (self.ndims, other.ndims) and self.ndims != other.ndims:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both may be the same shape.

        >>> TensorShape([2, None]).is_compatible_with([None, 3])
        True
        """
        other = _shape(other)
        if self._dims is None or other._dims is None:
            return True
        pairs = zip(self._dims, other._dims, strict=False)
        return len(self._dims) == len(other._dims) and all(
            a.is_compatible_with(b) for a, b in pairs
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Refuses a shape that it cannot be.

        Raises:
            ValueError: it is another.
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def merge_with(self, other: Any) -> TensorShape:
        """What both say together.

        >>> TensorShape([2, None]).merge_with([None, 3])
        TensorShape([Dimension(2), Dimension(3)])

        Raises:
            ValueError: they are two shapes.
        """
        other = _shape(other)
        if self._dims is None or other._dims is None:
            return TensorShape(other if self._dims is None else self)
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are not compatible")
        return TensorShape([a.merge_with(b) for a, b in zip(self._dims, other._dims, strict=True)])

    def concatenate(self, other: Any) -> TensorShape:
        """The dimensions of one shape, and then those of another.

        >>> TensorShape([2]).concatenate([3, None]).as_list()
        [2, 3, None]
        """
        other = _shape(other)
        if self._dims is None or other._dims is None:
            return TensorShape(None)
        return TensorShape([*self._dims, *other._dims])


def _shape(value: Any) -> TensorShape:
    return value if isinstance(value, TensorShape) else TensorShape(value)


def integers_of(shape: TensorShape | Dimension) -> Any:
    """What a shape or a dimension becomes as a tensor.

    >>> integers_of(TensorShape([2, 3])), integers_of(Dimension(4))
    ([2, 3], 4)

    Raises:
        ValueError: something of it is unknown.
    """
    if isinstance(shape, Dimension):
        if shape.value is None:
            raise ValueError("Cannot convert an unknown Dimension to a Tensor: ?")
        return shape.value
    if not shape.is_fully_defined():
        raise ValueError(
            f"Cannot convert a partially known TensorShape {shape} to a Tensor. tf.shape(x) has the "
            "sizes that a tensor has."
        )
    return shape.as_list()


# Any: as of `Dimension.value`.
def dimension_value(dimension: Any) -> Any:
    """The integer of a dimension, or None (tf.dimension_value).

    >>> dimension_value(Dimension(3)), dimension_value(4)
    (3, 4)

    Args:
        dimension: a `Dimension`, or the integer itself.
    """
    return dimension.value if isinstance(dimension, Dimension) else dimension


def dimension_at_index(shape: Any, index: int) -> Dimension:
    """One dimension of a shape, which may be of unknown rank (tf.dimension_at_index).

    >>> dimension_at_index([2, 3], 1)
    Dimension(3)

    Args:
        shape: the shape.
        index: which.
    """
    found: Dimension = _shape(shape)[index]
    return found
