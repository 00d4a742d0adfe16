"""A net takes its values from a checkpoint by name, before its first pass or after."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nets import Scoped
from torch import nn
from torch.nn.utils import parametrize
from trained import written

import torchscope as ts
from tests.tensorflow1 import tf
from torchscope.checkpoint import CheckpointError, Saver, load_checkpoint, restore

X = torch.randn(2, 5, 5, 3, generator=torch.Generator().manual_seed(3))


def model(tf, x):
    """The same function in TensorFlow and here; `tf` is either."""
    with tf.variable_scope("model"):
        kernel = tf.get_variable("conv/weights", [3, 3, 3, 4])
        bias = tf.get_variable("conv/biases", [4], initializer=tf.zeros_initializer())
        frozen = tf.get_variable("frozen", [4], trainable=False)
        tf.get_local_variable("seen", [4])
        step = tf.Variable(0, name="step", trainable=False)
        return tf.nn.conv2d(x, kernel, 1, "VALID") + bias + frozen, step


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, x):
        return model(ts, x)[0]


def trained():
    """The model with an optimizer, whose slots a checkpoint has as well."""
    output, _ = model(tf, tf.constant(X.numpy()))
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(output))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.ckpt"
    return path, written(path, trained)


NAMES = ["model/conv/weights", "model/conv/biases", "model/frozen", "model/step"]


def made(net=None):
    net = net or Net()
    net(X)
    return net


def has_values(net, values, names=NAMES):
    variables = net.scopes.variables
    return all(np.array_equal(variables[name].detach(), values[name]) for name in names)


def state(net):
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}


def is_as(net, before):
    after = net.state_dict()
    return list(after) == list(before) and all(torch.equal(before[n], after[n]) for n in before)


def test_each_variable_gets_its_value_and_the_slots_of_an_optimizer_are_no_error(saved):
    path, values = saved
    net = made()
    result = restore(net, path)
    assert has_values(net, values)
    assert result.matched == {name: name for name in NAMES}
    assert set(result.unexpected) == set(values) - set(NAMES)
    assert "model/conv/weights/Adam" in result.unexpected
    assert repr(result).startswith("Restored(4 matched, 6 unexpected)\n  unexpected: beta1_power")


def test_a_net_that_never_ran_gets_the_values_in_its_first_pass(saved):
    path, values = saved
    net = Net()
    result = restore(net, path)
    assert not result.matched and set(result.waiting) == set(values)
    assert list(net.state_dict()) == []
    with tf.Graph().as_default(), tf.Session() as session:
        output, _ = model(tf, tf.constant(X.numpy()))
        session.run(tf.local_variables_initializer())
        tf.train.Saver().restore(session, str(path))
        expected = session.run(output)
    np.testing.assert_allclose(net(X).detach(), expected, rtol=1e-5, atol=1e-5)
    assert has_values(net, values)
    assert list(net.state_dict()) == [
        "model.frozen",
        "model.step",
        "model.conv.weights",
        "model.conv.biases",
    ]
    assert net.model.conv.weights.requires_grad and not net.model.frozen.requires_grad


def test_a_build_takes_in_what_waits(saved):
    path, values = saved
    net = Net()
    restore(net, path)
    ts.build(net, X)
    assert has_values(net, values)


def test_a_build_takes_in_large_variables_and_pieces_too(tmp_path):
    def forward():
        with ts.variable_scope("", partitioner=ts.fixed_size_partitioner(3)):
            table = ts.get_variable("table", [100, 50])
        return ts.get_variable("w", [100, 50]), table

    net = ts.build(ts.ScopedModule(forward))
    path = Saver().save(net, tmp_path / "model.ckpt")
    other = ts.ScopedModule(forward)
    restore(other, path)
    assert is_as(ts.build(other), state(net))


def test_nothing_is_drawn_for_what_waits(saved):
    net = Net()
    restore(net, saved[0])
    before = torch.get_rng_state()
    net(X)
    assert net.model.seen.shape == (4,)
    made_by_itself = Net()
    torch.set_rng_state(before)
    with ts.variable_scope("model"):
        seen = ts.get_local_variable("seen", [4])
    assert torch.equal(net.model.seen, seen)
    assert made_by_itself.scopes.variables == {}


def test_initialize_gives_the_values_of_the_initializers_again(saved):
    net = Net()
    restore(net, saved[0])
    net(X)
    net.scopes.initialize_()
    assert net.model.conv.biases.tolist() == [0] * 4


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_and_pickles_keep_what_waits(saved, copied):
    path, values = saved
    net = Net()
    restore(net, path, only="model", rename=[("x", "x")])
    twin = copied(net)
    for each in (net, twin):
        assert has_values(made(each), values)


# What does not fit


def lacking(values):
    """A checkpoint that lacks a variable, and has others in another shape and dtype."""
    tensors = {name: torch.from_numpy(np.asarray(values[name])) for name in NAMES}
    tensors["model/conv/bias"] = tensors.pop("model/conv/biases")
    tensors["model/frozen"] = torch.zeros(5)
    tensors["model/step"] = torch.tensor(7)
    return tensors


def test_all_that_does_not_fit_is_listed_at_once_and_nothing_is_written(saved):
    net = made()
    before = state(net)
    with pytest.raises(CheckpointError, match="Of 4 variables, 3 cannot be filled") as caught:
        restore(net, lacking(saved[1]))
    lines = str(caught.value).splitlines()
    here = Path(__file__).name
    assert lines[1].startswith("  Key model/conv/biases not found in checkpoint: (4,) float32")
    assert lines[1].endswith("The likeliest is model/conv/bias.")
    assert lines[2].startswith("  model/frozen has another shape: (4,) here, (5,) is saved as")
    assert lines[3].startswith("  model/step has another dtype: int32 here, int64 is saved as")
    assert all(here in line for line in lines[1:4])
    assert "strict=False" in lines[4]
    assert is_as(net, before)


def test_thousands_of_names_that_do_not_fit_are_listed_with_their_likeliest():
    net = ts.ScopedModule(lambda: [ts.get_variable(f"a/layer_{i}/w", [1]) for i in range(3_000)])
    net()
    saved = {f"b/layer_{i}/weights": torch.zeros(1) for i in range(3_000)}
    with pytest.raises(CheckpointError) as caught:
        restore(net, saved)
    assert "a/layer_7/w not found in checkpoint" in str(caught.value)
    assert "The likeliest is b/layer_7/weights." in str(caught.value)


def test_a_loose_restore_fills_what_fits_and_names_the_rest(saved):
    net = made()
    before = state(net)
    result = restore(net, lacking(saved[1]), strict=False)
    assert has_values(net, saved[1], ["model/conv/weights"])
    assert result.missing == ("model/conv/biases",)
    assert list(result.other_shape) == ["model/frozen"]
    assert list(result.other_dtype) == ["model/step"]
    assert result.unexpected == ("model/frozen", "model/step", "model/conv/bias")
    assert torch.equal(net.model.frozen, before["model.frozen"])


def damaged(path, folder):
    """A copy of a checkpoint with the last byte of its values flipped."""
    copied = folder / "damaged.ckpt"
    for ending in (".index", ".data-00000-of-00001"):
        data = bytearray(path.with_name(path.name + ending).read_bytes())
        if ending != ".index":
            data[-1] ^= 1
        copied.with_name(copied.name + ending).write_bytes(data)
    return copied


def test_a_wrong_checksum_of_the_last_tensor_leaves_every_tensor_as_it_was(saved, tmp_path):
    net = made()
    path = damaged(saved[0], tmp_path)
    last = list(load_checkpoint(path))[-1]
    assert last == "model/step"
    before = state(net)
    with pytest.raises(CheckpointError, match="model/step"):
        restore(net, path)
    assert is_as(net, before)


def test_a_wrong_checksum_is_noticed_in_the_first_pass_too(saved, tmp_path):
    net = Net()
    restore(net, damaged(saved[0], tmp_path))
    with pytest.raises(CheckpointError, match="model/step"):
        net(X)
    assert "model/step" not in net.scopes.variables


def test_a_damaged_tensor_that_no_variable_needs_is_no_error(saved, tmp_path):
    net = made()
    restore(net, damaged(saved[0], tmp_path), only=r".*(weights|biases|frozen)")
    assert has_values(net, saved[1], NAMES[:3])


def test_a_first_pass_that_asks_for_what_is_missing_fails_and_what_waits_stays(saved):
    net = Net()
    restore(net, lacking(saved[1]))
    for _ in range(2):
        with pytest.raises(CheckpointError, match="Key model/conv/biases not found"):
            net(X)
        assert list(net.scopes.variables) == ["model/conv/weights"]
    restore(net, saved[0])
    assert has_values(made(net), saved[1])


def test_a_loose_restore_lets_initializers_give_what_is_missing(saved):
    net = Net()
    restore(net, lacking(saved[1]), strict=False)
    net(X)
    assert has_values(net, saved[1], ["model/conv/weights"])
    assert net.model.conv.biases.tolist() == [0] * 4
    assert net.model.frozen.abs().sum() > 0


def test_variables_that_tf1_does_not_save_are_left_out():
    def forward():
        a = ts.get_variable("a", [2])
        return a, ts.get_local_variable("b", [2]), ts.get_variable("c", [2], collections=["mine"])

    net = ts.ScopedModule(forward)
    ones = {name: torch.ones(2) for name in "abc"}
    restore(net, ones)
    net()
    assert restore(net, ones).matched == {"a": "a"}
    assert net.a.tolist() == [1, 1]
    assert 1 not in net.b.tolist() + net.c.tolist()
    restore(net, {"a": torch.zeros(2)})


# Variables in pieces


def words(tf, cut):
    partitioner = tf.fixed_size_partitioner(*cut) if cut else None
    with tf.variable_scope("table", partitioner=partitioner):
        return tf.get_variable("words", [5, 4])


def whole(variable):
    return getattr(variable, "as_tensor", variable.clone)().detach()


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("here", [None, (3, 0), (4, 1)])
@pytest.mark.parametrize("there", [None, (2, 0), (3, 1)])
def test_pieces_are_filled_whichever_way_they_were_cut(tmp_path, there, here, before):
    values = written(tmp_path / "cut.ckpt", lambda: words(tf, there))
    expected = np.concatenate(list(values.values()), axis=there[1] if there else 0)
    net = ts.ScopedModule(lambda: words(ts, here))
    if not before:
        net()
    result = restore(net, tmp_path / "cut.ckpt")
    assert result.waiting == (("table/words",) if before else ())
    np.testing.assert_array_equal(whole(net()), expected)


def test_pieces_of_a_constant_are_filled_as_well():
    def forward():
        with ts.variable_scope("", partitioner=ts.fixed_size_partitioner(2)):
            return ts.get_variable("c", initializer=torch.zeros(5, 2))

    net, saved = ts.ScopedModule(forward), {"c": torch.randn(5, 2)}
    restore(net, saved)
    assert torch.equal(whole(net()), saved["c"])
    saved = {"c": torch.randn(5, 2)}
    restore(net, saved)
    assert torch.equal(whole(net()), saved["c"])


sizes = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@given(sizes, st.integers(1, 5), st.integers(0, 1))
def test_pieces_saved_under_their_own_names_make_the_whole_or_other_pieces(lengths, cuts, axis):
    tensor = torch.arange(sum(lengths) * 5).reshape(-1, 5).float()
    parts = tensor.split(lengths)
    saved = {f"w/part_{i}": part for i, part in enumerate(parts)}

    def forward():
        with ts.variable_scope("", partitioner=ts.fixed_size_partitioner(cuts, axis)):
            return ts.get_variable("w", list(tensor.shape))

    for net in (
        ts.ScopedModule(forward),
        ts.ScopedModule(lambda: ts.get_variable("w", tensor.shape)),
    ):
        restore(net, saved)
        assert torch.equal(whole(net()), tensor)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.zero_()
        restore(net, saved)
        assert torch.equal(whole(net()), tensor)


def test_pieces_that_make_another_shape_are_refused_with_their_shapes():
    net = ts.ScopedModule(lambda: words(ts, (2, 0)))
    net()
    saved = {"table/words/part_0": torch.zeros(3, 4), "table/words/part_1": torch.zeros(3, 4)}
    with pytest.raises(CheckpointError, match=r"\(5, 4\) here, \(3, 4\), \(3, 4\) are the pieces"):
        restore(net, saved)


# Names


def scale():
    with ts.variable_scope("new"):
        return ts.get_variable("a", [2]), ts.get_variable("b", [2])


OLD = {"old/x": torch.tensor([1.0, 2.0]), "old/b": torch.tensor([3.0, 4.0])}


@pytest.mark.parametrize(
    "rename",
    [
        [("^old/x$", "old/a"), ("^old/", "new/")],
        lambda name: name.replace("old", "new").replace("x", "a"),
        {"old/x": "new/a", "old/b": "new/b"}.get,
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_names_of_the_checkpoint_are_renamed_by_a_function_or_by_patterns(rename, before):
    net = ts.ScopedModule(scale)
    if not before:
        net()
    restore(net, OLD, rename=rename)
    assert [variable.tolist() for variable in net()] == [[1, 2], [3, 4]]


def test_two_tensors_of_one_name_are_refused_and_none_leaves_one_out():
    net = ts.ScopedModule(scale)
    with pytest.raises(ValueError, match="one name to several tensors") as caught:
        restore(net, OLD, rename=lambda name: "new/a")
    assert "new/a: old/x, old/b" in str(caught.value)
    result = restore(
        net, OLD, rename=lambda name: "new/a" if name == "old/x" else None, strict=False
    )
    assert result.waiting == ("new/a",)


@pytest.mark.parametrize("wrong", [3, ["ab"], "abc"])
def test_a_rename_of_another_kind_is_refused(wrong):
    with pytest.raises(TypeError, match="rename must be a function, or pairs"):
        restore(ts.ScopedModule(scale), OLD, rename=wrong)


@pytest.mark.parametrize(
    "only",
    [
        "new/a",
        lambda name: name.endswith("a"),
        ["new/a:0"],
        [0],
    ],
)
def test_some_variables_alone_are_filled(only):
    net = ts.ScopedModule(scale)
    a, b = net()
    before = b.tolist()
    only = [a] if only == [0] else only
    assert restore(net, {"new/a": torch.ones(2)}, only=only).matched == {"new/a": "new/a"}
    assert net.new.a.tolist() == [1, 1] and b.tolist() == before


def test_a_list_with_an_unknown_name_is_refused():
    net = ts.ScopedModule(scale)
    net()
    with pytest.raises(ValueError, match="only names variables that the net has not: new/c"):
        restore(net, {"new/a": torch.ones(2)}, only=["new/a", "new/c"])


# Moving averages


def averaged(name, cut=None):
    words(tf, cut)
    tf.get_variable("plain", [3], trainable=False)
    average = tf.train.ExponentialMovingAverage(0.9, name=name)
    average.apply(tf.trainable_variables())
    return average


@pytest.mark.parametrize("name", ["ExponentialMovingAverage", "shadow"])
def test_moving_averages_are_taken_as_tensorflow_takes_them(tmp_path, name):
    path = tmp_path / "averaged.ckpt"
    written(path, lambda: averaged(name))
    with tf.Graph().as_default(), tf.Session() as session:
        names = averaged(name).variables_to_restore()
        tf.train.Saver(names).restore(session, str(path))
        expected = {v.op.name: session.run(v) for v in names.values()}

    net = ts.ScopedModule(lambda: (words(ts, None), ts.get_variable("plain", [3], trainable=False)))
    taken = True if name == "ExponentialMovingAverage" else name
    restore(net, path, moving_averages=taken)
    net()
    for each in (net, made_plain := copy.deepcopy(net)):
        for variable, tensor in each.registry.variables.items():
            np.testing.assert_array_equal(tensor.detach(), expected[variable])
    result = restore(made_plain, path, moving_averages=taken)
    assert set(result.matched.values()) == set(names)
    restore(made_plain, path)
    assert not torch.equal(made_plain.table.words, net.table.words)


def test_the_moving_average_of_a_variable_in_pieces_is_taken_whole(tmp_path):
    path = tmp_path / "averaged.ckpt"
    values = written(path, lambda: averaged("ema", (2, 0)))
    net = ts.ScopedModule(lambda: words(ts, (3, 0)))
    net()
    result = restore(net, path, moving_averages="ema")
    assert set(result.matched.values()) == {"table/words/ema"}
    expected = [values[f"table/words/part_{i}/ema"] for i in range(2)]
    np.testing.assert_array_equal(whole(net()), np.concatenate(expected))


# Memory, dtypes and devices


def test_parameters_stay_what_they_are_in_the_layout_that_they_have(saved):
    net = made()
    kernel = net.model.conv.weights
    stride = kernel.stride()
    assert not kernel.is_contiguous()
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    restore(net, saved[0])
    assert net.model.conv.weights is kernel and kernel.stride() == stride
    assert kernel.requires_grad and net.model.step.dtype == torch.int32
    net(X).sum().backward()
    optimizer.step()
    assert not has_values(net, saved[1], ["model/conv/weights"])


def test_backward_through_a_graph_that_kept_the_old_values_is_refused(saved):
    net = made()
    loss = net(X.clone().requires_grad_()).sum()
    restore(net, saved[0])
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_another_dtype_is_converted_on_request_but_never_floats_to_integers():
    net = ts.ScopedModule(lambda: ts.get_variable("w", [2]))
    saved = {"w": torch.tensor([1, 2], dtype=torch.float64)}
    restore(net, saved, convert_dtypes=True)
    assert net().tolist() == [1, 2] and net.w.dtype == torch.float32
    assert restore(net, {"w": torch.tensor([3, 4])}, convert_dtypes=True).matched
    assert net.w.tolist() == [3, 4]
    count = ts.ScopedModule(lambda: ts.get_variable("w", [2], dtype=torch.int64))
    count()
    with pytest.raises(CheckpointError, match="another dtype"):
        restore(count, saved, convert_dtypes=True)


@pytest.mark.parametrize("before", [True, False])
def test_a_net_that_was_moved_to_another_dtype_takes_the_values_in_its_own(saved, before):
    net = Net() if before else made()
    net.to(torch.float64)
    restore(net, saved[0])
    net(X.double())
    assert net.model.conv.weights.dtype == torch.float64
    assert has_values(net, saved[1])


def test_a_net_on_the_meta_device_is_refused_with_what_to_do(saved):
    with torch.device("meta"):
        net = ts.build(Net(), X)
    with pytest.raises(CheckpointError, match=r"net.to_empty\(device=...\), and restore then"):
        restore(net, saved[0])
    net.to_empty(device="cpu")
    restore(net, saved[0])
    assert has_values(net, saved[1])


def test_a_net_that_goes_to_the_meta_device_while_values_wait_loses_none_in_silence(saved):
    net = Net()
    restore(net, saved[0])
    net.to("meta")
    with pytest.raises(CheckpointError, match="meta device, where it cannot keep the value"):
        ts.build(net, X)


def test_arrays_are_read_as_tensors_are():
    net = ts.ScopedModule(lambda: ts.get_variable("w", [2]))
    array = np.array([1, 2], dtype=np.float32)
    array.flags.writeable = False
    restore(net, {"w": array, "text": np.array([b"a"], dtype=object)})
    assert net().tolist() == [1, 2]
    net.w.data.fill_(0)
    assert array.tolist() == [1, 2]


# What a net may be, and what else loads it


class Coder(nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self, entries=("encode", "decode"))

    def encode(self):
        return ts.get_variable("encoder", [2])

    def decode(self):
        return ts.get_variable("decoder", [2])

    def later(self):
        return ts.get_variable("later", [2])


def test_values_wait_until_each_entry_has_completed_a_pass():
    net = Coder()
    restore(net, {"encoder": torch.zeros(2), "decoder": torch.ones(2)})
    net.encode()
    assert net.scopes.store.pending is not None
    assert net.decode().tolist() == [1, 1]
    assert net.scopes.store.pending is None
    with net.scopes.activate():
        net.later()


def test_an_entry_that_has_not_run_must_find_its_variables_after_a_later_restore_too():
    net = Coder()
    net.encode()
    result = restore(net, {"encoder": torch.zeros(2), "decoder": torch.ones(2)})
    assert result.matched == {"encoder": "encoder"} and result.waiting == ("decoder",)
    assert net.decode().tolist() == [1, 1]
    other = Coder()
    other.encode()
    restore(other, {"encoder": torch.zeros(2)})
    with pytest.raises(CheckpointError, match="Key decoder not found"):
        other.decode()


def test_of_a_restore_and_load_state_dict_before_the_first_pass_the_later_wins():
    def forward():
        return ts.get_variable("w", [2])

    net = ts.ScopedModule(forward)
    restore(net, {"w": torch.zeros(2)})
    net.load_state_dict({"w": torch.ones(2)})
    assert net().tolist() == [1, 1]
    net = ts.ScopedModule(forward)
    net.load_state_dict({"w": torch.ones(2)})
    restore(net, {"w": torch.zeros(2)})
    assert net().tolist() == [0, 0]


class Double(nn.Module):
    def forward(self, x):
        return 2 * x

    def right_inverse(self, x):
        return x / 2


def test_a_parametrized_variable_is_filled_through_its_parametrization():
    net = ts.ScopedModule(lambda: ts.get_variable("w", [2]))
    net()
    parametrize.register_parametrization(net, "w", Double())
    restore(net, {"w": torch.tensor([2.0, 4.0])})
    assert net.w.tolist() == [2, 4]
    assert net.parametrizations.w.original.tolist() == [1, 2]


def test_a_net_may_be_wrapped_or_compiled():
    net = ts.ScopedModule(lambda x: x * ts.get_variable("w", [2]))
    net(torch.ones(2))
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    compiled(torch.ones(2))
    restore(compiled, {"w": torch.tensor([5.0, 6.0])})
    assert compiled(torch.ones(2)).tolist() == [5, 6]
    restore(nn.Sequential(net), {"w": torch.tensor([7.0, 8.0])})
    assert compiled(torch.ones(2)).tolist() == [7, 8]


def test_a_module_without_a_registry_or_with_several_is_refused():
    with pytest.raises(ValueError, match=r"has 0 registries in its tree.*restore_module"):
        restore(nn.Linear(2, 2), {})
    two = nn.Sequential(ts.ScopedModule(scale), ts.ScopedModule(scale))
    with pytest.raises(ValueError, match="has 2 registries in its tree"):
        restore(two, {})
    with pytest.raises(TypeError, match="This takes a net"):
        restore(3, {})
    with pytest.raises(TypeError, match="path of a checkpoint, or from a mapping"):
        restore(ts.ScopedModule(scale), 3)


def test_none_is_the_default_registry_where_only_what_exists_is_filled():
    restore(None, {"w": torch.tensor([1.0])})
    w = ts.get_variable("w", [1])
    assert w.tolist() == [1]
    ts.reset_default_registry()
    w = ts.get_variable("w", [1])
    restore(None, {"w": torch.tensor([2.0])})
    assert w.tolist() == [2]
    ts.get_variable("another", [1])


def test_the_modules_own_parameters_and_buffers_are_restored_as_they_are_saved(tmp_path):
    def forward(x):
        with ts.variable_scope("own", reuse=True):
            bias = ts.get_variable("bias")
        return x * ts.get_variable("w", [2]) + bias

    net = Scoped(forward)
    net(torch.ones(2))
    path = Saver().save(net, tmp_path / "model.ckpt")
    for before in (True, False):
        other = Scoped(forward)
        if not before:
            other(torch.ones(2))
        assert len(restore(other, path).matched) == (3 if before else 4)
        other(torch.ones(2))
        assert is_as(other, state(net))
    with pytest.raises(CheckpointError, match="Key own/weight not found in checkpoint"):
        restore(net, {"w": torch.zeros(2), "own/bias": torch.zeros(2)}, only="w|own")


def test_detaching_lets_go_of_what_waits(saved):
    net = Net()
    restore(net, saved[0])
    net.scopes.detach()
    net.scopes = ts.ScopedParameterRegistry(net)
    net(X)
    assert net.model.conv.biases.tolist() == [0] * 4
