"""Training that TensorFlow 1 began goes on in PyTorch, and then in TensorFlow, as if nothing had happened.

The model function is TF1 code: a network, Adam, and an average of the weights. TensorFlow has run it for 200
steps and saved a checkpoint, which is in examples/resume with its losses (tests/oracle/train_for_resuming.py
writes them). Here the same function goes on, from the slots that Adam had gathered, and saves a checkpoint.
Where TensorFlow is installed, it goes on from that.

    python examples/resume.py

Each step has a batch of its own, so all three draw one curve, and it has no step in it.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch import Tensor
from tqdm import trange

import torchscope as ts
import torchscope.tf1
from torchscope.checkpoint import Saver, latest_checkpoint
from torchscope.optim import averaged

BEGUN = Path(__file__).parent / "resume"
LOSSES = "losses.txt"
STEPS = 200
BATCH = 64
HELD_OUT = 500
WINDOW = 20
BLUE, RED = "#2b5f9e", "#c0392b"


def classifier(tf: Any, images: Any) -> Any:
    """The logits, (N, 10), of images of digits, (N, 8, 8, 1). `tf` is TensorFlow, or torchscope.tf1."""
    hidden = images
    for name, shape in (("conv1", [3, 3, 1, 8]), ("conv2", [4, 4, 8, 16])):
        with tf.variable_scope(name):
            weights = tf.get_variable("weights", shape)
            biases = tf.get_variable("biases", shape[-1:], initializer=tf.zeros_initializer())
            hidden = tf.nn.conv2d(hidden, weights, [1, 2, 2, 1], "SAME")
            hidden = tf.nn.relu(tf.nn.bias_add(hidden, biases))
    with tf.variable_scope("logits"):
        weights = tf.get_variable("weights", [64, 10])
        return tf.matmul(tf.reshape(hidden, [-1, 64]), weights)


def training(tf: Any, images: Any, labels: Any) -> Any:
    """The logits, the loss, and an operation that takes a step."""
    logits = classifier(tf, images)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    step = tf.train.get_or_create_global_step()
    with tf.variable_scope("train"):
        update = tf.train.AdamOptimizer(2e-3).minimize(loss, global_step=step)
    average = tf.train.ExponentialMovingAverage(0.98)
    with tf.control_dependencies([update]):
        train_op = average.apply(tf.trainable_variables())
    return logits, loss, train_op


@functools.cache
def digits() -> tuple[Tensor, Tensor]:
    """Images, (N, 8, 8, 1), and the digits that they show; the last ones are held out."""
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels / 16, dtype=torch.float32).reshape(-1, 8, 8, 1)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images[order], torch.tensor(labels)[order]


def batch(step: int) -> tuple[Tensor, Tensor]:
    """What is learned from at a step, wherever it is taken."""
    images, labels = digits()
    chosen = torch.randint(
        len(labels) - HELD_OUT, (BATCH,), generator=torch.Generator().manual_seed(step)
    )
    return images[chosen], labels[chosen]


def in_pytorch(begin: str, steps: int, folder: Path) -> tuple[ts.ScopedModule, str, list[float]]:
    """Goes on from a checkpoint here: the network, the new checkpoint, and the losses."""
    net = ts.build(ts.ScopedModule(lambda *given: training(torchscope.tf1, *given)), *batch(0))
    saver = Saver()
    saver.restore(net, begin)
    step = net.registry.variables["global_step"]
    losses = []
    with trange(steps, desc="PyTorch", unit="step") as progress:
        for _ in progress:
            _, loss, train_op = net(*batch(int(step)))
            train_op.run()
            losses.append(loss.item())
    path = saver.save(net, folder / "model.ckpt", global_step=step)
    assert path is not None
    return net, path, losses


def in_tensorflow(begin: str | None, steps: int, folder: Path) -> tuple[str, list[float]]:
    """The same in TensorFlow, from a checkpoint or from the beginning: the new checkpoint, and the losses."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow.compat.v1 as tf  # noqa: PLC0415 - seldom there, and slow

    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.set_random_seed(0)
        images = tf.placeholder(tf.float32, [None, 8, 8, 1])
        labels = tf.placeholder(tf.int64, [None])
        _, loss, train_op = training(tf, images, labels)
        with tf.control_dependencies([train_op]):
            step = tf.train.get_global_step().read_value()
        saver = tf.train.Saver()
        if begin is None:
            session.run(tf.global_variables_initializer())
        else:
            saver.restore(session, begin)
        losses = []
        for _ in trange(steps, desc="TensorFlow", unit="step"):
            now = int(session.run(tf.train.get_global_step()))
            given = [part.numpy() for part in batch(now)]
            value, _ = session.run([loss, step], dict(zip([images, labels], given, strict=True)))
            losses.append(float(value))
        path = saver.save(
            session, str(folder / "model.ckpt"), session.run(tf.train.get_global_step())
        )
        return path, losses


@torch.no_grad()
def accuracy(net: ts.ScopedModule) -> float:
    """How many of the images that are held out are read rightly, from 0 to 1."""
    images, labels = (part[-HELD_OUT:] for part in digits())
    return (net(images, labels)[0].argmax(1) == labels).float().mean().item()


def picture(parts: Sequence[tuple[str, list[float]]]) -> Figure:
    """The losses of all parts, one after the other, and their mean over some steps."""
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axes = figure.subplots()
    all_losses = [loss for _, losses in parts for loss in losses]
    means = np.convolve(all_losses, np.ones(WINDOW) / WINDOW, "valid")
    begin = 0
    for name, losses in parts:
        color = RED if name == "PyTorch" else BLUE
        end = begin + len(losses)
        axes.plot(range(begin, end), losses, color=color, alpha=0.35, linewidth=0.8)
        axes.axvspan(begin, end, color=color, alpha=0.06, linewidth=0)
        at_the_bottom = {"y": 0.04, "ha": "center", "transform": axes.get_xaxis_transform()}
        axes.text(x=(begin + end) / 2, s=name, color=color, **at_the_bottom)
        begin = end
    where = range(WINDOW // 2, WINDOW // 2 + len(means))
    axes.plot(where, means, color="black", linewidth=1.2)
    axes.set(xlabel="step", ylabel="loss", yscale="log", xlim=(0, len(all_losses)))
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("One training, in two frameworks")
    return figure


def main(argv: Sequence[str] | None = None) -> None:
    """Goes on where TensorFlow stopped, there again, and draws the losses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=STEPS, help="in each; default: %(default)s")
    parser.add_argument(
        "--picture", type=Path, default=Path("resume.png"), help="default: %(default)s"
    )
    args = parser.parse_args(argv)
    if args.steps < 1:
        parser.error(f"--steps: {args.steps} is less than 1")

    begun = latest_checkpoint(BEGUN)
    assert begun is not None
    parts = [("TensorFlow", [float(line) for line in (BEGUN / LOSSES).read_text().split()])]
    print(f"TensorFlow has saved {begun}")
    with tempfile.TemporaryDirectory() as folder:
        net, path, losses = in_pytorch(begun, args.steps, Path(folder))
        parts.append(("PyTorch", losses))
        own = accuracy(net)
        with averaged(net):
            print(f"Read rightly: {own:.2%}, and by the averages {accuracy(net):.2%}")
        if importlib.util.find_spec("tensorflow") is None:
            print(f"TensorFlow, which would go on from {path}, is not installed")
        else:
            parts.append(("TensorFlow", in_tensorflow(path, args.steps, Path(folder))[1]))
    for name, losses in parts:
        print(f"{name:<11} loss {np.mean(losses[:WINDOW]):.3f} to {np.mean(losses[-WINDOW:]):.3f}")
    picture(parts).savefig(args.picture, dpi=130)
    print(f"Picture: {args.picture}")


if __name__ == "__main__":
    main()
