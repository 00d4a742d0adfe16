"""Custom getters that give something else than the variable, and templates across passes."""

import functools
import inspect
import itertools
import re
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from torchscope._core.passes import one_pass as passes
from torchscope._core.requests.getters import accepts_constraint


def test_a_quantised_weight_keeps_its_gradient():
    def quantised(getter, *args, **kwargs):
        v = getter(*args, **kwargs)
        return v + (v.round() - v).detach()

    def model(x):
        with ts.variable_scope("fc", custom_getter=quantised):
            return x * ts.get_variable("w", [2], initializer=ts.constant_initializer([0.6, 1.7]))

    net = ts.ScopedModule(model)
    output = net(torch.ones(2))
    output.sum().backward()
    assert output.tolist() == [1.0, 2.0]
    assert net.fc.w.grad.tolist() == [1.0, 1.0]


def test_an_averaged_copy_takes_the_place_of_the_weight():
    def averaged(getter, name, *args, **kwargs):
        v = getter(name, *args, **kwargs)
        shadow = getter(f"{name}/average", *args, **{**kwargs, "trainable": False})
        return v if training else shadow.assign(0.5 * shadow + 0.5 * v)

    def model(x):
        with ts.variable_scope("fc", custom_getter=averaged):
            return x * ts.get_variable("w", [1], initializer=ts.ones_initializer())

    net, training = ts.ScopedModule(model), True
    net(torch.ones(1)).backward()
    net.fc.w.assign([3.0])
    training = False
    assert net(torch.ones(1)).tolist() == [2.0]
    assert net(torch.ones(1)).tolist() == [2.5]
    assert list(net.state_dict()) == ["fc.w", "fc.w:.average"]
    assert [p.requires_grad for p in net.parameters()] == [True, False]


def test_a_template_made_outside_shares_within_each_net_that_calls_it():
    layer = ts.make_template("layer", lambda: ts.get_variable("w", [1]))
    top = layer()

    def model():
        with ts.variable_scope("m"):
            return layer(), layer()

    one, other = ts.ScopedModule(model), ts.ScopedModule(model)
    for net in (one, other, one):
        first, second = net()
        assert first is second is net.m.layer.w
    assert one.m.layer.w is not other.m.layer.w
    assert layer() is top
    assert list(ts.get_default_registry().variables) == ["layer/w"]


def of_its_signature(getter):
    parameters = inspect.signature(getter).parameters.values()
    return any(p.name == "constraint" or p.kind is p.VAR_KEYWORD for p in parameters)


KINDS = ("/", "positional", "*", "keyword", "**")


@st.composite
def signatures(draw):
    """Parameters as they are written, of each kind some or none; `constraint` may be any of them."""
    names = draw(st.permutations(["constraint", "a", "b", "c", "d"]))
    kinds = sorted(draw(st.lists(st.sampled_from(KINDS), max_size=len(names))), key=KINDS.index)
    kinds = [k for n, k in enumerate(kinds) if k not in "**" or k not in kinds[:n]]
    named = {kind: [n for n, k in zip(names, kinds, strict=False) if k == kind] for kind in KINDS}
    written = [*named["/"], *(["/"] if named["/"] else []), *named["positional"]]
    if named["*"] or named["keyword"]:
        written.append(f"*{named['*'][0] if named['*'] else ''}")
    return ", ".join([*written, *named["keyword"], *(f"**{n}" for n in named["**"])])


@given(signatures())
def test_a_getter_is_given_a_constraint_where_its_signature_has_one(signature):
    space = {}
    body = (
        "\n    constraint = within = 0\n    return constraint"
        if "constraint" not in signature
        else " ..."
    )
    exec(f"def function({signature}):{body}", space)
    function = space["function"]
    assert accepts_constraint(function) is of_its_signature(function)
    described = functools.wraps(function)(lambda *args, **kwargs: None)
    assert accepts_constraint(described) is of_its_signature(described)
    bound = type("Holder", (), {"method": function, "of_class": classmethod(function)})()
    callable_ = type("Called", (), {"__call__": function})()
    for of_object in (lambda: bound.method, lambda: bound.of_class, lambda: callable_):
        try:
            expected = of_its_signature(of_object())
        except ValueError:
            # It takes no argument, and could not be called.
            continue
        assert accepts_constraint(of_object()) is expected


def older(getter, name, shape, dtype, initializer, regularizer, reuse, trainable, collections, **_):
    return getter(name, shape, dtype, initializer, regularizer, reuse, trainable, collections)


def without_constraint(
    getter, name, shape, dtype, initializer, regularizer, reuse, trainable, collections,
    caching_device, partitioner, validate_shape, use_resource, synchronization, aggregation,
):  # fmt: skip
    return getter(name, shape, dtype, initializer, regularizer, reuse, trainable, collections)


@functools.wraps(without_constraint)
def wrapped(**kwargs):
    return without_constraint(**kwargs)


class Getting:
    def __call__(self, getter, *args, **kwargs):
        return getter(*args, **kwargs)

    def method(self, getter, *args, **kwargs):
        return getter(*args, **kwargs)


def with_more(more, getter, *args, **kwargs):
    return getter(*args, **kwargs)


GETTERS = {
    "of named arguments": without_constraint,
    "of some": older,
    "an object": Getting(),
    "a method": Getting().method,
    "a partial": functools.partial(with_more, 1),
    "wrapped": wrapped,
}


@pytest.mark.parametrize("getter", GETTERS.values(), ids=GETTERS)
def test_what_goes_through_a_getter_is_what_a_request_finds(getter):
    def model():
        found = []
        for reuse, through in itertools.product((False, True), (None, getter)):
            name = "b" if through is None else "a"
            with ts.variable_scope("m", reuse=reuse, custom_getter=through):
                found += [ts.get_variable(name, [2]), ts.get_variable(f"{name}/c", (2,))]
        return found

    net = ts.ScopedModule(model)
    for found in (net(), net()):
        assert found[0] is found[4]
        assert found[2] is found[6]
        assert [v.name for v in found[:4]] == ["m/b:0", "m/b/c:0", "m/a:0", "m/a/c:0"]


@pytest.mark.parametrize("reuse", [False, None])
def test_a_getter_may_not_ask_twice_without_reuse(reuse):
    def twice(getter, name, *args, **kwargs):
        getter(name, *args, **kwargs)
        return getter(name, *args, **{**kwargs, "reuse": reuse})

    net = ts.ScopedModule(lambda through: ts.get_variable("a", [2], custom_getter=through))
    net(None)
    with pytest.raises(ValueError, match="Variable a already exists, disallowed"):
        net(twice)


def test_a_getter_that_asks_for_another_shape_is_refused():
    def other(getter, name, shape, **kwargs):
        return getter(name, [3], **kwargs)

    net = ts.ScopedModule(lambda through: ts.get_variable("a", [2], custom_getter=through))
    net(None)
    with pytest.raises(ValueError, match=r"specified shape \(3,\) and found shape \(2,\)"):
        net(other)


# What can go wrong is drawn less often: a program of errors finds nothing.
REQUESTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "a", "b"]),
        "shape": st.sampled_from([*[[2]] * 4, (2,), (2,), torch.Size([2]), [3], None]),
        "dtype": st.sampled_from([*[None] * 5, torch.float32, torch.float64, "float32"]),
        "initializer": st.sampled_from(
            [*[None] * 3, ts.zeros_initializer(), ts.ones_initializer, [1.0, 2.0]]
        ),
        "collections": st.sampled_from([*[None] * 4, ["mine"], ("mine",), []]),
        "constraint": st.sampled_from([None, None, torch.abs]),
    }
)
REUSES = [None, None, True, *[ts.AUTO_REUSE] * 3]
SCOPES = st.tuples(st.sampled_from(["", "s"]), st.sampled_from(REUSES))


def passes_on(getter, *args, **kwargs):
    return getter(*args, **kwargs)


def answers(requests, getter, *, closely):
    """What a pass is given for each request, in which order its variables are, and how often they were asked for."""
    if closely:
        # Where there is a variable in pieces, all that goes through a getter is looked at closely.
        ts.get_variable("p", [2], partitioner=ts.fixed_size_partitioner(2))
    found = []
    for (scope, reuse), request in requests:
        with ts.variable_scope(scope, reuse=reuse, custom_getter=getter):
            try:
                variable = ts.get_variable(**request)
                found.append((variable.name, tuple(variable.shape), variable.dtype))
            except (TypeError, ValueError) as error:
                # But for the line that asked first.
                found.append((type(error), re.sub(r"\.py:\d+", "", str(error))))
    claims = passes.current().claims.items()
    return found, [(r.name, count) for r, count in claims if not r.name.startswith("p/")]


@settings(max_examples=300)
@given(
    st.lists(st.lists(st.tuples(SCOPES, REQUESTS), min_size=2, max_size=8), min_size=1, max_size=3)
)
def test_what_exists_is_found_alike_in_few_steps_and_in_all_of_them(programs):
    """Those of get_variable itself, of `getters._found`, and the way of all that is unusual."""
    ways = [(None, False), (passes_on, False), (passes_on, True)]
    nets = [ts.ScopedModule(functools.partial(answers, getter=g, closely=c)) for g, c in ways]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Variable .* is new", UserWarning)
        for requests in [*programs, *programs]:
            direct, through, closely = (net(requests) for net in nets)
            assert direct == through == closely
