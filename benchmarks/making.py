"""Making many variables, beside making as many nn.Parameters by hand; and what they weigh.

Variables of 4 floats, ten to a scope, drawn uniformly on either side. Every net is made in a
process of its own, so that its resident memory can be told.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import psutil
import torch
from torch import nn
from tqdm import tqdm

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.timing import in_own_process

MANY = 10**5
PER_SCOPE = 10


class Made(NamedTuple):
    """What it took: seconds, and bytes of resident memory."""

    seconds: float
    size: float


class Block(nn.Module):
    """By hand: ten parameters."""

    def __init__(self) -> None:
        super().__init__()
        for i in range(PER_SCOPE):
            setattr(self, f"v{i}", nn.Parameter(torch.empty(4).uniform_(-1.0, 1.0)))


def by_hand(count: int) -> nn.Module:
    """As many nn.Parameters in modules."""
    return nn.ModuleList(Block() for _ in range(count // PER_SCOPE))


def by_name(count: int) -> nn.Module:
    """As many variables in scopes, made by the first pass of a model function."""

    def model() -> None:
        uniform = ts.random_uniform_initializer(-1.0, 1.0)
        for block in range(count // PER_SCOPE):
            with ts.variable_scope(f"block{block}"):
                for i in range(PER_SCOPE):
                    ts.get_variable(f"v{i}", [4], initializer=uniform)

    net = ts.ScopedModule(model)
    net()
    return net


def make(how: Callable[[int], nn.Module], count: int) -> Made:
    """Makes a net, after a small one to warm up, and says what it took."""
    how(10 * PER_SCOPE)
    process = psutil.Process()
    gc.collect()
    gc.disable()
    before = process.memory_info().rss
    start = time.perf_counter()
    net = how(count)
    seconds = time.perf_counter() - start
    gc.collect()
    size = process.memory_info().rss - before
    assert len(list(net.parameters())) == count
    return Made(seconds, size)


def measure(repeats: int) -> Iterator[Figure]:
    """Rounds of 10^5 by hand, 10^5 by name and 10^6 by name."""
    candidates = (by_hand, MANY), (by_name, MANY), (by_name, 10 * MANY)
    rounds = [
        [in_own_process(make, *candidate) for candidate in candidates]
        for _ in tqdm(range(max(1, repeats // 10)), desc="rounds", leave=False, disable=None)
    ]
    theirs, ours, tenfold = (
        Made(*map(statistics.median, zip(*of_one, strict=True)))
        for of_one in zip(*rounds, strict=True)
    )
    beyond = (ours.size - theirs.size) / MANY / 1024
    yield Figure(
        "making 10^5 variables / as many nn.Parameters by hand",
        ours.seconds / theirs.seconds,
        3.0,
        2.0,
    )
    yield Figure(
        "making 10^6 variables / ten times 10^5 (growth)",
        tenfold.seconds / (10 * ours.seconds),
        1.2,
        1.05,
    )
    yield Figure("memory of a variable beyond a Parameter's by hand", beyond, 2.0, 0.5, unit="KB")
    yield Figure(
        "memory of a Parameter by hand, with its module", theirs.size / MANY / 1024, unit="KB"
    )
    yield Figure("making a variable", ours.seconds / MANY * 1e6, unit="us")
