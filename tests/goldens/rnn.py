"""The cells of `torchscope.rnn`, what is wrapped around them, and what runs them."""

from functools import partial

import torch

import torchscope as ts
import torchscope.rnn
from tests.goldens.golden import Golden

rnn = ts.rnn
SEQUENCE, LENGTHS = (3, 3, 3), [3, 0, 2]


class Run:
    """Cells, made here, that run over a sequence.

    Args:
        runner: the function that runs them.
        cells: they, for it.
        given: what they get, made of a sequence.
    """

    def __init__(self, runner, cells, given=None):
        self.runner, self.given = runner, given
        self.cells = [make() for make in cells]
        self.lengths = LENGTHS

    def __call__(self, x, scope="kept"):
        """What they give, and their states."""
        # TF1's static functions take a list of steps, a stack lists of cells.
        x = x if "dynamic" in self.runner else list(x.unbind(1))
        x = x if self.given is None else self.given(x)
        cells = [[cell] for cell in self.cells] if "stack" in self.runner else self.cells
        run = getattr(rnn, self.runner)
        return run(*cells, x, sequence_length=self.lengths, dtype=torch.float32, scope=scope)


def made_and_run(runner, cells, given, x):
    """The same of cells that each pass makes."""
    return Run(runner, cells, given)(x, scope=None)


def of(names, *cells, runner="dynamic_rnn", drawn=False, given=None):
    """Cells that are made in each pass, and the same cells that are kept."""
    names = tuple(f"rnn.{name}" for name in (*names.split(), runner))
    keep = partial(Run, runner, cells, given)
    return Golden(names, partial(made_and_run, runner, cells, given), SEQUENCE, keep, drawn=drawn)


def with_times(x):
    """Steps, each with the time at which it is."""
    return x[..., :1].abs().cumsum(1), x


def as_rows(x, axes=1):
    """Steps of three numbers, along the first of several axes, each with a channel."""
    return x.reshape(*x.shape, *(1,) * axes)


def as_numbers(x):
    """Steps of one integer."""
    return (x[..., :1].abs() * 2).long()


class Several:
    """Cells, made here, each of which runs over what is made of a sequence.

    Args:
        pairs: what makes a cell, and what makes its inputs.
    """

    def __init__(self, pairs):
        self.runs = [Run("dynamic_rnn", [make], given) for make, given in pairs]

    def __call__(self, x, scope="several"):
        """What they give, and their states."""
        return [run(x, scope=f"{scope}_{number}") for number, run in enumerate(self.runs)]


def made_several(pairs, x):
    """The same of cells that each pass makes."""
    return Several(pairs)(x, scope="made")


def several(names, *pairs):
    """Cells that run one beside the other."""
    names = tuple(f"rnn.{name}" for name in names.split())
    return Golden(names, partial(made_several, pairs), SEQUENCE, partial(Several, pairs))


class Whole:
    """What runs over a whole sequence, the steps first.

    Args:
        make: makes it.
    """

    def __init__(self, make):
        self.run = make()

    def __call__(self, x):
        """What it gives, and its state."""
        return self.run(x.transpose(0, 1), dtype=torch.float32, sequence_length=LENGTHS)


def made_whole(make, x):
    """The same of what each pass makes."""
    with ts.variable_scope("made"):
        return Whole(make)(x)


def whole(names, make):
    """What runs over a whole sequence."""
    names = tuple(f"rnn.{name}" for name in names.split())
    return Golden(names, partial(made_whole, make), SEQUENCE, partial(Whole, make))


def each(module, *names, **keywords):
    """Makers of cells with three units, by their names."""
    return [partial(getattr(module, name), 3, **keywords) for name in names]


def around(wrapper, cell, *arguments, **keywords):
    """A cell in a wrapper."""
    return wrapper(cell(), *arguments, **keywords)


def stack_of(*cells, **keywords):
    """Cells above each other."""
    return rnn.MultiRNNCell([make() for make in cells], **keywords)


def twice_less(inputs, outputs):
    """A residual function."""
    return 2 * inputs - outputs


LSTM, GRU = partial(rnn.BasicLSTMCell, 3), partial(rnn.GRUCell, 3)
DROP = partial(around, rnn.DropoutWrapper)
VARIATIONAL = {"variational_recurrent": True, "input_size": 3, "dtype": torch.float32}

PLAIN = ("NASCell", "UGRNNCell", "SRUCell", "MinimalRNNCell", "CFNCell", "IntersectionRNNCell")
INDEPENDENT = ("IndRNNCell", "IndyGRUCell", "IndyLSTMCell")
BLOCKS = ("LSTMBlockCell", "GRUBlockCell", "GRUBlockCellV2", "CudnnCompatibleLSTMCell")
BLOCKS += ("CudnnCompatibleGRUCell",)
OTHER_LSTMS = (
    "LayerNormLSTMCell",
    "WeightNormLSTMCell",
    "CoupledInputForgetGateLSTMCell",
    "GLSTMCell",
)
GRID = {"feature_size": 2, "frequency_skip": 1, "num_frequency_blocks": [2]}
IMAGES = {"output_channels": 2}

GOLDENS = [
    *(
        of(" ".join(["MultiRNNCell", *names]), partial(stack_of, *each(rnn, *names)))
        for names in (PLAIN, INDEPENDENT, BLOCKS, OTHER_LSTMS)
    ),
    of("AttentionCellWrapper", partial(around, rnn.AttentionCellWrapper, LSTM, 2)),
    of(
        "InputProjectionWrapper OutputProjectionWrapper HighwayWrapper CompiledWrapper",
        partial(
            stack_of,
            partial(around, rnn.InputProjectionWrapper, LSTM, 2),
            partial(around, rnn.OutputProjectionWrapper, GRU, 3),
            partial(around, rnn.HighwayWrapper, GRU),
            partial(around, rnn.CompiledWrapper, GRU),
        ),
    ),
    several(
        "EmbeddingWrapper PhasedLSTMCell TimeFreqLSTMCell GridLSTMCell BidirectionalGridLSTMCell",
        (partial(around, rnn.EmbeddingWrapper, GRU, 9, 3), as_numbers),
        (partial(rnn.PhasedLSTMCell, 3), with_times),
        (partial(rnn.TimeFreqLSTMCell, 3, feature_size=3), None),
        (partial(rnn.GridLSTMCell, 2, **GRID), None),
        (partial(rnn.BidirectionalGridLSTMCell, 2, **GRID), None),
    ),
    several(
        "ConvLSTMCell Conv1DLSTMCell Conv2DLSTMCell Conv3DLSTMCell",
        (partial(rnn.ConvLSTMCell, 1, kernel_shape=[3], input_shape=[3, 1], **IMAGES), as_rows),
        (partial(rnn.Conv1DLSTMCell, kernel_shape=[3], input_shape=[3, 1], **IMAGES), as_rows),
        (
            partial(rnn.Conv2DLSTMCell, kernel_shape=[1, 3], input_shape=[3, 1, 1], **IMAGES),
            partial(as_rows, axes=2),
        ),
        (
            partial(rnn.Conv3DLSTMCell, kernel_shape=[1] * 3, input_shape=[3, 1, 1, 1], **IMAGES),
            partial(as_rows, axes=3),
        ),
    ),
    whole("LSTMBlockFusedCell LSTMBlockWrapper", partial(rnn.LSTMBlockFusedCell, 3)),
    whole(
        "LSTMBlockFusedCell TimeReversedFusedRNN FusedRNNCellAdaptor FusedRNNCell",
        partial(
            around, rnn.TimeReversedFusedRNN, partial(around, rnn.FusedRNNCellAdaptor, GRU, True)
        ),
    ),
    of("BasicRNNCell", partial(rnn.BasicRNNCell, 4)),
    of("GRUCell", partial(rnn.GRUCell, 4)),
    of("BasicLSTMCell", partial(rnn.BasicLSTMCell, 4, forget_bias=0.5)),
    of("BasicLSTMCell", partial(rnn.BasicLSTMCell, 4, activation="relu")),
    of("LSTMCell", partial(rnn.LSTMCell, 4)),
    of("LSTMCell", partial(rnn.LSTMCell, 4, use_peepholes=True, cell_clip=0.3, num_proj=2)),
    of("LayerNormBasicLSTMCell", partial(rnn.LayerNormBasicLSTMCell, 4)),
    of(
        "LayerNormBasicLSTMCell",
        partial(rnn.LayerNormBasicLSTMCell, 4, dropout_keep_prob=0.5),
        drawn=True,
    ),
    of("MultiRNNCell", partial(stack_of, LSTM, GRU)),
    of("MultiRNNCell", partial(stack_of, GRU, GRU, state_is_tuple=False)),
    of("DropoutWrapper", partial(DROP, LSTM, 0.5, 0.6, 0.7), drawn=True),
    of("DropoutWrapper", partial(DROP, GRU, 0.5, 0.6, 0.7, seed=3, **VARIATIONAL), drawn=True),
    of("ResidualWrapper", partial(around, rnn.ResidualWrapper, GRU, twice_less)),
    of("DeviceWrapper", partial(around, rnn.DeviceWrapper, GRU, "/cpu:0")),
    of("", LSTM, GRU, runner="bidirectional_dynamic_rnn"),
    of("", LSTM, GRU, runner="stack_bidirectional_dynamic_rnn"),
    of("", LSTM, GRU, runner="stack_bidirectional_rnn"),
    of("", LSTM, runner="static_rnn"),
    of("", LSTM, GRU, runner="static_bidirectional_rnn"),
]
