"""Variables as tensors: their names, TF1's small methods, and autograd."""

import pytest
import torch
from torch import nn

import torchscope as ts
from tests.tensorflow1 import tf


def test_a_variable_has_all_that_a_parameter_has():
    v = ts.get_variable("a", [2, 2])
    loss = (v @ v).sum()
    loss.backward()
    assert isinstance(v, nn.Parameter)
    assert v.grad.shape == (2, 2)
    assert type(v @ v) is torch.Tensor
    assert type(v.detach()) is torch.Tensor
    assert type(v.data) is torch.Tensor
    assert v.op.name == "a"


def test_a_single_number_is_formatted_as_one():
    rate = ts.get_variable("rate", initializer=0.25)
    assert f"{rate}, {rate:.3f}" == "0.25, 0.250"
    step = ts.get_or_create_global_step()
    assert f"step {step:5d}" == "step     0"
    several = ts.get_variable("several", [2], initializer=ts.zeros_initializer())
    assert f"{several}" == repr(several)
    with pytest.raises(TypeError, match="unsupported format string"):
        format(several, ".3f")


def test_a_build_leaves_out_numbers_that_a_function_prints():
    said = []

    def model():
        rate = ts.get_variable("rate", initializer=0.25)
        said.append(f"{rate}")

    net = ts.ScopedModule(model)
    ts.build(net)
    net()
    assert "rate:0" in said[0]
    assert said[1] == "0.25"


def test_repr_gives_the_name_and_then_the_values():
    v = ts.get_variable("a", initializer=[1.0, 2.0])
    assert repr(v) == "<tf.Variable 'a:0' shape=(2,) dtype=float32>\ntensor([1., 2.])"
    count = ts.get_variable("n", initializer=3)
    assert (
        repr(count)
        == "<tf.Variable 'n:0' shape=() dtype=int32 trainable=False>\ntensor(3, dtype=torch.int32)"
    )
    assert str(ts.trainable_variables()) == f"[{v!r}]"


@pytest.mark.parametrize("dtype", [torch.float32, torch.int32])
def test_assignments_are_in_place_and_return_the_variable(dtype):
    v = ts.get_variable("a", [2], dtype=dtype, initializer=ts.ones_initializer)
    where = v.data_ptr()
    assert v.assign([5, 6]) is v
    assert v.assign_add([1, 1]) is v
    assert v.assign_sub(torch.tensor([2, 2], dtype=dtype)) is v
    assert v.tolist() == [4, 5]
    assert v.data_ptr() == where


def test_assignments_are_outside_of_autograd_which_notices_them():
    v = ts.get_variable("a", initializer=[3.0])
    loss = (v * v).sum()
    v.assign([4.0])
    assert v.is_leaf
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_an_assignment_of_another_shape_is_refused_and_changes_nothing():
    v = ts.get_variable("a", initializer=[3.0])
    for assign in (v.assign, v.assign_add, v.assign_sub):
        with pytest.raises(ValueError, match=r"a:0 .* must be equal, but are \(1,\) and \(2,\)"):
            assign([1.0, 2.0])
    assert v.tolist() == [3.0]


def test_values():
    v = ts.get_variable("a", initializer=[3.0])
    copied = v.initialized_value()
    v.assign([4.0])
    assert copied.tolist() == [3.0]
    assert not copied.requires_grad
    assert v.value() is v
    (grad,) = torch.autograd.grad(v.read_value().sum(), v)
    assert grad.tolist() == [1.0]
    assert ts.Variable(v.initialized_value(), name="b").tolist() == [4.0]


def test_an_initial_value_is_copied():
    given = torch.ones(2)
    made = [
        ts.get_variable("a", initializer=given),
        ts.Variable(given, name="b"),
        ts.Variable(lambda: given, name="c"),
        ts.get_variable("d", [2], initializer=lambda shape, dtype: given),
    ]
    for variable in made:
        variable.assign([7.0, 7.0])
    assert given.tolist() == [1.0, 1.0]


def test_an_initial_value_brings_no_graph():
    given = torch.ones(2, requires_grad=True)
    v = ts.Variable(given * 2, name="a")
    assert v.is_leaf
    assert v.tolist() == [2.0, 2.0]


def test_a_parameter_is_rebuilt_by_its_type():
    v = ts.get_variable("a", [2])
    twin = type(v)(torch.ones(3), requires_grad=False)
    assert twin.tolist() == [1.0, 1.0, 1.0]
    assert not twin.requires_grad
    count = ts.get_variable("n", initializer=3)
    assert type(count)(torch.ones(3)).tolist() == [1.0, 1.0, 1.0]
    assert type(v)().numel() == 0


def test_a_constraint_is_kept_on_the_variable():
    v = ts.get_variable("a", initializer=[-3.0], constraint=torch.relu)
    assert v.constraint is torch.relu
    assert ts.get_variable("b", [1]).constraint is None


def test_regularization_losses_are_of_the_present_values_and_differentiable():
    v = ts.get_variable("a", initializer=[3.0], regularizer=ts.l2_regularizer(2.0))
    ts.get_variable("b", initializer=[3.0], regularizer=ts.no_regularizer)
    with ts.variable_scope("", reuse=True):
        ts.get_variable("a", regularizer=ts.l2_regularizer(9.0))
    for value in (3.0, 1.0):
        v.assign([value])
        (loss,) = ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)
        assert loss.item() == value * value
        (grad,) = torch.autograd.grad(loss, v)
        assert grad.item() == 2 * value
    assert len(ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES, "a")) == 1
    assert ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES, "b") == []


@pytest.mark.parametrize("api", [tf, ts], ids=["tensorflow", "ours"])
def test_creator_scopes_that_are_left_in_another_order_are_refused(api):
    def creator(next_creator, **kwargs):
        return next_creator(**kwargs)

    outer, inner = api.variable_creator_scope(creator), api.variable_creator_scope(creator)
    with tf.Graph().as_default():
        outer.__enter__()
        inner.__enter__()
        with pytest.raises(
            RuntimeError, match=r"^Exiting variable_creator_scope without proper nesting\."
        ):
            outer.__exit__(None, None, None)
        inner.__exit__(None, None, None)


def test_an_error_inside_creator_scopes_leaves_them_as_they_were():
    def frozen(next_creator, **kwargs):
        return next_creator(**{**kwargs, "trainable": False})

    scopes = ts.variable_creator_scope(frozen), ts.variable_creator_scope(frozen)
    with pytest.raises(KeyError, match="inside"), scopes[0], scopes[1]:
        raise KeyError("inside")
    assert ts.get_variable("w", [1]).trainable


def test_the_small_methods_of_a_variable():
    v = ts.get_variable("a", initializer=[1.0, 2.0])
    assert v.get_shape() == [2]
    assert v.get_shape().as_list() == [2]
    assert v.set_shape([None]) is None
    with pytest.raises(ValueError, match=r"Shapes \(2,\) and \(3,\) are not compatible: a:0"):
        v.set_shape([3])
    assert v.load([5.0, 6.0], session=None) is None
    value = v.eval(session=None)
    assert value.tolist() == [5.0, 6.0]
    assert v.initial_value.tolist() == [1.0, 2.0]
    v.initializer()
    assert v.tolist() == [1.0, 2.0]
    # A copy, which stays.
    assert value.tolist() == [5.0, 6.0]
    with pytest.raises(ValueError, match="must be equal, but are"):
        v.load([1.0])


def test_a_first_value_is_drawn_anew_on_the_device_of_the_variable():
    v = ts.get_variable("a", [100], initializer=ts.random_normal_initializer(seed=1))
    first = v.detach().clone()
    assert torch.equal(v.assign(torch.zeros(100)).initial_value, first)
    net = ts.ScopedModule(lambda: ts.get_variable("w", [2]).initial_value).to("meta")
    assert net().is_meta


def test_a_parameter_of_the_modules_own_has_no_first_value():
    def build():
        with ts.variable_scope("", reuse=True):
            return ts.get_variable("own", [2])

    net = ts.ScopedModule(build)
    net.own = nn.Parameter(torch.ones(2))
    assert net().initial_value is None


def test_what_pytorch_has_under_tf1s_names_stays_pytorchs():
    v = ts.get_variable("a", [2, 2])
    for name in ("scatter_add", "shape", "device", "dtype"):
        assert not any(
            name in vars(owner) for owner in type(v).__mro__ if "torchscope" in str(owner)
        )
    ones = torch.zeros(2, 2, dtype=torch.int64)
    assert v.scatter_add(0, ones, torch.ones(2, 2)).shape == (2, 2)
