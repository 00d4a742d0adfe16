"""The table of the pass, row by row: within one pass as in one TF1 graph, and from pass to pass."""

import gc
import threading
import tracemalloc
import weakref

import pytest
import torch
from nets import Siamese, every_kind, pairs
from torch import nn

import torchscope as ts

# Within one pass


def test_the_first_request_makes_the_variable_and_the_second_is_refused():
    ts.get_variable("a", [1])
    with pytest.raises(ValueError, match="Variable a already exists, disallowed"):
        ts.get_variable("a", [1])


def test_reuse_finds():
    a = ts.get_variable("a", [1])
    with ts.variable_scope("", reuse=True):
        assert ts.get_variable("a", [1]) is a
        assert ts.get_variable("a") is a


def test_reuse_of_what_is_not_there_is_refused():
    with (
        ts.variable_scope("", reuse=True),
        pytest.raises(ValueError, match="Variable a does not exist"),
    ):
        ts.get_variable("a", [1])


def test_variables_of_tf_variable_take_the_next_free_name():
    assert [ts.Variable(0.0, name="v").name for _ in range(3)] == ["v:0", "v_1:0", "v_2:0"]


# From one pass to the next


def test_variables_persist_with_all_that_they_were_declared_with():
    def model():
        return ts.get_variable(
            "a",
            [1],
            collections=["mine"],
            regularizer=ts.l2_regularizer(1.0),
            initializer=ts.ones_initializer,
            constraint=torch.relu,
        )

    net = ts.ScopedModule(model)
    first = net()
    second = net()
    assert second is first
    assert net.registry.get_collection("mine") == [first]
    assert net.registry.get_collection("regularization_losses")[0].item() == 0.5
    first.assign([-3.0])
    net.registry.apply_constraints_()
    assert first.item() == 0.0
    net.registry.initialize_()
    assert first.item() == 1.0


def test_claims_start_empty_so_the_same_mistake_fails_on_every_pass():
    def model():
        ts.get_variable("a", [1])
        ts.get_variable("a", [1])

    net = ts.ScopedModule(model)
    for _ in range(3):
        with pytest.raises(ValueError, match="Variable a already exists, disallowed"):
            net()


def test_reuse_before_the_first_request_fails_on_every_pass():
    def model(early):
        with ts.variable_scope("s", reuse=early):
            return ts.get_variable("a", [1])

    net = ts.ScopedModule(model)
    with pytest.raises(ValueError, match="does not exist"):
        net(early=True)
    made = net(early=None)
    with pytest.raises(
        ValueError, match=r"does not exist.*An earlier pass made it at .*test_passes"
    ):
        net(early=True)
    assert net(early=ts.AUTO_REUSE) is made


def names_in_a_pass():
    names = []
    with ts.variable_scope("m"):
        for _ in range(2):
            with ts.variable_scope(None, default_name="layer") as scope:
                names += [scope.name, scope.original_name_scope]
                names.append(ts.get_variable("w", [1]).name)
            with ts.name_scope("n") as name_scope:
                names += [name_scope, ts.Variable(1.0).name]
    with ts.variable_scope("m", reuse=True) as scope:
        names += [scope.original_name_scope, ts.get_variable_scope().name]
    return names


def test_the_thousandth_pass_gives_the_names_and_the_variables_of_the_first():
    net = ts.ScopedModule(names_in_a_pass)
    first = net()
    variables = dict(net.named_parameters())
    for _ in range(999):
        last = net()
    assert last == first
    assert first[:5] == ["m/layer", "m/layer/", "m/layer/w:0", "m/n/", "m/n/Variable:0"]
    after = dict(net.named_parameters())
    assert list(after) == list(variables)
    assert all(after[key] is variables[key] for key in after)


def test_scopes_that_were_kept_know_their_name_scopes_when_the_pass_is_over():
    kept = []

    def three():
        kept.clear()
        for _ in range(3):
            with ts.variable_scope("a") as outer, ts.variable_scope("b") as inner:
                ts.get_variable("w", [1]) if len(kept) == 0 else None
            kept.extend([outer, inner])

    net = ts.ScopedModule(three)
    expected = ["a/", "a/b/", "a_1/", "a_1/b/", "a_2/", "a_2/b/"]
    for _ in range(2):
        net()
        assert [scope.original_name_scope for scope in reversed(kept)] == expected[::-1]


def test_a_scope_of_an_earlier_pass_keeps_its_name_scope_when_its_context_is_used_again():
    def enter(context, within):
        with ts.variable_scope(within), context as scope:
            return scope

    net = ts.ScopedModule(enter)
    net(ts.variable_scope("a"), "x")
    context = ts.variable_scope("a")
    earlier = net(context, "x")
    later = net(context, "y")
    assert (later.name, later.original_name_scope) == ("y/a", "x/a/")
    assert (earlier.name, earlier.original_name_scope) == ("x/a", "x/a/")


def test_what_a_pass_has_collected_is_freed_without_the_garbage_collector():
    refs = []

    def collects():
        with ts.variable_scope("a") as scope, ts.variable_scope("b"):
            w = ts.get_variable("w", [1])
        with ts.variable_scope(scope), ts.name_scope("n"):
            loss = (w * w).sum()
        ts.add_to_collection("losses", loss)
        refs.append(weakref.ref(loss))

    net = ts.ScopedModule(collects)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            net()
        assert [ref() is None for ref in refs] == [True, True, False]
    finally:
        gc.enable()


def test_tf_variable_of_one_name_is_one_variable_from_pass_to_pass():
    net = ts.ScopedModule(lambda: [ts.Variable(1.0), ts.Variable(2.0)])
    first = net()
    first[0].assign(5.0)
    assert [v.name for v in net()] == ["Variable:0", "Variable_1:0"]
    assert net()[0] is first[0]
    assert net()[0].item() == 5.0


def test_a_variable_is_refused_where_a_later_pass_asks_for_another_shape():
    net = ts.ScopedModule(lambda shape: ts.get_variable("a", shape))
    net([2])
    with pytest.raises(ValueError, match=r"specified shape \(3,\) and found shape \(2,\)"):
        net([3])
    made = ts.ScopedModule(lambda value: ts.Variable(value, name="a"))
    made([1.0])
    with pytest.raises(ValueError, match=r"specified shape \(2,\) and found shape \(1,\)"):
        made([1.0, 2.0])
    with pytest.raises(ValueError, match="specified dtype int32 and found dtype float32"):
        made([1])


def test_tensors_in_collections_are_read_during_the_pass_and_after_it_and_then_dropped():
    seen = []

    def model(x):
        seen.append(ts.get_collection("losses"))
        ts.add_to_collection("losses", x.sum())
        seen.append(ts.get_collection("losses"))

    net = ts.ScopedModule(model)
    net(torch.ones(2))
    assert net.registry.get_collection("losses") == [torch.tensor(2.0)]
    net(torch.ones(3))
    assert seen == [[], [torch.tensor(2.0)], [], [torch.tensor(3.0)]]


def test_variables_stay_in_their_collections():
    def model(part):
        if part == 1:
            a = ts.get_variable("a", [1])
            ts.add_to_collection("mine", a)
        ts.add_to_collection("mine", ts.get_variable("b", [1]))
        return [v.name for v in ts.get_collection("mine")]

    net = ts.ScopedModule(model)
    assert net(1) == ["a:0", "b:0"]
    assert net(1) == ["a:0", "b:0"]
    assert net(2) == ["b:0"]
    assert [v.name for v in net.registry.get_collection("mine")] == ["b:0", "a:0"]
    assert [v.name for v in net.registry.global_variables()] == ["a:0", "b:0"]


def test_a_thousand_passes_that_collect_losses_do_not_grow():
    net, inputs = Siamese(), pairs()

    def run(steps):
        for _ in range(steps):
            net(*inputs)

    run(50)
    gc.collect()
    tracemalloc.start()
    try:
        run(50)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        run(1000)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000
    assert len(net.scopes.get_collection("losses")) == 1


def test_the_loss_of_a_pass_is_freed_when_the_next_one_starts():
    alive = []

    def model(x):
        alive.append(bool(losses) and losses[0]() is not None)
        ts.add_to_collection("losses", x * 2)

    net, losses = ts.ScopedModule(model), []
    net(torch.ones(1))
    losses.append(weakref.ref(net.registry.get_collection("losses")[0]))
    assert losses[0]() is not None
    net(torch.ones(1))
    assert alive == [False, False]


def test_a_deleted_net_is_freed_at_once():
    gc.disable()
    try:
        net = ts.ScopedModule(every_kind)
        variable = weakref.ref(net()[0])
        del net
        assert variable() is None
    finally:
        gc.enable()


# What ends a pass


def test_a_scope_left_by_an_exception_leaves_no_trace():
    def model(fail):
        with ts.variable_scope("s", reuse=ts.AUTO_REUSE), ts.name_scope("n"):
            ts.get_variable("a", [1])
            if fail:
                raise KeyError("half-way")
        return ts.get_variable_scope().name, ts.Variable(1.0, name="v").name

    net = ts.ScopedModule(model)
    for fail in (True, False, True, False):
        if fail:
            with pytest.raises(KeyError, match="half-way"):
                net(fail)
        else:
            assert net(fail) == ("", "v:0")
    assert ts.get_variable_scope().name == ""
    with pytest.raises(KeyError, match="mine"), ts.variable_scope("x"):
        raise KeyError("mine")
    assert (ts.get_variable_scope().name, ts.Variable(1.0, name="v").name) == ("", "v:0")


def test_an_exception_inside_an_inner_net_ends_both_passes():
    def fails():
        with ts.variable_scope("deep"):
            raise RuntimeError("inner")

    inner = ts.ScopedModule(fails)
    outer = ts.ScopedModule(inner)
    with pytest.raises(RuntimeError, match="inner"):
        outer()
    assert ts.get_variable("top", [1]).name == "top:0"
    assert list(ts.get_default_registry().variables) == ["top"]


def test_scopes_must_be_left_in_order():
    outer, inner = ts.variable_scope("a"), ts.variable_scope("b")
    outer.__enter__()
    inner.__enter__()
    with pytest.raises(RuntimeError, match="Improper nesting of variable_scope"):
        outer.__exit__(None, None, None)


# Side by side


def test_two_nets_side_by_side_share_nothing():
    one, other = Siamese(), Siamese()
    one(*pairs())
    other(*pairs())
    assert list(one.state_dict()) == list(other.state_dict())
    assert not {id(p) for p in one.parameters()} & {id(p) for p in other.parameters()}


def test_a_net_inside_a_net_keeps_its_own_names_and_its_place_in_the_tree():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self)
            self.tower = ts.ScopedModule(lambda x: x * ts.get_variable("w", [1]))

        def forward(self, x):
            with ts.variable_scope("outer"):
                w = ts.get_variable("w", [1])
                return self.tower(self.tower(x)) * w, ts.get_variable_scope().name

    net = Outer()
    assert net(torch.ones(1))[1] == "outer"
    assert list(net.state_dict()) == ["tower.w", "outer.w"]
    assert net.tower.w.name == "w:0"
    assert net.scopes.name_of(net.tower.w) == "tower/w"


def test_a_net_that_calls_itself_begins_a_new_pass():
    class Tree(nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, depth):
            w = ts.get_variable("w", [1])
            return w if depth == 0 else self(depth - 1) + w

    net = Tree()
    assert torch.equal(net(3), 4 * net.w)


def test_each_thread_has_its_own_scopes():
    entered, go_on, names = threading.Barrier(2), threading.Barrier(2), {}

    def work(name):
        with ts.variable_scope(name):
            entered.wait(10)
            names[name] = (ts.get_variable_scope().name, ts.get_variable("w", [1]).name)
            go_on.wait(10)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == {"one": ("one", "one/w:0"), "two": ("two", "two/w:0")}
    assert sorted(ts.get_default_registry().variables) == ["one/w", "two/w"]
    with ts.variable_scope("one"), pytest.raises(ValueError, match="already exists"):
        ts.get_variable("w", [1])


def test_two_threads_make_the_variables_of_one_net_once():
    net, inputs = Siamese(), pairs()
    outputs, barrier = {}, threading.Barrier(4)

    def work(number):
        barrier.wait(10)
        outputs[number] = net(*inputs)[0]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(net.parameters())) == 4
    assert all(torch.equal(outputs[0], output) for output in outputs.values())


# Entries


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self, entries=("forward", "encode", "decode"))

    def weights(self):
        return ts.get_variable("w", [3, 2])

    def encode(self, x):
        """To the code."""
        with ts.variable_scope("tied"):
            return x @ self.weights()

    def decode(self, z, reuse=True):
        with ts.variable_scope("tied", reuse=reuse):
            return z @ self.weights().T

    def forward(self, x):
        return self.decode(self.encode(x))


def test_other_methods_are_entries_and_join_a_pass_that_is_under_way():
    net = AutoEncoder()
    x = torch.ones(1, 3)
    code = net.encode(x)
    assert net.encode.__doc__ == "To the code."
    assert torch.equal(net(x), net.decode(code))
    assert list(net.state_dict()) == ["tied.w"]


def test_reuse_finds_what_another_entry_made():
    net = AutoEncoder()
    with pytest.raises(ValueError, match="does not exist"):
        net.decode(torch.ones(1, 2))
    net.encode(torch.ones(1, 3))
    assert net.decode(torch.ones(1, 2)).shape == (1, 3)
    with net.scopes.activate(), ts.variable_scope("tied", reuse=True):
        assert ts.get_variable("w") is net.tied.w


def test_an_entry_that_is_no_method_is_refused():
    with pytest.raises(ValueError, match="Linear has no method 'encode'"):
        ts.ScopedParameterRegistry(nn.Linear(1, 1), entries=("forward", "encode"))


def test_activate_is_a_pass():
    net = ts.ScopedModule(lambda: None)
    for _ in range(2):
        with net.registry.activate() as registry:
            assert registry is net.registry
            ts.get_variable("a", [1])
            with pytest.raises(ValueError, match="already exists"):
                ts.get_variable("a", [1])
    with pytest.raises(KeyError, match="mine"), net.registry.activate():
        raise KeyError("mine")
    assert ts.get_variable("a", [1]) is not net.a


def test_passes_leave_nothing_for_the_garbage_collector():
    def every_way_into_a_scope():
        with ts.variable_scope("a") as scope:
            w = ts.get_variable("w", [2])
        with ts.variable_scope(scope, reuse=True), ts.variable_scope(None, "b"), ts.name_scope("n"):
            v = ts.Variable(1.0)
        ts.add_to_collection("losses", (w * v).sum())
        return scope.original_name_scope

    net = ts.ScopedModule(every_way_into_a_scope)
    for _ in range(2):
        net()
    # What other tests left may leave garbage of its own when it is finalized.
    while gc.collect():
        pass
    gc.disable()
    try:
        for _ in range(3):
            net()
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize("place", ["the default registry", "activate"])
def test_a_pass_that_lasts_names_scopes_right_and_keeps_no_notes_of_them(place):
    def open_many():
        for _ in range(2500):
            with ts.variable_scope("a") as scope, ts.variable_scope("b"):
                pass
        noted = sum(type(each) is ts.variable_scope for each in gc.get_objects())
        return scope.original_name_scope, ts.Variable(0.0, name="a").name, noted

    net = ts.ScopedModule(open_many)
    if place == "activate":
        with net.registry.activate():
            name_scope, name, noted = open_many()
    else:
        name_scope, name, noted = open_many()
    assert (name_scope, name) == ("a_2499/", "a_2500:0")
    assert noted < 1100


def test_a_reset_inside_a_forward_leaves_its_pass_alone():
    def resets():
        a = ts.get_variable("a", [1])
        ts.reset_default_registry()
        with ts.variable_scope("", reuse=True):
            return ts.get_variable("a", [1]) is a

    assert ts.ScopedModule(resets)()
