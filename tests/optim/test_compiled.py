"""torch.compile of a step: one graph without breaks, and no more of them as steps go on."""

import pytest
import torch
from torch._dynamo.testing import CompileCounter

from optim.made import ALL, assert_same, give_gradients, make, parameters


def dense():
    return [p for p in parameters() if p.ndim < 2]


@pytest.mark.parametrize("algorithm", ALL, ids=lambda a: a.__name__)
def test_a_step_is_one_graph(algorithm):
    torch.compiler.reset()
    params, others = dense(), dense()
    optimizer, other = make(algorithm, params), make(algorithm, others)
    counter = CompileCounter()
    step = torch.compile(optimizer.step, backend=counter, fullgraph=True)
    for number in range(6):
        give_gradients(params, number)
        give_gradients(others, number)
        step()
        other.step()
    assert_same(params, others, rtol=1e-5, atol=1e-6)
    # States are made in the first step, and numbers of Python's that differ are symbols from the next on.
    assert 1 <= counter.frame_count <= 3
    assert counter.op_count > 0
