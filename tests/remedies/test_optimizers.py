"""What an error of an optimizer's advises works."""

import pytest
import torch
from torch import nn

from remedies import follow, tried
from torchscope import optim

CASES = []
remedy = tried(CASES)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def moved(optimizer):
    """The optimizer after a step, and its parameters."""
    params = optimizer.param_groups[0]["params"]
    for p in params:
        p.grad = torch.ones_like(p)
    optimizer.step()
    return optimizer


@remedy(ValueError, "Make it dense: p.grad = p.grad.to_dense().")
def a_sparse_gradient_of_single_numbers():
    p = nn.Parameter(torch.zeros(2, 2))
    optimizer = optim.GradientDescent([p], lr=0.5)
    p.grad = torch.eye(2).to_sparse()
    yield optimizer.step
    p.grad = p.grad.to_dense()
    optimizer.step()
    assert p.tolist() == [[-0.5, 0.0], [0.0, -0.5]]


@remedy(
    ValueError, "its groups have no ", "beta1, beta2, epsilon. Load what Adam.state_dict() gave."
)
def a_state_of_pytorchs_adam():
    params = [nn.Parameter(torch.zeros(2))]
    optimizer, theirs = optim.Adam(params), moved(torch.optim.Adam(params))
    yield lambda: optimizer.load_state_dict(theirs.state_dict())
    state = moved(optim.Adam(params)).state_dict()
    optimizer.load_state_dict(state)
    assert optimizer.state[params[0]]["m"].tolist() == state["state"][0]["m"].tolist()


@remedy(ValueError, "Adam keeps m, v", ". Load what ")
def a_state_with_other_slots():
    params = [nn.Parameter(torch.zeros(2))]
    optimizer = moved(optim.Adam(params))
    state = optimizer.state_dict()
    other = {**state, "state": {0: {"exp_avg": torch.zeros(2)}}}
    yield lambda: optimizer.load_state_dict(other)
    optimizer.load_state_dict(state)


@remedy(
    ValueError,
    "has m of shape (2,) where (3,) is kept",
    "hand over parameters as they were when it was saved.",
)
def a_state_of_parameters_in_another_order():
    params = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(3))]
    state = moved(optim.Adam(params)).state_dict()
    yield lambda: optim.Adam(params[::-1]).load_state_dict(state)
    optim.Adam(params).load_state_dict(state)


@remedy(ValueError, "depends on the shape of the parameter: slot_names(group, parameter).")
def names_of_slots_that_depend_on_a_shape():
    w = nn.Parameter(torch.zeros(3))
    optimizer = optim.Adafactor([w])
    yield optimizer.slot_names
    assert optimizer.slot_names(optimizer.param_groups[0], w) == {"v": "Adafactor"}
