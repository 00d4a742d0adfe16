"""ts.build: every variable by a pass that computes nothing."""

import pytest
import torch
from nets import Scoped, Siamese, every_kind, pairs
from torch import nn

import torchscope as ts


def same(a, b):
    """Whether two nets have the same keys, values, and orders in memory."""
    a, b = dict(a.state_dict()), dict(b.state_dict())
    return list(a) == list(b) and all(
        torch.equal(a[key], b[key]) and a[key].stride() == b[key].stride() for key in a
    )


def test_build_makes_what_a_first_pass_makes():
    torch.manual_seed(3)
    built = Siamese()
    assert ts.build(built, *pairs()) is built
    torch.manual_seed(3)
    ran = Siamese()
    ran(*pairs())
    assert same(built, ran)
    assert all(
        type(p) is type(q) for p, q in zip(built.parameters(), ran.parameters(), strict=True)
    )
    for a, b in zip(built(*pairs()), ran(*pairs()), strict=True):
        assert torch.equal(a, b)


def test_every_kind_of_variable_is_made_for_real():
    net = Scoped(lambda x: every_kind() and x)
    ts.build(net, torch.ones(1))
    assert list(net.scopes.variables) == [
        "kinds/trained",
        "kinds/frozen",
        "kinds/count",
        "kinds/local",
        "kinds/made",
    ]
    assert net.scopes.variables["kinds/made"].tolist() == [1.0, 2.0]
    assert "kinds.local" not in net.state_dict()
    net(torch.ones(1))


def test_variables_in_pieces_getters_and_creators_are_built():
    def model(x):
        with ts.variable_scope("cut", partitioner=ts.fixed_size_partitioner(2)):
            cut = ts.get_variable("w", [5, 3])
            value = ts.get_variable("v", [3], initializer=[1.0, 2.0, 3.0])
        with ts.variable_scope("got", custom_getter=lambda getter, *a, **k: getter(*a, **k) * 2):
            doubled = ts.get_variable("w", [3])
        with ts.variable_creator_scope(lambda make, **k: make(**{**k, "trainable": False})):
            frozen = ts.get_variable("frozen", [3])
        return (x + doubled + frozen + value.as_tensor()) @ cut.as_tensor().T

    torch.manual_seed(1)
    built = ts.build(ts.ScopedModule(model), torch.ones(2, 3))
    torch.manual_seed(1)
    ran = ts.ScopedModule(model)
    assert torch.equal(ran(torch.ones(2, 3)), built(torch.ones(2, 3)))
    assert same(built, ran)
    assert not built.registry.variables["frozen"].requires_grad


def test_a_tensor_from_outside_of_the_function_is_a_first_value():
    table = torch.arange(3.0)
    net = ts.ScopedModule(
        lambda x: x + ts.Variable(table, name="a") + ts.get_variable("b", initializer=table)
    )
    ts.build(net, torch.ones(3))
    assert net.a.tolist() == net.b.tolist() == [0.0, 1.0, 2.0]


def net_with_more():
    """A net with a dropout, statistics, and a variable that counts."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.drop = nn.BatchNorm1d(3), nn.Dropout(0.5)
            self.register_buffer("average", torch.zeros(3))
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, x):
            a = ts.get_variable("a", [3, 3])
            x = self.drop(self.norm(x @ a))
            self.seen = x
            self.average = 0.9 * self.average + x.mean(0)
            self.norm.bias.data = self.norm.bias.data + x.mean(0)
            ts.get_variable("steps", [], dtype=torch.int64, trainable=False).assign_add(
                torch.tensor(1)
            )
            ts.add_to_collection("losses", x.sum())
            return x @ ts.get_variable("b", [3, 3])

    return Net()


def test_build_changes_nothing_but_the_variables():
    net = net_with_more()
    norm = {key: value.clone() for key, value in net.norm.state_dict().items()}
    net.norm.weight.grad = torch.ones(3)
    ts.build(net, torch.ones(2, 3))
    assert net.training and net.norm.bias.device.type == "cpu"
    assert all(torch.equal(norm[key], value) for key, value in net.norm.state_dict().items())
    assert type(net.average) is torch.Tensor and net.average.tolist() == [0.0] * 3
    assert not hasattr(net, "seen")
    assert net.steps.item() == 0
    assert net.norm.weight.grad.tolist() == [1.0] * 3 and net.a.grad is None
    assert net.scopes.get_collection("losses") == []
    net(torch.ones(2, 3))
    assert net.steps.item() == 1 and net.norm.num_batches_tracked.item() == 1


def test_gradients_are_followed_as_in_a_call():
    seen = []

    def model(x):
        seen.append((x * ts.get_variable("w", [3])).requires_grad)

    net = ts.build(ts.ScopedModule(model), torch.ones(3))
    net(torch.ones(3))
    with torch.no_grad():
        net(torch.ones(3))
    assert seen == [True, True, False]


def test_only_initializers_draw_random_numbers():
    states = []
    for p in (0.0, 0.5):
        torch.manual_seed(0)
        net = net_with_more()
        net.drop.p = p
        ts.build(net, torch.ones(2, 3))
        states.append(torch.get_rng_state())
    assert torch.equal(*states)


@pytest.mark.parametrize("way", ["made there", "moved there"])
def test_a_net_on_the_meta_device_gets_the_values_of_a_direct_build(way):
    torch.manual_seed(5)
    direct = Siamese()
    ts.build(direct, *pairs())
    if way == "made there":
        with torch.device("meta"):
            net = Siamese()
    else:
        net = Siamese().to("meta")
    ts.build(net, *pairs())
    assert [p.device.type for p in net.parameters()] == ["meta"] * 4
    net.to_empty(device="cpu")
    torch.manual_seed(5)
    net.scopes.initialize_()
    assert same(net, direct)
    assert all(isinstance(p, ts.Variable) for p in net.scopes.variables.values())


def test_a_net_larger_than_memory_can_be_built_on_the_meta_device():
    def model(x):
        # Of 4 TB.
        table = ts.get_variable("table", [10**9, 1000])
        mask = torch.ones(10**6, 10**6)
        return x + table[0], mask

    net = ts.build(ts.ScopedModule(model).to("meta"), torch.ones(1000))
    assert net.table.shape == (10**9, 1000)


def test_inputs_on_the_meta_device_stand_for_real_ones():
    net = ts.build(Siamese(), *(x.to("meta") for x in pairs()))
    assert [p.device.type for p in net.parameters()] == ["cpu"] * 4
    net(*pairs())


@pytest.mark.parametrize("run", [ts.build, lambda net, x: net(x)])
def test_what_is_made_in_inference_mode_can_be_trained(run):
    net = ts.ScopedModule(lambda x: x * ts.get_variable("w", [3]) * ts.Variable(torch.ones(3)))
    with torch.inference_mode():
        run(net, torch.ones(3))
    net(torch.ones(3)).sum().backward()
    assert net.w.grad.tolist() == [1.0] * 3


def test_inputs_can_be_nested_and_named():
    net = ts.ScopedModule(lambda d, scale: d["x"][0] * ts.get_variable("w", [3]) * scale)
    ts.build(net, {"x": [torch.ones(3)]}, scale=2.0)
    assert list(net.state_dict()) == ["w"]


def test_a_compiled_net_is_built_and_then_compiles():
    net = Siamese()
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    assert ts.build(compiled, *pairs()) is compiled
    for a, b in zip(compiled(*pairs()), net(*pairs()), strict=True):
        assert torch.equal(a, b)


def test_a_net_that_compiles_itself_is_built():
    net = Siamese()
    net.compile(fullgraph=True, backend="eager")
    ts.build(net, *pairs())
    net(*pairs())
    assert len(list(net.parameters())) == 4


class Coder(nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self, entries=("encode", "decode"))

    def encode(self, x):
        return x @ ts.get_variable("w", [3, 2])

    def decode(self, z):
        with ts.variable_scope("", reuse=True):
            return z @ ts.get_variable("w").T


def test_another_entry_than_forward_is_built_by_name():
    coder = Coder()
    ts.build(coder.encode, torch.ones(1, 3))
    ts.build(coder.decode, torch.ones(1, 2))
    assert coder.w.shape == (3, 2)


def test_a_module_that_contains_modules_with_registries_is_built():
    net = nn.Sequential(nn.Linear(3, 3), ts.ScopedModule(lambda x: x * ts.get_variable("w", [3])))
    ts.build(net, torch.ones(2, 3))
    assert "1.w" in net.state_dict()


def branches(x):
    return x if x.sum() > 0 else -x


def asks_numpy(x):
    return torch.as_tensor(x.numpy())


@pytest.mark.parametrize(
    "needs", [branches, asks_numpy, lambda x: x[x > 0], lambda x: x.sum().item()]
)
def test_a_forward_that_needs_values_is_told_to_run_on_real_inputs(needs):
    def model(x):
        return needs(x), ts.get_variable("w", [3])

    net = ts.ScopedModule(model)
    with pytest.raises(RuntimeError, match="Call the module once on real inputs") as info:
        ts.build(net, torch.ones(3))
    assert info.value.__cause__ is not None
    net(torch.ones(3))
    assert list(net.state_dict()) == ["w"]


def test_first_values_that_depend_on_no_input_are_computed():
    """As in TF1's guide: tf.Variable(tf.zeros([10])); also where they are changed in between."""
    table = torch.arange(3.0)

    def model(x):
        w = ts.get_variable("w", [3, 3])
        torch.rand(5)
        zeros = torch.zeros(3)
        zeros[1:] = torch.tensor([2.0, 3.0])
        before = zeros + 1
        a = ts.Variable(torch.randn(3) * 0.1, name="a")
        b = ts.Variable(zeros, name="b")
        zeros.add_(table).view(3, 1).mul_(2)
        values = [zeros, before, w.initialized_value()[0].t(), table[1:].sum().expand(3)]
        values += [ts.get_variable("got", initializer=torch.eye(3))]
        values += [torch.empty(3).uniform_(), torch.as_tensor([1, 2, 3]).to(torch.float32).flip(0)]
        c = [ts.Variable(value, name="c") for value in values]
        return x * (a + b + sum(c))

    built = ts.build(ts.ScopedModule(model), torch.ones(3, 3))
    ran = ts.ScopedModule(model)
    ran(torch.ones(3, 3))
    random = {"w", "a", "c_2", "c_4", "c_5"}
    assert list(built.state_dict()) == list(ran.state_dict())
    for name, variable in ran.registry.variables.items():
        twin = built.registry.variables[name]
        assert twin.shape == variable.shape and twin.dtype == variable.dtype
        assert name in random or torch.equal(twin, variable), name
    assert torch.equal(built.c_2, built.w[0]) and torch.equal(built.c_4, torch.eye(3))
    assert built.b.tolist() == [0.0, 2.0, 3.0] and built.c.tolist() == [0.0, 6.0, 10.0]
    assert built.c_1.tolist() == [1.0, 3.0, 4.0]


def test_random_numbers_that_no_variable_is_made_of_are_not_drawn():
    states = []
    for drop in (True, False):

        def model(x, drop=drop):
            if drop:
                x = x * (torch.rand(3) > 0.5)
            return x * ts.Variable(torch.randn(3), name="a")

        torch.manual_seed(0)
        net = ts.build(ts.ScopedModule(model), torch.ones(3))
        states.append((torch.get_rng_state(), net.a))
    assert all(torch.equal(a, b) for a, b in zip(*states, strict=True))


def changed(x):
    steps = ts.get_variable("steps", [1])
    steps.assign_add(torch.ones(1))
    return steps + 1


def written(x):
    zeros = torch.zeros(3)
    zeros[0] = x[0]
    return zeros


@pytest.mark.parametrize("value", [torch.mean, changed, written, lambda x: x.mean])
def test_a_variable_of_a_value_that_is_not_known_is_refused_by_name(value):
    def model(x):
        with ts.variable_scope("scope"):
            return ts.Variable(value(x), name="average")

    net = ts.ScopedModule(model)
    with pytest.raises(RuntimeError, match="first value of variable scope/average depends on"):
        ts.build(net, torch.ones(3))
    assert "scope/average" not in net.registry.variables
    net(torch.ones(3))
    assert "scope/average" in net.registry.variables


def test_a_first_value_computed_on_the_meta_device_cannot_be_given_later():
    net = ts.ScopedModule(lambda x: x * ts.Variable(torch.ones(3), name="a")).to("meta")
    ts.build(net, torch.ones(3)).to_empty(device="cpu")
    with pytest.raises(RuntimeError, match=r"first value of variable a, made at .* meta device"):
        net.registry.initialize_()


def test_what_forward_raises_is_raised_and_its_variables_stay():
    def model(x):
        w = ts.get_variable("w", [3])
        return x * w * ts.get_variable("w", [3])

    net = ts.ScopedModule(model)
    with pytest.raises(ValueError, match="Variable w already exists, disallowed"):
        ts.build(net, torch.ones(3))
    assert list(net.state_dict()) == ["w"]
    with pytest.raises(ValueError, match="already exists"):
        net(torch.ones(3))


def test_a_net_without_a_registry_has_nothing_to_build():
    with pytest.raises(ValueError, match="no module in this Linear has a registry"):
        ts.build(nn.Linear(3, 2), torch.ones(3))
    with pytest.raises(TypeError, match=r"use ts.ScopedModule\(function\)"):
        ts.build(lambda x: x, torch.ones(3))


def test_a_lazy_module_is_told_to_run_on_real_inputs():
    net = Scoped(lambda x: x)
    net.own = nn.LazyLinear(2)
    with pytest.raises(RuntimeError, match=r"parameter own\.weight of a lazy module"):
        ts.build(net, torch.ones(3))


@pytest.mark.parametrize("trainable", [True, False])
def test_operations_take_variables_in_each_place(trainable):
    def model(x):
        def get(name, first):
            return ts.get_variable(name, initializer=first, trainable=trainable)

        at = ts.get_variable("at", initializer=torch.tensor([2, 0]), trainable=False)
        scale, offset = get("scale", torch.ones(3)), get("offset", torch.zeros(3))
        # As an argument, in a list, and by name.
        stacked = torch.cat([x * scale, get("row", torch.ones(1, 3))])
        normal = nn.functional.layer_norm(stacked, (3,), weight=scale, bias=offset)
        return torch.clamp(normal[:, at], min=get("least", torch.zeros(())))

    net = ts.build(ts.ScopedModule(model), torch.ones(2, 3))
    assert set(net.registry.variables) == {"at", "scale", "offset", "row", "least"}
    assert net(torch.ones(2, 3)).shape == (3, 2)


def test_what_is_computed_with_a_buffer_and_an_input_is_built():
    def model(x):
        count = ts.get_local_variable("count", [3], initializer=ts.zeros_initializer())
        count.assign_add((x - count).sum(0))
        return x * count

    net = ts.build(ts.ScopedModule(model), torch.empty(2, 3))
    assert dict(net.named_buffers())["count"].tolist() == [0.0, 0.0, 0.0]
    net(torch.ones(2, 3))
    assert dict(net.named_buffers())["count"].tolist() == [2.0, 2.0, 2.0]


class UnrelatedError(RuntimeError):
    """An error of the user's own, with arguments of its own."""


@pytest.mark.parametrize("error", [RuntimeError("it is mine"), UnrelatedError("mine", 3)], ids=repr)
def test_an_unrelated_runtime_error_comes_through_a_build_as_it_is(error):
    def forward(x):
        ts.get_variable("a", [1])
        raise error

    net = ts.ScopedModule(forward)
    with pytest.raises(RuntimeError) as found:
        ts.build(net, torch.ones(1))
    assert found.value is error
    assert found.value.__cause__ is None
    assert found.value.args in {("it is mine",), ("mine", 3)}


def test_a_net_that_was_built_under_autocast_computes():
    net = ts.ScopedModule(lambda x: ts.layers.dense(x, 2))
    with torch.autocast("cpu", torch.bfloat16):
        ts.build(net, torch.empty(3, 4))
        first = net(torch.ones(3, 4))
    # Autocast keeps what it has cast; while shapes alone were computed it must not.
    assert type(first) is torch.Tensor
    assert first.dtype is torch.bfloat16
