"""What can be looked at: a checkpoint, a dict of tensors, or a net. All become names and values.

Shapes, dtypes and sizes are told without reading a value where the source knows them.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from torchscope._core.store.places import REGISTRY
from torchscope._core.store.variable_store import VariableStore
from torchscope._core.values.conversion import dtype_name
from torchscope.checkpoint.reading import load_checkpoint
from torchscope.checkpoint.saveables import all_saveables


@dataclass(frozen=True, slots=True)
class Description:
    """What a variable looks like from outside.

    Attributes:
        shape: the dimensions.
        dtype: TF1's name of the dtype; "string" where the values are bytes.
        nbytes: the size of the values in bytes.
    """

    shape: tuple[int, ...]
    dtype: str
    nbytes: int

    @property
    def elements(self) -> int:
        """How many values it has."""
        return torch.Size(self.shape).numel()


Side = str | os.PathLike[str] | Mapping[str, Any] | nn.Module
"""What can be looked at: see `mapping_of`."""


def mapping_of(given: Any) -> Mapping[str, Any]:
    """Names and values of what was given to be looked at.

    >>> import torch
    >>> list(mapping_of(torch.nn.Linear(2, 3)))
    ['weight', 'bias']

    Args:
        given: the path of a checkpoint; a mapping such as a state_dict, as it is; or a module:
            what a Saver saves of the registries in its tree, under TF1's names, and under
            state_dict keys all else.

    Raises:
        CheckpointError: there is no checkpoint at the path, or not a good one.
        TypeError: it is none of these.
        ValueError: two variables of the module have one name, or a registry in its tree has no
            variables yet.
    """
    if isinstance(given, nn.Module):
        return _variables(given)
    if isinstance(given, str | os.PathLike):
        return load_checkpoint(given)
    if isinstance(given, Mapping):
        return given
    raise TypeError(
        f"Expected a checkpoint, its path, a dict of tensors or an nn.Module, found {given!r:.200}."
    )


def strange(source: Mapping[str, Any]) -> set[str]:
    """The names whose values no tensor can hold, so that only their shapes can be looked at."""
    dtypes: Mapping[str, Any] = getattr(source, "dtypes", {})
    return {name for name, dtype in dtypes.items() if isinstance(dtype, str)}


def describe(source: Mapping[str, Any]) -> dict[str, Description]:
    """What each variable of a source looks like, sorted by name.

    >>> import torch
    >>> describe({"w": torch.zeros(2, 3)})
    {'w': Description(shape=(2, 3), dtype='float32', nbytes=24)}
    """
    shapes, dtypes = getattr(source, "shapes", None), getattr(source, "dtypes", None)
    if shapes is None or dtypes is None:
        return {name: _describe_value(name, source[name]) for name in sorted(source)}
    size: Any = getattr(source, "nbytes")  # noqa: B009 - of a checkpoint, whatever its format
    return {
        name: Description(tuple(shapes[name]), _dtype_name(dtypes[name]), int(size(name)))
        for name in sorted(source)
    }


def _describe_value(name: str, value: Any) -> Description:
    if isinstance(value, Tensor):
        size = value.numel() * value.element_size()
        return Description(tuple(value.shape), _dtype_name(value.dtype), size)
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is None or dtype is None:
        raise TypeError(f"Expected a tensor under the name {name!r}, found {value!r:.200}.")
    if str(dtype) == "object":
        return Description(tuple(shape), "string", sum(len(text) for text in value.flat))
    return Description(tuple(shape), str(dtype), int(value.nbytes))


def _dtype_name(dtype: Any) -> str:
    if isinstance(dtype, torch.dtype):
        return dtype_name(dtype)
    return "string" if dtype is bytes else str(dtype)


def _variables(net: nn.Module) -> dict[str, Tensor]:
    stores: dict[str, VariableStore] = {}
    for path, module in net.named_modules():
        prefix = f"{path}." if path else ""
        # The outermost registry answers for all that is below it.
        if REGISTRY in module.__dict__ and not prefix.startswith(tuple(stores)):
            stores[prefix] = module.__dict__[REGISTRY].store
    if stores and not any(each.records or each.preloaded for each in stores.values()):
        raise ValueError(
            f"The registry of this {type(net).__name__} has no variables yet: none of its passes "
            "has run. Make them first, by ts.build(net, *example_inputs) or one call."
        )
    found: dict[str, Tensor] = {}
    for name, tensor in (
        *((key, t) for key, t in net.state_dict().items() if not key.startswith(tuple(stores))),
        *(pair for store in stores.values() for pair in _saved(store)),
    ):
        if name in found:
            raise ValueError(
                f"Two variables of this {type(net).__name__} are called {name!r}. Look at one of "
                "the modules that have a registry at a time."
            )
        if isinstance(tensor, Tensor):
            found[name] = tensor.detach()
    return found


def _saved(store: VariableStore) -> Iterator[tuple[str, Tensor]]:
    """What a Saver saves of a net; variables in pieces are joined."""
    for name, group in itertools.groupby(all_saveables(store), lambda each: each.name):
        saveables = list(group)
        tensors = [saveable.tensor([store]) for saveable in saveables]
        places = [saveable.partition for saveable in saveables if saveable.partition is not None]
        if len(places) < 2:
            yield from ((name, tensor) for tensor in tensors)
            continue
        offsets = [tuple(place.var_offset) for place in places]
        axis = next(i for i, starts in enumerate(zip(*offsets, strict=True)) if any(starts))
        yield (
            name,
            torch.cat(
                [tensors[i] for i in sorted(range(len(places)), key=offsets.__getitem__)], axis
            ),
        )
