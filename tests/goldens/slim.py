"""The layers of `torchscope.slim`, and what they do with arguments, collections and pieces."""

from functools import partial

import torchscope as ts
import torchscope.slim
from tests.goldens.golden import Golden, call_of

slim = ts.slim


def of(function, shape, *arguments, drawn=False, **keywords):
    """A layer of slim, under all the names that it has there."""
    layer = getattr(slim, function)
    names = tuple(f"slim.{name}" for name, value in vars(slim).items() if value is layer)
    return Golden(names, call_of(f"slim.{function}", *arguments, **keywords), shape, drawn=drawn)


def hot(x):
    """The classes are where the input is largest."""
    return x * slim.one_hot_encoding(x.argmax(1), x.shape[1], 2.0, 0.5)


def counted(x):
    """Examples that count as much as they are large."""
    return slim.batch_norm(x, decay=0.7, batch_weights=x[:, 0, 0, 0].abs(), scale=True)


def in_pieces(x):
    """Layers whose variables are cut."""
    with ts.variable_scope("cut", partitioner=ts.fixed_size_partitioner(2)):
        x = slim.conv2d(x, 4, 2, normalizer_fn=slim.batch_norm, variables_collections=["mine"])
        x = slim.separable_conv2d(slim.group_norm(x, groups=2), None, 2)
        return slim.fully_connected(x, 4)


def halved(getter, name, *arguments, **keywords):
    """A custom getter."""
    variable = getter(name, *arguments, **keywords)
    return variable * 0.5 if name.endswith("weights") else variable


def with_a_getter(x):
    """Layers under a custom getter."""
    with ts.variable_scope("halved", custom_getter=halved):
        x = slim.conv2d(x, 4, 3, normalizer_fn=slim.batch_norm)
        return slim.fully_connected(x, 2)


def shared(x):
    """Layers that share their variables."""
    x = slim.fully_connected(x, 3, scope="fc", weights_regularizer=slim.l1_regularizer(0.2))
    return slim.fully_connected(x, 3, scope="fc", reuse=True)


def collected(x):
    """Outputs that are found in a collection."""
    with slim.arg_scope(
        [slim.conv2d, slim.max_pool2d, slim.flatten, slim.batch_norm, slim.dropout],
        outputs_collections=["ends"],
    ):
        x = slim.conv2d(x, 4, 3, normalizer_fn=slim.batch_norm)
        x = slim.flatten(slim.dropout(slim.max_pool2d(x, 2), is_training=False))
    return x, list(slim.utils.convert_collection_to_dict("ends").values())


ROWS, LINE, IMAGE, VOLUME = (6, 3), (2, 9, 3), (3, 7, 6, 4), (1, 4, 5, 4, 2)
BATCH_NORM = {"normalizer_fn": slim.batch_norm, "normalizer_params": {"decay": 0.9}}
LAYER_NORM = {"normalizer_fn": slim.layer_norm}
HE = slim.variance_scaling_initializer()
NOW = {"updates_collections": None}

GOLDENS = [
    of("conv1d", LINE, 4, 3, stride=2),
    of("conv2d", IMAGE, 4, [3, 2], 2, "VALID", weights_initializer=HE),
    of("conv2d", IMAGE, 4, 3, rate=2, weights_regularizer=slim.l2_regularizer(0.1), **BATCH_NORM),
    of("conv3d", VOLUME, 3, [2, 3, 1], [1, 2, 2], trainable=False),
    of("convolution", LINE, 4, [2], padding="VALID", data_format="NWC", biases_initializer=None),
    of("conv2d_transpose", IMAGE, 4, [2, 3], [1, 2], padding="VALID"),
    of("conv3d_transpose", VOLUME, 2, 2, 2, **LAYER_NORM),
    of("conv2d_in_plane", IMAGE, [2, 3], 2, "VALID"),
    of("separable_conv2d", IMAGE, 4, 3, depth_multiplier=2, stride=2, **BATCH_NORM),
    of("separable_conv2d", IMAGE, None, [3, 2], rate=2, **LAYER_NORM),
    of("fully_connected", (2, 5, 3), 4, **BATCH_NORM),
    *(of(name, ROWS, 4, scope="fc") for name in ("elu", "linear", "relu", "relu6")),
    *(of(f"legacy_{name}", (2, 5, 3), 4) for name in ("fully_connected", "linear", "relu")),
    of("batch_norm", ROWS, decay=0.7),
    of("batch_norm", ROWS, is_training=False, scale=True, **NOW),
    of("batch_norm", (2, 3, 3), decay=0.7, scale=True, fused=False, **NOW),
    of("batch_norm", IMAGE, decay=0.7, activation_fn=ts.nn.relu),
    of("batch_norm", IMAGE, decay=0.7, zero_debias_moving_mean=True, **NOW),
    of("batch_norm", IMAGE, decay=0.7, renorm=True, renorm_clipping={"rmax": 1.5}, fused=False),
    Golden(("slim.batch_norm",), counted, IMAGE),
    of("layer_norm", IMAGE, begin_norm_axis=2, begin_params_axis=1),
    of("instance_norm", IMAGE, data_format="NCHW", scale=False),
    of("group_norm", IMAGE, groups=2, mean_close_to_zero=True),
    of("unit_norm", IMAGE, 3),
    of("avg_pool2d", IMAGE, 2, 1, "SAME"),
    of("max_pool2d", IMAGE, [3, 2], padding="SAME"),
    of("avg_pool3d", VOLUME, 2, 1),
    of("max_pool3d", VOLUME, [1, 2, 2]),
    of("pool", VOLUME, [2, 1, 1], "MAX", dilation_rate=1),
    of("bias_add", ROWS, ts.nn.relu, regularizer=slim.l1_regularizer(0.1)),
    of("dropout", ROWS, 0.6, drawn=True),
    of("flatten", IMAGE),
    of("maxout", IMAGE, 2),
    of("scale_gradient", ROWS, 0.5),
    Golden(("slim.gdn", "slim.GDN"), slim.gdn, IMAGE, partial(slim.GDN, inverse=True)),
    Golden(("slim.one_hot_encoding",), hot, ROWS),
    of("softmax", ROWS),
    of("spatial_softmax", IMAGE, temperature=2.0),
    of("spatial_softmax", IMAGE, trainable=False, name="place", data_format="NCHW"),
    of("repeat", ROWS, 2, slim.fully_connected, 3, scope="fc"),
    of("repeat", ROWS, 2, slim.linear, 3),
    of("stack", ROWS, slim.fully_connected, [4, (5, ts.nn.elu)]),
    Golden(("slim.fully_connected",), in_pieces, IMAGE),
    Golden(("slim.fully_connected",), with_a_getter, IMAGE),
    Golden(("slim.fully_connected",), shared, ROWS),
    Golden(("slim.conv2d",), collected, IMAGE),
]
