"""On a GPU: the conv stack and a transformer block, and ResNet-50 in slim; beside hand-written modules.

The first two in bf16, eager, compiled and as CUDA graphs: time and peak memory of a forward and a
backward pass. The network as networks.py has it, eager and compiled, in inference and in training: in bf16
by autocast, where the weights stay in float32, and in float32 whose products are rounded to tf32.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import torchscope as ts
from benchmarks import convolutions, networks
from benchmarks.figures import Figure
from benchmarks.timing import calls, medians

WIDTH, HEADS = 768, 12
# By how much logits and losses of ResNet-50 may differ, relative to the largest.
TOLERANCE = {"bf16": 0.05, "tf32": 0.01}
MODES = {"eager": None, "compiled": "default", "CUDA graphs": "reduce-overhead"}


def dense(x: Tensor, width: int) -> Tensor:
    """A linear layer."""
    weights = ts.get_variable("weights", [width, x.shape[-1]])
    biases = ts.get_variable("biases", [width], initializer=ts.zeros_initializer)
    return F.linear(x, weights, biases)


def norm(x: Tensor) -> Tensor:
    """A layer norm."""
    gain = ts.get_variable("gain", [WIDTH], initializer=ts.ones_initializer)
    biases = ts.get_variable("biases", [WIDTH], initializer=ts.zeros_initializer)
    return F.layer_norm(x, [WIDTH], gain, biases)


def attention(queries_keys_values: Tensor) -> Tensor:
    """(N, T, 3 * WIDTH) to (N, T, WIDTH)."""
    heads = queries_keys_values.unflatten(-1, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
    return F.scaled_dot_product_attention(*heads.unbind()).transpose(1, 2).flatten(-2)


def block(x: Tensor) -> Tensor:
    """A transformer block of (N, T, WIDTH) with its norms before the layers."""
    with ts.variable_scope("attention"):
        with ts.variable_scope("norm"):
            y = norm(x)
        with ts.variable_scope("in"):
            y = attention(dense(y, 3 * WIDTH))
        with ts.variable_scope("out"):
            x = x + dense(y, WIDTH)
    with ts.variable_scope("mlp"):
        with ts.variable_scope("norm"):
            y = norm(x)
        with ts.variable_scope("in"):
            y = F.gelu(dense(y, 4 * WIDTH))
        with ts.variable_scope("out"):
            return x + dense(y, WIDTH)


class Block(nn.Module):
    """The same, hand-written."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """A block."""
        x = x + self.out(attention(self.qkv(self.norms[0](x))))
        return x + self.mlp(self.norms[1](x))


class Pair(NamedTuple):
    """Ours and theirs, for inputs of these shapes."""

    function: Callable[[Tensor], Tensor]
    hand_written: Callable[[int], nn.Module]
    shapes: Sequence[tuple[int, ...]]


PAIRS = {
    "3x3 conv stack": Pair(convolutions.stack, convolutions.hand_written, convolutions.SHAPES),
    "transformer block": Pair(block, Block, [(8, 512, WIDTH)]),
}


class Steps:
    """Forward and backward passes of one side of a pair, which the GPU has finished.

    Calling it runs one on each shape.
    """

    def __init__(self, pair: Pair, mode: str | None, *, ours: bool, device: str = "cuda") -> None:
        torch.compiler.reset()
        self.runs = []
        for shape in pair.shapes:
            x = torch.randn(shape, device=device)
            if ours:
                net = ts.ScopedModule(pair.function).to(device)
                net(x)
            else:
                net = pair.hand_written(shape[-1]).to(device)
                if len(shape) == 4:
                    net, x = net.to(memory_format=torch.channels_last), x.permute(0, 3, 1, 2)
            net.bfloat16()
            run = net if mode is None else torch.compile(net, mode=mode, dynamic=False)
            self.runs.append((net, run, x.bfloat16()))
        for _ in range(5):
            self()

    def __call__(self) -> None:
        """One step on each shape."""
        for net, run, x in self.runs:
            torch.compiler.cudagraph_mark_step_begin()
            run(x).sum().backward()
            net.zero_grad()
        if torch.cuda.is_available():
            torch.cuda.synchronize()


def peak(pair: Pair, mode: str | None, *, ours: bool) -> int:
    """The most memory that is taken at a time, in bytes, with nothing else on the GPU."""
    gc.collect()
    before = torch.cuda.memory_allocated()
    steps = Steps(pair, mode, ours=ours)
    torch.cuda.reset_peak_memory_stats()
    steps()
    return torch.cuda.max_memory_allocated() - before


class Network(NamedTuple):
    """ResNet-50 of one side: its net, what runs it, and images in the layout that it takes."""

    net: nn.Module
    run: Callable[[Tensor], Tensor]
    images: Tensor


@contextmanager
def products_in_tf32() -> Iterator[None]:
    """Lets products of float32 matrices be rounded to tf32, as cuDNN's convolutions are anyway."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def in_precision(run: Callable[[Tensor], Tensor], name: str) -> Callable[[Tensor], Tensor]:
    """What runs a net under autocast to bf16, or as it is; its logits are in float32."""

    def forward(images: Tensor) -> Tensor:
        with torch.autocast(images.device.type, torch.bfloat16, enabled=name == "bf16"):
            logits = run(images)
        return logits.float()

    return forward


def resnets(images: Tensor, precision: str, *, compiled: bool) -> tuple[Network, Network]:
    """Both sides, of the same weights, on the device that the images are on."""
    torch.compiler.reset()
    ours, theirs = networks.both(images)
    runs: list[Callable[[Tensor], Tensor]] = [ours, theirs]
    if compiled:
        runs = [
            networks.compiled_for_channels_last(ours),
            torch.compile(theirs, fullgraph=True),
        ]
    first, second = (in_precision(run, precision) for run in runs)
    last = images.permute(0, 3, 1, 2)
    return Network(ours, first, images), Network(theirs, second, last)


def work(side: Network, *, training: bool) -> Callable[[], Tensor]:
    """A step of training, or the logits, which the GPU has finished."""
    side.net.train(training)
    if training:
        run = networks.training_step(side.net, side.run, side.images)
    else:
        run = convolutions.inference(side.run, side.images)

    def finished() -> Tensor:
        result: Tensor = run()
        if result.is_cuda:
            torch.cuda.synchronize()
        return result

    return finished


def memory(side: Network, run: Callable[[], object]) -> int:
    """The most that a side takes at a time, in bytes, of which its weights are a part.

    What is there before its first run, such as the other side, does not count.
    """
    gc.collect()
    before = torch.cuda.memory_allocated()
    for _ in range(3):
        # The first runs compile, and make gradients and what the optimizer remembers.
        torch.cuda.reset_peak_memory_stats()
        run()
    weights = sum(t.nbytes for t in (*side.net.parameters(), *side.net.buffers()))
    return torch.cuda.max_memory_allocated() - before + weights


def resnet_figures(repeats: int) -> Iterator[Figure]:
    """ResNet-50 in each precision; its two sides compute the same."""
    there = torch.cuda.is_available()
    for precision, tolerance in TOLERANCE.items():
        for training in (False, True):
            for compiled in (False, True):
                time = peak_memory = None
                if there:
                    shape = (networks.BATCH, networks.SIZE, networks.SIZE, 3)
                    with products_in_tf32():
                        images = torch.randn(shape, device="cuda")
                        sides = resnets(images, precision, compiled=compiled)
                        runs = [work(side, training=training) for side in sides]
                        networks.compare(*(run() for run in runs), tolerance)
                        ours, theirs = map(memory, sides, runs)
                        a, b = medians(*map(calls, runs), repeats=repeats)
                    time, peak_memory = a / b, ours / theirs
                what = "a step of training" if training else "inference"
                name = f"ResNet-50 in slim in {precision} on a GPU, {what}"
                name, plainly = (
                    (f"{name}, compiled", "nn.Module compiled")
                    if compiled
                    else (name, "nn.Module, channels_last")
                )
                note = "" if there else "no GPU"
                yield Figure(f"{name} / {plainly}", time, note=note)
                yield Figure(f"{name}: its peak memory / hand-written's", peak_memory, note=note)


def measure(repeats: int) -> Iterator[Figure]:
    """Every net in every mode, then the network."""
    there = torch.cuda.is_available()
    for net, pair in PAIRS.items():
        for name, mode in MODES.items():
            time = memory = None
            if there:
                memory = peak(pair, mode, ours=True) / peak(pair, mode, ours=False)
                sides = (Steps(pair, mode, ours=ours) for ours in (True, False))
                a, b = medians(*map(calls, sides), repeats=3 * repeats)
                time = a / b
            note = "" if there else "no GPU"
            what = f"{net} in bf16 on a GPU, {name}"
            yield Figure(f"{what}: a step / hand-written", time, note=note)
            yield Figure(f"{what}: its peak memory / hand-written's", memory, note=note)
    yield from resnet_figures(repeats)
