"""Cells and what runs them: names, outputs, states and gradients, as TensorFlow has them."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.rnn.alike import Kit, assert_alike, our_answer, weights_of
from tests.tensorflow1 import import_slim, tf
from torchscope._core.ops.lstm_operation import over_time
from torchscope._core.values.structures import flatten

CELLS = {
    "BasicRNNCell": st.fixed_dictionaries({}, optional={"activation": st.just("relu")}),
    "GRUCell": st.fixed_dictionaries({}, optional={"activation": st.sampled_from(["relu"])}),
    "BasicLSTMCell": st.fixed_dictionaries(
        {"forget_bias": st.sampled_from([0.0, 1.0, 2.5])},
        optional={"activation": st.just("sigmoid"), "state_is_tuple": st.booleans()},
    ),
    "LSTMCell": st.fixed_dictionaries(
        {"forget_bias": st.sampled_from([0.0, 1.0])},
        optional={
            "use_peepholes": st.booleans(),
            "cell_clip": st.sampled_from([0.3]),
            "num_proj": st.integers(1, 4),
            "proj_clip": st.sampled_from([0.2]),
            "num_unit_shards": st.just(2),
            "state_is_tuple": st.booleans(),
        },
    ),
}


@st.composite
def cells(draw):
    """A cell: its class, its number of units, its options."""
    name = draw(st.sampled_from(list(CELLS)))
    return name, draw(st.integers(2, 5)), draw(CELLS[name])


def made(kit, cell):
    name, units, options = cell
    return getattr(kit.cells, name)(units, **options)


def as_a_list(result):
    """Without the names of an LSTM's state, so that both sides are compared as they come."""
    outputs, state = result
    return [outputs, state]


@settings(max_examples=15)
@given(
    st.lists(cells(), min_size=1, max_size=3),
    st.sampled_from(["float32", "float64"]),
    st.integers(1, 6),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_dynamic_rnn_gives_tensorflows_numbers(stack, dtype, steps, batch, time_major, cut, data):
    lengths = data.draw(st.lists(st.integers(0, steps + 1), min_size=batch, max_size=batch))
    lengths = lengths if cut else None
    as_tuple = all(options.get("state_is_tuple", True) for _, _, options in stack)

    def program(kit, x):
        parts = [made(kit, cell) for cell in stack]
        flat = not as_tuple and not any(isinstance(p.state_size, tuple) for p in parts)
        cell = parts[0] if len(parts) == 1 else kit.cells.MultiRNNCell(parts, not flat)
        return as_a_list(
            kit.run.dynamic_rnn(cell, x, lengths, dtype=kit.dtype(dtype), time_major=time_major)
        )

    shape = (steps, batch, 3) if time_major else (batch, steps, 3)
    assert_alike(program, *weights_of([shape], dtype, seed=1))


@settings(max_examples=5)
@given(cells(), cells(), st.booleans(), st.booleans(), st.sampled_from(["float32", "float64"]))
def test_both_directions_give_tensorflows_numbers(fw, bw, cut, time_major, dtype):
    lengths = [4, 0, 2] if cut else None

    def program(kit, x):
        return kit.run.bidirectional_dynamic_rnn(
            made(kit, fw),
            made(kit, bw),
            x,
            lengths,
            dtype=kit.dtype(dtype),
            time_major=time_major,
            scope="both",
        )

    shape = (4, 3, 2) if time_major else (3, 4, 2)
    assert_alike(program, *weights_of([shape], dtype, seed=2))


@settings(max_examples=5)
@given(cells(), cells(), st.sampled_from([None, [3, 1], [0, 9]]), st.booleans())
def test_static_rnns_give_tensorflows_numbers(fw, bw, lengths, both):
    if both and lengths == [0, 9]:
        lengths = [0, 3]

    def program(kit, *steps):
        if both:
            return kit.run.static_bidirectional_rnn(
                made(kit, fw),
                made(kit, bw),
                list(steps),
                dtype=kit.dtype("float64"),
                sequence_length=lengths,
            )
        return kit.run.static_rnn(
            made(kit, fw), list(steps), dtype=kit.dtype("float64"), sequence_length=lengths
        )

    assert_alike(program, *weights_of([(2, 3)] * 3, "float64", seed=3))


def state_of(kit, c, h):
    return kit.cells.LSTMStateTuple(c, h)


PROGRAMS = []


def program(*shapes):
    def enter(function):
        PROGRAMS.append(pytest.param(function, shapes, id=function.__name__))
        return function

    return enter


@program((2, 3, 3), (2, 4), (2, 4), (2, 3))
def states_at_first(kit, x, c, h, g):
    stack = kit.cells.MultiRNNCell([kit.cells.BasicLSTMCell(4), kit.cells.GRUCell(3)])
    return kit.run.dynamic_rnn(stack, x, [3, 1], initial_state=(state_of(kit, c, h), g))


@program((2, 3), (2, 4), (2, 4))
def single_steps(kit, x, c, h):
    cell = kit.cells.LSTMCell(4, use_peepholes=True, activation=kit.relu)
    output, state = cell(x, state_of(kit, c, h))
    output, state = cell(x, state)
    other = kit.cells.LSTMCell(4)
    return output, other(x, state)


@program((2, 3, 3))
def cells_keep_the_scope_of_their_first_call(kit, x):
    cell = kit.cells.BasicLSTMCell(3)
    first, _ = kit.run.dynamic_rnn(cell, x, dtype=kit.dtype("float64"))
    with kit.api.variable_scope("elsewhere"):
        second, _ = kit.run.dynamic_rnn(cell, first, dtype=kit.dtype("float64"))
        third, _ = kit.run.dynamic_rnn(kit.cells.GRUCell(3), second, dtype=kit.dtype("float64"))
    return third


@program((2, 3, 3))
def scopes_with_reuse(kit, x):
    results = []
    for reuse in (None, True, kit.api.AUTO_REUSE):
        with kit.api.variable_scope("model", reuse=reuse):
            results.append(
                kit.run.dynamic_rnn(kit.cells.GRUCell(3), x, dtype=kit.dtype("float64"))[0]
            )
    with kit.api.variable_scope("model", reuse=True):
        cell = kit.cells.MultiRNNCell([kit.cells.GRUCell(2, name="mine")])
    with kit.api.variable_scope("last") as scope:
        pass
    results.append(kit.run.dynamic_rnn(cell, x, dtype=kit.dtype("float64"), scope=scope)[0])
    return results


@program((2, 3))
def names_of_cells(kit, x):
    h = 0 * x
    first, second = kit.cells.GRUCell(3), kit.cells.GRUCell(3)
    named = kit.cells.GRUCell(3, name="k"), kit.cells.GRUCell(3, name="k")
    again = kit.cells.GRUCell(3, name="k", reuse=True)
    results = [cell(x, h)[0] for cell in (second, first, second, *named, again)]
    results.append(kit.cells.BasicRNNCell(3)(x, h, scope="given")[0])
    results.append(kit.cells.MultiRNNCell([kit.cells.GRUCell(3)])(x, (h,), scope="stack")[0])
    shared = kit.cells.GRUCell(3)
    return [*results, kit.cells.MultiRNNCell([shared, shared])(x, (h, h))[0]]


@program((2, 4, 3))
def wrappers_without_chance(kit, x):
    cells = kit.cells
    inner = cells.DropoutWrapper(cells.LSTMCell(3), 1.0, 1.0, 1.0)
    outer = cells.DeviceWrapper(cells.ResidualWrapper(inner), "/cpu:0")
    scaled = cells.ResidualWrapper(cells.GRUCell(3), lambda i, o: 2 * i - o)
    stack = cells.MultiRNNCell([outer, scaled])
    return kit.run.dynamic_rnn(stack, x, [4, 2], dtype=kit.dtype("float64"))


@program((2, 3, 3), (2, 3, 2))
def a_cell_of_ones_own(kit, x, y):
    class Mine(kit.cells.RNNCell):
        state_size = (2, 3)
        output_size = (2, 1)

        def call(self, inputs, state):
            (a, b), (s, t) = inputs, state
            w = kit.api.get_variable("w", [3, 2], dtype=kit.dtype("float64"))
            with kit.api.variable_scope(None, default_name="part"):
                v = kit.api.get_variable("v", [2], dtype=kit.dtype("float64"))
            s = s + a @ w + b * v
            return (s, s[:, :1]), (s, t + a)

    return kit.run.dynamic_rnn(Mine(), (x, y), [3, 1], dtype=kit.dtype("float64"))


@program((2, 3, 3))
def a_cell_that_opens_its_own_scope(kit, x):
    class Old(kit.cells.RNNCell):
        state_size = output_size = 3

        def __call__(self, inputs, state, scope=None):
            with kit.api.variable_scope(scope or type(self).__name__):
                w = kit.api.get_variable("w", [3], dtype=kit.dtype("float64"))
            return inputs * w + state, state + w

    stack = kit.cells.MultiRNNCell([Old(), kit.cells.GRUCell(2), kit.cells.BasicLSTMCell(2)])
    return kit.run.dynamic_rnn(stack, x, dtype=kit.dtype("float64"))


@program((2, 3, 3))
def initializers_and_partitioners(kit, x):
    with kit.api.variable_scope("p", partitioner=kit.api.fixed_size_partitioner(2)):
        stack = kit.cells.MultiRNNCell(
            [kit.cells.GRUCell(2), kit.cells.LSTMCell(4, num_proj=2, use_peepholes=True)]
        )
        return kit.run.dynamic_rnn(stack, x, dtype=kit.dtype("float64"))


@pytest.mark.parametrize(("run", "shapes"), PROGRAMS)
def test_a_program_gives_tensorflows_names_and_numbers(run, shapes):
    assert_alike(run, *weights_of(shapes, "float64", seed=4))


def test_without_steps_the_variables_are_made_and_the_state_stays():
    """TensorFlow has no gradient of this, so only what goes forward is compared."""

    def run(kit, x, c, h):
        state = kit.cells.LSTMStateTuple(c, h)
        return kit.run.dynamic_rnn(kit.cells.BasicLSTMCell(2), x, [0, 0], state)

    given = weights_of([(2, 0, 3), (2, 2), (2, 2)], "float64")
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = tf.nest.flatten(run(Kit(ours=False), *map(tf.constant, given)))
        names = [v.op.name for v in tf.global_variables()]
        session.run(tf.global_variables_initializer())
        expected = session.run(results)
    net = ts.ScopedModule(lambda *given: flatten(run(Kit(ours=True), *given)))
    for mine, its in zip(net(*map(torch.tensor, given)), expected, strict=True):
        np.testing.assert_array_equal(mine, its)
    assert list(net.registry.variables) == names


def test_a_cell_that_is_made_once_is_the_same_in_every_pass():
    cell = ts.rnn.MultiRNNCell([ts.rnn.BasicLSTMCell(4), ts.rnn.GRUCell(3)])
    net = ts.ScopedModule(lambda x: ts.rnn.dynamic_rnn(cell, x, dtype=torch.float32)[0])
    x = torch.randn(2, 5, 3)
    first = net(x)
    before = dict(net.registry.variables)
    assert next(iter(before)) == "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel"
    assert torch.equal(net(x), first)
    assert dict(net.registry.variables) == before
    assert [w.name for w in cell.weights] == []
    with net.registry.activate():
        ts.rnn.dynamic_rnn(cell, x, dtype=torch.float32)
        assert [w.op.name for w in cell.weights] == list(before)


@pytest.mark.parametrize("layer_norm", [True, False])
def test_the_normalized_cell_follows_its_formula_over_slims_layer_norm(layer_norm):
    """TensorFlow has no contrib any more: its cell is written out here, in TensorFlow."""
    layer_norm_of = import_slim().layers.layer_norm

    class Theirs(tf.nn.rnn_cell.RNNCell):
        state_size = tf.nn.rnn_cell.LSTMStateTuple(4, 4)
        output_size = 4

        def normalized(self, given, name):
            with tf.variable_scope(name):
                for leaf in ("gamma", "beta"):
                    tf.get_variable(leaf, [4], dtype=given.dtype)
            return layer_norm_of(given, reuse=True, scope=name)

        def call(self, inputs, state):
            c, h = state
            joined = tf.concat([inputs, h], 1)
            gates = tf.matmul(joined, tf.get_variable("kernel", [7, 16], dtype=tf.float64))
            if not layer_norm:
                gates += tf.get_variable("bias", [16], dtype=tf.float64)
            parts = list(tf.split(gates, 4, 1))
            if layer_norm:
                names = ("input", "transform", "forget", "output")
                parts = [self.normalized(*pair) for pair in zip(parts, names, strict=True)]
            i, j, f, o = parts
            c = c * tf.sigmoid(f + 0.5) + tf.sigmoid(i) * tf.tanh(j)
            c = self.normalized(c, "state") if layer_norm else c
            h = tf.tanh(c) * tf.sigmoid(o)
            return h, tf.nn.rnn_cell.LSTMStateTuple(c, h)

    def run(kit, x):
        if kit.api is ts:
            cell = ts.rnn.LayerNormBasicLSTMCell(4, 0.5, layer_norm=layer_norm)
        else:
            cell = Theirs(name="layer_norm_basic_lstm_cell")
        return kit.run.dynamic_rnn(cell, x, [4, 2], dtype=kit.dtype("float64"))

    assert_alike(run, *weights_of([(2, 4, 3)], "float64", seed=5))


def test_the_normalized_cell_begins_as_contribs_does():
    """Its defaults as tf.contrib.rnn documents them: the forget gate gets 1, all that is made is kept."""
    x = torch.randn(5, 3)
    state = ts.rnn.LSTMStateTuple(torch.randn(5, 4), torch.randn(5, 4))
    with ts.variable_scope("net", reuse=ts.AUTO_REUSE):
        outputs = [
            ts.rnn.LayerNormBasicLSTMCell(4, **given)(x, state)[0]
            for given in (
                {},
                {"forget_bias": 1.0, "activation": torch.tanh, "layer_norm": True},
                {"norm_gain": 1.0, "norm_shift": 0.0, "dropout_keep_prob": 1.0, "reuse": None},
                {"forget_bias": 0.0},
            )
        ]
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(outputs[0], outputs[2])
    assert not torch.allclose(outputs[0], outputs[3])
    values = {v.op.name.rpartition("/")[2]: v.unique().tolist() for v in ts.global_variables()[1:]}
    assert values == {"gamma": [1.0], "beta": [0.0]}


@pytest.mark.parametrize(("gain", "shift"), [(0.5, 0.25), (2.0, -1.0)])
def test_the_gain_and_shift_of_the_normalized_cell_are_first_values(gain, shift):
    cell = ts.rnn.LayerNormBasicLSTMCell(4, norm_gain=gain, norm_shift=shift)
    cell(torch.ones(1, 3), cell.zero_state(1, torch.float32))
    values = {v.op.name.rpartition("/")[2]: v.unique().tolist() for v in ts.global_variables()[1:]}
    assert values == {"gamma": [gain], "beta": [shift]}


def test_recurrent_dropout_keeps_the_mean():
    cell = ts.rnn.LayerNormBasicLSTMCell(3, layer_norm=False, dropout_keep_prob=0.5)
    x, zero = torch.ones(20000, 2), torch.zeros(20000, 3)
    _, state = cell(x, ts.rnn.LSTMStateTuple(zero, zero))
    values = state.c.unique()
    assert len(values) == 4
    assert 0.48 < (state.c == 0).float().mean() < 0.52


def test_first_values_are_tensorflows():
    """A gated unit's gates are open at first; all other biases are zero."""

    def run(kit, x):
        stack = [
            kit.cells.GRUCell(2),
            kit.cells.BasicLSTMCell(2),
            kit.cells.BasicRNNCell(2),
            kit.cells.LSTMCell(2, initializer=kit.api.constant_initializer(0.3)),
            kit.cells.GRUCell(
                2,
                kernel_initializer=kit.api.constant_initializer(0.1),
                bias_initializer=kit.api.constant_initializer(0.2),
            ),
        ]
        return kit.run.dynamic_rnn(kit.cells.MultiRNNCell(stack), x, dtype=kit.dtype("float64"))

    with tf.Graph().as_default(), tf.Session() as session:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(Kit(ours=False), tf.zeros([1, 1, 2], tf.float64))
        session.run(tf.global_variables_initializer())
        expected = {v.op.name: session.run(v) for v in tf.global_variables()}
    net = ts.ScopedModule(lambda x: run(Kit(ours=True), x))
    net(torch.zeros(1, 1, 2, dtype=torch.float64))
    assert list(net.registry.variables) == list(expected)
    for name, variable in net.registry.variables.items():
        assert variable.dtype is torch.float64 and variable.requires_grad
        if name.endswith("bias") or "cell_3" in name or "cell_4" in name:
            np.testing.assert_allclose(variable.detach(), expected[name], err_msg=name)
        else:
            limit = np.sqrt(6 / sum(variable.shape))
            assert variable.abs().max() <= limit and np.abs(expected[name]).max() <= limit


@pytest.mark.parametrize("name", ["BasicLSTMCell", "LSTMCell"])
def test_autocast_and_torch_func_take_the_loop_and_give_the_same(name):
    net = ts.ScopedModule(
        lambda x: ts.rnn.dynamic_rnn(getattr(ts.rnn, name)(4), x, [3, 2], dtype=torch.float32)[0]
    )
    x = torch.randn(2, 3, 3)
    expected = net(x)
    weights = dict(net.named_parameters())
    expected.sum().backward()

    def loss(weights):
        return torch.func.functional_call(net, weights, (x,)).sum()

    gradients = torch.func.grad(loss)(weights)
    for key, weight in weights.items():
        torch.testing.assert_close(gradients[key], weight.grad)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(net(x).float(), expected, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("name", ["BasicLSTMCell", "GRUCell", "LayerNormBasicLSTMCell"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_cells_variables_stay_in_float32_under_autocast(name, dtype):
    net = ts.ScopedModule(
        lambda x: ts.rnn.dynamic_rnn(getattr(ts.rnn, name)(4), x, dtype=x.dtype)[0]
    )
    with torch.autocast("cpu", torch.bfloat16):
        net(torch.randn(2, 3, 5, dtype=dtype))
    assert {v.dtype for v in net.registry.variables.values()} == {torch.float32}


def test_building_makes_the_variables_of_a_run():
    def model(x):
        stack = ts.rnn.MultiRNNCell([ts.rnn.BasicLSTMCell(4), ts.rnn.GRUCell(3)])
        return ts.rnn.bidirectional_dynamic_rnn(
            stack, ts.rnn.LSTMCell(2), x, [3, 1], dtype=torch.float32
        )[0]

    x = torch.randn(2, 3, 3)
    ran, built = ts.ScopedModule(model), ts.ScopedModule(model)
    torch.manual_seed(0), ran(x)
    torch.manual_seed(0), ts.build(built, x.to("meta"))
    assert list(ran.registry.variables) == list(built.registry.variables)
    for mine, its in zip(ran(x), built(x), strict=True):
        assert torch.equal(mine, its)


def own_tanh(x):
    return torch.tanh(x)


@pytest.mark.parametrize("lengths", [None, [0, 3, 7]])
def test_the_kernels_the_compiled_operation_and_the_loop_agree_to_the_last_digits(lengths):
    def answer(cell, compiled):
        def run(kit, x):
            return kit.run.dynamic_rnn(cell, x, lengths, dtype=x.dtype, time_major=True)

        return our_answer(run, given, values, compiled)

    given = weights_of([(7, 3, 5)], "float64", seed=6)
    values = weights_of([(9, 16), (16,)], "float64")
    torch._dynamo.reset()
    loop = answer(ts.rnn.BasicLSTMCell(4, activation=own_tanh), compiled=False)
    for compiled in (False, True):
        fast = answer(ts.rnn.BasicLSTMCell(4), compiled)
        for mine, its in zip([*fast[1], *fast[2]], [*loop[1], *loop[2]], strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-12, atol=1e-13)


def test_the_fused_lstm_is_an_operation_as_pytorch_wants_them():
    shapes = (3, 2, 5), (2, 4), (2, 4), (16, 5), (16, 4), (16,)
    given = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    torch.library.opcheck(over_time, given)
    assert torch.autograd.gradcheck(over_time, given)
