"""The operation of TensorFlow's fused LSTM."""

import numpy as np
import pytest
import torch

from tests.comparing import assert_alike
from tests.tensorflow1 import evaluate
from torchscope.tf1 import raw_ops

_random = np.random.default_rng(0)
SHAPES = {
    "x": (2, 4),
    "cs_prev": (2, 3),
    "h_prev": (2, 3),
    "w": (7, 12),
    "wci": (3,),
    "wcf": (3,),
    "wco": (3,),
    "b": (12,),
}
ARRAYS = [_random.normal(size=shape) for shape in SHAPES.values()]
OPTIONS = [
    {},
    {"cell_clip": -1.0},
    {"cell_clip": -1.0, "forget_bias": 0.0},
    {"cell_clip": 0.5, "use_peephole": True},
]


def call(ops, tensors, options):
    return list(ops.LSTMBlockCell(**dict(zip(SHAPES, tensors, strict=True)), **options))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_gives_what_tensorflow_gives(options):
    # TensorFlow itself has no gradients of it.
    assert_alike(
        lambda tf, *given: call(tf.raw_ops, given, options),
        lambda *given: call(raw_ops, given, options),
        [each.astype("float32") for each in ARRAYS],
        gradients=False,
    )


@pytest.mark.parametrize("options", OPTIONS[1:3], ids=str)
def test_its_gradients_are_those_of_what_it_computes(options):
    inputs = [torch.tensor(each, requires_grad=True) for each in ARRAYS]

    def cell_and_output(*tensors):
        step = raw_ops.LSTMBlockCell(*tensors, **options)
        return step.cs, step.h

    assert torch.autograd.gradcheck(cell_and_output, inputs)


def test_its_gradients_know_nothing_of_the_clip():
    # TF1 had a gradient of it, which was this operation.
    options, slope = (
        {"cell_clip": 0.5, "use_peephole": True},
        np.float32(_random.normal(size=(2, 3))),
    )
    arrays = [each.astype("float32") for each in ARRAYS]

    def by_tensorflow(tf):
        i, cs, f, o, ci, co, _ = call(tf.raw_ops, arrays, options)
        return tf.raw_ops.LSTMBlockCellGrad(
            **dict(zip(SHAPES, arrays, strict=True)),
            i=i,
            cs=cs,
            f=f,
            o=o,
            ci=ci,
            co=co,
            cs_grad=slope,
            h_grad=slope,
            use_peephole=True,
        )

    inputs = [torch.tensor(each, requires_grad=True) for each in arrays]
    step = raw_ops.LSTMBlockCell(*inputs, **options)
    assert step.cs.abs().max() == 0.5
    given = [torch.from_numpy(slope)] * 2
    names = [list(SHAPES).index(each) for each in ("cs_prev", "b", "wci", "wcf", "wco")]
    found = torch.autograd.grad([step.cs, step.h], [inputs[each] for each in names], given)
    before, gates, *peepholes = evaluate(by_tensorflow)
    for mine, theirs in zip(found, [before, gates.sum(0), *peepholes], strict=True):
        np.testing.assert_allclose(mine, theirs, 1e-5, 1e-5)
