"""Making a variable: the ordinary one is made at once, and is what the general way would make."""

from dataclasses import fields

import pytest
import torch
from nets import Scoped

import torchscope as ts


def passes_on(next_creator, **kwargs):
    return next_creator(**kwargs)


REQUESTS = {
    "by default": {"shape": [3, 4]},
    "a scalar": {"shape": []},
    "a tuple": {"shape": (2,)},
    "nothing in it": {"shape": [0, 3]},
    "float64": {"shape": [3], "dtype": torch.float64},
    "an initializer's class": {"shape": [3], "initializer": ts.ones_initializer},
    "uniform": {"shape": [50], "initializer": ts.random_uniform_initializer(-1, 2)},
    "truncated": {"shape": [50], "initializer": ts.truncated_normal_initializer(stddev=0.1)},
    "seeded": {"shape": [5], "initializer": ts.random_normal_initializer(seed=3)},
    "a list of numbers": {"shape": [3], "initializer": ts.constant_initializer([1, 2, 3])},
    "orthogonal": {"shape": [4, 3], "initializer": ts.orthogonal_initializer()},
    "regularized": {"shape": [3], "regularizer": ts.l2_regularizer(0.1)},
    "constrained": {"shape": [3], "constraint": torch.relu},
}


def made(request, *, seen):
    """A net that asks twice, and what is known of its variables; `seen` by a creator or not."""

    def ask():
        for name in ("first", "second"):
            with ts.variable_scope("s", reuse=ts.AUTO_REUSE):
                if seen:
                    with ts.variable_creator_scope(passes_on):
                        ts.get_variable(name, **request)
                else:
                    ts.get_variable(name, **request)
        return [ts.Variable(0.0, name="s/first").name, ts.get_collection("trainable_variables")]

    torch.manual_seed(7)
    net = Scoped(ask)
    return net, net()


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_variable_is_the_same_whether_or_not_a_creator_looks_on(request_):
    (net, seen), (other, expected) = made(request_, seen=False), made(request_, seen=True)
    assert seen[0] == expected[0]
    assert [v.name for v in seen[1]] == [v.name for v in expected[1]]
    assert list(net.state_dict()) == list(other.state_dict())
    for name, variable in net.scopes.variables.items():
        twin = other.scopes.variables[name]
        assert type(variable) is type(twin)
        assert torch.equal(variable, twin)
        for field in fields(variable._ts_record):
            if field.name not in ("initial", "made_at"):
                assert getattr(variable._ts_record, field.name) == getattr(
                    twin._ts_record, field.name
                )
    torch.manual_seed(9)
    net.scopes.initialize_()
    torch.manual_seed(9)
    other.scopes.initialize_()
    assert all(map(torch.equal, net.parameters(), other.parameters()))


def test_where_a_variable_was_made_is_the_line_that_asked_for_it():
    net = Scoped(lambda: ts.get_variable("a", [1]))
    net()
    net.fn = lambda: ts.get_variable("a", [2])
    with pytest.raises(ValueError, match=rf"first made at .*{__name__}\.py:\d+"):
        net()
