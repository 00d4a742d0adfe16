"""arg_scope beside tf_slim's: what functions get, in and around a forward, and what is refused."""

import pytest
import torch

import torchscope as ts
import torchscope.slim
from tests.comparing import numbers
from tests.slim.kit import OURS, THEIRS, assert_alike
from tests.tensorflow1 import refusal

KITS = [THEIRS, OURS]


def answers(kit, program):
    """What a program says of a function that arg scopes reach."""

    @kit.slim.add_arg_scope
    def first(*args, a=1, b=2, **kwargs):
        return args, a, b, tuple(sorted(kwargs.items()))

    @kit.slim.add_arg_scope
    def second(x, c=3):
        return x, c

    return program(kit.slim, first, second)


PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


@program
def inner_scopes_go_before_outer_ones_and_calls_before_both(slim, first, second):
    with slim.arg_scope([first], a=10, d=4):
        said = [first(), first(a=5), second(0)]
        with slim.arg_scope((first, second), c=30):
            said += [first(7), second(0), second(0, c=1)]
            with slim.arg_scope([first], a=20):
                said.append(first())
        return [*said, first()]


@program
def a_scope_that_is_entered_again_replaces_the_current_one(slim, first, second):
    with slim.arg_scope([first], a=10) as kept, slim.arg_scope([first], b=20) as both:
        said = [first()]
    with slim.arg_scope([second], c=30):
        with slim.arg_scope(kept):
            said += [first(), second(0)]
        with slim.arg_scope(both) as again:
            said += [first(), again == both]
        said.append(second(0))
    with slim.arg_scope({}):
        return [*said, first(), slim.current_arg_scope() == {}]


@program
def what_is_changed_in_a_scope_stays_in_it(slim, first, second):
    with slim.arg_scope([first], a=10) as scope, slim.arg_scope(scope):
        with slim.arg_scope([first], a=11):
            said = [first()]
        said.append(first())
    try:
        with slim.arg_scope([first], a=12):
            raise KeyError
    except KeyError:
        said.append(first())
    return said


@program
def what_functions_say_of_themselves(slim, first, second):
    return [
        slim.has_arg_scope(first),
        slim.has_arg_scope(print),
        sorted(slim.arg_scoped_arguments(second)),
        first.__name__,
        slim.arg_scope_func_key(first) == slim.arg_scope_func_key(second),
    ]


@program
def arg_scope_as_a_decorator(slim, first, second):
    @slim.arg_scope([second], c=9)
    def decorated():
        return second(0)

    return [decorated(), second(0), decorated()]


@pytest.mark.parametrize("function", PROGRAMS)
def test_a_program_says_what_it_says_with_tf_slim(function):
    theirs, ours = (answers(kit, function) for kit in KITS)
    assert ours == theirs


REFUSED = [
    (lambda slim: slim.arg_scope([print], end=""), "('builtins', 'print') is not decorated"),
    (lambda slim: slim.arg_scope([slim.conv2d, slim.repeat], a=1), "is not decorated with"),
    (lambda slim: slim.arg_scope({}, scope="a"), "kwargs must be empty"),
    (
        lambda slim: slim.arg_scope(slim.conv2d, a=1),
        "list_ops_or_scope must either be a list/tuple",
    ),
]


@pytest.mark.parametrize(("call", "said"), REFUSED)
def test_what_no_arg_scope_can_be_is_refused_as_by_tf_slim(call, said):
    def entered(kit):
        with call(kit.slim):
            pass

    theirs, ours = refusal(lambda: entered(THEIRS)), refusal(lambda: entered(OURS))
    assert type(ours) is type(theirs)
    assert said in str(ours)
    assert ts.slim.current_arg_scope() == {}


def net_of(kit, x):
    with kit.slim.arg_scope(
        [kit.slim.conv2d, kit.slim.fully_connected],
        activation_fn=kit.tf.nn.elu,
        normalizer_fn=kit.slim.batch_norm,
        normalizer_params={"decay": 0.9, "is_training": False},
        weights_regularizer=kit.slim.l2_regularizer(0.1),
        variables_collections=["mine"],
    ):
        with kit.slim.arg_scope([kit.slim.conv2d], padding="VALID", stride=2) as scope:
            x = kit.slim.conv2d(x, 4, [3, 3])
        with kit.slim.arg_scope([kit.slim.batch_norm], scale=True):
            x = kit.slim.conv2d(x, 4, [1, 1], normalizer_params=None)
    with kit.slim.arg_scope(scope):
        return kit.slim.fully_connected(kit.slim.conv2d(x, 2, 1), 3, activation_fn=None)


def test_layers_get_their_arguments_from_arg_scopes_as_with_tf_slim():
    assert_alike(net_of, numbers(2, 5, 5, 3))


def test_an_argument_may_close_over_what_is_not_set_yet():
    def activation(x):
        return later(x)

    with ts.slim.arg_scope([ts.slim.fully_connected], activation_fn=activation):
        net = ts.ScopedModule(lambda x: ts.slim.fully_connected(x, 3))
        later = torch.relu
        assert (net(torch.ones(2, 4)) >= 0).all()


def test_an_arg_scope_around_the_call_of_a_net_reaches_its_layers_compiled_or_not():
    net = ts.ScopedModule(lambda x: ts.slim.fully_connected(x, 3))
    x = torch.from_numpy(numbers(2, 4))
    positive = net(x)
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    for call in (net, compiled):
        with ts.slim.arg_scope([ts.slim.fully_connected], activation_fn=None):
            linear = call(x)
        assert (linear < 0).any()
        torch.testing.assert_close(linear.relu(), positive)
        torch.testing.assert_close(call(x), positive)
