"""One list of all public layers, each with a call of it: what tests/goldens/test_goldens.py runs them through.

A layer is added to the file of its package; a test fails for a public layer that is missing.
"""

import torchscope as ts
from tests.goldens import layers, rnn, slim

GOLDENS = [*layers.GOLDENS, *slim.GOLDENS, *rnn.GOLDENS]
# What the names in GOLDENS are taken from.
PACKAGES = {"layers": ts.layers, "slim": ts.slim, "rnn": ts.rnn}
# Where the public names come from that are no layers. They are compiled in tests/compile/test_public_names.py.
NOT_LAYERS = {
    "torchscope.layers.base": "what layers derive from",
    "torchscope.layers.input_spec": "what a layer expects of its inputs",
    "torchscope.rnn.cell": "what cells derive from, and the state of an LSTM",
    "torchscope.rnn.batches": "axes of tensors",
    "torchscope.rnn.raw": "takes a function of steps",
    "torchscope.rnn.saving": "takes an object that keeps states",
    "torchscope.slim.arg_scope": "where layers have their defaults from",
    "torchscope.slim.reversible": "takes blocks, whose activations it computes again",
    "torchscope.slim.sequences": "axes of tensors, and a sparse one",
    "torchscope.slim.variables": "variables, made and found",
    "torchscope.slim.initializers": "initializers",
    "torchscope.slim.regularizers": "a loss of variables",
    "torchscope.slim.checkpoints": "reads files",
    "torchscope._core.functions.global_step": "a variable",
    "torchscope._core.values.regularizers": "functions from a variable to its loss",
}
