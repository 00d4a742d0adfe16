"""A DCGAN learns to draw the digit that it is told, from the images that come with scikit-learn.

The generator, the discriminator and their losses are TF1 code with nothing but the import changed:
transposed convolutions, batch norm, a discriminator that is reused for what was generated, and
variables told apart by `'d_' in v.name` for two optimizers.

    python examples/dcgan.py

A classifier that has seen nothing but real digits reads what was drawn. With the default number of
steps or more, the run fails where it reads fewer than 70 % as they were meant. The picture shows how
the same noise is drawn over time.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.svm import SVC
from torch import Tensor
from tqdm import trange

import torchscope as ts
import torchscope.tf1 as tf

STEPS = 1200
BATCH = 64
REQUIRED = 0.7
ROWS = 8
NOISE = 32


# TF1 code.


def lrelu(x, alpha=0.2):
    """A leaky ReLU."""
    return tf.maximum(alpha * x, x)


def linear(x, size, name):
    """Units that are connected with all."""
    with tf.variable_scope(name):
        matrix = tf.get_variable(
            "matrix", [x.shape[1], size], initializer=tf.random_normal_initializer(stddev=0.02)
        )
        bias = tf.get_variable("bias", [size], initializer=tf.zeros_initializer())
        return tf.matmul(x, matrix) + bias


def conv2d(x, channels, name):
    """A convolution that halves height and width."""
    with tf.variable_scope(name):
        w = tf.get_variable(
            "w",
            [3, 3, x.shape[-1], channels],
            initializer=tf.truncated_normal_initializer(stddev=0.05),
        )
        b = tf.get_variable("biases", [channels], initializer=tf.zeros_initializer())
        return tf.nn.bias_add(tf.nn.conv2d(x, w, strides=[1, 2, 2, 1], padding="SAME"), b)


def deconv2d(x, output_shape, name):
    """A transposed convolution, to twice the height and width."""
    with tf.variable_scope(name):
        w = tf.get_variable(
            "w",
            [4, 4, output_shape[-1], x.shape[-1]],
            initializer=tf.random_normal_initializer(stddev=0.05),
        )
        b = tf.get_variable("biases", [output_shape[-1]], initializer=tf.zeros_initializer())
        y = tf.nn.conv2d_transpose(x, w, output_shape=output_shape, strides=[1, 2, 2, 1])
        return tf.nn.bias_add(y, b)


def batch_norm(x, training, name):
    """Batch norm, as DCGANs have it."""
    return tf.layers.batch_normalization(
        x, momentum=0.9, epsilon=1e-5, training=training, name=name
    )


def with_labels(x, y):
    """Images with their labels as further channels."""
    batch, height, width = tf.shape(x)[0], x.shape[1], x.shape[2]
    labels = tf.reshape(y, [batch, 1, 1, 10])
    return tf.concat([x, labels * tf.ones([batch, height, width, 10])], 3)


def generator(z, y, training):
    """Images, (N, 8, 8, 1), of noise, (N, NOISE), and labels, (N, 10)."""
    with tf.variable_scope("generator"):
        batch = tf.shape(z)[0]
        h0 = linear(tf.concat([z, y], 1), 2 * 2 * 64, "g_h0_lin")
        h0 = tf.reshape(h0, [-1, 2, 2, 64])
        h0 = tf.nn.relu(batch_norm(h0, training, "g_bn0"))
        h1 = deconv2d(with_labels(h0, y), [batch, 4, 4, 32], "g_h1")
        h1 = tf.nn.relu(batch_norm(h1, training, "g_bn1"))
        return tf.nn.sigmoid(deconv2d(with_labels(h1, y), [batch, 8, 8, 1], "g_h2"))


def discriminator(images, y, training, reuse=False):
    """The logits, (N, 1), that images are real."""
    with tf.variable_scope("discriminator", reuse=reuse):
        h0 = lrelu(conv2d(with_labels(images, y), 32, "d_h0_conv"))
        h1 = lrelu(batch_norm(conv2d(with_labels(h0, y), 64, "d_h1_conv"), training, "d_bn1"))
        flat = tf.reshape(h1, [tf.shape(h1)[0], 2 * 2 * 64])
        return linear(tf.concat([flat, y], 1), 1, "d_h2_lin")


def dcgan(images, labels):
    """Both losses, and the variables that each is to train."""
    y = tf.one_hot(labels, 10)
    z = tf.random_uniform([tf.shape(images)[0], NOISE], -1.0, 1.0)
    drawn = generator(z, y, training=True)
    real = discriminator(images, y, training=True)
    fake = discriminator(drawn, y, training=True, reuse=True)

    # Labels of 0.9 keep the discriminator from being too sure.
    d_loss_real = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(logits=real, labels=0.9 * tf.ones_like(real))
    )
    d_loss_fake = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(logits=fake, labels=tf.zeros_like(fake))
    )
    g_loss = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(logits=fake, labels=tf.ones_like(fake))
    )

    variables = tf.trainable_variables()
    d_vars = [v for v in variables if "d_" in v.name]
    g_vars = [v for v in variables if "g_" in v.name]
    return d_loss_real + d_loss_fake, g_loss, d_vars, g_vars


def sampler(z, labels):
    """Images that the generator draws."""
    return generator(z, tf.one_hot(labels, 10), training=False)


# From here on it is PyTorch.


class Gan(torch.nn.Module):
    """Losses of images, or images of noise: two functions over the same variables."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, given: Tensor, labels: Tensor) -> Any:
        """`dcgan` of images, (N, 8, 8, 1); `sampler` of noise, (N, NOISE)."""
        return dcgan(given, labels) if given.ndim == 4 else sampler(given, labels)


def load(device: torch.device) -> tuple[Tensor, Tensor]:
    """The images, (N, 8, 8, 1), from 0 to 1, and which digits they show."""
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels / 16, dtype=torch.float32, device=device)
    return images.reshape(-1, 8, 8, 1), torch.tensor(labels, device=device)


def train(net: Gan, images: Tensor, labels: Tensor, steps: int) -> list[tuple[int, Tensor]]:
    """Trains both, and gives what the generator made of the same noise after some of the steps."""
    _, _, d_vars, g_vars = net(images[:2], labels[:2])
    d_optim = torch.optim.Adam(d_vars, lr=5e-4, betas=(0.5, 0.999))
    g_optim = torch.optim.Adam(g_vars, lr=1e-3, betas=(0.5, 0.999))
    # Smaller and smaller steps: the two would circle around each other.
    schedules = [
        torch.optim.lr_scheduler.LinearLR(optim, 1.0, 0.05, total_iters=steps)
        for optim in (d_optim, g_optim)
    ]
    noise = torch.rand(10, NOISE, device=images.device) * 2 - 1
    digits = torch.arange(10, device=images.device)
    shown = {round(steps * (row / (ROWS - 1)) ** 2) for row in range(ROWS)}
    rows = []
    with trange(steps + 1, desc="training", unit="step") as progress:
        for step in progress:
            if step in shown:
                with torch.no_grad():
                    rows.append((step, net(noise, digits)))
            batch = torch.randint(len(images), (BATCH,), device=images.device)
            d_loss, g_loss, *_ = net(images[batch], labels[batch])
            # Each loss is of both networks, and trains one.
            d_gradients = torch.autograd.grad(d_loss, d_vars, retain_graph=True)
            g_gradients = torch.autograd.grad(g_loss, g_vars)
            for variable, gradient in zip(
                [*d_vars, *g_vars], [*d_gradients, *g_gradients], strict=True
            ):
                variable.grad = gradient
            d_optim.step()
            g_optim.step()
            for schedule in schedules:
                schedule.step()
            progress.set_postfix(d=f"{d_loss:.2f}", g=f"{g_loss:.2f}", refresh=False)
    return rows


@torch.no_grad()
def readable(net: Gan, images: Tensor, labels: Tensor) -> float:
    """How many of 1000 drawn digits a classifier reads that was trained on real ones alone."""
    digits = torch.arange(1000, device=images.device) % 10
    drawn = net(torch.rand(1000, NOISE, device=images.device) * 2 - 1, digits)
    classifier = SVC().fit(images.flatten(1).cpu().numpy(), labels.cpu().numpy())
    return float(classifier.score(drawn.flatten(1).cpu().numpy(), digits.cpu().numpy()))


def picture(rows: list[tuple[int, Tensor]], images: Tensor, labels: Tensor) -> Figure:
    """A row of digits for each of the steps, and one of real ones."""
    real = torch.stack([images[labels == digit][0] for digit in range(10)])
    named = [*((f"step {step:,}", drawn) for step, drawn in rows), ("real digits", real)]
    figure = Figure(figsize=(8, 0.8 * len(named) + 0.7), layout="constrained", facecolor="white")
    figure.suptitle("The same noise, drawn while the generator learns", fontsize=13)
    for (name, drawn), line in zip(named, figure.subplots(len(named), 10), strict=True):
        for image, axes in zip(drawn.squeeze(3).cpu(), line, strict=True):
            axes.imshow(image.numpy(), cmap="gray_r", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_color("#cccccc")
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    return figure


def positive(text: str) -> int:
    """A number of steps."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def place(path: str) -> Path:
    """Where a picture can be put: it is known before the training."""
    if not Path(path).parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {Path(path).parent}")
    if Path(path).suffix[1:] not in FigureCanvasBase.filetypes:
        kinds = ", ".join(sorted(FigureCanvasBase.filetypes))
        raise argparse.ArgumentTypeError(f"{path} is to end in one of {kinds}")
    return Path(path)


def main(argv: Sequence[str] | None = None) -> None:
    """Trains, has what was drawn read, and draws the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=default, help="default: %(default)s")
    parser.add_argument("--steps", type=positive, default=STEPS, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--picture", type=place, default="dcgan.png", metavar="PATH", help="default: %(default)s"
    )
    args = parser.parse_args(argv)

    torch.manual_seed(args.seed)
    images, labels = load(torch.device(args.device))
    net = Gan().to(args.device)
    rows = train(net, images, labels, args.steps)
    share = readable(net, images, labels)
    print(f"\n{net.scopes.summary()}\n\nDrawn digits that are read as they were meant: {share:.1%}")
    picture(rows, images, labels).savefig(args.picture, dpi=130)
    print(f"Picture: {args.picture}")
    if args.steps >= STEPS and share < REQUIRED:
        raise SystemExit(f"It is {share:.1%}, below {REQUIRED:.0%}.")


if __name__ == "__main__":
    main()
