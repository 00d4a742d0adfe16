"""A small LSTM that learns to write as Python's own documentation does, one character at a time.

The text is what `help()` knows of the language, without its tables; every Python brings it along.
The model function is TF1 code: an embedding, a BasicLSTMCell in dynamic_rnn, and a dense layer that
tells how likely each character is to be the next. The names of its variables are TF1's.

    python examples/char_lstm.py

It takes a minute, prints what the network writes after a title, and leaves the losses as char_lstm.png.
With the default number of steps or more, the run fails where text that was held out surprises the
network too much; fewer are for trying things out.
"""

from __future__ import annotations

import argparse
import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F
from tqdm import trange

import torchscope as ts

STEPS = 700
BATCH, LENGTH = 32, 64
EMBEDDING, UNITS = 32, 256
HELD_OUT = 20_000
SAMPLE = 1200
TITLE = 'The "variable" statement'
REQUIRED = 1.7
BLUE, GREY, GREEN = "#2b5f9e", "#777777", "#2a7f3f"


def documentation() -> str:
    """All topics that Python knows, without the lines of tables and of alternatives."""
    lines = "\n".join(topics[name] for name in sorted(topics)).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("|", "+")))


class Text:
    """A text as numbers: each character is its place among those that occur, in their order."""

    def __init__(self, text: str) -> None:
        self.characters = sorted(set(text))
        self.number = {character: i for i, character in enumerate(self.characters)}
        self.ids = self.read(text)

    def read(self, text: str) -> Tensor:
        """The numbers of a text, (T,)."""
        return torch.tensor([self.number[character] for character in text])

    def spell(self, ids: Sequence[int]) -> str:
        """The text that numbers stand for."""
        return "".join(self.characters[i] for i in ids)

    def entropy(self) -> float:
        """How surprising a character is to who knows only how often each occurs, in nats."""
        share = self.ids.bincount() / len(self.ids)
        return -(share * share.log()).nansum().item()


def language_model(ids: Tensor, characters: int, state: object = None) -> tuple[Tensor, object]:
    """The logits of each next character, (N, T, characters), after characters, (N, T); the state."""
    with ts.variable_scope("language_model"):
        table = ts.get_variable("embedding", [characters, EMBEDDING])
        cell = ts.rnn.BasicLSTMCell(UNITS)
        outputs, state = ts.rnn.dynamic_rnn(
            cell, ts.nn.embedding_lookup(table, ids), initial_state=state, dtype=torch.float32
        )
        return ts.layers.dense(outputs, characters, name="logits"), state


def surprise(net: ts.ScopedModule, ids: Tensor, characters: int) -> Tensor:
    """How much each character surprises a net that has read those before it: the mean, in nats."""
    logits, _ = net(ids[:, :-1], characters)
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


def train(net: ts.ScopedModule, ids: Tensor, characters: int, steps: int) -> list[float]:
    """Trains on pieces of the text, and gives the loss of each step."""
    net(ids[None, :1], characters)  # The first pass makes the variables.
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=8e-3, total_steps=steps + 1)
    window = torch.arange(LENGTH + 1, device=ids.device)
    losses = []
    with trange(steps, desc="training", unit="step") as progress:
        for _ in progress:
            starts = torch.randint(len(ids) - LENGTH, (BATCH, 1)).to(ids.device)
            loss = surprise(net, ids[starts + window], characters)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            progress.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
    return losses


@torch.no_grad()
def write(net: ts.ScopedModule, ids: Tensor, characters: int) -> list[int]:
    """What the net writes after it has read a text, (T,); it keeps its state from call to call."""
    read, state, written = ids, None, []
    for _ in trange(SAMPLE, desc="writing", unit="character", leave=False):
        logits, state = net(read[None], characters, state)
        # A little less daring than what it has learned.
        read = torch.multinomial((logits[0, -1] / 0.7).softmax(0), 1)
        written.append(int(read))
    return written


def plot_losses(axes: Axes, losses: list[float], unigram: float, held_out: float) -> None:
    """The loss of each step and its running mean; what it began from, and where it is."""
    window = min(20, len(losses))
    mean = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    axes.plot(range(1, len(losses) + 1), losses, color=BLUE, alpha=0.25, linewidth=0.6)
    axes.plot(np.arange(len(mean)) + (window + 1) / 2, mean, color=BLUE, linewidth=1.8)
    for value, above, colour, what in (
        (unigram, 4, GREY, "who knows only how often each character occurs"),
        (held_out, -28, GREEN, "the trained network, text that was held out"),
    ):
        axes.axhline(value, color=colour, linewidth=1, linestyle="--")
        place = (len(losses), value), (0, above)
        axes.annotate(
            f"{what}: {value:.2f}", *place, textcoords="offset points", ha="right", color=colour
        )
    axes.set(xlabel="step", ylabel="surprise per character, in nats", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#eeeeee")


def picture(losses: list[float], unigram: float, held_out: float, written: str) -> Figure:
    """Training, and what the network writes."""
    figure = Figure(figsize=(13, 5.6), layout="constrained", facecolor="white")
    figure.suptitle("An LSTM reads Python's documentation, and goes on by itself", fontsize=15)
    left, right = figure.subplots(1, 2)
    plot_losses(left, losses, unigram, held_out)
    right.axis("off")
    # A dollar sign would begin a formula.
    shown = "\n".join(written.splitlines()[:32]).replace("$", r"\$")
    right.text(0, 1, shown, family="monospace", fontsize=9, va="top", transform=right.transAxes)
    return figure


def device(name: str) -> torch.device:
    """One that this machine has."""
    try:
        return torch.empty(0, device=name).device
    except (AssertionError, RuntimeError) as error:
        raise argparse.ArgumentTypeError(str(error).partition("\n")[0]) from None


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
    """Trains, reads what was held out, writes, and draws."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", type=device, default=default, help="default: %(default)s")
    parser.add_argument("--steps", type=positive, default=STEPS, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--picture",
        type=place,
        default="char_lstm.png",
        metavar="PATH",
        help="default: %(default)s",
    )
    args = parser.parse_args(argv)

    torch.manual_seed(args.seed)
    text = Text(documentation())
    characters = len(text.characters)
    ids = text.ids.to(args.device)
    print(f"{len(ids):,} characters, {characters} of them different")
    net = ts.ScopedModule(language_model).to(args.device)
    losses = train(net, ids[:-HELD_OUT], characters, args.steps)
    with torch.no_grad():
        rows = ids[-HELD_OUT:].unfold(0, 10 * LENGTH + 1, 10 * LENGTH)
        held_out = surprise(net, rows, characters).item()
    unigram = text.entropy()
    print(f"\n{net.registry.summary()}\n")
    print(
        f"A character of the text that was held out surprises by {held_out:.2f} nats; "
        f"it is {unigram:.2f} for who knows only how often each occurs, and {math.log(characters):.2f} "
        "for who knows nothing."
    )
    title = f"{TITLE}\n{'*' * len(TITLE)}\n\n"
    written = title + text.spell(write(net, text.read(title).to(args.device), characters))
    written = "\n".join(textwrap.fill(line, 72) for line in written.splitlines())
    print(f"\nThe network writes, after a title:\n\n{textwrap.indent(written, '    ')}\n")
    picture(losses, unigram, held_out, written).savefig(args.picture, dpi=130)
    print(f"Picture: {args.picture}")
    if args.steps >= STEPS and held_out > REQUIRED:
        raise SystemExit(f"The surprise is {held_out:.2f} nats, above {REQUIRED}.")


if __name__ == "__main__":
    main()
