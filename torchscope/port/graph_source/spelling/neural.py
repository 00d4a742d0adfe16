"""Convolutions, pooling, normalization, activations and losses, and the resizing of images."""

from __future__ import annotations

from typing import Any

import torch

from torchscope.port.graph_source.constants import Constant, filled, rounded, row
from torchscope.port.graph_source.expressions import Attribute, Call, Index, Literal, Ref
from torchscope.port.graph_source.spelling.given import Given, Spelling, plain


def _convolution(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        if not given.attributes.get("T", torch.float32).is_floating_point:
            # Of integers, TF1 has none.
            return None
        attributes = dict(given.attributes)
        if attributes.get("padding") == "EXPLICIT":
            explicit = attributes["explicit_paddings"]
            attributes["padding"] = [
                list(p) for p in zip(explicit[::2], explicit[1::2], strict=True)
            ]
        usual = {"data_format": "NHWC", "dilations": [1, 1, 1, 1]}
        if given.op == "Conv3D":
            usual = {"data_format": "NDHWC", "dilations": [1, 1, 1, 1, 1]}
        spelled = plain(function, "strides", "padding", **usual)
        call = spelled(given._replace(attributes=attributes))
        named = dict(call.keywords)
        first = (named.pop("strides"), named.pop("padding"))
        return Call(function, (*call.arguments, *first), tuple(named.items()))

    return spelled


def _transposed(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        said = given.attributes
        other = said.get("data_format", "NHWC") not in {"NHWC", "NDHWC"}
        if other or said.get("padding") == "EXPLICIT" or set(said.get("dilations", ())) - {1}:
            return None
        strides = row(said["strides"], "stride")
        shape = given.sizes(0)
        arguments = (given.argument(2), given.argument(1), shape, strides)
        return Call(function, (*arguments, Literal(said["padding"], "padding")))

    return spelled


def _pool(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        said = given.attributes
        if said.get("padding") == "EXPLICIT":
            return None
        rows = (row(said["ksize"], "size"), row(said["strides"], "stride"))
        other = said.get("data_format", "NHWC")
        keywords = (
            () if other in {"NHWC", "NDHWC"} else (("data_format", Literal(other, "data_format")),)
        )
        return Call(
            function, (given.argument(0), *rows, Literal(said["padding"], "padding")), keywords
        )

    return spelled


def _batch_norm(given: Given) -> Any:
    # What it keeps for its gradient, TF1's function does not give.
    if max(given.taken, default=0) > 2:
        return None
    said = given.attributes
    training = said.get("is_training", True)
    factor = said.get("exponential_avg_factor", 1.0)
    taken = 3 if training and factor == 1 else 5
    keywords = [("epsilon", Literal(rounded(said.get("epsilon", 0.0001)), "epsilon"))]
    if said.get("data_format", "NHWC") != "NHWC":
        keywords.append(("data_format", Literal(said["data_format"], "data_format")))
    keywords.append(("is_training", Literal(training, "is_training")))
    if training and factor != 1:
        keywords.append(("exponential_avg_factor", Literal(rounded(factor), "factor")))
    first = given.inputs[0]
    last = said.get("data_format", "NHWC") == "NHWC" and isinstance(first, Ref)
    channel = Index(Attribute(first, "shape"), (Literal(-1),)) if last else None

    def taken_one(place: int) -> Any:
        """An input; of a scale that was left out, ones, as many as there are channels."""
        value = given.inputs[place]
        if isinstance(value, Constant) and value.filled is not None:
            return filled(value, lambda size: Literal(size, "units", channel))
        return given.argument(place)

    return Call(
        "tf.nn.fused_batch_norm", tuple(taken_one(place) for place in range(taken)), tuple(keywords)
    )


def _entropy(function: str) -> Spelling:
    def spelled(given: Given) -> Any:
        inputs = (("labels", given.argument(1)), ("logits", given.argument(0)))
        return Call(function, (), inputs)

    return spelled


SPELLINGS: dict[str, Spelling] = {
    "Conv2D": _convolution("tf.nn.conv2d"),
    "Conv3D": _convolution("tf.nn.conv3d"),
    "DepthwiseConv2dNative": _convolution("tf.nn.depthwise_conv2d_native"),
    "Conv2DBackpropInput": _transposed("tf.nn.conv2d_transpose"),
    "Conv3DBackpropInputV2": _transposed("tf.nn.conv3d_transpose"),
    "MaxPool": _pool("tf.nn.max_pool"),
    "AvgPool": _pool("tf.nn.avg_pool"),
    "MaxPool3D": _pool("tf.nn.max_pool3d"),
    "AvgPool3D": _pool("tf.nn.avg_pool3d"),
    "MaxPoolV2": plain("tf.nn.max_pool", "padding", data_format="NHWC"),
    "MaxPoolWithArgmax": plain(
        "tf.nn.max_pool_with_argmax",
        "ksize",
        "strides",
        "padding",
        Targmax=torch.int64,
        include_batch_in_index=False,
    ),
    "Dilation2D": plain("tf.nn.dilation2d", "strides", "rates", "padding"),
    "BiasAdd": plain("tf.nn.bias_add", data_format="NHWC"),
    "BiasAddV1": plain("tf.nn.bias_add"),
    "FusedBatchNorm": _batch_norm,
    "FusedBatchNormV2": _batch_norm,
    "FusedBatchNormV3": _batch_norm,
    "BatchNormWithGlobalNormalization": plain(
        "tf.nn.batch_norm_with_global_normalization",
        "variance_epsilon",
        "scale_after_normalization",
    ),
    "LRN": plain("tf.nn.lrn", depth_radius=5, bias=1.0, alpha=1.0, beta=0.5),
    "Relu": plain("tf.nn.relu"),
    "Relu6": plain("tf.nn.relu6"),
    "Elu": plain("tf.nn.elu"),
    "Selu": plain("tf.nn.selu"),
    "Softplus": plain("tf.nn.softplus"),
    "Softsign": plain("tf.nn.softsign"),
    "Softmax": plain("tf.nn.softmax"),
    "LogSoftmax": plain("tf.nn.log_softmax"),
    "LeakyRelu": plain("tf.nn.leaky_relu", "alpha"),
    "ResizeBilinear": plain(
        "tf.image.resize_bilinear", align_corners=False, half_pixel_centers=False
    ),
    "ResizeNearestNeighbor": plain(
        "tf.image.resize_nearest_neighbor", align_corners=False, half_pixel_centers=False
    ),
    "ResizeBicubic": plain(
        "tf.image.resize_bicubic", align_corners=False, half_pixel_centers=False
    ),
    "ResizeArea": plain("tf.image.resize_area", align_corners=False),
    "CropAndResize": plain("tf.image.crop_and_resize", method="bilinear", extrapolation_value=0.0),
    "ExtractImagePatches": plain(
        "tf.image.extract_image_patches", "ksizes", "strides", "rates", "padding"
    ),
    "ExtractVolumePatches": plain("tf.extract_volume_patches", "ksizes", "strides", "padding"),
    "NonMaxSuppression": plain("tf.image.non_max_suppression", iou_threshold=0.5),
    "NonMaxSuppressionV2": plain("tf.image.non_max_suppression"),
    "NonMaxSuppressionV3": plain("tf.image.non_max_suppression"),
    "CombinedNonMaxSuppression": plain(
        "tf.image.combined_non_max_suppression", pad_per_class=False, clip_boxes=True
    ),
}

FIRST: dict[str, Spelling] = {
    "SparseSoftmaxCrossEntropyWithLogits": _entropy(
        "tf.nn.sparse_softmax_cross_entropy_with_logits"
    ),
    "SoftmaxCrossEntropyWithLogits": _entropy("tf.nn.softmax_cross_entropy_with_logits_v2"),
}
"""Those that give a gradient as well, where it is not taken."""
