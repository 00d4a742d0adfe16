"""The layers of `ts.layers`, as functions and as objects."""

from functools import partial

import torch

import torchscope as ts
from tests.goldens.golden import Golden, call_of


def of(function, cls, shape, *arguments, call=None, drawn=False, **keywords):
    """A function of `ts.layers` and the class of the same arguments."""
    return Golden(
        (f"layers.{function}", f"layers.{cls}"),
        call_of(f"layers.{function}", *arguments, **keywords),
        shape,
        partial(getattr(ts.layers, cls), *arguments, **keywords),
        call or {},
        drawn,
    )


LINE, IMAGE, VOLUME = (2, 9, 3), (2, 7, 6, 3), (2, 5, 6, 5, 3)
SAME = {"padding": "same"}
TRAINING = {"training": True}
L2 = ts.l2_regularizer(0.1)

GOLDENS = [
    Golden(
        ("layers.conv_relu",),
        partial(ts.layers.conv_relu, kernel_shape=[3, 3, 3, 4], bias_shape=[4]),
        IMAGE,
    ),
    of("dense", "Dense", (4, 3), 5, activation="tanh", kernel_regularizer=L2),
    of("dense", "Dense", (2, 4, 3), 5, use_bias=False, activity_regularizer=L2),
    of("conv1d", "Conv1D", LINE, 4, 3, padding="causal", dilation_rate=2),
    of("conv2d", "Conv2D", IMAGE, 4, 3, 2, **SAME, activation=torch.relu),
    of("conv2d", "Conv2D", (2, 3, 6, 5), 4, 3, data_format="channels_first"),
    of("conv3d", "Conv3D", VOLUME, 4, 3, (1, 2, 2), **SAME),
    of("conv2d_transpose", "Conv2DTranspose", IMAGE, 4, 3, 2, **SAME),
    of("conv3d_transpose", "Conv3DTranspose", VOLUME, 2, 3, 2),
    of("separable_conv1d", "SeparableConv1D", LINE, 4, 3, **SAME),
    of("separable_conv2d", "SeparableConv2D", IMAGE, 4, 3, depth_multiplier=2),
    of("batch_normalization", "BatchNormalization", (6, 3)),
    of("batch_normalization", "BatchNormalization", (6, 3), call=TRAINING),
    of("batch_normalization", "BatchNormalization", IMAGE, call=TRAINING),
    of("batch_normalization", "BatchNormalization", IMAGE, axis=[1, 3], call=TRAINING),
    of("batch_normalization", "BatchNormalization", (6, 3), renorm=True, call=TRAINING),
    of("dropout", "Dropout", (4, 3), 0.4, call=TRAINING, drawn=True),
    of("flatten", "Flatten", IMAGE, data_format="channels_first"),
    *(
        of(f"{kind}_pooling{len(shape) - 2}d", f"{cls}Pooling{len(shape) - 2}D", shape, 3, 2)
        for kind, cls in (("max", "Max"), ("average", "Average"))
        for shape in (LINE, IMAGE, VOLUME)
    ),
]
