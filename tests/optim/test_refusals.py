"""What an optimizer refuses: numbers out of their range, gradients and states that are of something else."""

import copy
import re

import pytest
import torch
from torch import nn

from optim.made import ALL, make, parameters, train
from tests.tensorflow1 import assert_refused_alike, tf
from tests.tensorflow1_contrib import import_contrib
from torchscope import optim

every = pytest.mark.parametrize("algorithm", ALL, ids=lambda a: a.__name__)
# Those that keep something of each parameter, in its shape.
NOT = (optim.GradientDescent, optim.ProximalGradientDescent, optim.Adafactor)
KEEPING = [algorithm for algorithm in ALL if algorithm not in NOT]


@every
@pytest.mark.parametrize("lr", [-0.1, float("nan")])
def test_a_rate_is_not_negative(algorithm, lr):
    with pytest.raises(ValueError, match=f"{algorithm.__name__} was given a lr of {lr}; it is 0"):
        make(algorithm, parameters(), lr=lr)


@pytest.mark.parametrize(
    ("ours", "theirs", "arguments"),
    [
        (optim.Adagrad, "AdagradOptimizer", {"initial_accumulator_value": 0.0}),
        (
            optim.ProximalAdagrad,
            "ProximalAdagradOptimizer",
            {"initial_accumulator_value": -1.0},
        ),
        (
            optim.AdagradDA,
            "AdagradDAOptimizer",
            {"initial_gradient_squared_accumulator_value": 0.0},
        ),
        (optim.Ftrl, "FtrlOptimizer", {"initial_accumulator_value": -1.0}),
        (optim.Ftrl, "FtrlOptimizer", {"learning_rate_power": 0.5}),
        (optim.Ftrl, "FtrlOptimizer", {"l1_regularization_strength": -1.0}),
        (optim.Ftrl, "FtrlOptimizer", {"l2_regularization_strength": -1.0}),
        (optim.Ftrl, "FtrlOptimizer", {"l2_shrinkage_regularization_strength": -1.0}),
        (optim.LARS, "LARSOptimizer", {"momentum": -1.0}),
        (optim.LARS, "LARSOptimizer", {"weight_decay": -1.0}),
        (optim.GradientDescent, "GradientDescentOptimizer", {"name": ""}),
    ],
)
def test_what_tensorflow_refuses_is_refused_alike(ours, theirs, arguments):
    there = import_contrib().opt if ours is optim.LARS else tf.train
    of_step = {"global_step": 0} if ours is optim.AdagradDA else {}
    assert_refused_alike(
        lambda: getattr(there, theirs)(learning_rate=0.1, **of_step, **arguments),
        lambda: ours(parameters(), lr=0.1, **arguments),
    )


@pytest.mark.parametrize(
    ("algorithm", "name", "value"),
    [
        (optim.Adam, "beta1", 1.0),
        (optim.Adam, "beta2", -0.1),
        (optim.AdaMax, "beta1", 1.0),
        (optim.Nadam, "epsilon", -1e-8),
        (optim.Momentum, "momentum", -0.9),
        (optim.MomentumW, "weight_decay", -0.1),
        (optim.AdamW, "weight_decay", -0.1),
        (optim.RMSProp, "decay", 1.5),
        (optim.Adadelta, "rho", 1.0),
        (optim.ProximalGradientDescent, "l1_regularization_strength", -1.0),
        (optim.ProximalAdagrad, "l2_regularization_strength", -1.0),
        (optim.AdagradDA, "l1_regularization_strength", -1.0),
        (optim.LARS, "eeta", -1.0),
        (optim.Adafactor, "beta1", 1.0),
        (optim.Adafactor, "decay_rate", -1.0),
    ],
)
def test_a_number_out_of_its_range_is_refused_in_a_group_as_well(algorithm, name, value):
    said = re.escape(f"{algorithm.__name__} was given a {name} of {value}; it is ")
    with pytest.raises(ValueError, match=said):
        make(algorithm, parameters(), **{name: value})
    optimizer = make(algorithm, parameters()[:1])
    with pytest.raises(ValueError, match=said):
        optimizer.add_param_group({"params": parameters()[1:], name: value})
    assert len(optimizer.param_groups) == 1


def test_ftrl_divides_by_its_rate():
    with pytest.raises(ValueError, match=r"lr must be positive: 0\.0"):
        optim.Ftrl(parameters(), lr=0.0)
    params = parameters()
    optimizer = optim.Ftrl(params, lr=0.1)
    before = [p.detach().clone() for p in params]
    optimizer.param_groups[0]["lr"] = 0.0
    with pytest.raises(ValueError, match=r"lr must be positive: 0\.0"):
        train(optimizer, params)
    assert all(map(torch.equal, params, before))


@every
def test_a_sparse_gradient_is_of_rows(algorithm):
    first, w = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3, 2))
    optimizer = make(algorithm, [first, w])
    first.grad, w.grad = torch.ones(2), torch.eye(3)[:, :2].to_sparse()
    with pytest.raises(ValueError, match="indices are of 2 dimensions; TF1's are of rows"):
        optimizer.step()
    assert first.tolist() == [1.0, 1.0]
    # What the message advises.
    w.grad = w.grad.to_dense()
    optimizer.step()
    assert first.tolist() != [1.0, 1.0]


def test_gradients_of_other_rows_are_refused():
    w = torch.zeros(4, 2)
    with pytest.raises(ValueError, match=r"of shape \(1, 3\) are of no rows of a parameter"):
        optim.optimizer.update_rows(
            optim.GradientDescent, w, torch.tensor([0]), torch.ones(1, 3), {}, {"lr": 0.1}
        )


def frozen(optimizer):
    return copy.deepcopy((optimizer.state_dict(), list(optimizer.param_groups[0]["params"])))


def assert_nothing_changed(optimizer, before):
    state, params = before
    now = optimizer.state_dict()
    assert now["param_groups"] == state["param_groups"]
    assert now["state"].keys() == state["state"].keys()
    for number, kept in state["state"].items():
        assert all(torch.equal(kept[slot], now["state"][number][slot]) for slot in kept)
    for p, other in zip(optimizer.param_groups[0]["params"], params, strict=True):
        assert torch.equal(p, other)


@pytest.mark.parametrize("algorithm", KEEPING, ids=lambda a: a.__name__)
def test_a_state_of_other_parameters_is_refused_and_nothing_is_loaded(algorithm):
    params = parameters()
    optimizer = make(algorithm, params)
    train(optimizer, params)
    others = [nn.Parameter(torch.ones(shape)) for shape in ((), (3,), (5, 2))]
    other = make(algorithm, others, lr=0.7)
    for p in others:
        p.grad = torch.ones_like(p)
    other.step()
    before = frozen(other)
    said = r"of parameter 2 of a group, of shape \(5, 2\), has \w+ of shape \(4, 2\)"
    with pytest.raises(ValueError, match=said):
        other.load_state_dict(optimizer.state_dict())
    assert_nothing_changed(other, before)
    with pytest.raises(ValueError, match="parameter group"):
        make(algorithm, others[:2]).load_state_dict(optimizer.state_dict())


@every
def test_a_state_of_another_optimizer_is_refused(algorithm):
    params = parameters()[:2]
    theirs = torch.optim.NAdam(params)
    train(theirs, params)
    optimizer = make(algorithm, params)
    train(optimizer, params)
    before = frozen(optimizer)
    with pytest.raises(ValueError, match=rf"The state .* {algorithm.__name__}[: ].* Load what"):
        optimizer.load_state_dict(theirs.state_dict())
    assert_nothing_changed(optimizer, before)


def test_a_state_with_other_slots_is_refused():
    params = parameters()[:2]
    centered = optim.RMSProp(params, 0.1, centered=True)
    train(centered, params)
    state = centered.state_dict()
    state["param_groups"][0]["centered"] = False
    with pytest.raises(ValueError, match="has rms, mg, momentum; RMSProp keeps rms, momentum"):
        optim.RMSProp(params, 0.1).load_state_dict(state)


def test_slots_that_depend_on_a_shape_are_named_for_a_parameter():
    w = nn.Parameter(torch.ones(2, 3))
    optimizer = optim.Adafactor([w], beta1=0.5)
    with pytest.raises(ValueError, match=r"slot_names\(group, parameter\)"):
        optimizer.slot_names()
    names = optimizer.slot_names(optimizer.param_groups[0], w)
    assert names == {"m": "Adafactor", "vr": "Adafactor_1", "vc": "Adafactor_2"}
