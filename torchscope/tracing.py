"""What stands for the catalogue's dicts while torch.compile traces a pass.

A compiled net checks, on every call, all that was looked at when it was traced. What the catalogue
knows of a variable never changes, so it need not be checked: it is given to the compiler as a
constant. What can change is where the tensor is, and which; so that is read from the module tree,
as a net written by hand reads its own parameters.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from torchscope.catalogue import Catalogue
    from torchscope.records import Record


class TracedSlots:
    """Stands for `Catalogue.slots`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def get(self, name: str) -> tuple[Any, str, Record] | None:
        """Where get_variable finds what exists under a full name."""
        record = _slot(self._catalogue, name)
        return None if record is None else (_Tree(self._catalogue.module), record.key, record)


class _Tree:
    """Stands for the dict that holds a tensor: finds any in a module tree by its key."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def get(self, key: str) -> Tensor:
        return tensor_at(self._module, key)


class TracedPrefixes:
    """Stands for `Catalogue.prefixes`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def get(self, name: str) -> str | None:
        """The full name of a scope with a slash, if a note may open it."""
        return _prefix(self._catalogue, name)


class TracedClaims(NamedTuple):
    """Stands for the claims of a pass, which a compiled call would otherwise have to write anew."""

    claims: dict[Record, int]


def claims(catalogue: Catalogue, claimed: dict[Record, int]) -> Any:
    """The claims of a pass that was traced, as one constant."""
    return _claims(catalogue, *[(record.key, count) for record, count in claimed.items()])


@torch.compiler.assume_constant_result
def _claims(catalogue: Catalogue, *claimed: tuple[str, int]) -> TracedClaims:
    by_key = {record.key: record for record in catalogue.records}
    return TracedClaims({by_key[key]: count for key, count in claimed})


def tensor_at(module: nn.Module, key: str) -> Tensor:
    """The tensor of a state_dict key, read as any attribute of a module is."""
    found: Any = module
    for attribute in key.split("."):
        found = getattr(found, attribute)
    tensor: Tensor = found
    return tensor


def records(catalogue: Catalogue) -> list[Record]:
    """What is known of each variable, in the order in which they were made."""
    return [_record(catalogue, number) for number in range(_count(catalogue))]


def regularizer_of(catalogue: Catalogue, record: Record) -> Any:
    """A variable's regularizer: a function has to be looked up, since no constant can be called."""
    _gather_regularizers(catalogue)
    return catalogue.regularizers[record.name]


@torch.compiler.assume_constant_result
def _gather_regularizers(catalogue: Catalogue) -> None:
    catalogue.regularizers.update((r.name, r.regularizer) for r in catalogue.records)


@torch.compiler.assume_constant_result
def lookup(catalogue: Catalogue, name: str) -> Record | None:
    """What get_variable would find under a full name."""
    return catalogue.lookup(name)


@torch.compiler.assume_constant_result
def _slot(catalogue: Catalogue, name: str) -> Record | None:
    slot = catalogue.slots.get(name)
    return None if slot is None else slot[2]


@torch.compiler.assume_constant_result
def _prefix(catalogue: Catalogue, name: str) -> str | None:
    return catalogue.prefixes.get(name)


@torch.compiler.assume_constant_result
def _count(catalogue: Catalogue) -> int:
    return len(catalogue.records)


@torch.compiler.assume_constant_result
def _record(catalogue: Catalogue, number: int) -> Record:
    return next(islice(catalogue.records, number, None))
