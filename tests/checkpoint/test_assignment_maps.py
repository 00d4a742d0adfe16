"""init_from_checkpoint gives variables the values that TensorFlow's gives them, and its errors."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn
from trained import written

import torchscope as ts
from tests.tensorflow1 import refusal, tf
from torchscope.checkpoint import init_from_checkpoint, restore


def there():
    """What the checkpoint has."""
    with tf.variable_scope("old"):
        tf.get_variable("a", [2])
        tf.get_variable("inner/b", [3])
    tf.get_variable("a", [2])
    tf.get_variable("c", [2], dtype=tf.float64)
    with tf.variable_scope("", partitioner=tf.fixed_size_partitioner(2)):
        tf.get_variable("old/table", [5, 2])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.ckpt"
    written(path, there)
    return str(path)


def here(tf):
    """What is to be filled, in TensorFlow or here."""
    with tf.variable_scope("new"):
        a, b = tf.get_variable("a", [2]), tf.get_variable("inner/b", [3])
    with tf.variable_scope("new", partitioner=tf.fixed_size_partitioner(3)):
        table = tf.get_variable("table", [5, 2])
    return [a, b, *table]


def theirs(path, map_of):
    """The values that TensorFlow initialises its variables with; None where they are random."""
    with tf.Graph().as_default(), tf.Session() as session:
        variables = here(tf)
        drawn = [variable.initial_value for variable in variables]
        tf.train.init_from_checkpoint(path, map_of(variables))
        session.run(tf.global_variables_initializer())
        return [
            None if variable.initial_value is before else session.run(variable)
            for variable, before in zip(variables, drawn, strict=True)
        ]


FORMS = [
    lambda v: {"old/": "new/"},
    lambda v: {"old/inner/": "new/inner/"},
    lambda v: {"old/a": "new/a", "old/inner/b": "new/inner/b"},
    lambda v: {"a": "new/a"},
    lambda v: {"old/a": v[0], "old/inner/b": v[1]},
    lambda v: {"old/table": v[2:]},
    lambda v: {"old/table": "new/table"},
    lambda v: [("old/a", v[0]), ("old/table", "new/table")],
    lambda v: (("old/", "new/"), ("a", "new/a")),
    lambda v: [("old/", "new/"), ("old/inner/b", v[1])],
]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_map_fills_what_tensorflow_fills(path, form):
    expected = theirs(path, form)
    variables = here(ts)
    before = [variable.tolist() for variable in variables]
    init_from_checkpoint(path, form(variables))
    for variable, value, drawn in zip(variables, expected, before, strict=True):
        assert variable.tolist() == (drawn if value is None else value.tolist())


@pytest.mark.parametrize("target", ["new/", "/"])
def test_the_root_of_a_checkpoint_can_fill_a_scope_or_the_root(tmp_path, target):
    path = str(tmp_path / "flat.ckpt")
    prefix = "" if target == "new/" else "new/"
    written(
        path, lambda: (tf.get_variable(prefix + "a", [2]), tf.get_variable(prefix + "b/c", [3]))
    )

    def build(tf):
        return [tf.get_variable("new/a", [2]), tf.get_variable("new/b/c", [3])]

    with tf.Graph().as_default(), tf.Session() as session:
        variables = build(tf)
        tf.train.init_from_checkpoint(path, {"/": target})
        session.run(tf.global_variables_initializer())
        expected = session.run(variables)
    ours = build(ts)
    init_from_checkpoint(path, {"/": target})
    for variable, value in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(variable.detach(), value)


@pytest.mark.parametrize(
    "form",
    [
        lambda v: {"old/zz": "new/a"},
        lambda v: {"old/zz": v[0]},
        lambda v: {"zz/": "new/"},
        lambda v: {"/": "new/"},
        lambda v: {"old": "new/"},
        lambda v: {"old/a": "new/zz"},
        lambda v: {"old/a": "zz"},
        lambda v: {"old/inner/b": "new/a"},
        lambda v: {"old/inner/b": v[0]},
        lambda v: {"old/": "new"},
    ],
)
def test_what_tensorflow_refuses_is_refused_with_its_sentence_and_writes_nothing(path, form):
    error = refusal(lambda: tf.train.init_from_checkpoint(path, form(here(tf))))
    variables = here(ts)
    before = [variable.tolist() for variable in variables]
    with pytest.raises(type(error)) as caught:
        init_from_checkpoint(path, {"a": "new/a", **form(variables)})
    # TensorFlow goes on with all that the checkpoint has, and we with the nearest names.
    sentence = str(error).partition(" {")[0].removesuffix(f" {path}").replace(":0 ((", ":0 ((")
    assert str(caught.value).startswith(sentence.removesuffix("."))
    assert [variable.tolist() for variable in variables] == before


def test_what_tensorflow_refuses_when_it_initialises_is_refused_at_once(path):
    def run(form, build):
        with tf.Session() as session:
            variables = build(tf)
            tf.train.init_from_checkpoint(path, form)
            session.run([variable.initializer for variable in variables])

    for form, build in (
        ({"c": "w"}, lambda tf: [tf.get_variable("w", [2])]),
        ({"old/": "new/"}, lambda tf: [tf.get_variable("new/a", [3])]),
    ):
        refusal(lambda form=form, build=build: run(form, build))
        ts.reset_default_registry()
        (variable,) = build(ts)
        before = variable.tolist()
        with pytest.raises(ValueError, match=r"tensor_name = c; expected dtype|Shape of variable"):
            init_from_checkpoint(path, form)
        assert variable.tolist() == before


def test_a_list_that_is_not_the_pieces_of_one_variable_is_refused(path):
    a, b, *table = here(ts)
    with ts.variable_scope("more", partitioner=ts.fixed_size_partitioner(2)):
        other = list(ts.get_variable("table", [5, 2]))
    for several in ([*table, *other], [a, b]):
        with pytest.raises(ValueError, match="Slices must all be from the same tensor"):
            init_from_checkpoint(path, {"old/table": several})


@pytest.mark.parametrize("wrong", [3, None, [], torch.ones(2)])
def test_a_map_to_anything_else_is_refused(path, wrong):
    here(ts)
    with pytest.raises(ValueError, match="leads to variables of this registry or their names"):
        init_from_checkpoint(path, {"old/a": wrong})


# In a net


class Model(nn.Module):
    """A model function as TF1 code has it: it makes variables, and initialises them."""

    def __init__(self, path):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.path = path

    def forward(self):
        variables = here(ts)
        init_from_checkpoint(self.path, {"old/": "new/"})
        return variables


def values(variables):
    return [variable.tolist() for variable in variables]


def expected(path):
    return [value.tolist() for value in theirs(path, FORMS[0])]


def test_in_a_forward_it_gives_first_values_and_leaves_later_ones_alone(path):
    net = Model(path)
    assert values(net()) == expected(path)
    with torch.no_grad():
        net.new.a.fill_(7)
    for each in (net, copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert each()[0].tolist() == [7, 7]


def test_in_a_build_it_gives_first_values(path):
    net = ts.build(Model(path))
    assert values(net.scopes.variables.values()) == expected(path)


def test_initialize_gives_its_values_again(path):
    net = Model(path)
    net()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(7)
    net.scopes.initialize_()
    assert values(net.scopes.variables.values()) == expected(path)


def test_a_net_that_was_loaded_before_its_first_pass_keeps_what_was_loaded(path):
    trained = Model(path)
    trained()
    with torch.no_grad():
        trained.new.a.fill_(7)
    loaded, restored = Model(path), Model(path)
    loaded.load_state_dict(trained.state_dict())
    restore(restored, {n: t.detach() for n, t in trained.scopes.variables.items()})
    for net in (loaded, restored):
        assert values(net()) == [[7, 7], *expected(path)[1:]]


def test_a_compiled_net_passes_it_by(path):
    def forward(x):
        (a, *_) = here(ts)
        init_from_checkpoint(path, {"old/": "new/"})
        return x * a

    net = ts.ScopedModule(forward)
    net(torch.ones(2))
    with torch.no_grad():
        net.new.a.fill_(7)
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    assert compiled(torch.ones(2)).tolist() == [7, 7]


def test_between_passes_it_is_given_the_net_and_always_writes(path):
    net = ts.ScopedModule(lambda: here(ts))
    with pytest.raises(ValueError, match="There is no variable 'new/a'"):
        init_from_checkpoint(path, {"old/a": "new/a"}, net=net)
    net()
    for _ in range(2):
        with torch.no_grad():
            net.new.a.fill_(7)
        init_from_checkpoint(path, {"old/": "new/"}, net=net)
        assert values(net()) == expected(path)


def test_the_scopes_of_a_map_are_those_of_the_pass_that_one_is_in(path):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self, entries=("first", "second"))

        def first(self):
            return ts.get_variable("only_here", [2])

        def second(self):
            a = ts.get_variable("a", [2])
            init_from_checkpoint(path, {"/": "/"})
            return a

    net = Two()
    before = net.first().tolist()
    assert net.second().tolist() == theirs(path, FORMS[3])[0].tolist()
    assert net.only_here.tolist() == before
