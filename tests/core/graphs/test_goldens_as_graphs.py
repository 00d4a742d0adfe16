"""Every public layer, cell and runner as a graph: the net's own numbers, outputs to the last bit."""

import copy

import pytest
import torch
from torch.utils._pytree import tree_leaves

from tests.goldens import GOLDENS
from torchscope._core.graphs.graph import graph


def ids(golden):
    return "-".join([golden.names[0], *map(str, golden.shape)])


def an_input(golden, longer):
    """An input that has more rows than the golden's; of sequences, more steps."""
    shape = list(golden.shape)
    shape[golden.names[0].startswith("rnn")] += longer
    return torch.randn(shape, generator=torch.Generator().manual_seed(longer))


def run(net, x):
    """What a net gives and leaves: outputs, gradients, and its tensors afterwards."""
    x = x.clone().requires_grad_()
    net.zero_grad()
    torch.manual_seed(0)
    outputs = [each for each in tree_leaves(net(x)) if isinstance(each, torch.Tensor)]
    loss = sum(each.sum() for each in outputs if each.requires_grad)
    loss.backward()
    gradients = {key: p.grad for key, p in net.named_parameters()}
    return {"outputs": outputs, "x": x.grad, "gradients": gradients, "state": net.state_dict()}


@pytest.mark.parametrize("golden", GOLDENS, ids=ids)
def test_a_graph_gives_what_its_net_gives(golden):
    net, x = golden.net(), an_input(golden, 0)
    net(x)
    as_graph = graph(copy.deepcopy(net), x)
    for longer in (0, 0, 1, 2):
        x = an_input(golden, longer)
        expected, given = run(net, x), run(as_graph, x)
        for what in "outputs", "state":
            torch.testing.assert_close(given[what], expected[what], rtol=0, atol=0)
        # Autograd may add up what reaches a tensor by several ways in another order.
        torch.testing.assert_close(given, expected)
    made = {call for calls in as_graph._exact.values() for call in calls}
    # One of an input without gradients, one of the first size, and one of any size; of sequences one
    # for each length, where they are unrolled.
    assert len(made) <= (4 if golden.names[0].startswith("rnn") else 3)
