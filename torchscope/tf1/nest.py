"""tf.nest, and tf.contrib.framework.nest: nested tuples, lists, namedtuples and dicts of anything.

What is no such structure is a leaf: a tensor, an array, a text, a set, a shape. Dicts are read in the
order of their keys. `expand_composites` is accepted; there are no composite tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from torchscope._core.values import structures
from torchscope._core.values.structures import flatten as _flatten
from torchscope._core.values.structures import is_nested

__all__ = [
    "assert_same_structure",
    "assert_shallow_structure",
    "flatten",
    "flatten_dict_items",
    "flatten_up_to",
    "flatten_with_joined_string_paths",
    "flatten_with_tuple_paths",
    "is_nested",
    "is_sequence",
    "map_structure",
    "map_structure_up_to",
    "map_structure_with_paths",
    "map_structure_with_tuple_paths",
    "pack_sequence_as",
    "yield_flat_paths",
]

# Its name before tf.nest.
is_sequence = is_nested


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves, in order (tf.nest.flatten).

    >>> flatten((1, [2, {"b": 4, "a": 3}]))
    [1, 2, 3, 4]
    """
    return _flatten(structure)


# Any: a structure like the one that is given.
def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """A structure like another, with these leaves (tf.nest.pack_sequence_as).

    >>> pack_sequence_as({"b": 0, "a": (0, 0)}, [1, 2, 3])
    {'b': 3, 'a': (1, 2)}

    Raises:
        TypeError: the leaves are no sequence.
        ValueError: there are more or fewer than the structure has.
    """
    if not is_nested(flat_sequence):
        raise TypeError(
            f"Attempted to pack value:\n  {flat_sequence}\ninto a structure, but found incompatible "
            f"type `{type(flat_sequence)}` instead. Give a list of leaves."
        )
    leaves = list(flat_sequence)
    if not is_nested(structure):
        if len(leaves) != 1:
            raise ValueError(
                f"The target structure is of type `{type(structure)}`:\n  {structure}\nHowever the "
                f"input is a sequence ({type(flat_sequence)}) of length {len(leaves)}.\n  "
                f"{flat_sequence}\nOne leaf has one value."
            )
        return leaves[0]
    count = len(_flatten(structure))
    if count != len(leaves):
        raise ValueError(
            f"Could not pack sequence. Structure had {count} atoms, but flat_sequence had "
            f"{len(leaves)} items.  Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    return structures.pack(structure, leaves)


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Refuses two structures that differ in more than their leaves (tf.nest.assert_same_structure).

    >>> assert_same_structure([1, (2, 3)], [4, (5, 6)])

    Args:
        nest1: a structure.
        nest2: another.
        check_types: whether a list is not a tuple.
        expand_composites: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: they are nested differently, have other numbers of elements, or other keys.
        TypeError: they are of other types.
    """
    try:
        _assert_same(nest1, nest2, check_types=check_types)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"The two structures don't have the same nested structure.\n\nFirst structure: "
            f"{_told(nest1)}\n\nSecond structure: {_told(nest2)}\n\nMore specifically: {error}"
        ) from None


def _told(structure: Any) -> str:
    return f"type={type(structure).__name__} str={structure}"


def _of_one_type(one: Any, other: Any) -> bool:
    """Whether two structures are of the same type, or both dicts, or namedtuples with one name."""
    if isinstance(one, dict) and isinstance(other, dict):
        return True
    fields = getattr(one, "_fields", None)
    if fields is not None and fields == getattr(other, "_fields", None):
        return type(one).__name__ == type(other).__name__
    return type(one) is type(other)


def _assert_same(one: Any, other: Any, *, check_types: bool) -> None:
    if is_nested(one) != is_nested(other):
        nested, leaf = (one, other) if is_nested(one) else (other, one)
        raise ValueError(
            f'Substructure "{_told(nested)}" is a sequence, while substructure "{_told(leaf)}" is not'
        )
    if not is_nested(one):
        return
    if check_types:
        if not _of_one_type(one, other):
            raise TypeError(
                "The two structures don't have the same sequence type. First structure "
                f"{_told(one)}, while second structure {_told(other)}"
            )
        if isinstance(one, dict) and set(one) != set(other):
            raise ValueError(
                "The two dictionaries don't have the same set of keys. First structure has keys "
                f"{list(one)}, while second structure has keys {list(other)}"
            )
    if len(one) != len(other):
        raise ValueError(
            "The two structures don't have the same number of elements. First structure: "
            f"{_told(one)}. Second structure: {_told(other)}"
        )
    for pair in zip(structures.children(one), structures.children(other), strict=True):
        _assert_same(*pair, check_types=check_types)


def _check_keywords(given: dict[str, Any]) -> bool:
    """What `check_types` is; no other keyword is known but one without effect."""
    for name in given:
        if name not in ("check_types", "expand_composites"):
            raise ValueError(
                "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
                f"`{name}`"
            )
    return bool(given.get("check_types", True))


# Any: a structure like the one that is given.
def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """The structure of what a function gives for the leaves of several (tf.nest.map_structure).

    >>> map_structure(lambda a, b: a + b, {"x": 1, "y": [2]}, {"x": 3, "y": [4]})
    {'x': 4, 'y': [6]}

    Args:
        func: gets a leaf of each structure.
        structure: one or more structures that differ in their leaves only.
        kwargs: `check_types`, as in `assert_same_structure`.

    Raises:
        ValueError: there is no structure, they differ, or a keyword is unknown.
        TypeError: the types differ, or `func` is no function.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = _check_keywords(kwargs)
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types=check_types)
    rows = zip(*map(_flatten, structure), strict=True)
    return structures.pack(structure[0], [func(*row) for row in rows])


def assert_shallow_structure(
    shallow_tree: Any, input_tree: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Refuses a structure that is not as another down to the leaves of that one.

    >>> assert_shallow_structure([0, 0], [(1, 2), 3])

    Args:
        shallow_tree: says how far it goes.
        input_tree: may go deeper.
        check_types: whether a list is not a tuple.
        expand_composites: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: one is nested and the other is not, or they are of other types.
        ValueError: they have other numbers of elements, or other keys.
    """
    if not is_nested(shallow_tree):
        return
    if not is_nested(input_tree):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has type: "
            f"{type(input_tree)}."
        )
    # A namedtuple is a tuple here.
    fits = isinstance(input_tree, type(shallow_tree)) or _of_one_type(shallow_tree, input_tree)
    if check_types and not fits:
        raise TypeError(
            "The two structures don't have the same sequence type. Input structure has type "
            f"{type(input_tree)}, while shallow structure has type {type(shallow_tree)}."
        )
    if len(input_tree) != len(shallow_tree):
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has length "
            f"{len(input_tree)}, while shallow structure has length {len(shallow_tree)}."
        )
    if check_types and isinstance(shallow_tree, dict) and set(shallow_tree) != set(input_tree):
        raise ValueError(
            "The shallow_tree's keys are not a subset of the input_tree's keys. The shallow_tree has "
            "the following keys that are not in the input_tree: "
            f"{sorted(set(shallow_tree) - set(input_tree))}."
        )
    pairs = zip(structures.children(shallow_tree), structures.children(input_tree), strict=True)
    for shallow, deep in pairs:
        assert_shallow_structure(shallow, deep, check_types)


def _parts_up_to(shallow: Any, deep: Any) -> list[Any]:
    if not is_nested(shallow):
        return [deep]
    pairs = zip(structures.children(shallow), structures.children(deep), strict=True)
    return [part for pair in pairs for part in _parts_up_to(*pair)]


def flatten_up_to(
    shallow_tree: Any, input_tree: Any, check_types: bool = True, expand_composites: bool = False
) -> list[Any]:
    """What a structure holds where another one has its leaves.

    >>> flatten_up_to([0, [0]], [(1, 2), [3]])
    [(1, 2), 3]

    Args:
        shallow_tree: says how far it goes.
        input_tree: what is taken apart.
        check_types: whether a list is not a tuple.
        expand_composites: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `assert_shallow_structure`.
        ValueError: as there.
    """
    assert_shallow_structure(shallow_tree, input_tree, check_types)
    return _parts_up_to(shallow_tree, input_tree)


# Any: a structure like the one that is given.
def map_structure_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """A structure like the first, of what a function gives for what others hold at its leaves.

    >>> map_structure_up_to((0, 0), sum, ([1, 2], [3, 4]))
    (3, 7)

    Args:
        shallow_tree: says how far it goes.
        func: gets a part of each input.
        inputs: one or more structures.
        kwargs: `check_types`, as in `assert_shallow_structure`.

    Raises:
        TypeError: as in `assert_shallow_structure`.
        ValueError: as there; or there are no inputs, or a keyword is unknown.
    """
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    check_types = _check_keywords(kwargs)
    parts = [flatten_up_to(shallow_tree, each, check_types) for each in inputs]
    return structures.pack(shallow_tree, [func(*row) for row in zip(*parts, strict=True)])


def flatten_with_tuple_paths(
    structure: Any, expand_composites: bool = False
) -> list[tuple[tuple[Any, ...], Any]]:
    """Each leaf behind the keys and indices that lead to it.

    >>> flatten_with_tuple_paths({"a": [1, 2]})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    return list(_with_paths(structure, ()))


def _with_paths(structure: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if not is_nested(structure):
        yield path, structure
        return
    keys = sorted(structure) if isinstance(structure, dict) else range(len(structure))
    keys = getattr(structure, "_fields", keys)
    for key, part in zip(keys, structures.children(structure), strict=True):
        yield from _with_paths(part, (*path, key))


def flatten_with_joined_string_paths(
    structure: Any, separator: str = "/", expand_composites: bool = False
) -> list[tuple[str, Any]]:
    """Each leaf behind its path in one text.

    >>> flatten_with_joined_string_paths({"a": [1, 2]})
    [('a/0', 1), ('a/1', 2)]
    """
    found = _with_paths(structure, ())
    return [(separator.join(map(str, path)), leaf) for path, leaf in found]


def yield_flat_paths(nest: Any, expand_composites: bool = False) -> Iterator[tuple[Any, ...]]:
    """The path of each leaf.

    >>> list(yield_flat_paths({"a": [1, 2]}))
    [('a', 0), ('a', 1)]
    """
    return (path for path, _ in _with_paths(nest, ()))


# Any: a structure like the one that is given.
def map_structure_with_tuple_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """As `map_structure`; the function gets the path of the leaf first.

    >>> map_structure_with_tuple_paths(lambda path, leaf: (*path, leaf), {"a": [5]})
    {'a': [('a', 0, 5)]}

    Raises:
        ValueError: the structures differ, or there is none.
        TypeError: their types differ.
    """
    return _mapped_with_paths(func, lambda path: path, structure, kwargs)


# Any: a structure like the one that is given.
def map_structure_with_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """As `map_structure`; the function gets the path of the leaf first, in one text.

    >>> map_structure_with_paths(lambda path, leaf: f"{path}={leaf}", {"a": [5]})
    {'a': ['a/0=5']}

    Raises:
        ValueError: the structures differ, or there is none.
        TypeError: their types differ.
    """
    return _mapped_with_paths(func, lambda path: "/".join(map(str, path)), structure, kwargs)


def _mapped_with_paths(func: Any, told: Any, given: tuple[Any, ...], kwargs: Any) -> Any:
    if not given:
        raise ValueError("Cannot map over no sequences")
    paths = pack_sequence_as(given[0], [told(path) for path in yield_flat_paths(given[0])])
    return map_structure_up_to(given[0], func, paths, *given, **kwargs)


def flatten_dict_items(dictionary: Any) -> dict[Any, Any]:
    """A dict whose keys may be structures, with a key for each leaf of them.

    >>> flatten_dict_items({"a": 1, ("b", "c"): (2, 3)})
    {'a': 1, 'b': 2, 'c': 3}

    Raises:
        TypeError: it is no dict.
        ValueError: a key and its value have other numbers of leaves, or a key comes twice.
    """
    if not isinstance(dictionary, dict):
        raise TypeError(
            "FlattenDictItems: 'dict' must be a dictionary or collection.Mapping type object, instead "
            f"of '{type(dictionary).__name__}'."
        )
    found: dict[Any, Any] = {}
    for key, value in dictionary.items():
        keys, values = (_flatten(key), _flatten(value)) if is_nested(key) else ([key], [value])
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had "
                f"{len(values)} elements. Key: {keys}, value: {values}."
            )
        for each, leaf in zip(keys, values, strict=True):
            if each in found:
                raise ValueError(f"Cannot flatten dict because this key is not unique: {each}")
            found[each] = leaf
    return found


def __dir__() -> list[str]:
    return __all__
