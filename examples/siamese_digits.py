"""A siamese network that tells whether two images show the same handwritten digit.

The tower that embeds an image runs twice in each forward call, the second time under
``reuse=True``: both are one set of variables, shared the way TF1 shares them. The images are those
that come with scikit-learn; accuracy is measured on pairs of images held out of training.

    python examples/siamese_digits.py

With the default number of steps or more, the run fails where accuracy stays below 95 %; fewer are
for trying things out. In the end the state_dict is loaded into a network that has never run, which
has to reach the same accuracy.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from sklearn.datasets import load_digits
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from tqdm import trange

import torchscope as ts

STEPS = 2000
BATCH = 128
HELD_OUT_IMAGES = 500
HELD_OUT_PAIRS = 4000
REQUIRED = 0.95
KERNELS = "model/conv1/weights"
GREEN, RED, BLUE = "#2a7f3f", "#c0392b", "#2b5f9e"


def conv_relu(images: Tensor, kernel_shape: list[int], strides: int = 1) -> Tensor:
    """`ts.conv_relu`, but with weights small enough to train a tower of several."""
    weights = ts.get_variable("weights", kernel_shape, initializer=ts.he_normal_initializer())
    biases = ts.get_variable("biases", kernel_shape[-1:], initializer=ts.zeros_initializer())
    return ts.nn.relu(ts.nn.bias_add(ts.nn.conv2d(images, weights, strides, "SAME"), biases))


def tower(images: Tensor) -> Tensor:
    """The embeddings of images, (N, H, W, 1), each of length 1. It knows nothing of sharing."""
    with ts.variable_scope("conv1"):
        hidden = conv_relu(images, [3, 3, 1, 16])
    with ts.variable_scope("conv2"):
        hidden = conv_relu(hidden, [3, 3, 16, 64], strides=2).flatten(1)
    with ts.variable_scope("embedding"):
        weights = ts.get_variable("weights", [hidden.shape[1], 32])
        biases = ts.get_variable("biases", [32], initializer=ts.zeros_initializer())
    return F.normalize(hidden @ weights + biases)


class Siamese(nn.Module):
    """Gives the logit that two images show the same digit."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """The logits, (N,), of two batches of images, (N, H, W, 1) each."""
        with ts.variable_scope("model"):
            embedding_a = tower(a)
        with ts.variable_scope("model", reuse=True):
            embedding_b = tower(b)
        distance = (embedding_a - embedding_b).square().sum(1)
        with ts.variable_scope("verdict"):
            scale = ts.get_variable("scale", [], initializer=ts.constant_initializer(5.0))
            limit = ts.get_variable("limit", [], initializer=ts.constant_initializer(1.0))
        return scale * (limit - distance)


class Pairs(NamedTuple):
    """Two batches of images, and for each pair 1 where both show the same digit, else 0."""

    a: Tensor
    b: Tensor
    same: Tensor


class Digits:
    """Images, kept by digit, to draw pairs from."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images = images[labels.argsort(stable=True)]
        self.counts = labels.bincount(minlength=10)
        self.starts = self.counts.cumsum(0) - self.counts

    def draw(self, number: int, generator: Generator) -> Pairs:
        """Pairs of two images each: half of the same digit, half of two digits, in turns."""
        same = torch.arange(number) % 2 == 0
        digit_a = torch.randint(10, (number,), generator=generator)
        other = (digit_a + torch.randint(1, 10, (number,), generator=generator)) % 10
        digit_b = torch.where(same, digit_a, other)
        random_a, random_b = torch.rand(2, number, generator=generator)
        at_a = (random_a * self.counts[digit_a]).long()
        # 1 to count - 1 steps around the images of a digit never lead back to the same image.
        count = self.counts[digit_b]
        at_b = (at_a + 1 + (random_b * (count - 1)).long()) % count
        a, b = self.images[self.starts[digit_a] + at_a], self.images[self.starts[digit_b] + at_b]
        return Pairs(a, b, same.to(a))


def load(device: str, generator: Generator) -> tuple[Digits, Digits]:
    """The images to train on, and those that are held out."""
    pixels, labels = load_digits(return_X_y=True)
    images = torch.tensor(pixels / 16, dtype=torch.float32, device=device).reshape(-1, 8, 8, 1)
    digits = torch.tensor(labels)
    order = torch.randperm(len(digits), generator=generator)
    held_out, train = order[:HELD_OUT_IMAGES], order[HELD_OUT_IMAGES:]
    return Digits(images[train], digits[train]), Digits(images[held_out], digits[held_out])


def shift(images: Tensor, generator: Generator) -> Tensor:
    """Moves each image by up to one pixel along either axis."""
    number, height, width, _ = images.shape
    padded = F.pad(images, (0, 0, 1, 1, 1, 1))
    y, x = torch.randint(3, (2, number, 1), generator=generator)
    rows, columns = y + torch.arange(height), x + torch.arange(width)
    return padded[torch.arange(number)[:, None, None], rows[:, :, None], columns[:, None, :]]


def train(net: Siamese, digits: Digits, steps: int, generator: Generator) -> list[float]:
    """Trains the network, and gives the loss of each step."""
    a, b, _ = digits.draw(2, generator)
    net(a, b)  # The first pass makes the variables; an optimizer made before it would hold none.
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=steps + 1)
    losses = []
    with trange(steps, desc="training", unit="step") as progress:
        for _ in progress:
            a, b, same = digits.draw(BATCH, generator)
            logits = net(shift(a, generator), shift(b, generator))
            loss = F.binary_cross_entropy_with_logits(logits, same)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            progress.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
    return losses


@torch.no_grad()
def judge(net: Siamese, pairs: Pairs) -> tuple[Tensor, float]:
    """The probability that each pair is of the same digit, and the accuracy of the verdicts."""
    probability = net(pairs.a, pairs.b).sigmoid()
    return probability, ((probability > 0.5) == (pairs.same > 0.5)).float().mean().item()


def saved_and_loaded(net: Siamese) -> Siamese:
    """A new network, which takes in the trained variables before it has ever run."""
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    fresh = Siamese()
    fresh.load_state_dict(torch.load(file, weights_only=True), strict=True)
    return fresh


def plot_losses(axes: Axes, losses: list[float]) -> None:
    """The loss of each step, and its running mean."""
    window = min(50, len(losses))
    mean = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    axes.plot(range(1, len(losses) + 1), losses, color=BLUE, alpha=0.25, linewidth=0.6)
    axes.plot(range(window, len(losses) + 1), mean, color=BLUE, linewidth=1.8)
    axes.set(xlabel="step", ylabel="binary cross-entropy", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#eeeeee")


def plot_kernels(figure: SubFigure, kernels: Tensor) -> None:
    """The kernels of the first layer, (H, W, 1, O), on one scale around zero."""
    most = kernels.abs().max().item()
    for kernel, axes in zip(kernels.unbind(3), figure.subplots(2, 8).flat, strict=True):
        axes.imshow(kernel.squeeze(2).numpy(), cmap="RdBu_r", vmin=-most, vmax=most)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("#cccccc")


def plot_pairs(figure: SubFigure, pairs: Pairs, probability: Tensor) -> None:
    """Up to twelve pairs with their verdicts, green where they are right, red where wrong."""
    gap = torch.full_like(pairs.a[:, :, :1], torch.nan)  # drawn white between the two images
    joined = torch.cat([pairs.a, gap, pairs.b], 2).squeeze(3).numpy()
    for i, axes in enumerate(figure.subplots(3, 4).flat):
        axes.axis("off")
        if i >= len(joined):
            continue
        chance, same = probability[i].item(), bool(probability[i] > 0.5)
        verdict = f"same, {chance:.1%}" if same else f"different, {1 - chance:.1%}"
        axes.imshow(joined[i], cmap="gray_r", vmin=-0.06, vmax=1)
        axes.set_title(verdict, color=GREEN if same == bool(pairs.same[i]) else RED, fontsize=10)


def picture(net: Siamese, losses: list[float], pairs: Pairs, probability: Tensor) -> Figure:
    """Training, the first layer, some held-out pairs, and the worst mistakes among them."""
    figure = Figure(figsize=(13, 7.2), layout="constrained", facecolor="white")
    figure.suptitle("One tower, run twice: do two images show the same digit?", fontsize=15)
    left, right = figure.subfigures(1, 2, width_ratios=[5, 7], wspace=0.04)
    loss, first = left.subfigures(2, 1, height_ratios=[5, 2], hspace=0.04)
    some, worst = right.subfigures(2, 1, hspace=0.04)
    for part, title in (
        (loss, "Training loss, and its running mean"),
        (first, f"The kernels of {KERNELS}: red adds, blue subtracts"),
        (some, "Held-out pairs, with the verdict and how sure it is: green is right"),
        (worst, "The worst verdicts of all: red is wrong"),
    ):
        part.suptitle(title, x=0.02, ha="left", fontsize=11)
    plot_losses(loss.subplots(), losses)
    plot_kernels(first, net.scopes.variables[KERNELS].detach().cpu())
    pairs, probability = Pairs(*(part.cpu() for part in pairs)), probability.cpu()
    plot_pairs(some, pairs, probability)
    # Equal errors are one pair that was drawn more than once.
    _, by_error = np.unique((probability - pairs.same).abs().numpy().round(6), return_index=True)
    chosen = torch.tensor(by_error[-12:][::-1].copy())
    plot_pairs(worst, Pairs(*(part[chosen] for part in pairs)), probability[chosen])
    return figure


def main(argv: Sequence[str] | None = None) -> None:
    """Trains, judges held-out pairs, draws them, and judges them again with what was saved."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=STEPS, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", default="siamese_digits.png", metavar="PATH")
    args = parser.parse_args(argv)

    torch.manual_seed(args.seed)
    torch.backends.cudnn.deterministic = True
    generator = Generator().manual_seed(args.seed)
    digits, held_out = load(args.device, generator)
    pairs = held_out.draw(HELD_OUT_PAIRS, generator)
    net = Siamese().to(args.device)
    losses = train(net, digits, args.steps, generator)
    probability, accuracy = judge(net, pairs)
    print(f"\n{net.scopes.summary()}\n\nAccuracy on held-out pairs: {accuracy:.2%}")
    picture(net, losses, pairs, probability).savefig(args.picture, dpi=130)

    _, again = judge(saved_and_loaded(net).to(args.device), pairs)
    print(f"Accuracy of a new network, from the state_dict: {again:.2%}\nPicture: {args.picture}")
    if again != accuracy:
        raise SystemExit(f"Loading changed the accuracy from {accuracy} to {again}.")
    if args.steps >= STEPS and accuracy < REQUIRED:
        raise SystemExit(f"The accuracy is {accuracy:.2%}, below {REQUIRED:.0%}.")


if __name__ == "__main__":
    main()
