"""Convolutions: the README's my_image_filter, and stacks of 3x3 convolutions in three sizes.

A stack is three layers of convolution, bias and relu. Ours gets images as (N, H, W, C); nn.Conv2d
gets the same memory as (N, C, H, W) in channels_last, or what people write, contiguous (N, C, H, W).
Where nothing else is said it is the forward pass in inference mode, the three sizes added up; a
convolution of each size takes the same number of multiplications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.tensorflow1 import TensorFlow
from benchmarks.timing import Sample, calls, medians

SHAPES = ((8, 56, 56, 64), (8, 14, 14, 256), (8, 7, 7, 512))
DEPTH = 3

Run = Callable[[], object]


def my_image_filter(images: Tensor) -> Tensor:
    """The article's, as in the README."""
    with ts.variable_scope("conv1"):
        hidden = ts.conv_relu(images, kernel_shape=[5, 5, 3, 32], bias_shape=[32])
    with ts.variable_scope("conv2"):
        return ts.conv_relu(hidden, kernel_shape=[5, 5, 32, 32], bias_shape=[32])


def two_towers(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both inputs through one filter."""
    with ts.variable_scope("model"):
        features_a = my_image_filter(a)
    with ts.variable_scope("model", reuse=True):
        features_b = my_image_filter(b)
    return features_a, features_b


class TwoTowers(nn.Module):
    """The same, hand-written."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.Conv2d(32, 32, 5, padding=2), nn.ReLU()
        )

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Both inputs through one tower."""
        return self.tower(a), self.tower(b)


def stack(x: Tensor) -> Tensor:
    """A stack of convolutions that keep the number of channels."""
    channels = x.shape[-1]
    for i in range(DEPTH):
        with ts.variable_scope(f"conv{i}"):
            x = ts.conv_relu(x, [3, 3, channels, channels], [channels])
    return x


def hand_written(channels: int) -> nn.Module:
    """The same, hand-written."""
    layers = ((nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()) for _ in range(DEPTH))
    return nn.Sequential(*(module for layer in layers for module in layer))


def stacks_in_tensorflow(tf: ModuleType) -> list[Any]:
    """The stacks of all sizes in TensorFlow. Each has other images: no two branches are equal."""

    def stack(number: int, shape: tuple[int, ...]) -> Any:
        normal = tf.random_normal_initializer
        with tf.variable_scope(f"stack{number}"):
            x = tf.get_variable("images", shape, initializer=normal(), trainable=False)
            for i in range(DEPTH):
                with tf.variable_scope(f"conv{i}"):
                    size = [3, 3, shape[-1], shape[-1]]
                    weights = tf.get_variable("weights", size, initializer=normal())
                    biases = tf.get_variable(
                        "biases", size[-1:], initializer=tf.constant_initializer(0.0)
                    )
                    x = tf.nn.conv2d(x, weights, strides=[1, 1, 1, 1], padding="SAME")
                    x = tf.nn.relu(tf.nn.bias_add(x, biases))
        return x

    return [stack(number, shape) for number, shape in enumerate(SHAPES)]


def channels_last(thing: nn.Module | Tensor) -> nn.Module | Tensor:
    """A net or images in the memory format channels_last."""
    return thing.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def training(net: nn.Module, *inputs: Tensor) -> Run:
    """A forward and a backward pass; gradients are made afresh, as a step of training does."""

    def run() -> None:
        net.zero_grad()
        outputs = net(*inputs)
        sum(o.sum() for o in (outputs if isinstance(outputs, tuple) else (outputs,))).backward()

    return run


def inference(net: Callable[..., object], *inputs: Tensor) -> Run:
    """A forward pass without gradients."""
    return torch.inference_mode()(lambda: net(*inputs))


def the_filter(repeats: int) -> Iterator[Figure]:
    """my_image_filter, beside the faster one of the two layouts by hand.

    On one thread: the images are too small to be shared out.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    images = torch.randn(1, 10, 10, 3), torch.randn(1, 20, 20, 3)
    theirs = tuple(image.permute(0, 3, 1, 2) for image in images)
    ours = ts.ScopedModule(two_towers)
    ours(*images)
    runs = (
        training(ours, *images),
        training(channels_last(TwoTowers()), *theirs),
        training(TwoTowers(), *(image.contiguous() for image in theirs)),
    )
    a, *b = medians(*(calls(run) for run in runs), repeats=10 * repeats, warmup=10)
    torch.set_num_threads(threads)
    yield Figure(
        "my_image_filter, both inputs, forward and backward / hand-written", a / min(b), 1.05, 1.0
    )


def added(runs: Sequence[Run]) -> Sample:
    """A sample of several runs, one after the other."""
    return calls(lambda: [run() for run in runs])


def the_stacks(repeats: int) -> Iterator[Figure]:
    """The stacks of three sizes, in every way, in the same rounds."""
    images = [torch.randn(shape) for shape in SHAPES]
    last = [image.permute(0, 3, 1, 2) for image in images]
    first = [image.contiguous() for image in last]
    ours = [ts.ScopedModule(stack) for _ in SHAPES]
    theirs_last = [channels_last(hand_written(shape[-1])) for shape in SHAPES]
    theirs_first = [hand_written(shape[-1]) for shape in SHAPES]
    for net, image in zip(ours, images, strict=True):
        net(image)

    def over(how: Callable[..., Run], nets: Sequence[nn.Module], inputs: list[Tensor]) -> list[Run]:
        return [how(net, x) for net, x in zip(nets, inputs, strict=True)]

    # A function of its own for each size, or torch.compile takes the sizes for one dynamic one.
    compiled = [torch.compile(net, fullgraph=True, dynamic=False) for net in ours]
    theirs_compiled = [torch.compile(net, fullgraph=True, dynamic=False) for net in theirs_last]
    eager_runs, last_runs = over(inference, ours, images), over(inference, theirs_last, last)

    with closing(TensorFlow(stacks_in_tensorflow, torch.get_num_threads())) as tensorflow:
        eager, by_hand, nchw, fast, fast_by_hand, session = medians(
            added(eager_runs),
            added(last_runs),
            added(over(inference, theirs_first, first)),
            added(over(inference, compiled, images)),
            added(over(inference, theirs_compiled, last)),
            tensorflow.sample,
            repeats=max(1, repeats * 2 // 3),
            warmup=3,
        )
    name = "3x3 conv stack"
    yield Figure(f"{name} / nn.Conv2d channels_last", eager / by_hand, 1.05, 1.0)
    yield Figure(f"{name} / nn.Conv2d as people write it (NCHW)", eager / nchw, 1.0, 0.6)
    yield Figure(
        f"{name}, the better of eager and compiled / TensorFlow's session",
        min(eager, fast) / session,
        1.3,
        1.0,
    )
    yield Figure(f"{name}, compiled / nn.Conv2d channels_last compiled", fast / fast_by_hand)

    for shape, *runs in zip(SHAPES, eager_runs, last_runs, strict=True):
        a, b = medians(*(calls(run) for run in runs), repeats=max(1, repeats * 2 // 3))
        size = "x".join(map(str, shape))
        yield Figure(f"{name} of {size} alone / nn.Conv2d channels_last", a / b)

    a, b = medians(
        added(over(training, ours, images)),
        added(over(training, theirs_last, last)),
        repeats=max(1, repeats // 3),
    )
    yield Figure(f"{name}, forward and backward / nn.Conv2d channels_last", a / b)


def measure(repeats: int) -> Iterator[Figure]:
    """The filter, then the stacks."""
    yield from the_filter(repeats)
    yield from the_stacks(repeats)
