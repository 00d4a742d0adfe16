"""How long each operation of a recorded graph takes: it runs alone, between two looks at the clock.

The tensors that it reads are copies, and random numbers are put back: what is measured leaves nothing behind.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, fx
from torch.utils._pytree import tree_leaves

from torchscope._core.graphs.listing import SECONDS
from torchscope._core.pytorch.fakes import has_values

# Turns that count: for half a second, so that a moment in which the machine did something else is no median.
_FEWEST, _MOST, _LONG = 5, 100, 0.5


def measure(module: fx.GraphModule, tensors: list[Tensor]) -> None:
    """Notes of each operation of a graph how many seconds it takes: the median of some turns.

    Args:
        module: the graph.
        tensors: what its placeholders stand for.

    Raises:
        ValueError: some of them have no values.
    """
    if not all(map(has_values, tensors)):
        raise ValueError(
            "Only operations on values take time, and an input or a variable is a tensor without values. "
            "Give inputs that have some, torch.randn(8, 3) say; where variables are on the device meta, "
            "give them memory first: net.to_empty(device='cpu')."
        )
    values = tree_leaves([node.meta.get("val") for node in module.graph.nodes])
    devices = {each.device for each in values if isinstance(each, Tensor)}
    clock = _Clock(module, [each for each in devices if each.type != "cpu"])
    copies = [each.detach().clone().requires_grad_(each.requires_grad) for each in tensors]
    with torch.random.fork_rng([each.index or 0 for each in clock.devices]):
        # It finds memory and kernels that the others have then.
        clock.run(*copies, enable_io_processing=False)
        clock.seconds.clear()
        end = time.perf_counter() + _LONG
        for turn in range(_MOST):
            if turn >= _FEWEST and time.perf_counter() > end:
                break
            clock.run(*copies, enable_io_processing=False)
    for node, seconds in clock.seconds.items():
        node.meta[SECONDS] = statistics.median(seconds)


class _Clock(fx.Interpreter):
    """Runs a graph operation by operation, and keeps how long each takes.

    Attributes:
        devices: those to wait for, on which operations only begin when they are called.
        seconds: of each operation, in each turn.
    """

    def __init__(self, module: fx.GraphModule, devices: list[torch.device]) -> None:
        super().__init__(module)
        self.devices = devices
        self.seconds: dict[fx.Node, list[float]] = defaultdict(list)

    def run_node(self, n: fx.Node) -> Any:
        """Runs a node."""
        # Any: what the node gives.
        if n.op != "call_function":
            return super().run_node(n)
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        function: Any = n.target
        self._wait()
        start = time.perf_counter()
        result = function(*args, **kwargs)
        self._wait()
        self.seconds[n].append(time.perf_counter() - start)
        return result

    def _wait(self) -> None:
        for device in self.devices:
            torch.accelerator.synchronize(device)
