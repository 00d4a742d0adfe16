"""A hundred layers of 16x16, where there is nothing but overhead: eager, compiled, being compiled.

Hand-written is the shortest nn.Module: one nn.Sequential of nn.Linear and nn.ReLU. A loop that calls
F.relu itself has fewer modules to call, and stands beside it. Either side computes F.linear and a
relu per layer, for one row of 16 numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._dynamo.eval_frame import _debug_get_cache_entry_list

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.timing import calls, medians

LAYERS = 100


def model(x: Tensor) -> Tensor:
    """Our side."""
    for i in range(LAYERS):
        with ts.variable_scope(f"layer{i}"):
            weights = ts.get_variable("weights", [16, 16])
            biases = ts.get_variable("biases", [16])
            x = F.relu(F.linear(x, weights, biases))
    return x


def hand_written() -> nn.Module:
    """The other side."""
    return nn.Sequential(*(m for _ in range(LAYERS) for m in (nn.Linear(16, 16), nn.ReLU())))


class Loop(nn.Module):
    """The same with half as many modules to call."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(16, 16) for _ in range(LAYERS))

    def forward(self, x: Tensor) -> Tensor:
        """One layer after the other."""
        for layer in self.layers:
            x = F.relu(layer(x))
        return x


def compiled(net: nn.Module) -> Callable[[Tensor], Tensor]:
    """The net compiled as one graph."""
    return torch.compile(net, fullgraph=True)


def compile_time(net: nn.Module, x: Tensor) -> float:
    """The seconds of a compiled net's first call, where inductor's cache has its kernels already."""
    torch.compiler.reset()
    start = time.perf_counter()
    compiled(net)(x)
    return time.perf_counter() - start


def guards(net: nn.Module, x: Tensor) -> int:
    """How many checks dynamo makes before each call of what it compiled."""

    def run(x: Tensor) -> Tensor:
        return net(x)

    torch.compiler.reset()
    torch.compile(run, fullgraph=True, backend="eager")(x)
    (entry,) = _debug_get_cache_entry_list(run)
    tree = str(entry.guard_manager).splitlines()
    return sum("+- " in line and "Manager" not in line for line in tree)


def measure(repeats: int) -> Iterator[Figure]:
    """Eager first: compiling leaves its marks on a process. There is no work for a second thread."""
    torch.set_num_threads(1)
    x = torch.randn(1, 16)
    ours, theirs, loop = ts.ScopedModule(model), hand_written(), Loop()
    nets = ours, theirs, loop
    ours(x)
    name = "forward of 100 layers of 16x16, {} / hand-written{}"
    inference, training = torch.inference_mode, torch.enable_grad

    def forward(*callables: Callable[[Tensor], Tensor]) -> list[float]:
        # Single calls, and many: most of them are over before another process gets the core.
        samples = [calls(lambda net=net: net(x)) for net in callables]
        return medians(*samples, repeats=20 * repeats, warmup=20)

    with inference():
        a, b, c = forward(*nets)
    yield Figure(name.format("eager", ""), a / b, 1.15, 1.05)
    yield Figure(name.format("eager", " as a loop"), a / c)
    with training():
        a, b, c = forward(*nets)
    yield Figure(name.format("eager, gradients on", ""), a / b)

    rounds = max(1, repeats // 6)
    with inference():
        a, b, c = medians(
            *(lambda net=net: compile_time(net, x) for net in nets), repeats=rounds, warmup=1
        )
        counts = [guards(net, x) for net in nets]
    yield Figure("compile time of 100 layers / hand-written's, both warm", a / b, 1.5, 1.1)
    yield Figure("compile time of 100 layers / hand-written's as a loop", a / c)
    yield Figure("guards of 100 layers compiled / hand-written's", counts[0] / counts[1])
    yield Figure("guards of 100 layers compiled / hand-written's as a loop", counts[0] / counts[2])

    torch.compiler.reset()
    fast = [compiled(net) for net in nets]
    with inference():
        a, b, c = forward(*fast)
    yield Figure(name.format("compiled", " compiled"), a / b, 1.05, 1.0)
    yield Figure(name.format("compiled", " as a loop, compiled"), a / c)
    with training():
        a, b, c = forward(*fast)
    yield Figure(name.format("compiled, gradients on", " compiled"), a / b)
