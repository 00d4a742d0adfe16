"""A model of TensorFlow 1 goes on in PyTorch: its checkpoint is loaded, trained on, and saved.

The model function is TF1 code. TensorFlow runs it as it stands, and so does torchscope, so that the
variables have the names that the checkpoint has, and the checkpoint that is saved in the end is one
that TensorFlow restores.

    python examples/port_checkpoint.py path/to/model.ckpt-300

Such a checkpoint is written by tests/oracle/train_for_porting.py, which needs TensorFlow. Without
a path the example makes do with one of its own: it trains a network and saves it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import trange

import torchscope as ts
import torchscope.tf1
from torchscope.checkpoint import Saver, list_variables, restore

STEPS = 200
BATCH = 64
HELD_OUT = 500


def conv(tf: Any, images: Any, kernel_shape: list[int], strides: int, padding: str) -> Any:
    """A convolution with biases and a relu."""
    weights = tf.get_variable("weights", kernel_shape)
    biases = tf.get_variable("biases", kernel_shape[-1:], initializer=tf.zeros_initializer())
    strided = tf.nn.conv2d(images, weights, [1, strides, strides, 1], padding)
    return tf.nn.relu(tf.nn.bias_add(strided, biases))


def classifier(tf: Any, images: Any) -> Any:
    """The logits, (N, 10), of images of digits, (N, 8, 8, 1). `tf` is TensorFlow, or torchscope.tf1."""
    with tf.variable_scope("classifier"):
        with tf.variable_scope("conv1"):
            hidden = conv(tf, images, [3, 3, 1, 16], 2, "SAME")
        with tf.variable_scope("conv2"):
            hidden = conv(tf, hidden, [4, 4, 16, 32], 1, "VALID")[:, 0, 0]
        with tf.variable_scope("logits"):
            weights = tf.get_variable("weights", [32, 10])
            biases = tf.get_variable("biases", [10], initializer=tf.zeros_initializer())
            return hidden @ weights + biases


class Classifier(nn.Module):
    """The model function as a module. Its variables are made by the first call, or restored."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, images: Tensor) -> Tensor:
        """The logits, (N, 10), of images, (N, 8, 8, 1)."""
        ts.get_or_create_global_step()
        return classifier(torchscope.tf1, images)

    @property
    def global_step(self) -> Tensor:
        """The number of steps that it was trained for, wherever that was."""
        return self.scopes.variables["global_step"]


class Digits(NamedTuple):
    """Images, (N, 8, 8, 1), and the digits that they show."""

    images: Tensor
    labels: Tensor


def digits() -> tuple[Digits, Digits]:
    """The images to train on, and those that are held out; always the same ones."""
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels / 16, dtype=torch.float32).reshape(-1, 8, 8, 1)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, labels = images[order], torch.tensor(labels)[order]
    return (
        Digits(images[HELD_OUT:], labels[HELD_OUT:]),
        Digits(images[:HELD_OUT], labels[:HELD_OUT]),
    )


def train(net: Classifier, data: Digits, steps: int) -> None:
    """Trains a network that has its variables, and counts the steps."""
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    with trange(steps, desc="training", unit="step") as progress:
        for _ in progress:
            chosen = torch.randint(len(data.labels), (BATCH,))
            loss = F.cross_entropy(net(data.images[chosen]), data.labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            net.global_step.add_(1)
            progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)


@torch.no_grad()
def accuracy(net: Classifier, data: Digits) -> float:
    """How many of the images are read rightly, from 0 to 1."""
    return (net(data.images).argmax(1) == data.labels).float().mean().item()


def saved(net: Classifier, folder: Path) -> str:
    """Saves a network as TF1 does, and gives the path of the checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    path = Saver().save(net, folder / "model.ckpt", global_step=net.global_step)
    assert path is not None
    return path


def main(argv: Sequence[str] | None = None) -> None:
    """Restores a checkpoint, trains on, saves, and makes sure that what was saved is all there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkpoint", nargs="?", help="of TensorFlow's; by default one is made")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=STEPS, help="default: %(default)s")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="default: one that is deleted")
    args = parser.parse_args(argv)

    torch.manual_seed(0)
    train_on, held_out = (Digits(*(t.to(args.device) for t in part)) for part in digits())
    with tempfile.TemporaryDirectory() as temporary:
        checkpoint = args.checkpoint
        if checkpoint is None:
            first = ts.build(Classifier().to(args.device), held_out.images)
            train(first, train_on, args.steps)
            checkpoint = saved(first, Path(temporary) / "first")

        print(f"{checkpoint} has")
        for name, shape in list_variables(checkpoint):
            print(f"  {name} {shape}")
        net = Classifier().to(args.device)
        restore(net, checkpoint)
        before = accuracy(net, held_out)
        print(f"Accuracy after {net.global_step.item()} steps: {before:.2%}")
        train(net, train_on, args.steps)
        after = accuracy(net, held_out)
        print(f"Accuracy after {net.global_step.item()} steps: {after:.2%}")

        path = saved(net, args.save or Path(temporary))
        again = Classifier().to(args.device)
        restore(again, path)
        if not torch.equal(again(held_out.images), net(held_out.images)):
            raise SystemExit(f"What was restored from {path} computes something else.")
        print(f"Saved: {path}")


if __name__ == "__main__":
    main()
