"""What torch.compile sees of the catalogue while it traces a pass.

A compiled net checks, on every call, all that was looked at when it was traced. What the catalogue
knows of a variable never changes, so it need not be checked: it is given to the compiler as a
constant. What can change is where the tensor is, and which; so that is read from the module tree,
as a net written by hand reads its own parameters. Every step that is traced costs compile time, so
the questions here are few and large.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from torchscope.naming import can_begin_a_name

if TYPE_CHECKING:
    from torchscope.catalogue import Catalogue
    from torchscope.records import Record

F = TypeVar("F", bound=Callable[..., Any])


def constant(function: F) -> F:
    """A function that the compiler calls, and whose answer it keeps."""
    # It is what torch.compiler.assume_constant_result does, but for importing the compiler, which
    # takes as long as importing PyTorch.
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


class Traced(NamedTuple):
    """A pass that is traced: what a request looks at, in one place.

    Attributes:
        catalogue: the variables.
        claims: the claims of the pass.
        module: the root of the tree.
        defaults: the settings of a scope of which nothing was said.
    """

    catalogue: Catalogue
    claims: dict[Record, int]
    module: nn.Module
    defaults: Any


def find(traced: Traced, scope: Any, name: Any, shape: Any, dtype: Any, initializer: Any) -> Any:
    """What get_variable finds; None where the request is not a plain one, or is to be refused.

    Args:
        traced: the pass.
        scope: the current variable scope.
        name: as it was asked for, as the others.
        shape: the shape.
        dtype: the dtype.
        initializer: the initializer.
    """
    settings = scope._settings
    catalogue, claims, found, defaults = traced
    if settings is defaults:
        dtype = torch.float32 if dtype is None else dtype
    elif settings.custom_getter is None and settings.partitioner is None:
        dtype = settings.dtype if dtype is None else dtype
    else:
        return None
    if initializer is not None and not callable(initializer):
        return None
    if shape is not None:
        try:
            # The compiler may know a dimension by a symbol.
            shape = tuple(map(operator.index, shape))
        except TypeError:
            return None
    reuse = scope._reuse
    record = _agreed(catalogue, scope._prefix, name, shape, dtype)
    if record is None:
        return None
    if record in claims:
        if not reuse:
            return None
        claims[record] += 1
    elif reuse is True or shape is None:
        return None
    else:
        claims[record] = 1
    # As tensor_of does: a call of it would be traced for every request.
    for attribute in record.key.split("."):
        found = getattr(found, attribute)
    return found if isinstance(found, nn.Parameter) else _written_to(found, record)


@constant
def _agreed(
    catalogue: Catalogue, prefix: str, name: Any, shape: tuple[int, ...] | None, dtype: Any
) -> Record | None:
    """The variable of a full name, if get_variable may find it under this shape and dtype."""
    slot = catalogue.slots.get(prefix + name) if isinstance(name, str) else None
    if slot is None or not slot[2].claimable or not catalogue.is_of(slot[2], dtype):
        return None
    return slot[2] if shape in (None, slot[2].shape) else None


class TracedPrefixes:
    """Stands for `Catalogue.prefixes`."""

    @constant
    def get(self, name: str) -> str | None:
        """The full name of a scope with a slash, if a note may open it."""
        return f"{name}/" if all(map(can_begin_a_name, name.split("/"))) else None


class TracedClaims(NamedTuple):
    """Stands for the claims of a pass, which a compiled call would otherwise have to write anew."""

    claims: dict[Record, int]


def claims(catalogue: Catalogue, claimed: dict[Record, int]) -> Any:
    """The claims of a pass that was traced, as one constant."""
    return _claims(catalogue, *[(record.key, count) for record, count in claimed.items()])


@constant
def _claims(catalogue: Catalogue, *claimed: tuple[str, int]) -> TracedClaims:
    by_key = {record.key: record for record in catalogue.records}
    return TracedClaims({by_key[key]: count for key, count in claimed})


def tensor_of(module: nn.Module, record: Record) -> Tensor:
    """The tensor of a variable, read as any attribute of a module is."""
    found: Any = module
    for attribute in record.key.split("."):
        found = getattr(found, attribute)
    tensor: Tensor = found if isinstance(found, nn.Parameter) else _written_to(found, record)
    return tensor


def _written_to(found: Any, record: Record) -> Any:
    """What a compiled graph reads and writes in a buffer's stead: see `Plain`."""
    if hasattr(found, "_ts_plain"):
        found = found._ts_plain.as_subclass(type(found))
        found._ts_record = record
    return found


class Plain:
    """An attribute of a buffer's variable: a plain tensor of the same memory.

    AOTAutograd takes no tensors of a class of its own but parameters. So a compiled graph reads and
    writes this one, and only while it is traced it is of the variable's class. The compiler knows
    nothing of descriptors: it reads the attribute anew on every call, and finds the same object
    for as long as the variable has the same memory.
    """

    attribute = "_ts_alias"

    def __get__(self, variable: Any, cls: type) -> Any:
        """The plain tensor."""
        plain = variable.__dict__.get(self.attribute)
        if plain is None or not (variable.is_meta or plain.is_set_to(variable)):
            plain = torch.Tensor._make_subclass(Tensor, variable, False)
            variable.__dict__[self.attribute] = plain
        return plain


def records(catalogue: Catalogue, but_of: str | None = None) -> list[Record]:
    """What is known of each variable, in the order in which they were made.

    Args:
        catalogue: the variables.
        but_of: an entry; those that were made in its passes are left out.
    """
    return [_record(catalogue, number) for number in _numbers(catalogue, but_of)]


@constant
def _numbers(catalogue: Catalogue, but_of: str | None) -> tuple[int, ...]:
    entries = (record.entry for record in catalogue.records)
    return tuple(n for n, entry in enumerate(entries) if but_of is None or entry != but_of)


@constant
def _record(catalogue: Catalogue, number: int) -> Record:
    return next(islice(catalogue.records, number, None))


def regularizer_of(catalogue: Catalogue, record: Record) -> Any:
    """A variable's regularizer: a function has to be looked up, since no constant can be called."""
    _gather_regularizers(catalogue)
    return catalogue.regularizers[record.name]


@constant
def _gather_regularizers(catalogue: Catalogue) -> None:
    catalogue.regularizers.update((r.name, r.regularizer) for r in catalogue.records)
