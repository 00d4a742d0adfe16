"""The registry on a module tree: attaching, moving, saving, loading, copying, answering."""

import copy
import inspect
import io
import pickle
import types
import warnings

import pytest
import torch
from nets import Scoped, Siamese, every_kind, pairs
from torch import nn

import torchscope as ts


def names_of(module):
    """All that attaching must not change, in order."""
    return (
        [name for name, _ in module.named_parameters()],
        [name for name, _ in module.named_buffers() if "_ts_" not in name],
        [name for name, _ in module.named_modules()],
        list(module.state_dict()),
    )


def saved(module):
    buffer = io.BytesIO()
    torch.save(module, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=False)


def sequential():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


# Attaching and detaching


def test_attaching_changes_no_name_no_order_and_no_object():
    module = sequential()
    before, objects = names_of(module), list(module.parameters())
    ts.ScopedParameterRegistry(module)
    assert names_of(module) == before
    assert all(a is b for a, b in zip(module.parameters(), objects, strict=True))
    assert type(module) is nn.Sequential
    added = {k for k in module.__dict__ if k not in sequential().__dict__}
    assert added == {"_ts_registry", "forward"}
    assert inspect.signature(module.forward) == inspect.signature(sequential().forward)


def test_an_entry_that_others_have_bound_runs_and_is_an_entry_again():
    net = ts.build(Siamese(), *pairs())
    expected = net(*pairs())
    net.forward = types.MethodType(net.__dict__["forward"], net)
    assert all(map(torch.equal, net(*pairs()), expected))
    for one in (net, copy.deepcopy(net), saved(net)):
        assert not inspect.ismethod(one.forward)
        assert all(map(torch.equal, one(*pairs()), expected))


def test_attaching_twice_is_refused_and_says_what_is_there():
    module = sequential()
    ts.ScopedParameterRegistry(module)
    before = names_of(module), len(module._forward_hooks)
    with pytest.raises(
        ValueError, match=r"Sequential already has .* \(0 variables, attached at .*test_registry"
    ):
        ts.ScopedParameterRegistry(module)
    assert (names_of(module), len(module._forward_hooks)) == before


def test_only_modules_are_attached_to():
    with pytest.raises(TypeError, match=r"attaches to an nn.Module.*ts.ScopedModule"):
        ts.ScopedParameterRegistry(lambda x: x)
    with pytest.raises(TypeError, match="takes a function"):
        ts.ScopedModule(3)


def test_detaching_gives_back_what_was():
    net = Scoped(every_kind)
    before = names_of(Scoped(every_kind))
    objects = list(net.own.parameters())
    net()
    with net.scopes.activate(), ts.variable_scope("own", reuse=True):
        assert ts.get_variable("weight").name == "own/weight:0"
    made = net.scopes.detach()
    assert sorted(made) == [f"kinds/{n}" for n in ("count", "frozen", "local", "made", "trained")]
    assert names_of(net) == before
    assert all(a is b for a, b in zip(net.own.parameters(), objects, strict=True))
    assert type(net.own.weight) is nn.Parameter
    assert "_ts_anchor" not in dict(net.named_buffers())
    assert not net._forward_pre_hooks
    assert not net._forward_hooks
    assert "_ts_registry" not in net.__dict__
    net.scopes = ts.ScopedParameterRegistry(net)
    assert net()[0] is not made["kinds/trained"]


def test_detaching_returns_what_was_loaded_and_not_asked_for():
    net = Scoped(every_kind)
    net.load_state_dict({**net.state_dict(), "extra.w": torch.ones(2)})
    assert net.scopes.detach()["extra/w"].tolist() == [1.0, 1.0]
    assert names_of(net) == names_of(Scoped(every_kind))


def test_detaching_unwraps_the_entries():
    class Coder(nn.Module):
        def encode(self):
            return ts.get_variable("w", [1])

    net = Coder()
    registry = ts.ScopedParameterRegistry(net, entries=("encode",))
    net.encode()
    assert "encode" in net.__dict__
    registry.detach()
    assert "encode" not in net.__dict__


# Where variables live


def test_each_kind_of_variable_is_what_pytorch_means_by_it():
    net = Scoped(every_kind)
    trained, frozen, count, local, made = net()
    parameters, buffers = dict(net.named_parameters()), dict(net.named_buffers())
    assert parameters["kinds.trained"] is trained
    assert trained.requires_grad
    assert parameters["kinds.frozen"] is frozen
    assert not frozen.requires_grad
    assert buffers["kinds.count"] is count
    assert buffers["kinds.local"] is local
    assert parameters["kinds.made"] is made
    assert [key for key in net.state_dict() if key.startswith("kinds")] == [
        "kinds.trained",
        "kinds.frozen",
        "kinds.made",
        "kinds.count",
    ]
    assert all(isinstance(v, ts.Variable) for v in (trained, frozen, count, local, made))
    assert [isinstance(v, nn.Parameter) for v in (trained, count)] == [True, False]


def test_a_linear_of_the_users_is_found_by_reuse_and_not_made_again():
    net = Scoped(lambda: None)
    with net.scopes.activate(), ts.variable_scope("own", reuse=True):
        assert ts.get_variable("weight", [2, 3]) is net.own.weight
        assert ts.get_variable("bias") is net.own.bias
        with pytest.raises(ValueError, match=r"specified shape \(3, 2\) and found shape \(2, 3\)"):
            ts.get_variable("weight", [3, 2])
    with (
        net.scopes.activate(),
        ts.variable_scope("own"),
        pytest.raises(
            ValueError, match=r"Variable own/weight already exists.*the module's own 'own.weight'"
        ),
    ):
        ts.get_variable("weight", [2, 3])
    with net.scopes.activate(), ts.variable_scope("own", reuse=ts.AUTO_REUSE):
        assert ts.get_variable("weight") is net.own.weight
        assert ts.get_variable("extra", [1]) is net.own.extra


def test_a_scope_may_lie_inside_a_module_of_the_users():
    net = Scoped(lambda: ts.get_variable("own/scale", [1]))
    scale = net()
    assert net.own.scale is scale
    assert net() is scale


def test_the_anchor_is_no_variable():
    net = Scoped(lambda: None)
    with (
        net.scopes.activate(),
        ts.variable_scope("", reuse=True),
        pytest.raises(ValueError, match="does not exist"),
    ):
        ts.get_variable("steps/_ts_anchor")
    with pytest.raises(ValueError, match="is not a valid root scope name"):
        ts.get_variable("_ts_anchor", [1])


def test_a_variable_taken_out_of_the_tree_is_missed_by_name():
    net = ts.ScopedModule(lambda: ts.get_variable("a/w", [1]))
    net()
    del net.a.w
    with pytest.raises(ReferenceError, match=r"Variable a/w, first made at .*'a.w' was taken out"):
        net.registry.variables  # noqa: B018


def test_a_module_put_in_the_place_of_a_scope_is_found():
    net = ts.ScopedModule(lambda: ts.get_variable("a/w", [1]))
    net()
    del net.a.w
    net.a = nn.Module()
    net.a.w = nn.Parameter(torch.tensor([7.0]))
    assert net().item() == 7.0
    assert net().name == "a/w:0"


# Moving


def test_moving_before_the_first_pass_tells_where_variables_are_made():
    net = Scoped(every_kind).to("meta", torch.float64)
    trained, frozen, count, local, made = net()
    assert {v.device.type for v in (trained, frozen, count, local, made)} == {"meta"}
    assert [v.dtype for v in (trained, frozen, local, made)] == [torch.float64] * 4
    assert count.dtype == torch.int64


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_moving_after_the_first_pass_keeps_names_objects_and_kinds(dtype):
    net = Scoped(every_kind)
    before = net()
    net.to(dtype)
    after = net()
    assert after[0] is before[0]
    assert [v.name for v in after] == [v.name for v in before]
    assert [v.dtype for v in after] == [dtype, dtype, torch.int64, dtype, dtype]
    assert all(isinstance(v, ts.Variable) for v in after)


def test_to_empty_and_initialize_give_the_values_that_a_direct_build_gives():
    torch.manual_seed(3)
    direct = Siamese()
    direct(*pairs())
    built = Siamese().to("meta")
    built(*(x.to("meta") for x in pairs()))
    built.to_empty(device="cpu")
    torch.manual_seed(3)
    built.scopes.initialize_()
    assert [v.name for v in built.scopes.variables.values()] == [
        v.name for v in direct.scopes.variables.values()
    ]
    for key, value in direct.state_dict().items():
        assert torch.equal(built.state_dict()[key], value)


def test_a_registry_goes_where_the_modules_own_parameters_are():
    net = nn.Linear(2, 2, device="meta")
    registry = ts.ScopedParameterRegistry(net)
    with registry.activate():
        assert ts.get_variable("w", [1]).device.type == "meta"


@pytest.mark.cuda
@pytest.mark.parametrize("before", [True, False])
def test_on_cuda(before):
    net, inputs = Siamese(), [x.cuda() for x in pairs()]
    if not before:
        net(*pairs())
    net.cuda()
    fa, _ = net(*inputs)
    assert fa.is_cuda
    assert all(p.is_cuda for p in net.parameters())
    with torch.no_grad():
        expected = copy.deepcopy(net).cpu()(*pairs())[0]
    torch.testing.assert_close(fa.cpu(), expected, rtol=1e-3, atol=1e-3)


# Saving and loading


def test_a_state_dict_is_loaded_strictly_into_a_net_that_has_not_run():
    trained = Scoped(every_kind)
    for variable in trained():
        variable.assign(torch.full_like(variable, 7))
    fresh = Scoped(every_kind)
    result = fresh.load_state_dict(trained.state_dict(), strict=True)
    assert not result.missing_keys
    assert not result.unexpected_keys
    optimizer = torch.optim.SGD(fresh.parameters(), 0.1)
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    values = fresh()
    assert [v.tolist() for v in values[:3]] == [[[7.0] * 3] * 2, [7.0] * 2, 7]
    assert values[4].tolist() == [7.0, 7.0]
    assert id(values[0]) in held
    assert [v.trainable for v in values] == [True, False, False, False, True]
    assert list(fresh.state_dict()) == list(trained.state_dict())


def test_a_state_dict_is_loaded_strictly_into_a_net_that_has_run():
    one, other = Siamese(), Siamese()
    one(*pairs())
    other(*pairs())
    kernel = other.model.conv1.weights
    other.load_state_dict(one.state_dict())
    assert other.model.conv1.weights is kernel
    assert torch.equal(other(*pairs())[0], one(*pairs())[0])
    with pytest.raises(RuntimeError, match="Unexpected key"):
        other.load_state_dict({**one.state_dict(), "model.conv9.weights": torch.ones(1)})
    state = one.state_dict()
    del state["model.conv1.biases"]
    with pytest.raises(RuntimeError, match="Missing key"):
        other.load_state_dict(state)


def test_what_is_loaded_with_another_shape_is_refused_when_it_is_asked_for():
    net = ts.ScopedModule(lambda: ts.get_variable("a", [3]))
    net.load_state_dict({"a": torch.ones(2)})
    with pytest.raises(
        ValueError,
        match=r"Variable a was loaded with shape \(2,\), but is asked for with shape \(3,\)",
    ):
        net()
    assert net.a.tolist() == [1.0, 1.0]
    assert not net.registry.variables


def test_what_is_loaded_and_not_asked_for_is_reported_after_the_first_pass():
    net = ts.ScopedModule(lambda: ts.get_variable("a", [1]))
    net.load_state_dict({"a": torch.ones(1), "b.c": torch.ones(1)})
    with pytest.warns(
        UserWarning, match="brought 1 variables that the first pass did not ask for: b/c"
    ):
        net()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net()


def test_keys_are_loaded_under_the_marks_that_the_tree_has_now():
    def model(*names):
        return [ts.get_variable(name, [1], initializer=ts.ones_initializer()) for name in names]

    both = ts.ScopedModule(model)
    for variable in both("a", "a/b"):
        variable.assign([5.0])
    for order in (("a", "a/b"), ("a/b", "a"), ("a",)):
        net = ts.ScopedModule(model)
        net.load_state_dict(both.state_dict())
        net("a", "a/b")
        assert {k: v.item() for k, v in net.state_dict().items()} == {"a": 5.0, "a:.b": 5.0}, order
    alone = ts.ScopedModule(model)
    alone("a")
    assert list(alone.state_dict()) == ["a"]
    later = ts.ScopedModule(model)
    later("a/b", "a")
    later.load_state_dict({"a": torch.tensor([8.0]), "a.b": torch.tensor([9.0])})
    assert [v.item() for v in later("a", "a/b")] == [8.0, 9.0]


def test_a_scope_that_arrives_moves_a_variable_that_arrived_before_it():
    net = ts.ScopedModule(lambda: (ts.get_variable("a/b", [1]), ts.get_variable("a", [1])))
    net.load_state_dict({"a": torch.tensor([8.0]), "a.b": torch.tensor([9.0])})
    assert [v.item() for v in net()] == [9.0, 8.0]


def test_a_loaded_tensor_takes_the_dtype_and_the_kind_that_are_asked_for():
    def model():
        return (
            ts.get_variable("half", [1]),
            ts.get_variable("frozen", [1], trainable=False),
            ts.Variable(0, name="count"),
        )

    net = ts.ScopedModule(model)
    net.load_state_dict(
        {
            "half": torch.ones(1, dtype=torch.bfloat16),
            "frozen": torch.ones(1),
            "count": torch.tensor(3, dtype=torch.int64),
        }
    )
    half, frozen, count = net()
    assert (half.dtype, count.dtype, count.item()) == (torch.float32, torch.int32, 3)
    assert not frozen.requires_grad


def test_a_tf_variable_is_loaded_before_the_first_pass():
    def model():
        return (
            ts.get_variable("v", [1]),
            ts.Variable([1.0], name="v/x"),
            ts.Variable([1.0], name="v"),
        )

    one = ts.ScopedModule(model)
    for number, variable in enumerate(one()):
        variable.assign([float(number)])
    other = ts.ScopedModule(model)
    other.load_state_dict(one.state_dict())
    assert [v.item() for v in other()] == [0.0, 1.0, 2.0]
    assert list(other.state_dict()) == list(one.state_dict())


def test_an_unknown_key_of_a_module_that_loads_in_its_own_way_stays_unexpected():
    class Packed(nn.Module):
        def _load_from_state_dict(self, *args):
            super()._load_from_state_dict(*args)

    net = ts.ScopedModule(lambda: None)
    net.packed = Packed()
    with pytest.raises(RuntimeError, match="Unexpected key"):
        net.load_state_dict({"packed.weird": torch.ones(1)})


def test_an_inner_net_takes_in_its_own_variables():
    def build():
        outer = ts.ScopedModule(lambda: (ts.get_variable("w", [1]), outer.inner()))
        outer.inner = ts.ScopedModule(lambda: ts.get_variable("w", [1]))
        return outer

    one, other = build(), build()
    one()
    other.load_state_dict(one.state_dict())
    assert torch.equal(other()[1], one()[1])
    assert list(other.inner.registry.variables) == ["w"]


def test_assign_replaces_the_tensors_and_the_names_stay():
    one, other = Siamese(), Siamese()
    one(*pairs())
    other(*pairs())
    other.load_state_dict(one.state_dict(), assign=True)
    assert torch.equal(other(*pairs())[0], one(*pairs())[0])
    assert other.model.conv1.weights.name == "model/conv1/weights:0"
    assert all(v.requires_grad for v in other.parameters())


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, saved, lambda m: pickle.loads(pickle.dumps(m))]
)
@pytest.mark.parametrize("ran", [True, False])
def test_copies_and_pickles_are_nets_of_their_own(duplicate, ran):
    net = Siamese()
    if ran:
        net(*pairs())
    twin = duplicate(net)
    outputs = net(*pairs())
    if not ran:
        twin.load_state_dict(net.state_dict())
    assert torch.equal(twin(*pairs())[0], outputs[0])
    assert twin.scopes is not net.scopes
    assert twin.scopes.module is twin
    assert list(twin.scopes.variables) == list(net.scopes.variables)
    twin.model.conv1.weights.assign(torch.zeros(3, 3, 3, 4))
    assert net.model.conv1.weights.abs().sum() > 0
    assert twin.model.conv1.weights.name == "model/conv1/weights:0"
    if ran and duplicate is not saved:
        assert twin.scopes.get_collection("losses")
        assert not duplicate(net).scopes.get_collection("losses")


def test_a_variable_alone_is_copied_and_pickled_with_its_name():
    v = ts.get_variable("a", [2])
    v.grad = torch.ones(2)
    for twin in (copy.deepcopy(v), pickle.loads(pickle.dumps(v)), copy.deepcopy([v, v])[1]):
        assert twin.name == "a:0"
        assert twin.tolist() == v.tolist()
        assert twin.data_ptr() != v.data_ptr()
        assert isinstance(twin, nn.Parameter)
    assert copy.deepcopy(v).grad.tolist() == [1.0, 1.0]
    pair = copy.deepcopy([v, v])
    assert pair[0] is pair[1]


def lambda_model():
    return ts.get_variable(
        "a", [1], initializer=lambda shape, dtype: torch.ones(shape, dtype=dtype)
    )


def test_a_lambda_as_initializer_does_not_keep_a_net_from_being_pickled():
    net = ts.ScopedModule(lambda_model)
    net()
    twin = saved(net)
    assert twin().item() == 1.0
    with pytest.raises(
        ValueError, match=r"The initializer of a, <function lambda_model.*could not be saved"
    ):
        twin.registry.initialize_()
    twin = copy.deepcopy(net)
    twin.registry.initialize_()


# Answers


def test_names_and_keys_both_ways():
    net = Scoped(every_kind)
    net()
    registry = net.scopes
    for name, variable in registry.variables.items():
        key = registry.key_of(name)
        assert registry.key_of(f"{name}:0") == key
        assert registry.name_of(key) == registry.name_of(variable) == name
    assert registry.key_of("own/weight") == "own.weight"
    assert registry.name_of(net.own.weight) == "own/weight"
    with pytest.raises(KeyError, match=r"no variable 'kinds/trainde'.*nearest.*kinds/trained"):
        registry.key_of("kinds/trainde")
    with pytest.raises(KeyError, match="no such tensor"):
        registry.name_of(torch.ones(1))
    with pytest.raises(KeyError, match=r"no such tensor: .kinds\.nothing."):
        registry.name_of("kinds.nothing")


def test_initialize_some():
    net = Scoped(every_kind)
    values = net()
    for value in values:
        value.assign(torch.full_like(value, 9))
    net.scopes.initialize_(["kinds/made", values[2]])
    assert values[4].tolist() == [1.0, 2.0]
    assert values[2].item() == 0
    assert values[1].tolist() == [9.0, 9.0]


def test_collections_of_a_registry():
    net = Scoped(every_kind)
    net()
    registry = net.scopes
    assert [v.name for v in registry.trainable_variables()] == ["kinds/trained:0", "kinds/made:0"]
    assert [v.name for v in registry.local_variables()] == ["kinds/local:0"]
    assert len(registry.global_variables("kinds/")) == 4
    assert registry.global_variables("inds") == []
    assert repr(registry) == "ScopedParameterRegistry(Scoped, 5 variables)"


def test_a_registry_outlives_its_module_with_a_clear_word():
    registry = ts.ScopedModule(lambda: None).registry
    with pytest.raises(ReferenceError, match="is gone"):
        registry.module  # noqa: B018


def test_a_scoped_module_runs_in_the_scope_of_its_name():
    net = ts.ScopedModule(every_kind, name="top")
    assert net()[0].name == "top/kinds/trained:0"
    assert "every_kind, name='top'" in repr(net)
    assert "(every_kind)" in repr(ts.ScopedModule(every_kind)).replace("\n", "")


def test_names_stay_unique_beside_the_modules_own():
    net = Scoped(lambda: None)
    with net.scopes.activate(), ts.variable_scope("own", reuse=True):
        ts.get_variable("weight")
    with net.scopes.activate(), ts.variable_scope("own"):
        made = ts.Variable(1.0, name="weight")
    assert made.name == "own/weight_1:0"
    assert list(net.scopes.variables) == ["own/weight", "own/weight_1"]


def constrained():
    return ts.get_variable(
        "a", [1], constraint=lambda v: v, regularizer=lambda v: v.sum(), trainable=False
    )


def test_functions_that_cannot_be_pickled_are_missed_by_name():
    net = ts.ScopedModule(constrained)
    net()
    twin = saved(net)
    twin()
    with pytest.raises(
        ValueError, match=r"The constraint of a, <function constrained.*could not be"
    ):
        twin.registry.apply_constraints_()
    with pytest.raises(
        ValueError, match=r"The regularizer of a, <function constrained.*could not be"
    ):
        twin.registry.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)


def test_a_forward_that_returns_nothing_has_run():
    net = ts.ScopedModule(lambda: ts.get_variable("a", [1]) and None)
    net()
    with pytest.raises(RuntimeError, match="Unexpected key"):
        net.load_state_dict({"a": torch.ones(1), "b": torch.ones(1)})


def test_a_failed_first_pass_has_not_run():
    net = ts.ScopedModule(lambda fail: ts.get_variable("a", [1]) / (1 - fail) and 1 // (1 - fail))
    with pytest.raises(ZeroDivisionError, match="by zero"):
        net(1)
    net.load_state_dict({"a": torch.ones(1), "b": torch.ones(1)})


def test_nothing_is_drawn_for_what_was_loaded():
    net = ts.ScopedModule(lambda: ts.get_variable("a", [1]))
    net.load_state_dict({"a": torch.ones(1)})
    before = torch.get_rng_state()
    net()
    assert torch.equal(torch.get_rng_state(), before)
    net.registry.initialize_()
    assert net.a.item() != 1.0
