"""Which initializer, regularizer and constraint goes where, in every layer and cell there is.

Each argument of that kind gets a sentinel of its own. It is found in the signatures: who adds one, and
wires it to nothing or to something else, fails here.
"""

import inspect
import re
import warnings

import pytest
import torch

import torchscope as ts
import torchscope.slim
import torchscope.tf1
from tests.tensorflow1 import import_slim, tf
from tests.tensorflow1_contrib import import_contrib

KIND = re.compile(r"(?:(\w+)_)?(initializer|regularizer|constraint)(s?)$")
PACKAGES = {
    "layers": ([tf.layers], ts.layers),
    "slim": ([import_slim()], ts.slim),
    "cells": ([tf.nn.rnn_cell, import_contrib().rnn], ts.rnn),
}
# What has such arguments and no variables of its own to give them to.
ABSTRACT = {"Layer", "RNNCell", "LSTMBlockWrapper"}
# What takes them in TF1, and gives them to none of its variables.
UNUSED = {
    "BidirectionalGridLSTMCell",
    "ConvLSTMCell",
    "CoupledInputForgetGateLSTMCell",
    "GridLSTMCell",
    "TimeFreqLSTMCell",
}
# What only a compiled library has in TensorFlow: tests/rnn/test_contrib_cells.py writes out its formulas.
COMPILED = {"CudnnCompatibleGRUCell", "CudnnCompatibleLSTMCell"}
REQUIRED = {
    "cell": None,
    "embedding_classes": 5,
    "embedding_size": 4,
    "units": 4,
    "filters": 4,
    "num_outputs": 4,
    "num_units": 4,
    "kernel_size": 2,
    "depth_multiplier": 2,
}
PROJECTED = {"use_peepholes": True, "num_proj": 3}
IN_FREQUENCIES = {"use_peepholes": True, "feature_size": 3, "frequency_skip": 3}
IN_A_GRID = {**IN_FREQUENCIES, "num_frequency_blocks": [1]}
# What makes all the variables there can be.
OPTIONS = {
    # Averages that do not move yet.
    "slim.batch_norm": {"scale": True, "is_training": False},
    "slim.group_norm": {"groups": 1},
    "cells.LSTMCell": PROJECTED,
    "cells.CoupledInputForgetGateLSTMCell": PROJECTED,
    "cells.LayerNormLSTMCell": {**PROJECTED, "layer_norm": True},
    "cells.WeightNormLSTMCell": PROJECTED,
    "cells.TimeFreqLSTMCell": IN_FREQUENCIES,
    "cells.GridLSTMCell": IN_A_GRID,
    "cells.BidirectionalGridLSTMCell": IN_A_GRID,
    "cells.GLSTMCell": {"num_proj": 4},
    "cells.ConvLSTMCell": {
        "conv_ndims": 1,
        "input_shape": [5, 3],
        "output_channels": 2,
        "kernel_shape": [2],
    },
    "cells.IntersectionRNNCell": {"num_in_proj": 4},
}
# The parts that slim's dicts of them have.
PARTS = {
    "batch_norm.param_initializers": ("beta", "gamma", "moving_mean", "moving_variance"),
    "batch_norm.param_regularizers": ("beta", "gamma"),
    "group_norm.param_initializers": ("beta", "gamma"),
    "ConvLSTMCell.initializers": ("kernel", "biases"),
    "instance_norm.param_initializers": ("beta", "gamma"),
}


def parameters(function):
    return inspect.signature(function).parameters


def with_such_arguments():
    """The public names of each package that have arguments of the kind, and are called with inputs."""
    for package, (_, module) in PACKAGES.items():
        for name, value in sorted(vars(module).items()):
            if name.startswith("_") or not callable(value) or name in ABSTRACT | COMPILED:
                continue
            if not inspect.isclass(value) and "inputs" not in parameters(value):
                continue
            if any(map(KIND.fullmatch, parameters(value))):
                yield package, name


CASES = list(with_such_arguments())


class Wiring:
    """One call of a layer, and where each of its sentinels was seen."""

    def __init__(self, api, zeros):
        self.api, self.zeros = api, zeros
        self.numbers, self.seen, self.constraints = {}, {}, {}

    def sentinel(self, kind, argument):
        if kind == "initializer":
            self.numbers[argument] = 1.0 + len(self.numbers)
            return self.api.constant_initializer(self.numbers[argument])

        def regularize(value):
            of = value.name if isinstance(value, self.api.Variable) else "the outputs"
            self.seen.setdefault(argument, []).append(of)
            return self.zeros([])

        def constrain(value):
            return value

        if kind == "constraint":
            self.constraints[argument] = constrain
            return constrain
        return regularize

    def arguments(self, name, function):
        given = {k: v for k, v in REQUIRED.items() if k in parameters(function)}
        for argument in parameters(function):
            found = KIND.fullmatch(argument)
            if found and found[3]:
                parts = PARTS[f"{name}.{argument}"]
                given[argument] = {
                    part: self.sentinel(found[2], f"{argument}[{part}]") for part in parts
                }
            elif found:
                given[argument] = self.sentinel(found[2], argument)
        return given

    def call(self, package, name, function, like):
        # The signatures are ours, so that theirs cannot have less.
        given = self.arguments(name, like) | OPTIONS.get(f"{package}.{name}", {})
        x = self.zeros(shape_for(name))
        if "cell" in given:
            given["cell"] = self.api.nn.rnn_cell.GRUCell(4)
            x = self.api.constant([1, 2])
        if package == "cells":
            cell = function(**given)
            cell(x, cell.zero_state(2, self.api.float32))
        elif inspect.isclass(function):
            function(**given)(x)
        else:
            function(x, **given)

    def told(self, first_values):
        """For each variable: whose number it has, who regularizes and who constrains it."""
        numbers = {number: argument for argument, number in self.numbers.items()}
        told = {}
        for variable, value in first_values:
            kinds = [numbers.get(float(value.flatten()[0]))]
            kinds += [argument for argument, names in self.seen.items() if variable.name in names]
            kinds += [
                a for a, function in self.constraints.items() if variable.constraint is function
            ]
            told[variable.name] = sorted(kind for kind in kinds if kind)
        told["the outputs"] = sorted(a for a, names in self.seen.items() if "the outputs" in names)
        return told


def shape_for(name):
    if name == "ConvLSTMCell":
        return [2, 5, 3]
    if re.search("dense|fully_connected|linear|relu|elu|Cell", name, re.IGNORECASE):
        return [2, 3]
    rank = re.search(r"([123])d", name, re.IGNORECASE)
    return [2, *[5] * int(rank[1] if rank else 2), 3]


@pytest.mark.parametrize(("package", "name"), CASES, ids=lambda part: part)
@pytest.mark.filterwarnings("ignore:`(tf.layers|layer.apply)")
def test_each_argument_goes_where_tensorflow_has_it(package, name):
    places, ours = PACKAGES[package]
    theirs = next(getattr(place, name) for place in places if hasattr(place, name))
    like = getattr(ours, name)
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wiring = Wiring(tf, tf.zeros)
        wiring.call(package, name, theirs, like)
        session.run(tf.global_variables_initializer())
        expected = wiring.told([(v, session.run(v)) for v in tf.global_variables()])
    wiring = Wiring(torchscope.tf1, torch.zeros)
    wiring.call(package, name, like, like)
    ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)
    found = wiring.told([(v, v.detach()) for v in ts.global_variables()])
    assert found == expected
    given = {a for a in parameters(like) if KIND.fullmatch(a)}
    wired = {argument.partition("[")[0] for arguments in found.values() for argument in arguments}
    assert wired == (set() if name in UNUSED else given)


def test_the_list_of_layers_is_not_empty():
    assert len(CASES) > 40
    assert {package for package, _ in CASES} == set(PACKAGES)
    assert ("layers", "SeparableConv2D") in CASES
    assert ("slim", "batch_norm") in CASES
    assert ("cells", "LSTMCell") in CASES
