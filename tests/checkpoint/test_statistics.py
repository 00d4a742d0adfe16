"""What is said of the values of variables: against NumPy, for every dtype and stride."""

import math
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchscope as ts
from torchscope.checkpoint import statistics as module_statistics
from torchscope.checkpoint.inspecting.statistics import PIECE, Statistics, pieces, statistics_of

REALS = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn]
WHOLES = [
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint8,
    torch.uint16,
    torch.uint32,
    torch.uint64,
]


def expected(values):
    values = np.asarray(values, np.float64)
    return values.min(), values.max(), values.mean(), values.std()


def numbers(found):
    return found.min, found.max, found.mean, found.std


@pytest.mark.parametrize("dtype", REALS, ids=str)
def test_real_numbers_are_measured_as_numpy_measures_them(dtype):
    tensor = (torch.randn(7, 11) * 3).to(dtype)
    found = statistics_of(tensor)
    assert found.count == 77
    assert numbers(found) == pytest.approx(expected(tensor.double().numpy()), rel=1e-12)


@pytest.mark.parametrize("dtype", WHOLES, ids=str)
def test_whole_numbers_keep_their_exact_range(dtype):
    info = torch.iinfo(dtype)
    tensor = torch.from_numpy(np.array([info.min, 1, info.max], str(dtype)[6:]))
    found = statistics_of(tensor)
    assert (found.min, found.max) == (info.min, info.max)
    assert isinstance(found.max, int)
    assert (found.mean, found.std) == pytest.approx(expected(tensor.numpy())[2:], rel=1e-12)


def test_bools_are_counted_as_0_and_1():
    assert numbers(statistics_of(torch.tensor([True, True, False, False]))) == (0, 1, 0.5, 0.5)


def test_complex_numbers_are_measured_by_their_absolute_values():
    tensor = torch.tensor([3 + 4j, 0j, complex(math.nan, 1)])
    found = statistics_of(tensor)
    assert numbers(found) == (0.0, 5.0, 2.5, 2.5)
    assert found.nans == 1


def test_strings_have_a_count_alone():
    strings = np.array([[b"a", b""], [b"bc", b"\x00"]], object)
    assert statistics_of(strings) == Statistics(4)


def test_what_is_not_finite_is_counted_and_left_out_of_the_rest():
    tensor = torch.tensor([math.nan, math.inf, 2.0, -math.inf, math.nan, 4.0])
    assert statistics_of(tensor) == Statistics(6, 2.0, 4.0, 3.0, 1.0, nans=2, infinities=2)


@pytest.mark.parametrize(
    "tensor", [torch.zeros(0, 3), torch.tensor([math.nan])], ids=["empty", "NaN"]
)
def test_without_a_finite_value_there_is_no_range(tensor):
    assert numbers(statistics_of(tensor)) == (None, None, None, None)


def test_a_large_mean_does_not_spoil_the_deviation():
    tensor = torch.cat([torch.zeros(PIECE), torch.full((PIECE,), 2.0)]).double() + 1e9
    assert numbers(statistics_of(tensor)) == (1e9, 1e9 + 2, 1e9 + 1, 1.0)


@pytest.mark.parametrize("strides", ["contiguous", "transposed", "every other"])
def test_the_pieces_give_what_the_whole_gives(strides):
    tensor = torch.randn(5, PIECE // 2 + 3)
    tensor[:, ::100] += 1000
    if strides == "transposed":
        tensor = tensor.t()
    if strides == "every other":
        tensor = torch.stack([tensor, torch.full_like(tensor, 1e6)], -1)[..., 0]
    assert numbers(statistics_of(tensor)) == pytest.approx(expected(tensor.numpy()), rel=1e-9)


@given(
    st.lists(st.integers(0, 4), max_size=4).flatmap(
        lambda shape: st.tuples(st.just(shape), *[st.permutations(range(len(shape)))] * 2)
    ),
    st.integers(1, 5),
)
def test_the_pieces_of_two_tensors_are_the_whole_side_by_side(given_, size):
    shape, order_a, order_b = given_
    number = torch.arange(math.prod(shape)).view(shape)
    # The same values, each in memory of its own order.
    a, b = (
        torch.empty([shape[d] for d in order]).permute(torch.tensor(order).argsort().tolist())
        for order in (order_a, order_b)
    )
    a.copy_(number), b.copy_(number)
    seen = list(pieces(a, b, size=size))
    assert all(len(x) <= size and torch.equal(x, y) for x, y in seen)
    assert sorted(value for x, _ in seen for value in x.tolist()) == number.flatten().tolist()


def test_a_piece_is_small_whatever_the_strides():
    tensor = torch.arange(2 * PIECE + 6, dtype=torch.int32).view(2, -1).t()
    seen = torch.cat([piece for (piece,) in pieces(tensor)])
    assert max(len(piece) for (piece,) in pieces(tensor)) <= PIECE
    assert torch.equal(seen.sort().values, torch.arange(tensor.numel(), dtype=torch.int32))


def test_a_huge_tensor_takes_the_memory_of_a_piece():
    # As an expanded tensor it holds one value, and the whole as float64 would take 64 MB.
    tensor = torch.tensor([True]).expand(PIECE, 8)
    tracemalloc.start()
    assert statistics_of(tensor).mean == 1.0
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # NumPy's part of it: the numbers of one piece.
    assert most < 20 * PIECE


def test_a_net_is_measured_under_the_names_of_its_variables():
    net = ts.ScopedModule(
        lambda x: x * ts.get_variable("a/w", [2], initializer=ts.ones_initializer)
    )
    net(torch.ones(2))
    assert {name: each.mean for name, each in module_statistics(net).items()} == {"a/w": 1.0}


def test_only_what_is_asked_for_is_read():
    class Once(dict):
        def __getitem__(self, name):
            assert name == "a"
            return torch.ones(1)

    assert list(module_statistics(Once(a=None, b=None), ["a"])) == ["a"]


def test_the_meta_device_has_no_values_to_measure():
    with pytest.raises(ValueError, match="meta device"):
        statistics_of(torch.empty(2, device="meta"))
