"""The cells of tf.contrib.rnn: names, outputs, states and gradients, as TensorFlow's own files give them."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from tensorflow1_contrib import import_contrib

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_close
from tests.rnn.alike import our_answer, their_answer, weights_of
from tests.tensorflow1 import tf

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
GRID = {"feature_size": 3, "frequency_skip": 2, "num_frequency_blocks": [3]}
BLOCKS = {"start_freqindex_list": [0, 3], "end_freqindex_list": [5, 8], "frequency_skip": 1}
BLOCKS |= {"feature_size": 3, "num_frequency_blocks": [3, 3]}
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
    Case("GridLSTMCell", (2,), {**GRID, **ALL_OF_GRID}, shape=(7,)),
    Case("GridLSTMCell", (2,), {**BLOCKS, "state_is_tuple": False}, shape=(8,)),
    Case(
        "GridLSTMCell",
        (2, True, True),
        {**BLOCKS, "couple_input_forget_gates": True},
        shape=(8,),
    ),
    Case("BidirectionalGridLSTMCell", (2,), GRID, shape=(7,)),
    Case(
        "BidirectionalGridLSTMCell",
        (2, True),
        {**BLOCKS, "backward_slice_offset": 1},
        shape=(8,),
    ),
    Case("BidirectionalGridLSTMCell", (2,), {**GRID, "backward_slice_offset": -1}, shape=(7,)),
]
IDS = [f"{case.name}-{number}" for number, case in enumerate(CASES)]
each_case = pytest.mark.parametrize("case", CASES, ids=IDS)


def program_of(case, lengths=(3, 1)):
    """A cell over three steps; and another that shares its variables, for one."""

    def program(kit, x):
        lengths_ = list(lengths)
        with kit.api.variable_scope("m"):
            cell = case.made(kit)
            state = case.first(kit, cell, 2)
            if not case.steps:
                return cell(x[:, 0], state)
            outputs, state = kit.run.dynamic_rnn(cell, x, lengths_, state, scope="run")
        with kit.api.variable_scope("m/run", reuse=True):
            return [outputs, state, case.made(kit)(x[:, 0], state)]

    return program


def inputs_of(case):
    return weights_of([(2, 3, *case.shape)], case.dtype, seed=3)


def assert_alike(program, inputs, compiled=False):
    names, values, theirs, their_gradients = their_answer(program, inputs)
    our_names, found, gradients = our_answer(program, inputs, values, compiled)
    assert our_names == names
    tolerance = 5e-5 if inputs[0].dtype == np.float32 else None
    for mine, its in zip([*found, *gradients], [*theirs, *their_gradients], strict=True):
        assert_close(mine, its, tolerance, least=1.0)


@each_case
def test_it_gives_tensorflows_names_numbers_and_gradients(case):
    assert_alike(program_of(case), inputs_of(case))
