"""What is said of two sides: names, shapes, dtypes, values, and who is likely to be whom."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchscope as ts
from torchscope.checkpoint import Saver, diff
from torchscope.checkpoint.inspecting.comparing import Values, compare_values
from torchscope.checkpoint.inspecting.statistics import PIECE
from torchscope.checkpoint.partners import partners


def test_equal_sides_are_the_same():
    side = {"a/w": torch.randn(2, 3), "n": torch.tensor(3), "s": np.array([b"x"], object)}
    found = diff(side, dict(reversed(side.items())))
    assert found.same
    assert [pair.name for pair in found.pairs] == ["a/w", "n", "s"]
    assert not found.partners


def test_each_difference_is_found_where_it_is():
    a = {"only_a": torch.zeros(5), "shape": torch.zeros(2), "dtype": torch.ones(2)}
    b = {"only_b": torch.zeros(6), "shape": torch.zeros(3), "dtype": torch.ones(2).half()}
    a["value"], b["value"] = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, 2.5, 3.0])
    found = diff(a, b)
    assert not found.same
    assert (list(found.only_a), list(found.only_b)) == (["only_a"], ["only_b"])
    assert [pair.name for pair in found.other_shapes] == ["shape"]
    assert [pair.name for pair in found.other_dtypes] == ["dtype"]
    (value,) = found.other_values
    assert value.name == "value"
    assert value.values == Values(False, 2, 1.0, 0.25)


def test_one_difference_of_any_kind_is_enough_to_differ():
    base = {"w": torch.ones(2)}
    for other in (
        {},
        {"w": torch.ones(3)},
        {"w": torch.ones(2).double()},
        {"w": torch.tensor([1.0, 1.1])},
        {"w": torch.ones(2), "v": torch.ones(2)},
    ):
        assert not diff(base, other).same
        assert not diff(other, base).same


def test_without_values_nothing_is_read():
    a, b = ({"w": torch.empty(2, device="meta")} for _ in range(2))
    assert diff(a, b, values=False).same
    with pytest.raises(ValueError, match="values=False"):
        diff(a, b)


def test_a_net_is_compared_by_the_names_of_its_variables():
    def model(x):
        with ts.variable_scope("fc"):
            return x * ts.get_variable("w", [2], initializer=ts.ones_initializer)

    net = ts.build(ts.ScopedModule(model), torch.ones(2))
    assert diff(net, {"fc/w": torch.ones(2)}).same
    plain = torch.nn.Linear(2, 3)
    assert diff(plain, dict(plain.state_dict())).same


def test_a_registry_that_has_not_run_says_how_to_make_its_variables():
    with pytest.raises(ValueError, match=r"ts\.build\(net, \*example_inputs\)"):
        diff(ts.ScopedModule(lambda x: x), {})


def test_a_registry_deeper_in_the_tree_names_what_is_below_it():
    class Outer(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.head = torch.nn.Linear(1, 1, bias=False)
            self.body = ts.ScopedModule(lambda x: x * ts.get_variable("a/w", []))

    net = Outer()
    net.body(torch.ones(1))
    assert list(diff(net, {}).only_a) == ["a/w", "head.weight"]


def test_a_net_is_what_a_saver_saves_of_it(tmp_path):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(2, 2)
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, x):
            ts.get_local_variable("seen", [], initializer=ts.zeros_initializer)
            with ts.variable_scope("cut", partitioner=ts.fixed_size_partitioner(3, axis=1)):
                weights = torch.cat(list(ts.get_variable("w", [2, 7])), 1)
            return self.fc(x) @ weights + ts.get_variable("b", [7])

    net = Net()
    net(torch.ones(1, 2))
    path = Saver().save(net, str(tmp_path / "model"))
    found = diff(net, path)
    assert [pair.name for pair in found.pairs] == ["b", "cut/w", "fc/bias", "fc/weight"]
    assert found.same


def test_what_is_no_side_is_refused():
    with pytest.raises(TypeError, match="Expected a checkpoint, its path"):
        diff(3, {})
    with pytest.raises(TypeError, match="'w'"):
        diff({"w": "text"}, {})


# Values


def test_nan_is_equal_to_nan_and_to_nothing_else():
    nan = torch.tensor([math.nan, 1.0])
    assert compare_values(nan, nan.clone()).equal
    found = compare_values(nan, torch.ones(2))
    assert (found.equal, found.differing) == (False, 1)
    assert math.isnan(found.max_abs) and math.isnan(found.max_rel)


def test_infinities_are_equal_to_themselves_and_far_from_the_rest():
    infinite = torch.tensor([math.inf, -math.inf])
    assert compare_values(infinite, infinite.clone()).equal
    found = compare_values(infinite, torch.tensor([math.inf, math.inf]))
    assert (found.differing, found.max_abs, found.max_rel) == (1, math.inf, math.inf)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint64, np.uint16], ids=str)
def test_whole_numbers_are_compared_exactly(dtype):
    info = np.iinfo(dtype)
    a = torch.from_numpy(np.array([info.max, info.min, 7], dtype))
    b = torch.from_numpy(np.array([info.max - 1, info.max, 7], dtype))
    found = compare_values(a, b)
    assert (found.differing, found.max_abs) == (2, int(info.max) - int(info.min))


def test_whole_numbers_of_two_dtypes_are_compared_exactly():
    a = torch.tensor([-1, 2**62], dtype=torch.int64)
    b = torch.from_numpy(np.array([2**64 - 1, 2**62 + 1], np.uint64))
    found = compare_values(a, b)
    assert found.differing == 2
    assert not compare_values(a[1:], b[1:]).equal
    assert compare_values(a[1:], b[1:]).max_abs == 1
    assert compare_values(torch.tensor([True]), torch.tensor([1])).equal


def test_strings_are_equal_or_not():
    a = np.array([b"x", b"y"], object)
    assert compare_values(a, a.copy()).equal
    assert compare_values(a, np.array([b"x", b"z"], object)) == Values(False, 1, None, None)


@given(
    st.lists(st.tuples(*[st.floats(width=32, allow_nan=False)] * 2), min_size=1, max_size=9),
)
def test_the_distance_is_what_numpy_says(pairs):
    a, b = np.array(pairs, np.float32).T
    found = compare_values(torch.tensor(a), torch.tensor(b))
    apart = a != b
    assert (found.equal, found.differing) == (not apart.any(), apart.sum())
    if apart.any():
        wide_a, wide_b = a.astype(np.float64)[apart], b.astype(np.float64)[apart]
        assert found.max_abs == np.abs(wide_a - wide_b).max()


def test_what_differs_in_any_piece_is_found():
    a = torch.zeros(3 * PIECE)
    b = a.clone()
    b[::PIECE] = torch.tensor([1.0, 3.0, 2.0])
    assert compare_values(a, b) == Values(False, 3, 3.0, 1.0)


def test_half_a_number_is_compared_with_a_whole_one():
    found = compare_values(torch.tensor([1.5], dtype=torch.bfloat16), torch.tensor([1]))
    assert (found.max_abs, found.differing) == (0.5, 1)


def test_a_tolerance_is_what_numpy_takes_it_for():
    a, b = torch.tensor([1.0, 2.0, math.inf, 5.0]), torch.tensor([1.001, 2.0, math.inf, 5.1])
    found = compare_values(a, b, rtol=1e-2)
    assert (found.equal, found.differing) == (False, 1)
    assert found.max_abs == pytest.approx(0.1, rel=1e-4)
    assert compare_values(a, b, atol=0.2).equal
    assert not compare_values(torch.tensor([1.0]), torch.tensor([math.inf]), rtol=0.1).equal
    assert not compare_values(torch.tensor([1.0]), torch.tensor([math.nan]), atol=9).equal
    assert compare_values(torch.tensor([100]), torch.tensor([101]), atol=1).equal
    assert not compare_values(torch.tensor([100]), torch.tensor([102]), atol=1).equal
    far = torch.from_numpy(np.array([2**64 - 1], np.uint64))
    assert not compare_values(torch.tensor([-1]), far, atol=1).equal


floats = st.floats(width=32, allow_infinity=True, allow_nan=True)
tolerances = st.sampled_from([0.0, 1e-6, 1e-3, 0.5])


@given(st.lists(st.tuples(floats, floats), min_size=1, max_size=9), tolerances, tolerances)
def test_what_is_close_is_what_numpy_calls_so(pairs, rtol, atol):
    a, b = np.array(pairs, np.float32).T
    found = compare_values(torch.tensor(a), torch.tensor(b), rtol, atol)
    wide = a.astype(np.float64), b.astype(np.float64)
    close = np.isclose(*wide, rtol=rtol, atol=atol, equal_nan=True)
    assert (found.equal, found.differing) == (close.all(), (~close).sum())


# Names

RENAMED = {"old/w": torch.ones(2), "old/b": torch.zeros(3), "step": torch.tensor(1)}


def test_the_second_side_is_renamed_as_for_restore():
    ours = {"new/w": torch.ones(2), "new/b": torch.zeros(3)}
    found = diff(ours, RENAMED, rename=[("^old/", "new/")])
    assert [pair.name for pair in found.pairs] == ["new/b", "new/w"]
    assert list(found.only_b) == ["step"]
    without = diff(ours, RENAMED, rename=lambda n: None if n == "step" else n.replace("old", "new"))
    assert without.same
    with pytest.raises(ValueError, match="one name to several"):
        diff(ours, RENAMED, rename=lambda _: "a")
    for wrong in [("(", "")], [("a", r"\9")]:
        with pytest.raises(TypeError, match="regular expression"):
            diff(ours, RENAMED, rename=wrong)


def test_only_some_names_are_looked_at():
    found = diff(RENAMED, {"old/w": torch.ones(2), "other": torch.ones(1)}, only="old/w")
    assert found.same
    found = diff(RENAMED, {}, only=lambda name: name.startswith("s"))
    assert list(found.only_a) == ["step"]


# Partners


def test_a_partner_has_the_same_shape_and_the_most_similar_name():
    left = {"model/conv1/weights": (3, 3), "model/conv2/weights": (3, 3)}
    right = {"net.conv2.weight": (3, 3), "net.conv1.weight": (3, 3), "net.conv1.other": (4, 3)}
    found = partners(left, right)
    assert {name: partner.name for name, partner in found.items()} == {
        "model/conv1/weights": "net.conv1.weight",
        "model/conv2/weights": "net.conv2.weight",
    }


def test_a_partner_may_have_its_dimensions_in_another_order():
    (found,) = partners({"fc/kernel": (3, 2)}, {"fc.weight": (2, 3)}).values()
    assert (found.name, found.same_shape) == ("fc.weight", False)
    assert partners({"fc/kernel": (3, 2)}, {"fc.weight": (2, 2)}) == {}


def test_of_equally_named_ones_that_of_the_same_shape_is_the_partner():
    found = partners({"a/w": (2, 3)}, {"b/w": (3, 2), "c/w": (2, 3)})
    assert found["a/w"].name == "c/w"


def test_layers_under_other_names_find_their_own_kind():
    left = {
        "bn/gamma": (4,),
        "bn/beta": (4,),
        "bn/moving_mean": (4,),
        "bn/moving_variance": (4,),
    }
    right = {
        "norm.running_var": (4,),
        "norm.running_mean": (4,),
        "norm.bias": (4,),
        "norm.weight": (4,),
    }
    assert {name: partner.name for name, partner in partners(left, right).items()} == {
        "bn/gamma": "norm.weight",
        "bn/beta": "norm.bias",
        "bn/moving_mean": "norm.running_mean",
        "bn/moving_variance": "norm.running_var",
    }


names = st.text("ab1_/", min_size=1, max_size=6)
some_shapes = st.dictionaries(names, st.sampled_from([(), (2,), (2, 3), (3, 2)]), max_size=12)


@given(some_shapes, some_shapes)
def test_nobody_has_two_partners_and_dimensions_always_agree(left, right):
    found = partners(left, right)
    assert len({partner.name for partner in found.values()}) == len(found)
    for name, partner in found.items():
        assert sorted(left[name]) == sorted(right[partner.name])
        assert partner.same_shape == (left[name] == right[partner.name])
        assert 0 <= partner.likeness <= 1


def test_a_variable_of_another_shape_has_a_partner_too():
    a, b = {"w": torch.zeros(2, 3)}, {"w": torch.zeros(3, 2)}
    assert diff(a, b).partners["w"].name == "w"


def test_tens_of_thousands_of_renamed_variables_find_their_partners():
    kinds = {"dense/kernel": "fc.weight", "dense/bias": "fc.bias", "ln/gamma": "norm.weight"}
    left, right = {}, {}
    for layer in range(7000):
        for ours, theirs in kinds.items():
            shape = (8, 8) if "kernel" in ours else (8,)
            left[f"model/layer_{layer}/{ours}"] = shape
            right[f"encoder.layers.{layer}.{theirs}"] = shape
    compared = []
    found = partners(left, right)
    for layer in range(7000):
        for ours, theirs in kinds.items():
            right_one = f"encoder.layers.{layer}.{theirs}"
            compared.append(found[f"model/layer_{layer}/{ours}"].name == right_one)
    assert all(compared)


def test_names_that_say_nothing_are_paired_in_their_order():
    found = partners({f"v{i}": () for i in range(30)}, {f"w{i}": () for i in range(30)})
    assert all(partner.name == f"w{name[1:]}" for name, partner in found.items())
    assert partners({"v1": ()}, {"w2": (), "w3": ()}) == {}
