"""A whole network: examples/resnet50.py's ResNet-50 in slim, 224x224, eight images at a time.

Hand-written is the same network as people write it in PyTorch, in channels_last: nn.Conv2d, which
pads by itself, nn.BatchNorm2d and nn.ReLU. In TensorFlow it is a graph of TF1's operations, run by a
session. All have the same weights, and before the clock runs their logits are compared. A step of
training is a forward and a backward pass, with a cross-entropy loss and statistics of the batch, and
a step of SGD with momentum.

Both are compiled with the compiler's defaults.

Beside it stand convolutions of stride 2 alone, 3x3 and SAME, in three sizes that the network has:
where an axis is even, SAME pads only one of its ends, which PyTorch's convolutions cannot. The same
convolution without the pad is PyTorch's own, with one zero at either end.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
import torch._functorch.config
import torch.nn.functional as F
from torch import Tensor, nn

import torchscope as ts
from benchmarks.convolutions import added, channels_last, inference
from benchmarks.figures import Figure
from benchmarks.tensorflow1 import TensorFlow
from benchmarks.timing import calls, medians
from benchmarks.weights import give_weights
from torchscope.checkpoint import Saver

BATCH, SIZE, CLASSES = 8, 224, 1000
STRIDED = ((8, 56, 56, 64, 64), (8, 28, 28, 128, 128), (8, 14, 14, 256, 256))


def load_example() -> ModuleType:
    """examples/resnet50.py as a module."""
    path = Path(__file__).parent.parent / "examples" / "resnet50.py"
    spec = importlib.util.spec_from_file_location("resnet50", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


example = load_example()


class Resnet50(nn.Module):
    """Our side. In training it normalizes by the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, images: Tensor) -> Tensor:
        """The logits of images, (N, H, W, 3)."""
        logits: Tensor = example.resnet_v1_50(images, CLASSES, is_training=self.training)
        return logits


def conv_norm(channels: int, depth: int, size: int, stride: int = 1) -> nn.Sequential:
    """A convolution and its normalization."""
    return nn.Sequential(
        nn.Conv2d(channels, depth, size, stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(depth, eps=1e-5, momentum=0.003),
    )


class Bottleneck(nn.Module):
    """A unit of the other side."""

    def __init__(self, channels: int, depth: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.shortcut = None
        if channels != 4 * depth:
            self.shortcut = conv_norm(channels, 4 * depth, 1, stride)
        self.conv1 = conv_norm(channels, depth, 1)
        self.conv2 = conv_norm(depth, depth, 3, stride)
        self.conv3 = conv_norm(depth, 4 * depth, 1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """A unit."""
        if self.shortcut is not None:
            shortcut = self.shortcut(x)
        else:
            shortcut = x[:, :, :: self.stride, :: self.stride]
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(x))
        return self.relu(shortcut + self.conv3(x))


class HandWritten(nn.Module):
    """The other side."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv_norm(3, 64, 7, 2)
        self.relu = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        units, channels = [], 64
        for depth, count, stride in example.BLOCKS:
            for unit in range(1, count + 1):
                units.append(Bottleneck(channels, depth, stride if unit == count else 1))
                channels = 4 * depth
        self.blocks = nn.Sequential(*units)
        self.logits = nn.Conv2d(channels, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logits of images, (N, 3, H, W)."""
        x = self.pool1(self.relu(self.conv1(x)))
        return self.logits(self.blocks(x).mean((2, 3), keepdim=True))[:, :, 0, 0]


def in_tensorflow(tf: ModuleType, images: Any, checkpoint: str) -> list[Any]:
    """The same in TensorFlow, in inference, with the weights of a checkpoint; of an array, or of a tensor."""

    def conv(x: Any, depth: int, size: int, stride: int, scope: str, relu: bool = True) -> Any:
        with tf.variable_scope(scope):
            weights = tf.get_variable("weights", [size, size, x.shape[-1], depth])
            pad = [(size - 1) // 2, size // 2]
            padding = [[0, 0], pad, pad, [0, 0]]
            x = tf.nn.conv2d(x, weights, strides=[1, stride, stride, 1], padding=padding)
            with tf.variable_scope("BatchNorm"):
                names = "gamma", "beta", "moving_mean", "moving_variance"
                variables = [tf.get_variable(name, [depth]) for name in names]
                x = tf.nn.fused_batch_norm(x, *variables, epsilon=1e-5, is_training=False)[0]
            return tf.nn.relu(x) if relu else x

    def unit(x: Any, depth: int, stride: int) -> Any:
        shortcut = x[:, ::stride, ::stride]
        if x.shape[-1] != 4 * depth:
            shortcut = conv(x, 4 * depth, 1, stride, "shortcut", relu=False)
        x = conv(x, depth, 1, 1, "conv1")
        x = conv(x, depth, 3, stride, "conv2")
        return tf.nn.relu(shortcut + conv(x, 4 * depth, 1, 1, "conv3", relu=False))

    given = isinstance(images, np.ndarray)
    x = tf.get_variable("images", initializer=images) if given else images
    with tf.variable_scope(example.SCOPE):
        x = tf.nn.max_pool(conv(x, 64, 7, 2, "conv1"), 3, 2, "SAME")
        for number, (depth, count, stride) in enumerate(example.BLOCKS, 1):
            for i in range(1, count + 1):
                with tf.variable_scope(f"block{number}/unit_{i}/bottleneck_v1"):
                    x = unit(x, depth, stride if i == count else 1)
        with tf.variable_scope("logits"):
            weights = tf.get_variable("weights", [1, 1, x.shape[-1], CLASSES])
            biases = tf.get_variable("biases", [CLASSES])
            x = tf.reduce_mean(x, [1, 2], keepdims=True)
            x = tf.nn.conv2d(x, weights, 1, "VALID") + biases
    tf.train.init_from_checkpoint(checkpoint, {f"{example.SCOPE}/": f"{example.SCOPE}/"})
    return [x[:, 0, 0]]


def both(images: Tensor) -> tuple[Resnet50, HandWritten]:
    """Both sides, with the same weights, on the device that the images are on; in eval mode."""
    ours = Resnet50().to(images.device).eval()
    with torch.no_grad():
        ours(images)
    theirs = channels_last(HandWritten().to(images.device)).eval()
    give_weights(ours.scopes, theirs)
    return ours, theirs


def compare(a: Tensor, b: Tensor, tolerance: float = 1e-3) -> None:
    """Fails where two sides do not compute the same."""
    difference = ((a - b).abs().max() / b.abs().max()).item()
    if not difference < tolerance:
        raise AssertionError(f"The sides differ by {difference:.1e} of the largest number.")


def training_step(
    net: nn.Module, run: Callable[[Tensor], Tensor], images: Tensor
) -> Callable[[], Tensor]:
    """A step of training, which gives the loss."""
    labels = torch.arange(len(images), device=images.device)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9)

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(run(images), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def strided_convolution(x: Tensor, outputs: int, *, relu: bool) -> Tensor:
    """A convolution of stride 2, after a relu or not."""
    weights = ts.get_variable("weights", [3, 3, x.shape[-1], outputs])
    return ts.nn.conv2d(ts.nn.relu(x) if relu else x, weights, 2, "SAME")


def strided_convolutions(repeats: int) -> Iterator[Figure]:
    """With a pad and without, eager and compiled; first where the pad can be fused with a relu."""
    for relu in (True, False):
        ours, theirs, images = [], [], []
        for *shape, outputs in STRIDED:
            image = torch.randn(shape)
            net = ts.ScopedModule(partial(strided_convolution, outputs=outputs, relu=relu))
            net(image)
            conv = nn.Conv2d(shape[-1], outputs, 3, 2, padding=1, bias=False)
            ours.append(net)
            theirs.append(channels_last(nn.Sequential(nn.ReLU(), conv) if relu else conv))
            images.append((image, image.permute(0, 3, 1, 2)))
            with torch.no_grad():
                conv.weight.copy_(net.weights.permute(3, 2, 0, 1))
                # One zero at either end and one step later is SAME's pad of one end.
                x = F.pad(images[-1][1].relu() if relu else images[-1][1], (0, 1, 0, 1))
                compare(net(image), F.conv2d(x, conv.weight, stride=2).permute(0, 2, 3, 1))

        def runs(nets: list[Any], side: int, images: list[Any] = images) -> list[Any]:
            pairs = zip(nets, images, strict=True)
            return [inference(net, both_sides[side]) for net, both_sides in pairs]

        compiled = [torch.compile(net, fullgraph=True, dynamic=False) for net in ours]
        by_hand = [torch.compile(net, fullgraph=True, dynamic=False) for net in theirs]
        sides = runs(ours, 0), runs(theirs, 1), runs(compiled, 0), runs(by_hand, 1)
        a, b, c, d = medians(*map(added, sides), repeats=3 * repeats, warmup=5)
        name = (
            f"3x3 convolutions of stride 2{' after a relu' if relu else ''}, SAME, {{}} / unpadded"
        )
        bounds = ((1.15, 1.05), (1.03, 1.0)) if relu else ((None, None), (None, None))
        yield Figure(name.format("eager"), a / b, *bounds[0])
        yield Figure(name.format("compiled"), c / d, *bounds[1])


def measure(repeats: int) -> Iterator[Figure]:
    """The network eager and compiled, in inference and in training; then the convolutions."""
    images = torch.randn(BATCH, SIZE, SIZE, 3, generator=torch.Generator().manual_seed(0))
    last = images.permute(0, 3, 1, 2)
    ours, theirs = both(images)
    compiled, by_hand = (torch.compile(net, fullgraph=True) for net in (ours, theirs))
    rounds = max(1, repeats // 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Saver().save(ours, f"{folder}/model.ckpt")
        graph = partial(in_tensorflow, images=images.numpy(), checkpoint=path)
        with closing(TensorFlow(graph, torch.get_num_threads())) as tensorflow:
            (expected,) = tensorflow.values()
            runs = [
                inference(ours, images),
                inference(theirs, last),
                inference(compiled, images),
                inference(by_hand, last),
            ]
            for run in runs:
                compare(run(), torch.from_numpy(expected))
            eager, plain, fast, fast_plain, session = medians(
                *map(calls, runs), tensorflow.sample, repeats=rounds, warmup=1
            )
    name = f"ResNet-50 in slim, {SIZE}x{SIZE}, {BATCH} images, {{}} / {{}}"
    plainly, compiled_plainly = "nn.Module, channels_last", "nn.Module compiled"
    yield Figure(name.format("inference", plainly), eager / plain, 1.05, 1.0)
    yield Figure(
        name.format("the better of eager and compiled", "TensorFlow's session"),
        min(eager, fast) / session,
        1.3,
        1.0,
    )
    yield Figure(name.format("compiled", compiled_plainly), fast / fast_plain, 1.05, 1.0)

    ours.train(), theirs.train()
    steps = [
        training_step(ours, ours, images),
        training_step(theirs, theirs, last),
        training_step(ours, compiled, images),
        training_step(theirs, by_hand, last),
    ]
    compare(steps[0](), steps[1]())
    for step in steps[2:]:
        step()
    eager, plain, fast, fast_plain = medians(*map(calls, steps), repeats=rounds, warmup=1)
    step_name = name.replace("{}", "a step of training{}", 1)
    yield Figure(step_name.format("", plainly), eager / plain, 1.05, 1.0)
    yield Figure(step_name.format(", compiled", compiled_plainly), fast / fast_plain, 1.05, 1.0)
    yield from strided_convolutions(repeats)
