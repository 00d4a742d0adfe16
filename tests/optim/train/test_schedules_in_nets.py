"""Schedules inside of a net: compiled whole, recorded, built, and on a device that nothing reads."""

import pytest
import torch
from torch._dynamo.testing import CompileCounter

import torchscope as ts
import torchscope.tf1 as tf

SCHEDULES = {
    "exponential_decay": lambda rate, step: tf.train.exponential_decay(rate, step, 49, 0.5, True),
    "natural_exp_decay": lambda rate, step: tf.train.natural_exp_decay(rate, step, 7, 0.5, True),
    "inverse_time_decay": lambda rate, step: tf.train.inverse_time_decay(rate, step, 49, 3, True),
    "polynomial_decay": lambda rate, step: tf.train.polynomial_decay(rate, step, 40, cycle=True),
    "cosine_decay": lambda rate, step: tf.train.cosine_decay(rate, step, 60, 0.1),
    "equal_falls": lambda rate, step: tf.train.cosine_decay_restarts(rate, step, 30, 1.0, 0.9),
    "longer_falls": lambda rate, step: tf.train.cosine_decay_restarts(rate, step, 8, 2.0, 0.9),
    "linear_cosine_decay": lambda rate, step: tf.train.linear_cosine_decay(rate, step, 60),
    "noisy_linear_cosine_decay": lambda rate, step: tf.train.noisy_linear_cosine_decay(
        rate, step, 60, initial_variance=0
    ),
    "piecewise_constant": lambda rate, step: (
        rate * tf.train.piecewise_constant(step, [20, 50], [1.0, 0.5, 0.1])
    ),
}
each_schedule = pytest.mark.parametrize("name", SCHEDULES)


def counting(schedule):
    """A net that gives the rate of the step that it is at, and goes on to the next."""

    def model(rate):
        step = tf.train.get_or_create_global_step()
        now = schedule(rate, step)
        step.assign_add(1)
        return now

    return ts.ScopedModule(model)


def rates_of(net, rate, steps):
    return torch.stack([net(rate) for _ in range(steps)])


@each_schedule
@pytest.mark.parametrize("rate", [0.5, torch.tensor(0.5, dtype=torch.float64)])
def test_a_schedule_compiles_whole_and_once(name, rate):
    counter = CompileCounter()
    net = counting(SCHEDULES[name])
    expected = rates_of(counting(SCHEDULES[name]), rate, 65)
    compiled = torch.compile(net, fullgraph=True, backend=counter)
    assert torch.equal(rates_of(compiled, rate, 65), expected)
    assert counter.frame_count == 1


@each_schedule
def test_a_schedule_is_recorded_and_built(name):
    rate = torch.tensor(0.5)
    expected = rates_of(counting(SCHEDULES[name]), rate, 65)
    built = ts.build(counting(SCHEDULES[name]), rate)
    assert built.registry.variables["global_step"].item() == 0
    assert torch.equal(rates_of(ts.graph(built, rate), rate, 65), expected)


def test_a_graph_draws_noise_on_each_call():
    rate = torch.tensor(0.5)
    net = counting(lambda rate, step: tf.train.noisy_linear_cosine_decay(rate, step * 0, 60))
    assert len({value.item() for value in rates_of(ts.graph(net, rate), rate, 9)}) == 9


@each_schedule
def test_a_schedule_stays_where_the_step_is(name):
    step = torch.tensor(3, device="meta")
    assert SCHEDULES[name](0.5, step).is_meta
    assert SCHEDULES[name](torch.tensor(0.5), step).is_meta


@pytest.mark.cuda
@each_schedule
def test_a_gpu_is_not_waited_for_and_misses_no_stair(name):
    def rates(step):
        return torch.stack([SCHEDULES[name](0.5, step + each) for each in range(400)])

    expected = rates(torch.tensor(0))
    rates(torch.tensor(0, device="cuda"))
    step = torch.tensor(0, device="cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        actual = rates(step)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.testing.assert_close(actual.cpu(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.cuda
@each_schedule
def test_a_compiled_schedule_on_a_gpu_misses_no_stair(name):
    expected = rates_of(counting(SCHEDULES[name]), 0.5, 200)
    net = ts.build(counting(SCHEDULES[name]), 0.5).cuda()
    compiled = torch.compile(net, fullgraph=True)
    actual = rates_of(compiled, 0.5, 200)
    assert actual.is_cuda
    torch.testing.assert_close(actual.cpu(), expected, rtol=1e-6, atol=1e-6)
