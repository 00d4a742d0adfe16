"""Outputs under names: collections of tensors with aliases, and dicts of end points made of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from torch import Tensor

from torchscope.collections import add_to_collections, get_collection, get_collection_ref


def collect_named_outputs(collections: Any, alias: str | None, outputs: Tensor) -> Tensor:
    """Puts a tensor into collections, under an alias (slim.utils.collect_named_outputs).

    >>> import torch, torchscope as ts
    >>> from torchscope import slim
    >>> y = slim.utils.collect_named_outputs("end_points", "conv1", torch.ones(2))
    >>> dict(slim.utils.convert_collection_to_dict("end_points"))
    {'conv1': tensor([1., 1.])}

    Args:
        collections: the name of one, or a list of them, or nothing.
        alias: the name that the tensor gets beside those that it has; None for none.
        outputs: the tensor.

    Returns:
        The tensor.
    """
    if collections:
        if alias:
            append_tensor_alias(outputs, alias)
        add_to_collections(collections, outputs)
    return outputs


def append_tensor_alias(tensor: Tensor, alias: str) -> Tensor:
    """Gives a tensor one more alias (slim.utils.append_tensor_alias).

    An alias has no final slash: it is a scope's name.
    """
    # A property of the tensor, so that it is forgotten with it.
    tensor.aliases = [*get_tensor_aliases(tensor), alias.rstrip("/")]  # type: ignore[attr-defined]
    return tensor


def get_tensor_aliases(tensor: Tensor) -> list[str]:
    """The aliases of a tensor, in the order in which it got them."""
    aliases: list[str] = getattr(tensor, "aliases", [])
    return aliases


def gather_tensors_aliases(tensors: Iterable[Tensor]) -> list[str]:
    """The aliases of several tensors, one after the other (slim.utils.gather_tensors_aliases)."""
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


def convert_collection_to_dict(
    collection: str, clear_collection: bool = False
) -> OrderedDict[str, Tensor]:
    """The tensors of a collection by their aliases (slim.utils.convert_collection_to_dict).

    Args:
        collection: its name.
        clear_collection: whether it is empty afterwards.
    """
    by_alias = OrderedDict(
        (alias, tensor)
        for tensor in get_collection(collection)
        for alias in get_tensor_aliases(tensor)
    )
    if clear_collection:
        get_collection_ref(collection).clear()
    return by_alias
