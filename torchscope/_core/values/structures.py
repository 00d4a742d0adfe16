"""Nested tuples, lists and dicts, as TF1 takes them where several tensors are meant (tf.nest)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

# Of PyTorch, and of tf.shape.
_SHAPES = ("Size", "Sizes")
# A tuple: a union would be made anew in each call, and is looked into more slowly.
_NESTED = (tuple, list, dict)


def is_nested(seq: Any) -> bool:
    """Whether it is a structure, and no leaf; a shape is a leaf.

    >>> is_nested((1, 2)), is_nested("ab"), is_nested(torch.Size([1, 2]))
    (True, False, False)
    """
    return isinstance(seq, _NESTED) and type(seq).__name__ not in _SHAPES


def children(structure: Any) -> list[Any]:
    """What a structure holds, in TF1's order: that of its keys, for a dict."""
    if isinstance(structure, dict):
        return [structure[key] for key in sorted(structure)]
    return list(structure)


def like(structure: Any, parts: Iterable[Any]) -> Any:
    """A structure of the same type that holds `parts`.

    >>> like({"b": 1, "a": 2}, [3, 4])
    {'b': 4, 'a': 3}
    """
    if isinstance(structure, dict):
        by_key = dict(zip(sorted(structure), parts, strict=True))
        if type(structure) is dict:
            return {key: by_key[key] for key in structure}
        twin = copy.copy(structure)
        twin.update(by_key)
        return twin
    if isinstance(structure, list):
        return list(parts)
    if hasattr(structure, "_fields"):
        return type(structure)(*parts)
    return tuple(parts)


def flatten(structure: Any) -> list[Any]:
    """The leaves, in order.

    >>> flatten((1, [2, {"b": 4, "a": 3}]))
    [1, 2, 3, 4]
    """
    if not is_nested(structure):
        return [structure]
    return [leaf for part in children(structure) for leaf in flatten(part)]


def pack(structure: Any, leaves: Iterable[Any]) -> Any:
    """A structure like this one with other leaves: what `flatten` took apart.

    >>> pack((1, [2, 3]), "abc")
    ('a', ['b', 'c'])
    """
    return _pack(structure, iter(leaves))


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    return like(structure, [_pack(part, leaves) for part in children(structure)])


def map_structure(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """The structure of what the function gives for each leaf, and those in its place in `others`.

    >>> map_structure(lambda a, b: a + b, (1, [2]), (3, [4]))
    (4, [6])
    """
    if not is_nested(structure):
        return function(structure, *others)
    rows = zip(children(structure), *map(children, others), strict=True)
    return like(structure, [map_structure(function, *row) for row in rows])


def same_structure(one: Any, other: Any) -> bool:
    """Whether two structures differ in their leaves only; a list is not a tuple.

    >>> same_structure((1, (2, 3)), (4, (5, 6))), same_structure((1, 2), [1, 2])
    (True, False)
    """
    if not is_nested(one) or not is_nested(other):
        return not is_nested(one) and not is_nested(other)
    if not _same_type(one, other) or len(one) != len(other):
        return False
    if isinstance(one, dict) and set(one) != set(other):
        return False
    return all(map(same_structure, children(one), children(other)))


def _same_type(one: Any, other: Any) -> bool:
    """Named tuples are of one type if they have the same names, as in TF1."""
    if type(one) is type(other):
        return True
    fields = getattr(one, "_fields", None)
    return (
        fields is not None
        and fields == getattr(other, "_fields", None)
        and type(one).__name__ == type(other).__name__
    )


def check_same_structure(one: Any, other: Any) -> None:
    """Refuses two structures that differ in more than their leaves.

    >>> check_same_structure([1], (1,))
    Traceback (most recent call last):
    TypeError: The two structures don't have the same nested structure. ...

    Raises:
        TypeError: they are of different types.
        ValueError: they differ otherwise.
    """
    if same_structure(one, other):
        return
    # TF1 has a type of its own for what differs in nothing but the types of its parts.
    error = TypeError if _same_sizes(one, other) else ValueError
    raise error(
        "The two structures don't have the same nested structure. "
        f"First structure: {_shown(one)}. Second structure: {_shown(other)}."
    )


def _same_sizes(one: Any, other: Any) -> bool:
    if not is_nested(one) or not is_nested(other):
        return not is_nested(one) and not is_nested(other)
    if len(one) != len(other) or (
        isinstance(one, dict) and isinstance(other, dict) and set(one) != set(other)
    ):
        return False
    return all(map(_same_sizes, children(one), children(other)))


def _shown(structure: Any) -> str:
    """A structure with a dot for each leaf."""
    if not is_nested(structure):
        return "."
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {_shown(structure[key])}" for key in structure) + "}"
    inside = ", ".join(map(_shown, structure))
    return f"[{inside}]" if isinstance(structure, list) else f"({inside})"
