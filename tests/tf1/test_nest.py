"""tf.nest beside TensorFlow's: what each call gives, or how it is refused."""

import collections
import importlib
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as tf
from tests.tensorflow1 import assert_refused_alike

ours = tf.contrib.framework.nest
theirs = importlib.import_module("tensorflow.python.util.nest")


class Pair(NamedTuple):
    b: Any
    a: Any


class Other(NamedTuple):
    b: Any
    a: Any


LEAVES = st.integers(0, 9) | st.none() | st.sampled_from(["text", 1.5])
KEYS = st.sampled_from("abc")


def grown(parts):
    return (
        st.lists(parts, max_size=3)
        | st.lists(parts, max_size=3).map(tuple)
        | st.dictionaries(KEYS, parts, max_size=3)
        | st.dictionaries(KEYS, parts, max_size=3).map(collections.OrderedDict)
        | st.builds(Pair, parts, parts)
    )


STRUCTURES = st.recursive(LEAVES, grown, max_leaves=6)


def alike(call):
    """`call(nest)` gives what TensorFlow gives, or is refused as there."""
    try:
        expected = call(theirs)
    except (TypeError, ValueError):
        assert_refused_alike(lambda: call(theirs), lambda: call(ours))
    else:
        found = call(ours)
        assert found == expected
        assert type(found) is type(expected)


OF_ONE = [
    lambda nest, s: nest.flatten(s),
    lambda nest, s: nest.is_nested(s),
    lambda nest, s: nest.pack_sequence_as(s, list(range(len(nest.flatten(s))))),
    lambda nest, s: nest.map_structure(lambda leaf: [leaf], s),
    lambda nest, s: nest.flatten_with_joined_string_paths(s),
    lambda nest, s: nest.flatten_with_joined_string_paths(s, separator="."),
    lambda nest, s: nest.flatten_with_tuple_paths(s),
    lambda nest, s: list(nest.yield_flat_paths(s)),
    lambda nest, s: nest.map_structure_with_paths(lambda path, leaf: (path, leaf), s),
    lambda nest, s: nest.map_structure_with_tuple_paths(lambda path, leaf: (path, leaf), s),
    lambda nest, s: nest.pack_sequence_as(s, [1, 2]),
]


@settings(max_examples=100, deadline=None)
@given(STRUCTURES, st.sampled_from(OF_ONE))
def test_one_structure(structure, ask):
    alike(lambda nest: ask(nest, structure))


OF_TWO = [
    lambda nest, a, b, check: nest.assert_same_structure(a, b, check_types=check),
    lambda nest, a, b, check: nest.map_structure(lambda *row: row, a, b, check_types=check),
    lambda nest, a, b, check: nest.assert_shallow_structure(a, b, check_types=check),
    lambda nest, a, b, check: nest.flatten_up_to(a, b, check_types=check),
    lambda nest, a, b, check: nest.map_structure_up_to(a, lambda x: [x], b, check_types=check),
]


@settings(max_examples=100, deadline=None)
@given(STRUCTURES, STRUCTURES, st.sampled_from(OF_TWO), st.booleans(), st.booleans())
def test_two_structures(one, other, ask, check, deeper):
    if deeper:
        other = theirs.map_structure(lambda leaf: [leaf, 1], one)
    alike(lambda nest: ask(nest, one, other, check))


CALLS = [
    lambda nest: nest.flatten({1, 2}),
    lambda nest: nest.assert_same_structure(Pair(1, 2), Other(1, 2)),
    lambda nest: nest.assert_same_structure(Pair(1, 2), (1, 2)),
    lambda nest: nest.assert_same_structure([1, 2], (3, 4), check_types=False),
    lambda nest: nest.map_structure(len),
    lambda nest: nest.map_structure(1, [1]),
    lambda nest: nest.map_structure(abs, [1], foo=1),
    lambda nest: nest.flatten_up_to({"a": 1}, {"b": 2}),
    lambda nest: nest.flatten_up_to(Pair(1, 2), Other(3, 4)),
    lambda nest: nest.map_structure_up_to([1], abs),
    lambda nest: nest.map_structure_up_to([1, [2]], lambda a, b: (a, b), [[3, 4], [5]], [1, [2]]),
    lambda nest: nest.map_structure_with_paths(lambda *row: row, {"a": [1]}, {"a": [2]}),
    lambda nest: nest.map_structure_with_paths(lambda *row: row, {"a": [1, 2]}, {"a": [1]}),
    lambda nest: nest.flatten_dict_items({"a": 1, ("b", ("c", "d")): (2, (3, 4))}),
    lambda nest: nest.flatten_dict_items({("b", "c"): (2, (3, 4))}),
    lambda nest: nest.flatten_dict_items({("a", "a"): (1, 2)}),
    lambda nest: nest.flatten_dict_items([1]),
    lambda nest: nest.map_structure(lambda x: x, collections.defaultdict(list, a=1)),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_a_call(call):
    alike(call)


def test_what_holds_numbers_is_a_leaf():
    leaves = [np.ones(2), torch.ones(2), torch.Size([1, 2]), tf.shape([1, 2]), tf.TensorShape([1])]
    assert all(a is b for a, b in zip(tf.nest.flatten(leaves), leaves, strict=True))
    assert not any(map(tf.nest.is_nested, leaves))


def test_it_is_found_under_both_names():
    assert tf.nest.__name__ == ours.__name__
    assert tf.nest.is_sequence is tf.nest.is_nested


def test_leaves_are_a_sequence():
    with pytest.raises(
        TypeError, match="Attempted to pack value:\n  3\ninto a structure, but found"
    ):
        ours.pack_sequence_as([1], 3)
