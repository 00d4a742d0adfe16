"""Variables in pieces: one tensor to the model, and its pieces to the optimizer."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import tf
from torchscope._core.values.partitioners import pieces_of


def model(x):
    with ts.variable_scope("emb", partitioner=ts.fixed_size_partitioner(2)):
        return x @ ts.get_variable("table", [5, 3], initializer=ts.ones_initializer())


def test_gradients_reach_the_pieces():
    net = ts.ScopedModule(model)
    net(torch.arange(5.0)).sum().backward()
    assert list(net.state_dict()) == ["emb.table.part_0", "emb.table.part_1"]
    assert [p.grad[:, 0].tolist() for p in net.parameters()] == [[0.0, 1.0, 2.0], [3.0, 4.0]]
    first = list(net.parameters())
    net(torch.arange(5.0))
    assert all(a is b for a, b in zip(net.parameters(), first, strict=True))


def test_it_computes_like_the_tensor_that_it_is():
    v = ts.get_variable(
        "v", [4], initializer=ts.ones_initializer(), partitioner=ts.fixed_size_partitioner(2)
    )
    ones = torch.ones(4)
    whole = v.as_tensor()
    assert torch.equal(v + v, 2 * ones)
    assert torch.equal(1.0 - v, 0 * ones)
    assert torch.equal(-v, -ones)
    assert torch.equal(torch.stack([v, v])[1], whole)
    assert torch.equal(torch.nn.functional.relu(input=v), whole)
    assert torch.equal(v[1:], whole[1:])
    assert v.sum().item() == 4.0
    assert (v.ndim, v.requires_grad) == (1, True)
    assert repr(v) == "<PartitionedVariable 'v' shape=(4,) dtype=float32 partitions=[2]>"
    with pytest.raises(AttributeError, match="no attribute 'op'"):
        v.op  # noqa: B018


def test_assignment_cuts_what_is_assigned():
    v = ts.get_variable("v", [5], partitioner=ts.fixed_size_partitioner(2))
    v.assign(torch.arange(5.0))
    v.assign_add([torch.ones(3), torch.ones(2)])
    v.assign_sub(torch.ones(5))
    assert [p.tolist() for p in v] == [[0.0, 1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(ValueError, match=r"must be equal, but are \(5,\) and \(4,\)"):
        v.assign(torch.ones(4))


def test_weight_norm_by_a_getter_keeps_gradients():
    def weight_norm(getter, name, *args, **kwargs):
        v = getter(f"{name}/v", *args, **kwargs)
        g = getter(f"{name}/g", [v.shape[-1]], initializer=ts.ones_initializer())
        return g * v / v.norm(dim=0)

    def dense(x):
        with ts.variable_scope("fc", custom_getter=weight_norm):
            return x @ ts.get_variable("w", [3, 2])

    net = ts.ScopedModule(dense)
    net(torch.ones(1, 3)).sum().backward()
    assert list(net.state_dict()) == ["fc.w.v", "fc.w.g"]
    assert all(p.grad is not None for p in net.parameters())


shapes = st.lists(st.integers(1, 40), min_size=1, max_size=3)


@given(shapes, st.data())
def test_pieces_cover_the_whole(shape, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    count = data.draw(st.integers(1, shape[axis]))
    partitions = [count if a == axis else 1 for a in range(len(shape))]
    whole = torch.arange(float(torch.tensor(shape).prod())).reshape(shape)
    cut = [
        whole[tuple(slice(o, o + s) for o, s in zip(offset, size, strict=True))]
        for offset, size in pieces_of(shape, partitions)
    ]
    assert torch.equal(torch.cat(cut, dim=axis), whole)
    sizes = [piece.shape[axis] for piece in cut]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) - min(sizes) <= 1


@given(
    shapes,
    st.sampled_from(["float32", "float64", "int8"]),
    st.integers(1, 2000),
    st.integers(1, 9),
    st.data(),
)
def test_partitioners_say_what_tensorflows_say(shape, dtype, size, most, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    theirs = {"shape": tf.TensorShape(shape), "dtype": getattr(tf, dtype)}
    ours = {"shape": torch.Size(shape), "dtype": getattr(torch, dtype)}
    for make in (
        lambda m: m.fixed_size_partitioner(most, axis),
        lambda m: m.variable_axis_size_partitioner(size, axis),
        lambda m: m.variable_axis_size_partitioner(size, axis, max_shards=most),
        lambda m: m.min_max_variable_partitioner(most, axis, size),
    ):
        assert list(make(ts)(**ours)) == list(make(tf)(**theirs))


def test_numbers_that_are_not_positive_are_refused():
    with pytest.raises(ValueError, match=r"must be positive. Currently, max_shard_bytes is 0"):
        ts.variable_axis_size_partitioner(0)
    with pytest.raises(ValueError, match="max_shards must be positive"):
        ts.variable_axis_size_partitioner(8, max_shards=0)
    with pytest.raises(ValueError, match="not fully defined"):
        ts.variable_axis_size_partitioner(8)([None, 2], torch.float32)
