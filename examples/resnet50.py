"""ResNet-50 as TF-slim writes it: its checkpoint is loaded by name, and classifies a photograph.

The network is slim code: layers of three lines each, whose defaults come from arg scopes. Its
variables have the names and shapes that TF-slim's resnet_v1_50 has, so that the checkpoint that was
published with it loads as it is, V1 or V2.

    python examples/resnet50.py path/to/resnet_v1_50.ckpt --names names.txt --image photo.jpg

Without a path the example makes a checkpoint of random weights, whose verdict means nothing, and goes
on in the same way. Two photographs come with scikit-learn. How long each stage takes is measured by
hooks: `ts.call_in_scope` makes a module of each block that PyTorch can see.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

import torchscope as ts
from torchscope import slim
from torchscope.checkpoint import CheckpointError, Saver, load_checkpoint, restore

SCOPE = "resnet_v1_50"
CLASSES = 1000
# Channels inside of a unit, units, and the stride of the last one.
BLOCKS = ((64, 3, 2), (128, 4, 2), (256, 6, 2), (512, 3, 1))
STAGES = ("conv1", *(f"block{number}" for number in range(1, len(BLOCKS) + 1)), "logits")
# Of the red, green and blue of the images that it was trained on; they were cropped to 224x224.
MEANS = (123.68, 116.779, 103.939)
SIZE, CROP = 256, 224
PHOTOGRAPHS = ("flower", "china")


def resnet_arg_scope(weight_decay: float = 1e-4) -> dict[str, Any]:
    """The defaults of the layers: each convolution is followed by batch normalization and relu."""
    norm = {"decay": 0.997, "epsilon": 1e-5, "scale": True}
    with (
        slim.arg_scope(
            [slim.conv2d],
            weights_regularizer=slim.l2_regularizer(weight_decay),
            weights_initializer=slim.variance_scaling_initializer(),
            normalizer_fn=slim.batch_norm,
        ),
        slim.arg_scope([slim.batch_norm], **norm) as scope,
    ):
        return scope


def conv2d_same(images: Tensor, depth: int, size: int, stride: int, scope: str) -> Tensor:
    """A convolution with as many zeros before each axis as after it, whatever its stride.

    That is how this network was trained. 'SAME' would put fewer before an axis of even length.
    """
    if stride == 1:
        return slim.conv2d(images, depth, size, scope=scope)
    before, after = (size - 1) // 2, size // 2
    padded = F.pad(images, (0, 0, before, after, before, after))
    return slim.conv2d(padded, depth, size, stride=stride, padding="VALID", scope=scope)


def bottleneck(images: Tensor, depth: int, stride: int) -> Tensor:
    """A unit: what three convolutions find is added to the images, or to a projection of them."""
    with ts.variable_scope("bottleneck_v1"):
        if images.shape[-1] != 4 * depth:
            shortcut = slim.conv2d(
                images, 4 * depth, 1, stride=stride, activation_fn=None, scope="shortcut"
            )
        else:
            shortcut = images[:, ::stride, ::stride]
        residual = slim.conv2d(images, depth, 1, scope="conv1")
        residual = conv2d_same(residual, depth, 3, stride, scope="conv2")
        residual = slim.conv2d(residual, 4 * depth, 1, activation_fn=None, scope="conv3")
        return ts.nn.relu(shortcut + residual)


def block(images: Tensor, depth: int, units: int, stride: int) -> Tensor:
    """Units of one depth. The last one makes the images smaller."""
    for unit in range(1, units + 1):
        with ts.variable_scope(f"unit_{unit}"):
            images = bottleneck(images, depth, stride if unit == units else 1)
    return images


def resnet_v1_50(images: Tensor, classes: int = CLASSES, *, is_training: bool = False) -> Tensor:
    """The logits, (N, classes), of images, (N, H, W, 3)."""
    with (
        ts.variable_scope(SCOPE),
        slim.arg_scope(resnet_arg_scope()),
        slim.arg_scope([slim.batch_norm], is_training=is_training),
    ):
        net = conv2d_same(images, 64, 7, stride=2, scope="conv1")
        net = slim.max_pool2d(net, 3, padding="SAME", scope="pool1")
        for number, sizes in enumerate(BLOCKS, 1):
            net = ts.call_in_scope(f"block{number}", block, net, *sizes)
        net = net.mean((1, 2), keepdim=True)
        net = slim.conv2d(net, classes, 1, activation_fn=None, normalizer_fn=None, scope="logits")
        return net[:, 0, 0]


def photograph(name: str) -> Tensor:
    """One that comes with scikit-learn, or a file, prepared as those that the network was trained on."""
    # Here, since whoever takes the network alone needs neither.
    from PIL import Image  # noqa: PLC0415
    from sklearn.datasets import load_sample_image  # noqa: PLC0415

    if name in PHOTOGRAPHS:
        pixels = load_sample_image(f"{name}.jpg")
    else:
        try:
            with Image.open(name) as file:
                pixels = np.array(file.convert("RGB"))
        except (OSError, SyntaxError) as error:
            others = " nor ".join(PHOTOGRAPHS)
            raise OSError(f"{name} is neither {others}, nor an image: {error}") from None
    image = torch.tensor(pixels, dtype=torch.float32)[None]
    height, width = image.shape[1:3]
    scale = SIZE / min(height, width)
    image = ts.image.resize_bilinear(image, [round(height * scale), round(width * scale)])
    top, left = ((length - CROP) // 2 for length in image.shape[1:3])
    return image[:, top : top + CROP, left : left + CROP] - torch.tensor(MEANS)


def random_checkpoint(folder: str) -> str:
    """The path of a checkpoint that has the variables of the real one, and random values."""
    net = ts.ScopedModule(resnet_v1_50)
    net(torch.zeros(1, CROP, CROP, 3))  # The first pass makes the variables.
    for name, variable in net.registry.variables.items():
        if name.endswith("conv3/BatchNorm/gamma"):
            # Else each unit would double its numbers, as nothing is normalized.
            variable.fill_(0.1)
    path = Saver().save(net, f"{folder}/{SCOPE}.ckpt")
    assert path is not None
    return path


def classes_in(path: str) -> int:
    """How many classes the network of a checkpoint tells apart."""
    shapes, name = load_checkpoint(path).shapes, f"{SCOPE}/logits/biases"
    if name not in shapes:
        found = f"{next(iter(shapes))} and {len(shapes) - 1} more" if shapes else "nothing"
        raise CheckpointError(f"It is not of {SCOPE}: it has no {name}, but {found}.", path)
    return shapes[name].numel()


class Clock:
    """Notes moments: on a GPU those at which all that it was asked to do is done."""

    def __init__(self, device: torch.device) -> None:
        self.moments: list[float] = []
        self._on_gpu = device.type == "cuda"

    def note(self, *_: Any) -> None:
        """Notes this moment. It is a hook as well, and takes what a hook gets."""
        if self._on_gpu:
            torch.cuda.synchronize()
        self.moments.append(time.perf_counter())


@contextmanager
def between_stages(net: ts.ScopedModule, clock: Clock) -> Iterator[None]:
    """Lets a net note each moment at which one stage ends and the next begins."""
    blocks = [net.get_submodule(f"{SCOPE}.{stage}") for stage in STAGES[1:-1]]
    hooks = [blocks[0].register_forward_pre_hook(clock.note)]
    hooks += [block.register_forward_hook(clock.note) for block in blocks]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def seconds(
    run: Callable[[Tensor], Tensor],
    images: Tensor,
    clock: Clock,
    runs: int,
    progress: tqdm[None],
) -> list[float]:
    """The median times between the moments of a run: its beginning, those it notes, its end."""
    taken = []
    for _ in range(runs + 1):
        clock.moments.clear()
        clock.note()
        run(images)
        clock.note()
        taken.append([end - start for start, end in pairwise(clock.moments)])
        progress.update()
    # The first run warms up, or compiles.
    return [statistics.median(times) for times in zip(*taken[1:], strict=True)]


def table(stages: dict[str, float], compiled: float | None) -> str:
    """How long each stage takes, all of them, and the compiled net, which has no stages."""
    total = sum(stages.values())
    lines = ["stage          ms  share"]
    for stage, taken in (*stages.items(), ("all", total)):
        bar = "" if stage == "all" else "█" * round(30 * taken / total)
        lines.append(f"{stage:<10} {1e3 * taken:>6.1f}   {taken / total:>4.0%}  {bar}".rstrip())
    if compiled is not None:
        lines.append(f"{'compiled':<10} {1e3 * compiled:>6.1f}   {compiled / total:>4.0%}")
    return "\n".join(lines)


def five_best(logits: Tensor, names: Sequence[str] | None) -> str:
    """The classes that the network finds likeliest, one a line."""
    chance, number = logits.softmax(-1)[0].topk(5)
    return "\n".join(
        f"{p:>7.2%}  class {i}" + (f": {names[i]}" if names and i < len(names) else "")
        for p, i in zip(chance.tolist(), number.tolist(), strict=True)
    )


def device(name: str) -> torch.device:
    """One that this machine has."""
    try:
        return torch.empty(0, device=name).device
    except (AssertionError, RuntimeError) as error:
        raise argparse.ArgumentTypeError(str(error).partition("\n")[0]) from None


def positive(text: str) -> int:
    """A number of runs."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkpoint", nargs="?", help="of TF-slim's; by default one is made")
    parser.add_argument(
        "--image",
        default=PHOTOGRAPHS[0],
        help=f"{' or '.join(PHOTOGRAPHS)}, which come with scikit-learn, or a file; default: %(default)s",
    )
    parser.add_argument("--names", type=Path, help="a file with the name of one class on each line")
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", type=device, default=default, help="default: %(default)s")
    parser.add_argument("--compile", action="store_true", help="time and use the compiled net too")
    parser.add_argument("--runs", type=positive, default=5, help="default: %(default)s")
    return parser.parse_args(argv)


@torch.inference_mode()
def run(args: argparse.Namespace) -> None:
    """Loads the checkpoint, classifies the photograph, and takes the time."""
    torch.manual_seed(0)
    rounds = (args.runs + 1) * (2 if args.compile else 1)
    with (
        tempfile.TemporaryDirectory() as temporary,
        tqdm(total=rounds + 2, unit="step", leave=False) as progress,
    ):
        progress.set_description("making a checkpoint" if args.checkpoint is None else "opening")
        images = photograph(args.image).to(args.device)
        names = None if args.names is None else args.names.read_text("utf-8").splitlines()
        path = args.checkpoint or random_checkpoint(temporary)
        classes = classes_in(path)
        progress.update()

        progress.set_description("loading it")
        net = ts.ScopedModule(lambda images: resnet_v1_50(images, classes)).to(args.device)
        net(images)
        report = restore(net, path)
        progress.update()

        progress.set_description("timing the stages")
        clock = Clock(args.device)
        with between_stages(net, clock):
            times = seconds(net, images, clock, args.runs, progress)
        logits, compiled = net(images), None
        if args.compile:
            progress.set_description("compiling, and timing")
            # The compiler would lay out the images for channels that come second.
            fast = torch.compile(net, fullgraph=True, options={"layout_optimization": False})
            (compiled,) = seconds(fast, images, clock, args.runs, progress)
            logits = fast(images)

    print(f"{path}: {report}")
    if args.checkpoint is None:
        print("Its weights are random: what follows tells nothing of the photograph.")
    print(f"\n{args.image}\n{five_best(logits.cpu(), names)}")
    stages = dict(zip(STAGES, times, strict=True))
    print(f"\nOn {args.device}, one image of {CROP}x{CROP}\n{table(stages, compiled)}")


def main(argv: Sequence[str] | None = None) -> None:
    """Runs, or says in a line which file cannot be used, and why."""
    args = arguments(argv)
    try:
        run(args)
    except (CheckpointError, OSError) as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
