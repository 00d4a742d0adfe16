"""tf.train.ExponentialMovingAverage beside TensorFlow's: names, values over steps, and what is refused."""

import copy

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, plain_session, tf
from torchscope.checkpoint import Saver, load_checkpoint
from torchscope.optim.train.exponential_moving_average import ExponentialMovingAverage

STEPS = 5
# Arguments by name, as functions of the library and of the step that is counted.
ARGUMENTS = {
    "a number": lambda of, step: {"decay": 0.9},
    "zero": lambda of, step: {"decay": 0.0},
    "one": lambda of, step: {"decay": 1.0},
    "a tensor": lambda of, step: {"decay": of.constant(0.75)},
    "a variable": lambda of, step: {"decay": of.Variable(0.25, trainable=False, name="decay")},
    "updates": lambda of, step: {"decay": 0.9, "num_updates": step},
    "a number of updates": lambda of, step: {"decay": 0.9, "num_updates": 3},
    "a name": lambda of, step: {"decay": 0.9, "name": "avg"},
    "unbiased": lambda of, step: {"decay": 0.9, "zero_debias": True},
    "all": lambda of, step: {"decay": 0.9, "num_updates": step, "zero_debias": True, "name": "avg"},
}


def averaged_step(of, x, arguments):
    """Variables and moments that change with `x`, and the operation that averages all of them."""
    step = of.train.get_or_create_global_step()
    with of.variable_scope("net"):
        w = of.get_variable("w", initializer=of.constant([1.0, 2.0]))
        d = of.get_variable("d", initializer=of.constant([0.5, 1.5], of.float64))
        moments = of.nn.moments(x, [0])
        ema = of.train.ExponentialMovingAverage(**arguments(of, step))
        before = ema.average_name(w)
        update = ema.apply([w, d, *moments])
        followed = [w, d, *moments]
        names = [before, ema.name, update.name, *map(ema.average_name, followed)]
        again = ema.apply([w])
        names.append(again.name)
    outside = of.train.ExponentialMovingAverage(0.5, name="outside")
    names.append(outside.apply().name)
    names += sorted(ema.variables_to_restore())
    names += [v.op.name for v in of.moving_average_variables()]
    averages = [ema.average(each) for each in followed]
    assert ema.average(step) is None
    return step, w, d, update, averages, names


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_averages_are_tensorflows_over_steps(arguments):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(STEPS, 4, 2)).astype(np.float32)
    expected = []
    with tf.Graph().as_default(), plain_session() as session:
        x = tf.placeholder(tf.float32, [4, 2])
        step, w, d, update, averages, their_names = averaged_step(tf, x, arguments)
        their_variables = [v.op.name for v in tf.global_variables()]
        change = [w.assign_add([0.1, -0.3]), d.assign_add([0.2, 0.7]), step.assign_add(1)]
        session.run(tf.global_variables_initializer())
        for value in inputs:
            session.run(change)
            session.run(update, {x: value})
            expected.append(session.run(averages))
    net = ts.ScopedModule(lambda x: averaged_step(ours, x, arguments))
    ts.build(net, torch.ones(4, 2))
    assert [v.op.name for v in net.registry.global_variables()] == their_variables
    for value, wanted in zip(inputs, expected, strict=True):
        step, w, d, update, averages, names = net(torch.from_numpy(value))
        assert names == their_names
        before = [average.tolist() for average in averages]
        w.assign_add([0.1, -0.3])
        d.assign_add([0.2, 0.7])
        step.assign_add(1)
        assert [average.tolist() for average in averages] == before
        update.run()
        for average, numbers in zip(averages, wanted, strict=True):
            assert not average.requires_grad
            np.testing.assert_allclose(average.numpy(), numbers, rtol=1e-6, atol=1e-7)
    assert [v.op.name for v in net.registry.global_variables()] == their_variables


def normalized(of, x, training, scope, *, unbiased):
    """A hand-written batch norm, as many models have it."""
    with of.variable_scope(scope):
        beta = of.get_variable("beta", [3], initializer=of.zeros_initializer())
        mean, variance = of.nn.moments(x, [0, 1, 2], name="moments")
        ema = of.train.ExponentialMovingAverage(decay=0.9, zero_debias=unbiased)

        def update():
            with of.control_dependencies([ema.apply([mean, variance])]):
                return of.identity(mean), of.identity(variance)

        used = of.cond(training, update, lambda: (ema.average(mean), ema.average(variance)))
        return of.nn.batch_normalization(x, *used, beta, None, 1e-3)


@pytest.mark.parametrize("unbiased", [False, True])
def test_a_batch_norm_by_hand_trains_and_evaluates_as_tensorflows(unbiased):
    def model(of, x, training):
        for scope in ("conv1/bn", "bn2"):
            x = normalized(of, x, training, scope, unbiased=unbiased)
        with of.variable_scope("outer"):
            return normalized(of, x, training, "bn", unbiased=unbiased)

    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(6, 2, 4, 4, 3)).astype(np.float32)
    modes = [True, True, False, True, False, False]
    with tf.Graph().as_default(), plain_session() as session:
        x, training = tf.placeholder(tf.float32, [2, 4, 4, 3]), tf.placeholder(tf.bool, [])
        y = model(tf, x, training)
        names = [v.op.name for v in tf.global_variables()]
        session.run(tf.global_variables_initializer())
        expected = [
            session.run(y, {x: value, training: mode})
            for value, mode in zip(inputs, modes, strict=True)
        ]
        values = session.run(tf.global_variables())
    net = ts.ScopedModule(lambda x, training: model(ours, x, training))
    ts.build(net, torch.ones(2, 4, 4, 3), torch.tensor(data=True))
    for value, mode, wanted in zip(inputs, modes, expected, strict=True):
        y = net(torch.from_numpy(value), torch.tensor(mode))
        np.testing.assert_allclose(y.detach().numpy(), wanted, rtol=2e-5, atol=2e-5)
    assert list(net.registry.variables) == names
    for variable, numbers in zip(net.registry.variables.values(), values, strict=True):
        np.testing.assert_allclose(variable.detach().numpy(), numbers, rtol=2e-5, atol=1e-6)


def summed(of, x):
    """Losses that have names, and their averages: a tutorial has them so."""
    for scope in ("conv1", "conv2"):
        with of.variable_scope(scope):
            w = of.get_variable("w", [2], initializer=of.ones_initializer())
            loss = of.multiply(of.reduce_sum(w * x, name="sum"), 0.5, name="weight_loss")
            of.add_to_collection("losses", loss)
    of.add_to_collection("losses", of.reduce_mean(x, name="entropy"))
    of.add_to_collection("losses", of.square(of.reduce_mean(x), name="entropy"))
    losses = of.get_collection("losses")
    total = of.add_n(losses, name="total_loss")
    ema = of.train.ExponentialMovingAverage(0.9, name="avg")
    update = ema.apply([*losses, total, of.identity(total, name="again")])
    return (
        update,
        [v.op.name for v in of.global_variables()],
        of.Variable(0.0, name="entropy").op.name,
    )


def test_averages_of_losses_are_named_after_them():
    with tf.Graph().as_default():
        _, *names = summed(tf, tf.constant([1.0, 2.0]))
    net = ts.ScopedModule(lambda x: summed(ours, x))
    for _ in range(2):
        update, *ours_named = net(torch.tensor([1.0, 2.0]))
        assert ours_named == names
    update.run()
    average = net.registry.variables["total_loss/avg"]
    np.testing.assert_allclose(average.item(), 0.1 * (3.0 + 1.5 + 2.25), rtol=1e-6)


def followed(x, ema=None):
    """A net of one weight, with its average; what it computes, and what moves the average."""
    w = ts.get_variable("w", initializer=ts.constant_initializer([1.0, 2.0]), shape=[2])
    update = (ema or ExponentialMovingAverage(0.5)).apply([w])
    return x * w, update


def test_what_nobody_runs_moves_nothing():
    net = ts.ScopedModule(followed)
    _, update = net(torch.ones(2))
    with torch.no_grad():
        net.w.add_(2.0)
    net(torch.ones(2))
    average = net.registry.variables["w/ExponentialMovingAverage"]
    assert average.tolist() == [1.0, 2.0]
    update.run()
    assert average.tolist() == [2.0, 3.0]
    with pytest.raises(RuntimeError, match="Operation ExponentialMovingAverage was run already"):
        update.run()


def test_one_object_serves_all_passes():
    ema = ExponentialMovingAverage(0.5)
    net = ts.ScopedModule(lambda x: (*followed(x, ema), ema.average(net.w)))
    for _ in range(2):
        average = net(torch.ones(2))[2]
        assert average is net.registry.variables["w/ExponentialMovingAverage"]
    assert ema.average(net.w) is None


def test_parameters_of_the_modules_own_are_followed():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(2, 1)
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, x):
            self.update = ExponentialMovingAverage(0.5).apply([self.fc.weight, self.fc.bias])
            return self.fc(x)

    net = Net()
    for _ in range(2):
        net(torch.ones(1, 2))
    assert list(net.state_dict()) == [
        *("fc.weight", "fc.bias"),
        *("fc.weight:.ExponentialMovingAverage", "fc.bias:.ExponentialMovingAverage"),
    ]
    before = net.fc.weight.detach().clone()
    with torch.no_grad():
        net.fc.weight.add_(2.0)
    net.update.run()
    average = net.scopes.variables["fc/weight/ExponentialMovingAverage"]
    torch.testing.assert_close(average.detach(), before + 1.0)


def test_a_variable_that_is_named_twice_moves_twice():
    w = ts.get_variable("w", initializer=[0.0])
    ema = ExponentialMovingAverage(0.5)
    update = ema.apply([w, w])
    w.assign([4.0])
    update.run()
    assert ema.average(w).tolist() == [3.0]


def test_no_gradient_flows_into_or_through_an_average():
    net = ts.ScopedModule(followed)
    y, update = net(torch.ones(2))
    update.run()
    y.sum().backward()
    assert net.w.grad.tolist() == [1.0, 1.0]
    assert net.registry.variables["w/ExponentialMovingAverage"].grad is None


def test_an_average_begins_with_its_variables_value_again():
    net = ts.ScopedModule(followed)
    net(torch.ones(2))
    for each in (net, copy.deepcopy(net)):
        with torch.no_grad():
            for variable in each.registry.variables.values():
                variable.fill_(7.0)
        each.registry.initialize_()
        assert each.registry.variables["w/ExponentialMovingAverage"].tolist() == [1.0, 2.0]
    twin = copy.deepcopy(net)
    twin.registry.variables["w"].detach().fill_(9.0)
    twin.registry.initialize_(["w/ExponentialMovingAverage"])
    assert twin.registry.variables["w/ExponentialMovingAverage"].tolist() == [9.0, 9.0]


def test_averages_move_in_a_forward_that_is_recorded_and_compiled():
    def model(x):
        y, update = followed(x, ExponentialMovingAverage(0.5, num_updates=x.sum()))
        with ours.control_dependencies([update]):
            return y * 1.0

    net, x = ts.ScopedModule(model), torch.ones(2)
    net(x)
    torch._dynamo.reset()
    ways = [
        lambda twin: twin,
        lambda twin: ts.graph(twin, x),
        lambda twin: torch.compile(twin, fullgraph=True, backend="eager"),
    ]
    found = []
    for way in ways:
        twin = copy.deepcopy(net)
        run = way(twin)
        with torch.no_grad():
            twin.w.add_(2.0)
        run(x)
        run(x)
        found.append(twin.registry.variables["w/ExponentialMovingAverage"].tolist())
    assert found[0] == found[1] == found[2] != [1.0, 2.0]


def test_a_checkpoint_gives_a_variable_its_average(tmp_path):
    net = ts.ScopedModule(followed)
    _, update = net(torch.ones(2))
    with torch.no_grad():
        net.w.add_(2.0)
    update.run()
    path = Saver().save(net, str(tmp_path / "model"))
    assert sorted(load_checkpoint(path).shapes) == ["w", "w/ExponentialMovingAverage"]

    plain = ts.ScopedModule(lambda x: x * ts.get_variable("w", [2]))
    plain(torch.ones(2))
    with plain.registry.activate():
        names = ExponentialMovingAverage(0.5).variables_to_restore()
    Saver(names).restore(plain, path)
    assert plain.w.tolist() == [2.0, 3.0]


REFUSED = {
    "integers": lambda of: of.train.ExponentialMovingAverage(0.9).apply(
        [of.get_variable("i", [2], dtype=of.int32, trainable=False)]
    ),
    "no tensor": lambda of: of.train.ExponentialMovingAverage(0.9).apply([3.0]),
    "no list": lambda of: of.train.ExponentialMovingAverage(0.9).apply(3),
    "no number": lambda of: of.train.ExponentialMovingAverage("x").apply(
        [of.get_variable("w", [2])]
    ),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_what_tensorflow_refuses_is_refused_alike(refused):
    assert_refused_alike(lambda: refused(tf), lambda: refused(ours))


def test_a_variable_in_pieces_is_averaged_piece_by_piece():
    table = ts.get_variable("t", [4, 2], partitioner=ts.fixed_size_partitioner(2))
    ema = ExponentialMovingAverage(0.9)
    with pytest.raises(AttributeError, match="t is in pieces: average each of them"):
        ema.apply([table])
    ema.apply([*table])
    names = [ema.average(piece).op.name for piece in table]
    assert names == [f"t/part_{n}/ExponentialMovingAverage" for n in range(2)]
