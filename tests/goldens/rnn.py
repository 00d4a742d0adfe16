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
    """

    def __init__(self, runner, cells):
        self.runner = runner
        self.cells = [make() for make in cells]
        self.lengths = LENGTHS

    def __call__(self, x, scope="kept"):
        """What they give, and their states."""
        # TF1's static functions take a list of steps, a stack lists of cells.
        x = x if "dynamic" in self.runner else list(x.unbind(1))
        cells = [[cell] for cell in self.cells] if "stack" in self.runner else self.cells
        run = getattr(rnn, self.runner)
        return run(*cells, x, sequence_length=self.lengths, dtype=torch.float32, scope=scope)


def made_and_run(runner, cells, x):
    """The same of cells that each pass makes."""
    return Run(runner, cells)(x, scope=None)


def of(names, *cells, runner="dynamic_rnn", drawn=False):
    """Cells that are made in each pass, and the same cells that are kept."""
    names = tuple(f"rnn.{name}" for name in (*names.split(), runner))
    keep = partial(Run, runner, cells)
    return Golden(names, partial(made_and_run, runner, cells), SEQUENCE, keep, drawn=drawn)


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

GOLDENS = [
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
