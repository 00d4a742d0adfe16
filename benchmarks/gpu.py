"""On a GPU: the conv stack, a transformer block, the README's filter, ResNet-50 in slim and recurrent cells.

The first two in bf16, eager, compiled and as CUDA graphs: time and peak memory of a forward and a
backward pass. The filter in float32, on one pair of images and on many. The network as networks.py has it, as
it is, by ts.graph in eager and by torch.compile's defaults, in inference and in training, a few images at a time
and many: in bf16 by autocast, where the weights stay in float32, and in float32 whose products are rounded to
tf32. All beside hand-written modules.

`python -m benchmarks gpu` needs PyTorch, and of the extras `checkpoint`. What is compiled is compiled
side by side before, or it would take longer than all that is measured.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import product, repeat
from typing import Any, NamedTuple, TypeVar

import torch
import torch._inductor.config
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

import torchscope as ts
from benchmarks import convolutions, networks, recurrent
from benchmarks.figures import Figure
from benchmarks.timing import calls, medians

T = TypeVar("T")
WIDTH, HEADS = 768, 12
# By how much logits and losses of ResNet-50 may differ, relative to the largest.
TOLERANCE = {"bf16": 0.05, "tf32": 0.01}
# Few images, where a GPU waits for Python, and many.
BATCHES = (8, 64)
# What one job of compile_ahead may take of the GPU's memory, in bytes: 64 images in training.
JOB = 12 << 30
# The ways to call a net, and what inference and training must be, and are to be.
WAYS = {
    "as it is": ((1.5, 1.2), (1.3, 1.1)),
    "ts.graph": ((1.05, 0.95), (1.05, 0.95)),
    "compiled": ((1.05, 1.0), (1.05, 1.0)),
}
FILTERED = (1, 64, 256)
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


class Setting(NamedTuple):
    """What ResNet-50 is asked to do."""

    precision: str
    training: bool
    batch: int

    def __str__(self) -> str:
        """For a figure's name."""
        what = "a step of training" if self.training else "inference"
        return f"ResNet-50 in slim, {self.batch} images in {self.precision} on a GPU, {what}"


SETTINGS = [Setting(*each) for each in product(TOLERANCE, (False, True), BATCHES)]


class Side(NamedTuple):
    """ResNet-50 of one side, and a step of training or of inference, which the GPU has finished."""

    net: nn.Module
    step: Callable[[], Tensor]


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


def finished(step: Callable[[], T]) -> Callable[[], T]:
    """A step that waits for the GPU, where there is one."""

    def run() -> T:
        result = step()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return result

    return run


def sides(setting: Setting, images: Tensor, way: str) -> tuple[Side, Side]:
    """Ours and the hand-written one, of the same weights, on the device that the images are on."""
    torch.compiler.reset()
    ours, theirs = networks.both(images)
    ours.train(setting.training), theirs.train(setting.training)
    runs: list[Callable[[Tensor], Tensor]]
    if way == "compiled":
        runs = [torch.compile(net, fullgraph=True) for net in (ours, theirs)]
    else:
        runs = [ts.graph(ours, images) if way == "ts.graph" else ours, theirs]
    made = []
    for net, run, x in zip((ours, theirs), runs, (images, images.permute(0, 3, 1, 2)), strict=True):
        forward = in_precision(run, setting.precision)
        if setting.training:
            step = networks.training_step(net, forward, x)
        else:
            step = convolutions.inference(forward, x)
        made.append(Side(net, finished(step)))
    return made[0], made[1]


def memory(side: Side) -> int:
    """The most that a side takes at a time, in bytes, of which its weights are a part.

    What is there before its first step, such as the other side, does not count.
    """
    gc.collect()
    before = torch.cuda.memory_allocated()
    for _ in range(3):
        # The first steps compile, and make gradients and what the optimizer remembers.
        torch.cuda.reset_peak_memory_stats()
        side.step()
    weights = sum(t.nbytes for t in (*side.net.parameters(), *side.net.buffers()))
    return torch.cuda.max_memory_allocated() - before + weights


def in_setting(setting: Setting, repeats: int, way: str) -> tuple[float, float]:
    """Time and peak memory, each ours / theirs, of two sides that compute the same."""
    shape = (setting.batch, networks.SIZE, networks.SIZE, 3)
    with products_in_tf32():
        both = sides(setting, torch.randn(shape, device="cuda"), way)
        networks.compare(*(side.step() for side in both), TOLERANCE[setting.precision])
        ours, theirs = map(memory, both)
        a, b = medians(*(calls(side.step) for side in both), repeats=repeats)
    return a / b, ours / theirs


def compile_once(job: Setting | tuple[str, str], threads: int) -> None:
    """Compiles both sides of a setting of ResNet-50, or of a pair in a mode."""
    torch._inductor.config.compile_threads = threads
    if isinstance(job, Setting):
        shape = (job.batch, networks.SIZE, networks.SIZE, 3)
        with products_in_tf32():
            for side in sides(job, torch.randn(shape, device="cuda"), "compiled"):
                side.step()
    else:
        net, mode = job
        for ours in (True, False):
            Steps(PAIRS[net], mode, ours=ours)


def compile_ahead() -> None:
    """Compiles all that will be measured, side by side.

    Inductor keeps the code on disk, from where it comes when the clock is about to run.
    """
    pairs = [(net, mode) for net in PAIRS for mode in MODES.values() if mode is not None]
    jobs: list[Setting | tuple[str, str]] = [*SETTINGS, *pairs]
    cores = os.cpu_count() or 1
    at_a_time = max(1, min(len(jobs), cores // 2, torch.cuda.mem_get_info()[0] // JOB))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_a_time, mp_context=spawn) as pool:
        compiled = pool.map(compile_once, jobs, repeat(max(1, cores // at_a_time)))
        list(tqdm(compiled, desc="compiling", total=len(jobs), leave=False, disable=None))


def resnet_figures(repeats: int) -> Iterator[Figure]:
    """ResNet-50 in each setting: the net as it is, its graph, and what torch.compile makes of it."""
    there = torch.cuda.is_available()
    for setting, way in product(SETTINGS, WAYS):
        time = memory = None
        if there:
            time, memory = in_setting(setting, repeats, way)
        note = "" if there else "no GPU"
        theirs = "nn.Module compiled" if way == "compiled" else "nn.Module, channels_last"
        name = f"{setting}, {way}"
        yield Figure(f"{name} / {theirs}", time, *WAYS[way][setting.training], note=note)
        yield Figure(f"{name}: its peak memory / hand-written's", memory, 1.02, 1.0, note=note)


def filter_figures(repeats: int) -> Iterator[Figure]:
    """The README's filter on pairs of images: a forward and a backward pass."""
    there = torch.cuda.is_available()
    for batch in FILTERED:
        ratio = None
        if there:
            pair = [torch.randn(batch, size, size, 3, device="cuda") for size in (10, 20)]
            ours = ts.ScopedModule(convolutions.two_towers).cuda()
            ours(*pair)
            theirs = convolutions.channels_last(convolutions.TwoTowers()).cuda()
            a, b = medians(
                calls(finished(convolutions.training(ours, *pair))),
                calls(
                    finished(convolutions.training(theirs, *[x.permute(0, 3, 1, 2) for x in pair]))
                ),
                repeats=3 * repeats,
            )
            ratio = a / b
        bounds = (1.15, 1.0) if batch == 1 else (None, None)
        what = f"my_image_filter on {batch} pairs of images, on a GPU: a step / hand-written"
        yield Figure(what, ratio, *bounds, note="" if there else "no GPU")


def recurrent_figures(repeats: int) -> Iterator[Figure]:
    """Cells in dynamic_rnn, beside cuDNN's and beside loops that are written by hand."""
    there, units, steps = torch.cuda.is_available(), recurrent.UNITS, recurrent.STEPS
    own: dict[str, tuple[Callable[[int], Any], Callable[[int], nn.Module], str, float, float]] = {
        "BasicLSTMCell": (ts.rnn.BasicLSTMCell, partial(recurrent.Own, nn.LSTM), "cuDNN", 1.1, 1.0),
        "GRUCell": (ts.rnn.GRUCell, partial(recurrent.Own, nn.GRU), "cuDNN", 3.0, 1.5),
    }
    loops = [(name, (*pair, "a loop by hand", 1.0, 0.5)) for name, pair in recurrent.PAIRS.items()]
    for name, (cell, other, beside, must, aim) in (*own.items(), *loops):
        for mode, work in recurrent.WORK.items():
            ratio = None
            if there:
                x = torch.randn(recurrent.BATCH, steps, units, device="cuda")
                nets = recurrent.over_steps(cell, units).cuda(), other(units).cuda()
                a, b = medians(*(calls(finished(work(net, x))) for net in nets), repeats=repeats)
                ratio = a / b
            what = f"{name} of {units} in dynamic_rnn, {steps} steps, on a GPU, {mode}"
            yield Figure(f"{what} / {beside}", ratio, must, aim, note="" if there else "no GPU")


def measure(repeats: int) -> Iterator[Figure]:
    """Every net in every mode, then the network, the filter and the cells."""
    there = torch.cuda.is_available()
    if there:
        compile_ahead()
    for net, pair in PAIRS.items():
        for name, mode in MODES.items():
            time = memory = None
            if there:
                memory = peak(pair, mode, ours=True) / peak(pair, mode, ours=False)
                steps = (Steps(pair, mode, ours=ours) for ours in (True, False))
                a, b = medians(*map(calls, steps), repeats=3 * repeats)
                time = a / b
            note = "" if there else "no GPU"
            what = f"{net} in bf16 on a GPU, {name}"
            yield Figure(f"{what}: a step / hand-written", time, note=note)
            yield Figure(f"{what}: its peak memory / hand-written's", memory, note=note)
    yield from resnet_figures(repeats)
    yield from filter_figures(repeats)
    yield from recurrent_figures(repeats)
