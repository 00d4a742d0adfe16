"""What slim's layers refuse: as tf_slim does, with the scope and the shapes, and nothing is left."""

import pytest
import torch

import torchscope as ts
import torchscope.slim
from tests.slim.kit import OURS, THEIRS
from tests.tensorflow1 import assert_refused_alike, refusal

CALLS = [
    lambda k, x: k.slim.conv2d(x(2, 5, 3), 4, 3),
    lambda k, x: k.slim.conv2d(x(2, 5, 5, 3), 4, 3, data_format="NCW0"),
    lambda k, x: k.slim.conv2d_transpose(x(2, 5, 5, 3), 4, 3, data_format="CNHW"),
    lambda k, x: k.slim.separable_conv2d(x(2, 5, 5, 3), 4, 3, data_format="CNHW"),
    lambda k, x: k.slim.separable_conv2d(x(2, 5, 3), None, 3),
    lambda k, x: k.slim.separable_conv2d(x(2, 5, 5, 3), None, [3, 3, 3]),
    lambda k, x: k.slim.conv2d_in_plane(x(2, 5, 3), 3),
    lambda k, x: k.slim.conv2d_in_plane(x(2, 5, 5, 3), "3"),
    lambda k, x: k.slim.fully_connected(x(2, 3), 4.0),
    lambda k, x: k.slim.batch_norm(x(2, 3), data_format="CNHW"),
    lambda k, x: k.slim.batch_norm(x(2, 3), renorm=True, updates_collections=None),
    lambda k, x: k.slim.bias_add(x(2, 3), data_format="NCHW"),
    lambda k, x: k.slim.bias_add(x(2, 3), data_format="CNHW"),
    lambda k, x: k.slim.layer_norm(x(2, 3), begin_norm_axis=2),
    lambda k, x: k.slim.layer_norm(x(2, 3), begin_params_axis=2),
    lambda k, x: k.slim.instance_norm(x(2, 3), data_format="CNHW"),
    lambda k, x: k.slim.group_norm(x(2, 3, 3, 6), groups=4),
    lambda k, x: k.slim.group_norm(x(2, 3, 3, 6), groups=7),
    lambda k, x: k.slim.group_norm(x(2, 3, 3, 6), groups=2, reduction_axes=[-1]),
    lambda k, x: k.slim.group_norm(x(2, 3, 3, 6), groups=2, channels_axis=4),
    lambda k, x: k.slim.unit_norm(x(2, 3), 2),
    lambda k, x: k.slim.unit_norm(x(2, 3), -1),
    lambda k, x: k.slim.max_pool2d(x(2, 5, 5, 3), 2, data_format="CNHW"),
    lambda k, x: k.slim.pool(x(2, 5), 2, "MAX"),
    lambda k, x: k.slim.pool(x(2, 5, 3), 0, "MAX"),
    lambda k, x: k.slim.maxout(x(2, 5), 2),
    lambda k, x: k.slim.softmax(x(2)),
    lambda k, x: k.slim.one_hot_encoding(x(2), 3),
    lambda k, x: k.slim.one_hot_encoding(k.tf.constant([1, 2]), -1),
    lambda k, x: k.slim.spatial_softmax(x(2, 5, 5, 3), data_format="CNHW"),
    lambda k, x: k.slim.stack(x(2, 5), k.slim.fully_connected, 3),
    lambda k, x: k.slim.variance_scaling_initializer(mode="FAN"),
    lambda k, x: k.slim.xavier_initializer(dtype=k.tf.int32),
    lambda k, x: k.slim.apply_regularization(k.slim.l1_regularizer(0.1), []),
    lambda k, x: k.slim.utils.constant_value(None),
    lambda k, x: k.slim.utils.n_positive_integers(0, 1),
    lambda k, x: k.slim.utils.n_positive_integers(2, [1, 0]),
    lambda k, x: k.slim.utils.n_positive_integers(2, [1, 2, 3]),
    lambda k, x: k.slim.utils.smart_cond(True, 1, lambda: 2),
    lambda k, x: k.slim.assign_from_checkpoint_fn("nowhere", []),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_what_tf_slim_refuses_is_refused_alike_and_leaves_nothing(call):
    assert_refused_alike(
        lambda: call(THEIRS, lambda *shape: THEIRS.tf.zeros(shape)),
        lambda: call(OURS, torch.zeros),
    )
    assert ts.global_variables() == []
    assert ts.get_variable_scope().name == ""


REFUSED_IN_A_LAYER = [
    (lambda x: ts.slim.convolution(x[0, 0], 4, 3), "rank 2"),
    (lambda x: ts.slim.conv2d(x, 4, 3, padding="FULL"), "padding"),
    (lambda x: ts.slim.conv2d(x, 4, [3, 3, 3]), "kernel_size"),
    (lambda x: ts.slim.conv2d(x, 4, 3, stride=2, rate=2), "dilation_rate"),
    (lambda x: ts.slim.dropout(x, keep_prob=1.5), "rate"),
    (lambda x: ts.slim.conv2d_transpose(x[0], 4, 3), "rank 4"),
    (lambda x: ts.slim.fully_connected(x.int(), 4), "floating"),
    (lambda x: ts.slim.batch_norm(x, batch_weights=torch.ones(3)), "batch_weights"),
]


@pytest.mark.parametrize(("call", "named"), REFUSED_IN_A_LAYER)
def test_a_layer_that_refuses_says_what_and_where(call, named):
    x = torch.zeros(2, 5, 5, 3)
    with ts.variable_scope("outer"):
        error = refusal(lambda: call(x))
    assert isinstance(error, (ValueError, TypeError))
    assert named in str(error)
    assert ts.global_variables() == []


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ts.slim.conv2d(x[0], 4, 3),
        lambda x: ts.slim.layer_norm(x, begin_norm_axis=4),
        lambda x: ts.slim.fully_connected(x[0, 0, 0], 4),
        lambda x: ts.slim.max_pool2d(x[0], 2),
        lambda x: ts.slim.maxout(x, 2),
    ],
)
def test_the_message_has_the_scope_and_the_shape(call):
    with ts.variable_scope("outer"), pytest.raises(ValueError, match=r"\(.*\)") as caught:
        call(torch.zeros(2, 5, 5, 3))
    assert "outer/" in str(caught.value)


def test_a_layer_of_an_unknown_scope_under_reuse_is_refused_as_in_tf1():
    missing = pytest.raises(ValueError, match=r"Variable a/fc/weights does not exist")
    with ts.variable_scope("a", reuse=True), missing:
        ts.slim.fully_connected(torch.zeros(2, 3), 4, scope="fc")
    ts.slim.fully_connected(torch.zeros(2, 3), 4, scope="b")
    with pytest.raises(ValueError, match=r"Variable b/weights already exists"):
        ts.slim.fully_connected(torch.zeros(2, 3), 4, scope="b")
