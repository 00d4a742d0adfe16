"""What is known of a variable beside its tensor: its names, and how it was asked for."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

import torch

from torchscope._core.values.conversion import convert_to_tensor, dtype_name, shape_text
from torchscope._core.values.partitioners import PartitionInfo
from torchscope._core.values.regularizers import sum_regularizer


class Kind(enum.Enum):
    """How a variable came to be in the tree."""

    GOT = "get_variable"
    MADE = "tf.Variable"
    OWNED = "the module's own"


@dataclass(slots=True)
class Initial:
    """How the first value of a variable is made.

    Attributes:
        source: a value, or what is called to make one.
        shape: the shape that `source` is called with; None where it takes no arguments or is a
            value, so that the value tells the shape.
        dtype: the dtype that `source` is called with; None where the value tells it.
        partition: where the variable lies in the whole, if it is a piece of one.
    """

    source: Any
    shape: tuple[int, ...] | None = None
    dtype: torch.dtype | None = None
    partition: PartitionInfo | None = None

    def value(self, name: str) -> torch.Tensor:
        """The value, made anew: never a tensor that someone else holds.

        Raises:
            ValueError: the initializer gave another shape than it was asked for.
            TypeError: it gave something that is no tensor, or cannot give this dtype.
        """
        source = self.source
        if self.shape is not None and is_ours(source):
            return self.drawn(name)
        if not callable(source):
            return convert_to_tensor(source, self.dtype).detach().clone()
        if self.shape is None:
            with torch.no_grad():
                return convert_to_tensor(source(), self.dtype).detach().clone()
        keywords: dict[str, Any] = {"dtype": self.dtype}
        if _accepts(source, "partition_info"):
            keywords["partition_info"] = self.partition
        with torch.no_grad():
            return self._checked(source(list(self.shape), **keywords), name)

    def drawn(self, name: str) -> torch.Tensor:
        """The value, where `source` is one of our initializers and called with a shape."""
        source, shape, dtype = self.source, self.shape, self.dtype
        value: torch.Tensor
        if self.partition is None:
            # As its __call__ does.
            value = source._fill(shape, dtype)
        else:
            value = source(shape, dtype, self.partition)
        if (
            value.shape == shape
            and value.dtype is dtype
            and value._base is None
            and not value.requires_grad
        ):
            return value
        return self._checked(value, name)

    def _checked(self, value: Any, name: str) -> torch.Tensor:
        """A tensor of its own of what an initializer gave, if that is what it was asked for."""
        assert self.shape is not None
        if not isinstance(value, torch.Tensor):
            value = convert_to_tensor(value, self.dtype)
        if value.shape != self.shape:
            raise ValueError(
                f"The initializer of {name} was asked for shape {shape_text(self.shape)} and gave "
                f"{shape_text(value.shape)}."
            )
        if value.dtype != self.dtype:
            assert self.dtype is not None
            raise ValueError(
                f"The initializer of {name} was asked for dtype {dtype_name(self.dtype)} and gave "
                f"{dtype_name(value.dtype)}."
            )
        own: torch.Tensor = value.detach().clone()
        return own

    def __call__(self) -> torch.Tensor:
        """What a creator that looks at ``initial_value`` finds: a function without arguments."""
        return self.value("a variable")


class FirstValues(Protocol):
    """Values that wait for variables that no pass has asked for yet."""

    def first_value(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: torch.dtype,
        *,
        partition: PartitionInfo | None,
        collections: tuple[str, ...],
        device: torch.device,
        entry: str | None,
        made_at: str,
    ) -> torch.Tensor | None:
        """The first value of a variable that is about to be made; None: by its initializer.

        Raises:
            ValueError: the variable must not be made so.
        """

    def ended(self, entry: str | None) -> bool:
        """Notes that a pass of an entry is complete, and says whether no value waits any more."""


def is_ours(source: Any) -> bool:
    """Whether `source` is known to make a new tensor on every call."""
    return type(source).__module__.startswith("torchscope._core.initializers.")


def _accepts(function: Callable[..., Any], parameter: str) -> bool:
    try:
        return parameter in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class Unpicklable:
    """Stands in a pickled module for a function that could not be pickled, and says so."""

    text: str

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refuses, with the function's name.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            f"{self.text} could not be saved with the module. Define it at the top level of a "
            "module, or use one of torchscope's own."
        )


@dataclass(slots=True, eq=False)
class Record:
    """A variable as it was declared.

    Attributes:
        name: TF1's name of it (``v.op.name``), unique in the registry.
        requested: the full name that get_variable is asked for; of a tf.Variable, its op name.
        kind: which function made it.
        key: its state_dict key, relative to the registry's module.
        shape: its shape.
        dtype: the dtype it was declared with; ``net.to(dtype)`` does not change that.
        trainable: whether it was declared trainable.
        persistent: whether it is saved.
        collections: the collections it joined when it was made.
        joined: the collections it was put into later, each with the entry in whose pass that was.
        renamed: whether a creator gave it another name than get_variable was asked for.
        loaded: whether its first value was loaded, not made by its initializer.
        slot_of: the name of the variable that it is a slot of, if it is one.
        initial: how its first value is made; None for the module's own parameters.
        regularizer: gives its loss in REGULARIZATION_LOSSES.
        constraint: maps a value to an allowed one.
        entry: the method during whose pass it was made ('forward', ...); or found, if it is the
            module's own.
        made_at: file and line of the request that made it.
    """

    name: str
    requested: str
    kind: Kind
    key: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    trainable: bool
    persistent: bool
    collections: tuple[str, ...]
    initial: Initial | None
    regularizer: Callable[..., Any] | None
    constraint: Callable[..., Any] | None
    entry: str | None
    made_at: str
    joined: tuple[tuple[str, str | None], ...] = ()
    renamed: bool = False
    loaded: bool = False
    slot_of: str | None = None
    # What every request looks at, worked out once.
    dimensions: list[int] = field(init=False)
    claimable: bool = field(init=False)
    regularized: bool = field(init=False)

    def __post_init__(self) -> None:
        self.dimensions = list(self.shape)
        self.claimable = self.kind is Kind.GOT
        self.regularized = self.regularizer is not None

    def regularize(self, regularizer: Callable[..., Any]) -> None:
        """Adds a regularizer to what it has."""
        self.regularizer = sum_regularizer([self.regularizer, regularizer])
        self.regularized = True

    @property
    def keys(self) -> tuple[str, ...]:
        """All collections that it is in."""
        return tuple(dict.fromkeys((*self.collections, *(key for key, _ in self.joined))))

    def is_in(self, key: str, entry: str | None) -> bool:
        """Whether it is in a collection by its making, or was put there outside of an entry's passes."""
        return key in self.collections or any(
            joined == key and (entry is None or by != entry) for joined, by in self.joined
        )

    def join(self, key: str, entry: str | None) -> None:
        """Notes that it was put into a collection in a pass of an entry."""
        if (key, entry) not in self.joined:
            self.joined += ((key, entry),)

    def __deepcopy__(self, memo: dict[int, Any]) -> Record:
        twin = copy.copy(self)
        memo[id(self)] = twin
        return twin

    def __copy__(self) -> Record:
        twin = object.__new__(Record)
        for each in fields(Record):
            setattr(twin, each.name, getattr(self, each.name))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        state = {each.name: getattr(self, each.name) for each in fields(Record)}
        if self.initial is not None:
            source = self._or_stand_in("initializer", self.initial.source)
            state["initial"] = replace(self.initial, source=source)
        state["regularizer"] = self._or_stand_in("regularizer", self.regularizer)
        state["constraint"] = self._or_stand_in("constraint", self.constraint)
        return state

    def _or_stand_in(self, what: str, function: Any) -> Any:
        """`function`, unless pickle refuses it: a lambda must not keep a net from being saved."""
        if function is None or isinstance(function, torch.Tensor | Unpicklable):
            return function
        try:
            pickle.dumps(function)
        except (pickle.PicklingError, AttributeError, TypeError):
            return Unpicklable(f"The {what} of {self.name}, {function!r},")
        return function

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            setattr(self, key, value)
