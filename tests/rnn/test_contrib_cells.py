"""The cells of tf.contrib.rnn: names, outputs, states and gradients, as TensorFlow's own files give them."""

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_close
from tests.rnn.alike import Kit, our_answer, their_answer, weights_of
from tests.tensorflow1 import assert_refused_alike, refusal, tf
from tests.tensorflow1_contrib import import_contrib
from torchscope._core.values.structures import is_nested

CONTRIB = import_contrib()


def contrib_of(kit):
    return ours.contrib.rnn if kit.api is ts else CONTRIB.rnn


def tf_of(kit):
    return ours if kit.api is ts else tf


# The activation, which is each library's own.
RELU = "its relu"


class Case(NamedTuple):
    """A cell.

    Attributes:
        name: its name in tf.contrib.rnn.
        args: its arguments.
        kwargs: the same, by name.
        shape: one step of its inputs, without the batch.
        dtype: where contrib's own file works with one alone.
        state: the size of its state, where that is not what it says.
        inside: a cell that goes before its arguments: a name in tf.nn.rnn_cell, and its arguments.
        steps: whether it goes over several.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    shape: tuple[int, ...] = (4,)
    dtype: str = "float64"
    state: int | None = None
    inside: tuple[Any, ...] = ()
    steps: bool = True

    def made(self, kit, **more):
        before = ()
        if self.inside:
            name, *args = self.inside
            before = (getattr(kit.cells, name)(*args),)
        given = {**self.kwargs, **more}
        args = [kit.relu if each == RELU else each for each in self.args]
        kwargs = {key: kit.relu if each == RELU else each for key, each in given.items()}
        return getattr(contrib_of(kit), self.name)(*before, *args, **kwargs)

    def first(self, kit, cell, batch):
        dtype = kit.dtype(self.dtype)
        if self.state is None:
            return cell.zero_state(batch, dtype)
        return tf_of(kit).ones([batch, self.state], dtype) * 0.1


PEEPHOLES = {"use_peepholes": True, "cell_clip": 0.3, "num_proj": 2, "proj_clip": 0.2}
GRID = {"feature_size": 3, "frequency_skip": 4, "num_frequency_blocks": [2]}
BLOCKS = {"start_freqindex_list": [0, 3], "end_freqindex_list": [5, 7], "frequency_skip": 1}
BLOCKS |= {"feature_size": 4, "num_frequency_blocks": [2, 1]}
ALL_OF_GRID = {"use_peepholes": True, "cell_clip": 0.2, "num_unit_shards": 2, "forget_bias": 0.5}

CASES = [
    Case("NASCell", (3,)),
    Case("NASCell", (3,), {"num_proj": 2, "use_bias": True, "name": "mine"}),
    Case("AttentionCellWrapper", (2,), {}, dtype="float32", inside=("GRUCell", 3)),
    Case("AttentionCellWrapper", (2,), {}, dtype="float32", inside=("LSTMCell", 3)),
    Case(
        "AttentionCellWrapper",
        (3, 4, 2, 5),
        {"state_is_tuple": False},
        dtype="float32",
        inside=("GRUCell", 3),
    ),
    Case("InputProjectionWrapper", (2,), inside=("LSTMCell", 3)),
    Case("InputProjectionWrapper", (2,), {"activation": RELU}, inside=("GRUCell", 3)),
    Case("OutputProjectionWrapper", (2,), inside=("LSTMCell", 3)),
    Case("OutputProjectionWrapper", (2, RELU), inside=("GRUCell", 3)),
    Case("HighwayWrapper", (), dtype="float32", inside=("GRUCell", 4)),
    Case("HighwayWrapper", (False, 0.5), dtype="float32", inside=("LSTMCell", 4)),
    Case("LSTMBlockCell", (3,), dtype="float32"),
    Case("LSTMBlockCell", (3, 0.5, 0.05, True), dtype="float32"),
    Case("GRUBlockCell", (3,), dtype="float32"),
    Case("GRUBlockCell", (), {"cell_size": 3, "name": "mine"}, dtype="float32"),
    Case("GRUBlockCellV2", (3,), dtype="float32"),
    Case("UGRNNCell", (3,)),
    Case("UGRNNCell", (3, None, 0.5, RELU)),
    Case("IntersectionRNNCell", (4,)),
    Case("IntersectionRNNCell", (3, 3), {"forget_bias": 0.5}),
    Case("ConvLSTMCell", (2, [4, 3, 2], 3, [3, 2]), shape=(4, 3, 2), dtype="float32"),
    Case("ConvLSTMCell", (1, [4, 2], 3, [2], False), shape=(4, 2), dtype="float32"),
    Case(
        "Conv1DLSTMCell",
        (),
        {
            "input_shape": [4, 2],
            "output_channels": 3,
            "kernel_shape": [3],
            "skip_connection": True,
        },
        shape=(4, 2),
        dtype="float32",
        steps=False,
    ),
    Case(
        "Conv2DLSTMCell",
        (),
        {"input_shape": [4, 3, 2], "output_channels": 3, "kernel_shape": [3, 3]},
        shape=(4, 3, 2),
        dtype="float32",
    ),
    Case(
        "Conv3DLSTMCell",
        ("mine",),
        {"input_shape": [2, 3, 2, 2], "output_channels": 3, "kernel_shape": [1, 2, 3]},
        shape=(2, 3, 2, 2),
        dtype="float32",
    ),
    Case("CoupledInputForgetGateLSTMCell", (3,)),
    Case(
        "CoupledInputForgetGateLSTMCell",
        (3, True, None, 2, 0.2, 2, 2, 0.5, False),
    ),
    Case(
        "CoupledInputForgetGateLSTMCell",
        (3, True),
        {"layer_norm": True, "norm_gain": 0.5, "norm_shift": 0.1},
        dtype="float32",
    ),
    Case("LayerNormBasicLSTMCell", (3,), dtype="float32"),
    Case("LayerNormBasicLSTMCell", (3,), {"layer_norm": False}),
    Case("LayerNormLSTMCell", (3,)),
    Case("LayerNormLSTMCell", (3,), {"layer_norm": True, "activation": RELU}, dtype="float32"),
    Case("LayerNormLSTMCell", (3,), {"layer_norm": True, **PEEPHOLES}, dtype="float32"),
    Case("GLSTMCell", (4,), {"number_of_groups": 2}),
    Case("GLSTMCell", (6,), {"number_of_groups": 2, "num_proj": 4, "activation": RELU}),
    Case("IndRNNCell", (3,)),
    Case("IndRNNCell", (3, RELU), {"name": "mine"}),
    Case("IndyGRUCell", (3,)),
    Case("IndyLSTMCell", (3, 0.5, RELU)),
    Case("SRUCell", (3,)),
    Case("MinimalRNNCell", (3,)),
    Case("CFNCell", (3, None, "zeros", "ones", "mine")),
    Case("CFNCell", (3,)),
    Case("WeightNormLSTMCell", (3,)),
    Case("WeightNormLSTMCell", (3,), {"norm": False, "use_peepholes": True}),
    Case("WeightNormLSTMCell", (3,), PEEPHOLES),
    Case("TimeFreqLSTMCell", (3,), {"feature_size": 2}, state=3 * 6, dtype="float32", steps=False),
    Case(
        "TimeFreqLSTMCell",
        (3, True, 0.3, None, 2),
        {"feature_size": 3, "frequency_skip": 2},
        shape=(7,),
        state=3 * 6,
        dtype="float32",
        steps=False,
    ),
    Case("GridLSTMCell", (2,), GRID, shape=(7,)),
    Case("GridLSTMCell", (2,), {**GRID, **ALL_OF_GRID}, shape=(7,), steps=False),
    Case("GridLSTMCell", (2,), {**BLOCKS, "state_is_tuple": False}, shape=(8,), steps=False),
    Case(
        "GridLSTMCell",
        (2, True, True),
        {**BLOCKS, "couple_input_forget_gates": True},
        shape=(8,),
        steps=False,
    ),
    Case("BidirectionalGridLSTMCell", (2, True), BLOCKS, shape=(8,), steps=False),
    Case(
        "BidirectionalGridLSTMCell",
        (2,),
        {**GRID, "backward_slice_offset": -1},
        shape=(7,),
        steps=False,
    ),
]
IDS = [f"{case.name}-{number}" for number, case in enumerate(CASES)]
each_case = pytest.mark.parametrize("case", CASES, ids=IDS)


# TensorFlow takes long to differentiate a loop: the first of each kind is in one.
IN_A_LOOP = {case.name: case for case in reversed(CASES) if case.steps}


def program_of(case):
    """A cell over three steps, and another that shares its variables; or a cell over two."""

    def program(kit, x):
        with kit.api.variable_scope("m"):
            cell = case.made(kit)
            state = case.first(kit, cell, 2)
            if not case.steps:
                return cell(x[:, 0], state)
            if IN_A_LOOP[case.name] is not case:
                output, state = cell(x[:, 0], state)
                kit.api.get_variable_scope().reuse_variables()
                return output, cell(x[:, 1], state)
            outputs, state = kit.run.dynamic_rnn(cell, x, [3, 1], state, scope="run")
        with kit.api.variable_scope("m/run", reuse=True):
            return [outputs, state, case.made(kit)(x[:, 0], state)]

    return program


def inputs_of(case):
    return weights_of([(2, 3, *case.shape)], case.dtype, seed=3)


def assert_alike(program, inputs):
    names, values, theirs, their_gradients = their_answer(program, inputs)
    our_names, found, gradients = our_answer(program, inputs, values)
    assert our_names == names
    tolerance = 5e-5 if inputs[0].dtype == np.float32 else None
    for mine, its in zip([*found, *gradients], [*theirs, *their_gradients], strict=True):
        assert_close(mine, its, tolerance, least=1.0)


@each_case
def test_it_gives_tensorflows_names_numbers_and_gradients(case):
    assert_alike(program_of(case), inputs_of(case))


def shown(structure, is_nested):
    """A structure in words: the names of its tuples, and its sizes."""
    if not is_nested(structure):
        return structure if isinstance(structure, int) else structure.as_list()
    names = getattr(structure, "_fields", range(len(structure)))
    parts = [shown(part, is_nested) for part in structure]
    return type(structure).__name__, *zip(names, parts, strict=True)


@each_case
@pytest.mark.filterwarnings("ignore")
def test_sizes_and_zero_states_are_tensorflows(case):
    def said(kit, is_nested, shape_of):
        cell = case.made(kit)
        state = kit.dtype(case.dtype), cell.zero_state(2, kit.dtype(case.dtype))
        return (
            shown(cell.state_size, is_nested),
            shown(cell.output_size, is_nested),
            [shape_of(each) for each in kit.flat(state[1])],
        )

    with tf.Graph().as_default():
        expected = said(Kit(ours=False), tf.nest.is_nested, lambda t: t.shape.as_list())
    assert said(Kit(ours=True), is_nested, lambda t: list(t.shape)) == expected


PROGRAMS = []


def program(*shapes):
    def enter(function):
        PROGRAMS.append(pytest.param(function, shapes, id=function.__name__))
        return function

    return enter


@program((2, 3, 1), (2, 3, 2))
def phases(kit, times, x):
    cell = contrib_of(kit).PhasedLSTMCell(3, use_peepholes=True, leak=0.1)
    return kit.run.dynamic_rnn(cell, (times * 4, x), [3, 2], dtype=kit.dtype("float32"))


@program((9, 2))
def embeddings(kit, x):
    contrib, tf = contrib_of(kit), tf_of(kit)
    cell = contrib.EmbeddingWrapper(kit.cells.LSTMCell(3), 5, 2)
    steps = tf.constant([[[1], [4]], [[0], [1]]])
    outputs, state = kit.run.dynamic_rnn(cell, steps, [2, 1], dtype=kit.dtype("float32"))
    other = contrib.EmbeddingWrapper(kit.cells.GRUCell(2), 4, 3)
    return outputs, state, other(tf.constant([3, 1]), x[:2])


@program((3, 2, 4), (2, 3), (2, 3))
def whole_sequences(kit, x, c, h):
    contrib = contrib_of(kit)
    lstm = contrib.LSTMBlockFusedCell(3, 0.5)
    state = kit.cells.LSTMStateTuple(c, h)
    options = {"cell_clip": 0.05, "use_peephole": True, "name": "other"}
    other = contrib.LSTMBlockFusedCell(3, **options)
    return [
        lstm(x, state, sequence_length=[3, 0]),
        lstm(x, dtype=kit.dtype("float32")),
        other(x, (c, h), sequence_length=[1, 3]),
    ]


@program((3, 2, 4), (2, 3))
def adaptors(kit, x, h):
    contrib = contrib_of(kit)
    with kit.api.variable_scope("a", reuse=kit.api.AUTO_REUSE):
        results = [
            contrib.FusedRNNCellAdaptor(kit.cells.GRUCell(3), dynamic)(
                given, h, sequence_length=[3, 1]
            )
            for dynamic, given in ((False, x), (True, [x[0], x[1]]))
        ]
        turned = contrib.TimeReversedFusedRNN(contrib.FusedRNNCellAdaptor(kit.cells.GRUCell(3)))
        results += [turned(x, h), turned([x[0], x[1]], h), turned(x, h, sequence_length=[2, 3])]
    return results


@program((3, 2, 4), (2, 3), (2, 3))
def a_sequence_of_ones_own(kit, x, c, h):
    class Mine(contrib_of(kit).LSTMBlockWrapper):
        num_units = 3

        def build(self, input_shape):
            self.w = self.add_variable("w", [3])
            self.built = True

        def _call_cell(self, inputs, initial_cell_state, initial_output, dtype, sequence_length):
            memories = inputs[:, :, :3] * self.w + initial_cell_state
            return memories, memories * 2 + initial_output

    mine = Mine(name="mine")
    return mine(x, (c, h), sequence_length=[2, 0]), mine(x, (c, h))


@program((3, 2), (3, 4))
def linear_maps(kit, x, y):
    linear = contrib_of(kit)._linear
    maps = contrib_of(kit)._Linear
    one = kit.api.constant_initializer(0.5)
    with kit.api.variable_scope("a", partitioner=kit.api.fixed_size_partitioner(2)):
        results = [linear([x, y], 3, True)]
    with kit.api.variable_scope("b"):
        map_ = maps([x, y], 2, True, bias_initializer=one, kernel_initializer=one)
        results += [map_([x, y]), map_([x * 2, y])]
    with kit.api.variable_scope("c"):
        results += [linear(x, 2, False)]
    with kit.api.variable_scope("d"):
        return [*results, maps(y, 1, False)(y)]


@program((2, 3, 3), (2, 3))
def around_the_cells_of_others(kit, x, h):
    contrib = contrib_of(kit)
    stack = kit.cells.MultiRNNCell([contrib.SRUCell(3), contrib.HighwayWrapper(contrib.NASCell(3))])
    cell = contrib.OutputProjectionWrapper(kit.cells.ResidualWrapper(stack), 2)
    outputs, _ = kit.run.dynamic_rnn(cell, x, [3, 1], dtype=kit.dtype("float32"))
    steps = [x[:, 0], x[:, 1]]
    with kit.api.variable_scope("static"):
        more, _ = kit.run.static_rnn(contrib.UGRNNCell(3), steps, h, sequence_length=[1, 2])
    twice = contrib.IndRNNCell(3)
    state, _ = twice(steps[0], h)
    with kit.api.variable_scope("elsewhere"):
        return [outputs, *more, twice(steps[1], state), contrib.IndRNNCell(3)(steps[0], state)]


@pytest.mark.parametrize(("run", "shapes"), PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_a_program_gives_tensorflows_names_and_numbers(run, shapes):
    assert_alike(run, weights_of(shapes, "float32", seed=5))


def cudnns_gru(x, h, v):
    """The formula, as cuDNN's guide has it, in TensorFlow."""
    gates = tf.sigmoid(tf.matmul(tf.concat([x, h], 1), v["gates/kernel"]) + v["gates/bias"])
    r, u = tf.split(gates, 2, 1)
    inputs, hidden = (f"candidate/{each}_projection/" for each in ("input", "hidden"))
    new = r * (tf.matmul(h, v[hidden + "kernel"]) + v[hidden + "bias"])
    new = tf.tanh(new + tf.matmul(x, v[inputs + "kernel"]) + v[inputs + "bias"])
    return (1 - u) * new + u * h


def test_cells_that_go_with_cudnn():
    """Their files need a library that is compiled: so the formulas are written out."""
    x, h, c = weights_of([(2, 3, 4), (2, 3), (2, 3)], "float64", seed=6)

    def model(x, h, c):
        cudnn = ours.contrib.cudnn_rnn
        outputs, _ = ours.nn.dynamic_rnn(cudnn.CudnnCompatibleGRUCell(3), x, initial_state=h)
        state = ours.nn.rnn_cell.LSTMStateTuple(c, h)
        return outputs, *cudnn.CudnnCompatibleLSTMCell(3)(x[:, 0], state)[1]

    net = ts.ScopedModule(model)
    given = [torch.tensor(each) for each in (x, h, c)]
    net(*given)
    variables = net.registry.variables
    assert [v.unique().tolist() for n, v in variables.items() if n.endswith("bias")] == [
        *([1.0], [0.0], [0.0], [0.0])
    ]
    with torch.no_grad():
        for number, v in enumerate(variables.values()):
            v.copy_(torch.tensor(weights_of([tuple(v.shape)], "float64", number)[0]))
    found = net(*given)
    values = {name: v.detach().numpy() for name, v in variables.items()}
    prefix = "rnn/cudnn_compatible_gru_cell/"
    with tf.Session() as session:
        of_gru = {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}
        state = tf.constant(h)
        for time in range(3):
            state = cudnns_gru(x[:, time], state, of_gru)
            assert_close(found[0][:, time], session.run(state))
        kernel, bias = (values[f"cudnn_compatible_lstm_cell/{n}"] for n in ("kernel", "bias"))
        gates = tf.matmul(tf.concat([x[:, 0], h], 1), kernel) + bias
        i, j, f, o = tf.split(gates, 4, 1)
        new_c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(j)
        assert_close(found[1], session.run(new_c))
        assert_close(found[2], session.run(tf.sigmoid(o) * tf.tanh(new_c)))


def test_numbers_that_are_drawn_first_are_in_their_ranges():
    contrib = ours.contrib.rnn
    x, zeros = torch.ones(2, 3), torch.zeros(2, 200)
    state = ts.rnn.LSTMStateTuple(zeros, zeros)
    cell = contrib.PhasedLSTMCell(
        200, trainable_ratio_on=False, period_init_min=2.0, period_init_max=50.0
    )
    cell((x[:, :1], x), state)
    contrib.IndyLSTMCell(200)(x, state)
    contrib.EmbeddingWrapper(ts.rnn.GRUCell(200), 100, 3)(torch.tensor([[1], [2]]), zeros)
    drawn = {v.op.name.rpartition("/")[2]: v for v in ts.global_variables()}
    period, phase = drawn["period"], drawn["phase"]
    assert 2 <= period.min() < 4 and 25 < period.max() <= 50
    assert (phase >= 0).all() and (phase < period).all() and (phase / period).std() > 0.2
    assert -1 <= drawn["kernel_u"].min() < -0.9 and 0.9 < drawn["kernel_u"].max() <= 1
    assert abs(drawn["embedding"].std().item() - 1) < 0.15
    assert (drawn["ratio_on"] == torch.tensor(0.1)).all()
    assert [v.op.name for v in cell.non_trainable_weights] == ["phased_lstm_cell/ratio_on"]


def test_a_wrapper_of_tf1s_compiler_changes_nothing():
    def model(x, h):
        with ts.variable_scope("m", reuse=ts.AUTO_REUSE):
            plain = ts.rnn.dynamic_rnn(ts.rnn.GRUCell(3), x, initial_state=h)
            wrapped = ours.contrib.rnn.CompiledWrapper(ts.rnn.GRUCell(3), compile_stateful=True)
            return plain, ts.rnn.dynamic_rnn(wrapped, x, initial_state=h)

    plain, wrapped = ts.ScopedModule(model)(torch.randn(2, 4, 3), torch.randn(2, 3))
    torch.testing.assert_close(wrapped, plain)


def x_of(kit, *shape):
    return tf_of(kit).zeros(shape)


def gru(kit):
    return kit.cells.GRUCell(3)


def step(kit, name, *args, depth=4, units=3, **kwargs):
    cell = getattr(contrib_of(kit), name)(*args, **kwargs)
    return cell(x_of(kit, 2, depth), x_of(kit, 2, units))


C = contrib_of
REFUSED = {
    "no cell to project": lambda kit: C(kit).InputProjectionWrapper(3, 2),
    "no outputs": lambda kit: C(kit).OutputProjectionWrapper(gru(kit), 0),
    "no classes": lambda kit: C(kit).EmbeddingWrapper(gru(kit), 0, 2),
    "nothing to look at": lambda kit: C(kit).AttentionCellWrapper(gru(kit), 0),
    "a tuple in one tensor": lambda kit: C(kit).AttentionCellWrapper(
        kit.cells.LSTMCell(3), 2, state_is_tuple=False
    ),
    "no units": lambda kit: C(kit).GRUBlockCell(),
    "units twice": lambda kit: C(kit).GRUBlockCell(3, cell_size=3),
    "another state of a block": lambda kit: step(kit, "GRUBlockCell", 3, units=2),
    "three states of a block": lambda kit: C(kit).LSTMBlockCell(3)(
        x_of(kit, 2, 4), (x_of(kit, 2, 3),) * 3
    ),
    "inputs that are no units": lambda kit: step(kit, "IntersectionRNNCell", 3),
    "units in no groups": lambda kit: C(kit).GLSTMCell(3, number_of_groups=2),
    "projections in no groups": lambda kit: C(kit).GLSTMCell(4, num_proj=3, number_of_groups=2),
    "inputs in no groups": lambda kit: C(kit).GLSTMCell(4, number_of_groups=2)(
        x_of(kit, 2, 3), (x_of(kit, 2, 4), x_of(kit, 2, 4))
    ),
    "axes that are not there": lambda kit: C(kit).ConvLSTMCell(2, [4, 2], 3, [3]),
    "too many pieces": lambda kit: C(kit).CoupledInputForgetGateLSTMCell(2, num_unit_shards=9)(
        x_of(kit, 2, 4), (x_of(kit, 2, 2), x_of(kit, 2, 2))
    ),
    "no blocks": lambda kit: C(kit).GridLSTMCell(2),
    "neither state nor dtype": lambda kit: C(kit).LSTMBlockFusedCell(3)(x_of(kit, 2, 2, 4)),
    "three first states": lambda kit: C(kit).LSTMBlockFusedCell(3)(
        x_of(kit, 2, 2, 4), (x_of(kit, 2, 3),) * 3
    ),
    "nothing to map": lambda kit: C(kit)._linear([], 3, True),
    "unknown to Keras": lambda kit: C(kit).CFNCell(3, kernel_initializer="none"),
    **{
        f"blocks {n}": lambda kit, given=given: C(kit).GridLSTMCell(
            2, state_is_tuple=False, feature_size=2, frequency_skip=2, **given
        )(x_of(kit, 2, 4), x_of(kit, 2, 8))
        for n, given in enumerate(
            [
                {"num_frequency_blocks": [1, 1]},
                {"num_frequency_blocks": [1]},
                {
                    "num_frequency_blocks": [1],
                    "start_freqindex_list": [0, 1],
                    "end_freqindex_list": [2, 3],
                },
                {
                    "num_frequency_blocks": [2],
                    "start_freqindex_list": [0],
                    "end_freqindex_list": [2],
                },
            ]
        )
    },
}
TYPE_ALONE = {"no cell to project", "axes that are not there", "unknown to Keras", "blocks 2"}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore")
def test_it_is_refused_as_in_tensorflow(name):
    call = REFUSED[name]
    net = ts.ScopedModule(lambda: call(Kit(ours=True)))
    if name in TYPE_ALONE:
        assert type(refusal(net)) is type(refusal(lambda: call(Kit(ours=False))))
    else:
        assert_refused_alike(lambda: call(Kit(ours=False)), net)


def states(of):
    return of, ts.rnn.LSTMStateTuple(of, of)


@pytest.mark.parametrize("name", ["NASCell", "UGRNNCell", "SRUCell", "GLSTMCell", "IndyGRUCell"])
def test_a_state_that_does_not_fit_is_refused(name):
    def run(state):
        cell = getattr(ts.rnn, name)(4)
        given = state[isinstance(cell.state_size, tuple)]
        with ts.variable_scope("m", reuse=ts.AUTO_REUSE):
            return cell(torch.ones(2, 4), given)

    assert run(states(torch.zeros(2, 4)))[0].shape == (2, 4)
    for shape in ((2, 5), (3, 4)):
        with pytest.raises(
            ValueError, match=r"Dimensions must be equal, but are .*cell\.zero_state"
        ):
            run(states(torch.zeros(shape)))
    with pytest.raises(TypeError, match=r"have types \[float32, float64\] that don't all match"):
        run(states(torch.zeros(2, 4, dtype=torch.float64)))
    with pytest.raises((TypeError, ValueError), match="state"):
        run(states(torch.zeros(2, 4))[::-1])


def test_a_cell_runs_over_steps_and_not_a_whole_sequence():
    with pytest.raises(ValueError, match="must have rank 2"):
        ts.rnn.UGRNNCell(3)(torch.ones(2, 5, 4), torch.zeros(2, 3))
    with pytest.raises(ValueError, match=r"must have rank 3|expected ndim=3"):
        ts.rnn.LSTMBlockFusedCell(3)(torch.ones(2, 4), dtype=torch.float32)
    with pytest.raises(ValueError, match="is a pair: the time"):
        ts.rnn.PhasedLSTMCell(3)(torch.ones(2, 4), ts.rnn.PhasedLSTMCell(3).zero_state(2, float))
    with pytest.raises(ValueError, match="expects 3D, 4D or 5D"):
        ts.rnn.ConvLSTMCell(1, [4, 2], 3, [3])(torch.ones(2, 4), [torch.ones(2, 4)] * 2)
    with pytest.raises(ValueError, match="to be of same Dimension"):
        ts.rnn.ConvLSTMCell(1, [4, 2], 3, [3])(torch.ones(2, 4, 2), [torch.ones(2, 4)] * 2)
    with pytest.raises(TypeError, match=r"is a GridLSTMStateTuple of 2 tensors"):
        cell = ts.rnn.GridLSTMCell(2, feature_size=2, num_frequency_blocks=[1])
        cell(torch.ones(1, 2), torch.ones(1, 4))
