"""Outputs under names, in collections and in dicts of end points; and how slim reads its arguments."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch import Tensor

from torchscope._core.functions.collections import (
    add_to_collections,
    get_collection,
    get_collection_ref,
)
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import as_dtype, shape_text

__all__ = [
    "append_tensor_alias",
    "channel_dimension",
    "collect_named_outputs",
    "constant_value",
    "convert_collection_to_dict",
    "gather_tensors_aliases",
    "get_tensor_aliases",
    "get_variable_collections",
    "last_dimension",
    "n_positive_integers",
    "smart_cond",
    "static_cond",
    "two_element_tuple",
]


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


def constant_value(value_or_tensor_or_var: Any, dtype: Any = None) -> Any:
    """What a value is, or None for a variable, which may change (slim.utils.constant_value).

    >>> import torch
    >>> constant_value(True), constant_value(torch.tensor(3))
    (True, 3)

    Args:
        value_or_tensor_or_var: a value, a tensor or a variable.
        dtype: what the dtype of a tensor must be.

    Raises:
        ValueError: it is None, or the tensor has another dtype.
    """
    value = value_or_tensor_or_var
    if value is None:
        raise ValueError("value_or_tensor_or_var cannot be None")
    if not isinstance(value, Tensor):
        return value
    if dtype is not None and value.dtype != as_dtype(dtype):
        raise ValueError(f"It has the wrong type {value.dtype} instead of {as_dtype(dtype)}")
    if isinstance(value, Variable):
        return None
    return value if value.ndim else value.item()


def static_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any]) -> Any:
    """What `fn1` gives where `pred` is true, else what `fn2` gives (slim.utils.static_cond).

    >>> static_cond(True, lambda: "yes", lambda: "no")
    'yes'

    Raises:
        TypeError: one of them cannot be called.
    """
    if not callable(fn1):
        raise TypeError("fn1 must be callable.")
    if not callable(fn2):
        raise TypeError("fn2 must be callable.")
    return fn1() if pred else fn2()


def smart_cond(
    pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any], name: str | None = None
) -> Any:
    """`static_cond`: there is no graph whose condition is decided later (slim.utils.smart_cond)."""
    return static_cond(pred, fn1, fn2)


def get_variable_collections(variables_collections: Any, name: str) -> Any:
    """The collections for a variable, of a dict by names or of a list for all.

    Answers to slim.utils.get_variable_collections.

    >>> get_variable_collections({"weights": ["w"]}, "weights"), get_variable_collections(["a"], "b")
    (['w'], ['a'])
    """
    if isinstance(variables_collections, dict):
        return variables_collections.get(name)
    return variables_collections


def channel_dimension(shape: Sequence[int], data_format: str, min_rank: int = 1) -> int:
    """The number of channels of a shape (slim.utils.channel_dimension).

    >>> channel_dimension([2, 3, 5, 5], "channels_first")
    3

    Args:
        shape: the shape.
        data_format: 'channels_first' or 'channels_last'.
        min_rank: the rank that it has at least.

    Raises:
        ValueError: the rank is smaller.
    """
    if len(shape) < min_rank:
        raise ValueError(
            f"rank of shape must be at least {min_rank} not: {len(shape)}. It is "
            f"{shape_text(shape)}."
        )
    return shape[1 if data_format == "channels_first" else -1]


def last_dimension(shape: Sequence[int], min_rank: int = 1) -> int:
    """The last dimension of a shape (slim.utils.last_dimension).

    >>> last_dimension([2, 5, 5, 3], min_rank=4)
    3

    Raises:
        ValueError: the rank is smaller than `min_rank`.
    """
    return channel_dimension(shape, "channels_last", min_rank)


def two_element_tuple(int_or_tuple: Any) -> tuple[int, int]:
    """Height and width, of one integer or two (slim.utils.two_element_tuple).

    >>> two_element_tuple(3), two_element_tuple([3, 5])
    ((3, 3), (3, 5))

    Raises:
        ValueError: it is neither.
    """
    if isinstance(int_or_tuple, (list, tuple)):
        if len(int_or_tuple) != 2:
            raise ValueError(f"Must be a list with 2 elements: {int_or_tuple}")
        return int(int_or_tuple[0]), int(int_or_tuple[1])
    if isinstance(int_or_tuple, int):
        return int_or_tuple, int_or_tuple
    raise ValueError(
        "Must be an int, a list with 2 elements or a TensorShape of length 2. It is "
        f"{int_or_tuple!r}."
    )


def n_positive_integers(n: int, value: Any) -> tuple[int, ...]:
    """As many positive integers, of one or of a sequence (slim.utils.n_positive_integers).

    >>> n_positive_integers(3, 2), n_positive_integers(2, [3, 5])
    ((2, 2, 2), (3, 5))

    Raises:
        ValueError: `n` or a value is no positive integer, or there are more or fewer values.
    """
    if int(n) != n or n < 1:
        raise ValueError("n must be a positive integer")
    try:
        values = (int(value),) * n
    except (TypeError, ValueError):
        wrong = f"Expected sequence of {n} positive integers, but received {value!r}"
        if len(value) != n:
            raise ValueError(wrong) from None
        try:
            values = tuple(int(each) for each in value)
        except (TypeError, ValueError):
            raise ValueError(wrong) from None
    for each in values:
        if each < 1:
            raise ValueError(f"expected positive integer, but received {each}")
    return values


def __dir__() -> list[str]:
    return __all__
