"""Slim's layers beside tf_slim's: names, shapes, collections, outputs, gradients, averages."""

import pytest

from tests.comparing import numbers
from tests.slim.kit import assert_alike

MODELS = []


def model(*shapes, **how):
    """A model that gets inputs of these shapes."""

    def enter(function):
        MODELS.append(pytest.param(function, shapes, how, id=function.__name__))
        return function

    return enter


@model((2, 7, 6, 3))
def convolutions_of_images(k, x):
    x = k.slim.conv2d(x, 4, 3)
    x = k.slim.conv2d(x, 5, [3, 2], stride=2, padding="VALID", scope="mine")
    x = k.slim.conv2d(x, 4, 3, rate=2, activation_fn=k.tf.nn.elu, biases_initializer=None)
    return k.slim.conv2d(x, 2, 1, activation_fn=None, trainable=False)


@model((2, 9, 3), (1, 4, 5, 6, 2))
def convolutions_over_one_axis_and_three(k, x, y):
    x = k.slim.conv1d(x, 4, 3, stride=2)
    x = k.slim.convolution(x, 4, [2], padding="VALID", data_format="NWC")
    y = k.slim.conv3d(y, 3, [2, 3, 1], stride=[1, 2, 2])
    return k.tf.concat([k.slim.flatten(x), k.slim.repeat(k.slim.flatten(y), 1, twice_of(k))], 1)


def twice_of(k):
    def twice(x, scope=None):
        return k.tf.concat([x, x], 0)

    return twice


@model((2, 5, 4, 3), (1, 3, 4, 4, 2))
def transposed_convolutions(k, x, y):
    x = k.slim.conv2d_transpose(x, 4, 3, stride=2)
    x = k.slim.conv2d_transpose(x, 4, [2, 3], stride=[1, 2], padding="VALID", scope="up")
    y = k.slim.conv3d_transpose(y, 2, 2, stride=2, normalizer_fn=k.slim.layer_norm)
    return k.tf.concat([k.slim.flatten(x), twice_of(k)(k.slim.flatten(y))], 1)


@model((2, 7, 6, 3))
def separable_convolutions(k, x):
    x = k.slim.separable_conv2d(x, 4, 3, depth_multiplier=2, stride=2)
    x = k.slim.separable_conv2d(x, None, [3, 2], depth_multiplier=2, rate=2)
    x = k.slim.separable_conv2d(
        x,
        4,
        3,
        weights_regularizer=k.slim.l2_regularizer(0.1),
        normalizer_fn=k.slim.batch_norm,
        variables_collections={"weights": ["mine"], "biases": ["others"]},
    )
    x = k.slim.separable_conv2d(x, None, 3, normalizer_fn=k.slim.layer_norm, activation_fn=None)
    return k.slim.separable_convolution2d(x, None, 2, variables_collections=["mine"], scope="s")


@model((2, 7, 6, 3))
def convolutions_in_plane(k, x):
    x = k.slim.conv2d_in_plane(x, [2, 3], stride=2, padding="VALID")
    return k.slim.conv2d_in_plane(x, 3, activation_fn=None, biases_initializer=None, scope="p")


@model((2, 5, 3))
def fully_connected_layers(k, x):
    x = k.slim.fully_connected(x, 4)
    x = k.slim.fully_connected(x, 4, normalizer_fn=k.slim.batch_norm)
    x = k.slim.linear(k.slim.relu(k.slim.relu6(k.slim.elu(x, 3), 3), 4), 3, scope="linear")
    return k.slim.fully_connected(
        x, 4, scope="linear_again", weights_initializer=k.tf.ones_initializer()
    )


@model((2, 5, 3))
def layers_that_share(k, x):
    x = k.slim.fully_connected(x, 3, scope="fc")
    x = k.slim.fully_connected(x, 3, scope="fc", reuse=True)
    with k.tf.variable_scope("fc", reuse=True) as scope:
        pass
    x = k.slim.fully_connected(x, 3, scope=scope, variables_collections=["mine"])
    with k.tf.variable_scope("tower") as tower:
        x = k.slim.conv1d(x, 3, 1)
    with k.tf.variable_scope(tower, reuse=True):
        return k.slim.conv1d(x, 3, 1, normalizer_fn=None)


@model((2, 4, 5, 3))
def regularizers_of_layers_and_of_scopes_add_up(k, x):
    l1, l2 = k.slim.l1_regularizer(0.2), k.slim.l2_regularizer(0.1)
    with k.tf.variable_scope("s", regularizer=l2):
        x = k.slim.conv2d(x, 4, 3, weights_regularizer=l1, biases_regularizer=l1)
        for updates in (k.tf.GraphKeys.UPDATE_OPS, None):
            x = k.slim.batch_norm(
                x,
                scale=True,
                is_training=False,
                param_regularizers={"gamma": l1},
                updates_collections=updates,
            )
        x = k.slim.conv2d_in_plane(x, 2, weights_regularizer=l1)
        return k.slim.bias_add(x, regularizer=l1)


@model((4, 3, 3, 4), tolerance=1e-4)
def layers_whose_variables_are_cut(k, x):
    with k.tf.variable_scope("s", partitioner=k.tf.fixed_size_partitioner(2)):
        x = k.slim.conv2d(x, 4, 2, normalizer_fn=k.slim.batch_norm, variables_collections=["mine"])
        x = k.slim.batch_norm(x, scale=True, updates_collections=None, fused=False)
        x = k.slim.conv2d_transpose(k.slim.conv2d_in_plane(x, 2), 4, 2)
        x = k.slim.group_norm(k.slim.layer_norm(x), groups=2)
        return k.slim.fully_connected(k.slim.separable_conv2d(x, None, 2), 4)


@model((2, 4, 5, 3))
def layers_under_a_custom_getter(k, x):
    def halved(getter, name, *args, **kwargs):
        variable = getter(name, *args, **kwargs)
        return variable * 0.5 if name.endswith("weights") else variable

    with k.tf.variable_scope("s", custom_getter=halved):
        x = k.slim.conv2d(x, 4, 3, normalizer_fn=k.slim.batch_norm)
        return k.slim.fully_connected(x, 2)


@model((3, 4, 5, 3))
def outputs_in_collections(k, x):
    with k.slim.arg_scope(
        [k.slim.conv2d, k.slim.max_pool2d, k.slim.flatten, k.slim.batch_norm, k.slim.dropout],
        outputs_collections=["ends"],
    ):
        with k.tf.variable_scope("outer"):
            x = k.slim.conv2d(x, 4, 3, normalizer_fn=k.slim.batch_norm)
            x = k.slim.dropout(k.slim.max_pool2d(x, 2), is_training=False)
        x = k.slim.flatten(x, scope="flat")
    ends = k.slim.utils.convert_collection_to_dict("ends")
    assert list(ends) == [
        "outer/Conv/BatchNorm",
        "outer/Conv",
        "outer/MaxPool2D",
        "outer/Dropout",
        "flat",
    ]
    return x + k.tf.reduce_mean(ends["outer/Conv"])


@model((2, 5, 6, 4), (1, 4, 5, 6, 2))
def pools(k, x, y):
    x = k.slim.max_pool2d(k.slim.avg_pool2d(x, 2, stride=1, padding="SAME"), [3, 2], padding="SAME")
    y = k.slim.max_pool3d(k.slim.avg_pool3d(y, 2, stride=1), [1, 2, 2])
    y = k.slim.pool(k.slim.pool(y, 2, "AVG", padding="SAME"), [2, 1, 1], "MAX", dilation_rate=1)
    return k.tf.concat([k.slim.flatten(x), twice_of(k)(k.slim.flatten(y))], 1)


@model((4, 3, 2, 3), tolerance=1e-4)
def batch_normalization_of_images(k, x):
    for training in (True, False):
        for updates in (k.tf.GraphKeys.UPDATE_OPS, None, "updates"):
            for fused in (None, False):
                x = k.slim.batch_norm(
                    x,
                    decay=0.9,
                    scale=True,
                    is_training=training,
                    updates_collections=updates,
                    fused=fused,
                    variables_collections={"moving_mean": ["mine"], "gamma": ["others"]},
                )
    return k.slim.batch_norm(x, center=False, updates_collections=None, activation_fn=k.tf.nn.relu)


@model((4, 3), (2, 3, 3), tolerance=1e-4)
def batch_normalization_of_vectors_and_sequences(k, x, y):
    x = k.slim.batch_norm(x, decay=0.7)
    x = k.slim.batch_norm(x, decay=0.7, fused=False, scale=True)
    x = k.slim.batch_norm(x, is_training=False, scale=True, updates_collections=None)
    y = k.slim.batch_norm(y, decay=0.7, updates_collections=None, scale=True, fused=False)
    y = k.slim.batch_norm(y, is_training=False, updates_collections=None, fused=False)
    return k.tf.concat([k.slim.flatten(x), twice_of(k)(k.slim.flatten(y))], 1)


@model((4, 2, 2, 3), (4,), tolerance=1e-4)
def batch_normalization_where_examples_count_differently(k, x, w):
    weights = w * w
    x = k.slim.batch_norm(x, decay=0.7, batch_weights=weights, updates_collections=None, scale=True)
    return k.slim.batch_norm(x, decay=0.7, batch_weights=weights, data_format="NCHW")


@model((4, 2, 2, 3), tolerance=1e-4)
def batch_normalization_without_the_bias_of_the_first_steps(k, x):
    x = k.slim.batch_norm(x, decay=0.7, zero_debias_moving_mean=True, updates_collections=None)
    with k.tf.variable_scope("inner"):
        return k.slim.batch_norm(
            *(x,), decay=0.7, zero_debias_moving_mean=True, fused=False, updates_collections=None
        )


@model((4, 3, 2, 3), tolerance=1e-4)
def batch_renormalization(k, x):
    clipping = {"rmax": 1.5, "rmin": 0.7, "dmax": 0.5}
    return k.slim.batch_norm(
        *(x,),
        decay=0.9,
        scale=True,
        renorm=True,
        renorm_clipping=clipping,
        renorm_decay=0.8,
        fused=False,
    )


@model((3, 4, 2, 6), tolerance=1e-4)
def normalizations_of_an_example(k, x):
    x = k.slim.layer_norm(x)
    x = k.slim.layer_norm(x, begin_norm_axis=2, begin_params_axis=1, variables_collections=["mine"])
    x = k.slim.layer_norm(x, center=False, begin_norm_axis=-1, activation_fn=k.tf.nn.relu)
    x = k.slim.instance_norm(x, param_initializers={"beta": k.tf.ones_initializer()})
    x = k.slim.instance_norm(x, data_format="NCHW", scale=False)
    x = k.slim.group_norm(x, groups=3)
    x = k.slim.group_norm(x, groups=2, channels_axis=1, reduction_axes=[-1], center=False)
    return k.slim.group_norm(x, groups=2, mean_close_to_zero=True)


@model((3, 4, 2, 6))
def functions(k, x):
    x = k.slim.unit_norm(x, 3)
    x = k.slim.maxout(k.slim.maxout(x, 3), 2, axis=1)
    x = k.slim.bias_add(x, activation_fn=k.tf.nn.relu, variables_collections=["mine"])
    x = k.slim.softmax(x, scope="probabilities")
    x = k.slim.spatial_softmax(x, temperature=2.0)
    x = k.slim.fully_connected(k.slim.flatten(x), 3)
    return k.slim.fully_connected(x, 2)


@model((3, 4, 2, 6))
def a_place_that_is_not_trained(k, x):
    return k.slim.spatial_softmax(x, trainable=False, name="place", data_format="NCHW")


@model((2, 4))
def layers_one_after_another(k, x):
    x = k.slim.repeat(x, 2, k.slim.fully_connected, 3, scope="fc")
    x = k.slim.repeat(x, 2, k.slim.linear, 3)
    x = k.slim.stack(x, k.slim.fully_connected, [4, (5, k.tf.nn.elu)])
    x = k.slim.stack(x, k.slim.fully_connected, [3], scope="a/b", biases_initializer=None)
    return k.slim.repeat(x, 1, k.slim.fully_connected, 3)


@pytest.mark.parametrize(("function", "shapes", "how"), MODELS)
def test_a_model_is_as_with_tf_slim_in_every_pass(function, shapes, how):
    assert_alike(function, *(numbers(*shape, seed=i) for i, shape in enumerate(shapes)), **how)
