"""TF1's schedules as LR schedulers: TensorFlow's rates, resumed, chained, of several groups, beside PyTorch's."""

import copy
import io
from functools import partial

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

import torchscope as ts
from tests.tensorflow1 import evaluate
from torchscope.optim.schedulers import ScheduleLR
from torchscope.optim.train import schedules


def optimizer_of(*rates):
    """With a group for each rate."""
    groups = [{"params": [torch.nn.Parameter(torch.zeros(2))], "lr": lr} for lr in rates]
    return torch.optim.SGD(groups, lr=0.1)


def run(scheduler, steps):
    """The rates of each group at so many steps."""
    found = []
    for _ in range(steps):
        found.append([float(group["lr"]) for group in scheduler.optimizer.param_groups])
        scheduler.optimizer.step()
        scheduler.step()
    return np.array(found)


def decay(**arguments):
    return partial(schedules.exponential_decay, decay_steps=10, decay_rate=0.5, **arguments)


SCHEDULES = {
    "exponential_decay": {"decay_steps": 30, "decay_rate": 0.5},
    "natural_exp_decay": {"decay_steps": 30, "decay_rate": 0.5, "staircase": True},
    "inverse_time_decay": {"decay_steps": 30, "decay_rate": 0.5},
    "polynomial_decay": {"decay_steps": 40, "power": 2.0, "cycle": True},
    "cosine_decay": {"decay_steps": 60, "alpha": 0.1},
    "cosine_decay_restarts": {"first_decay_steps": 20, "m_mul": 0.9},
    "linear_cosine_decay": {"decay_steps": 60},
    "noisy_linear_cosine_decay": {"decay_steps": 60, "initial_variance": 0.0},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_scheduler_sets_tensorflows_rates(name):
    arguments = SCHEDULES[name]
    scheduler = ScheduleLR(optimizer_of(0.3), partial(getattr(schedules, name), **arguments))
    expected = evaluate(lambda tf: getattr(tf.train, name)(0.3, tf.range(100), **arguments))
    np.testing.assert_allclose(run(scheduler, 100)[:, 0], expected, rtol=0, atol=1e-6)


def test_pieces_are_set_as_tensorflow_gives_them():
    boundaries, values = [3, 7], [0.5, 0.25, 0.125]
    scheduler = ScheduleLR(
        optimizer_of(9.0), lambda _, step: schedules.piecewise_constant(step, boundaries, values)
    )
    expected = evaluate(
        lambda tf: [tf.train.piecewise_constant(each, boundaries, values) for each in range(10)]
    )
    assert run(scheduler, 10)[:, 0].tolist() == expected


def test_each_group_starts_from_its_own_rate():
    both = run(ScheduleLR(optimizer_of(0.5, 0.125), decay()), 30)
    assert np.array_equal(both[:, 0], run(ScheduleLR(optimizer_of(0.5), decay()), 30)[:, 0])
    assert np.array_equal(both[:, 0], 4 * both[:, 1])


def test_a_rate_in_a_tensor_stays_that_tensor():
    rate = torch.tensor(0.5)
    parameter = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.Adam([parameter], lr=rate, capturable=False, foreach=False)
    scheduler = ScheduleLR(optimizer, decay())
    rates = run(scheduler, 20)
    assert optimizer.param_groups[0]["lr"] is rate
    assert np.array_equal(rates, run(ScheduleLR(optimizer_of(0.5), decay()), 20))
    assert rate.item() == pytest.approx(0.125)
    assert scheduler.get_last_lr()[0] is not rate


@pytest.mark.parametrize(
    ("theirs", "mine", "steps"),
    [
        (
            lambda o: lr_scheduler.ExponentialLR(o, 0.9),
            partial(schedules.exponential_decay, decay_steps=1, decay_rate=0.9),
            60,
        ),
        (
            lambda o: lr_scheduler.StepLR(o, 7, 0.5),
            partial(schedules.exponential_decay, decay_steps=7, decay_rate=0.5, staircase=True),
            60,
        ),
        (
            lambda o: lr_scheduler.MultiStepLR(o, [20], 0.5),
            lambda rate, step: rate * schedules.piecewise_constant(step, [19], [1.0, 0.5]),
            60,
        ),
        (
            lambda o: lr_scheduler.PolynomialLR(o, 40, 2.0),
            partial(schedules.polynomial_decay, decay_steps=40, end_learning_rate=0, power=2.0),
            60,
        ),
        (
            lambda o: lr_scheduler.CosineAnnealingLR(o, 40, 0.05),
            partial(schedules.cosine_decay, decay_steps=40, alpha=0.05 / 0.5),
            41,
        ),
        (
            lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 10, 2),
            partial(schedules.cosine_decay_restarts, first_decay_steps=10),
            60,
        ),
    ],
)
def test_what_is_said_of_pytorchs_own_is_so(theirs, mine, steps):
    expected = run(theirs(optimizer_of(0.5)), steps)
    actual = run(ScheduleLR(optimizer_of(0.5), mine), steps)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-6)


def test_pytorchs_wave_rises_again_where_tensorflows_stays():
    theirs = run(lr_scheduler.CosineAnnealingLR(optimizer_of(0.5), 10), 21)
    mine = run(ScheduleLR(optimizer_of(0.5), partial(schedules.cosine_decay, decay_steps=10)), 21)
    assert theirs[20, 0] == pytest.approx(0.5)
    assert not mine[10:].any()


def through_a_file(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.mark.parametrize("halved", [False, True])
def test_a_run_goes_on_where_it_was_saved(halved):
    def begun():
        optimizer = optimizer_of(0.5, 0.1)
        scheduler = ScheduleLR(optimizer, decay())
        return optimizer, scheduler

    def halve(optimizer):
        for group in optimizer.param_groups:
            group["lr"] *= 0.5

    optimizer, scheduler = begun()
    run(scheduler, 7)
    if halved:
        halve(optimizer)
    states = through_a_file((optimizer.state_dict(), scheduler.state_dict()))
    expected = run(scheduler, 20)
    optimizer, scheduler = begun()
    optimizer.load_state_dict(states[0])
    scheduler.load_state_dict(states[1])
    assert np.array_equal(run(scheduler, 20), expected)
    assert scheduler.last_epoch == 27


def test_a_run_goes_on_from_a_step_that_is_said():
    expected = run(ScheduleLR(optimizer_of(0.5), decay()), 30)
    optimizer = optimizer_of(0.5)
    optimizer.param_groups[0]["initial_lr"] = 0.5
    assert np.array_equal(run(ScheduleLR(optimizer, decay(), last_epoch=9), 20), expected[10:])
    with pytest.raises(KeyError, match="initial_lr"):
        ScheduleLR(optimizer_of(0.5), decay(), last_epoch=9)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("rate", [0.5, torch.tensor(0.5)])
def test_it_chains_with_others(first, rate):
    optimizer = optimizer_of(copy.deepcopy(rate))
    makers = [
        lambda: ScheduleLR(optimizer, decay()),
        lambda: lr_scheduler.LinearLR(optimizer, 0.25, 1.0, total_iters=8),
    ]
    made = [make() for make in (makers if first else makers[::-1])]
    actual = run(lr_scheduler.ChainedScheduler(made), 40)
    ramp = np.minimum(0.25 + 0.75 * np.arange(40) / 8, 1.0)
    expected = run(ScheduleLR(optimizer_of(0.5), decay()), 40)[:, 0] * ramp
    np.testing.assert_allclose(actual[:, 0], expected, rtol=1e-5)


def test_it_takes_its_turn_in_a_sequence():
    optimizer = optimizer_of(0.5)
    warm = ScheduleLR(optimizer, lambda rate, step: rate * step / 10)
    scheduler = lr_scheduler.SequentialLR(
        optimizer, [warm, ScheduleLR(optimizer, decay())], milestones=[8]
    )
    actual = run(scheduler, 30)[:, 0]
    np.testing.assert_allclose(actual[:8], 0.05 * np.arange(8), rtol=1e-6)
    expected = run(ScheduleLR(optimizer_of(0.5), decay()), 22)[:, 0]
    assert np.array_equal(actual[8:], expected)


def test_a_plateau_lowers_it_for_good():
    optimizer = optimizer_of(0.5)
    scheduler = ScheduleLR(optimizer, decay())
    plateau = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.25, patience=0)
    before = run(scheduler, 5)
    plateau.step(1.0)
    plateau.step(2.0)
    after = run(scheduler, 5)
    expected = run(ScheduleLR(optimizer_of(0.5), decay()), 10)
    assert np.array_equal(before, expected[:5])
    np.testing.assert_allclose(after, expected[5:] / 4, rtol=1e-12)


def test_a_rate_that_comes_from_zero_is_the_schedules():
    scheduler = ScheduleLR(optimizer_of(0.5), lambda rate, step: rate * (step % 3))
    assert run(scheduler, 7)[:, 0].tolist() == [0.0, 0.5, 1.0, 0.0, 0.5, 1.0, 0.0]


def test_the_schedule_leaves_no_names_behind():
    run(ScheduleLR(optimizer_of(0.5), decay()), 5)
    with ts.name_scope("ExponentialDecay") as scope:
        assert scope == "ExponentialDecay/"


def test_a_scheduler_can_be_copied():
    scheduler = ScheduleLR(optimizer_of(0.5), decay())
    run(scheduler, 3)
    twin = copy.deepcopy(scheduler)
    assert np.array_equal(run(twin, 5), run(scheduler, 5))


def test_what_is_no_schedule_is_refused():
    with pytest.raises(TypeError, match=r"wants a function of a rate and a step, and got 0\.5"):
        ScheduleLR(optimizer_of(0.5), 0.5)
    with pytest.raises(TypeError, match="is not an Optimizer"):
        ScheduleLR(torch.nn.Linear(1, 1), decay())


def test_an_error_of_the_schedule_changes_nothing():
    def breaking(rate, step):
        if step == 2:
            raise RuntimeError("no rate")
        return rate / (step + 1)

    optimizer = optimizer_of(0.5)
    scheduler = ScheduleLR(optimizer, breaking)
    run(scheduler, 1)
    optimizer.step()
    with pytest.raises(RuntimeError, match="no rate"):
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 0.25
