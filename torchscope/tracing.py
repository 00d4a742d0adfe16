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
from torch import Tensor, is_grad_enabled, nn

from torchscope.naming import can_begin_a_name
from torchscope.variables import SnapshotVariable, TracedVariable

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
    if _is_changed(found, record):
        return _given(found, record)
    return found


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
    if _is_changed(found, record):
        found = _given(found, record)
    tensor: Tensor = found
    return tensor


def _is_changed(found: Any, record: Record) -> bool:
    """Whether a compiled graph may change a variable in place, or assigns to it.

    A Parameter that is trained PyTorch itself refuses to change in place.
    """
    return (
        record.operated
        or record.overwritten
        or not (isinstance(found, nn.Parameter) and found.requires_grad and is_grad_enabled())
    )


def _given(found: Any, record: Record) -> Any:
    """What a compiled graph reads and writes in a variable's stead: see `TracedVariable`."""
    if not torch.compiler.is_dynamo_compiling():
        return _exported(found, record)
    if hasattr(found, "_ts_plain"):
        found = found._ts_plain
    if record.overwritten:
        found = found.as_subclass(SnapshotVariable)
        found._ts_copy = None
    else:
        found = found.as_subclass(TracedVariable)
    found._ts_record = record
    return found


def _exported(found: Any, record: Record) -> Any:
    """What torch.export has put in a variable's place, where it runs Python and does not trace it."""
    if record.operated:
        raise RuntimeError(
            f"Variable {record.name} is one of which `v += x` or the like makes a tensor. "
            "torch.export would change the variable instead: it has put a tensor of its own in the "
            "place. Export with strict=True, or write `v = v + x`."
        )
    return found


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
