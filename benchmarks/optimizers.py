"""A step of Adam over the parameters of ResNet-50, and the memory of what it keeps, beside torch.optim.Adam.

On the CPU, and on a GPU where there is one: as both are by default there, by foreach, and by PyTorch's fused
kernel.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.figures import Figure
from benchmarks.networks import HandWritten, compare
from benchmarks.timing import calls, medians
from torchscope import optim


def parameters(device: str) -> list[Tensor]:
    """ResNet-50's, with gradients."""
    torch.manual_seed(0)
    made: list[Tensor] = [nn.Parameter(p.detach().to(device)) for p in HandWritten().parameters()]
    for parameter in made:
        parameter.grad = torch.randn_like(parameter)
    return made


def bytes_of(optimizer: torch.optim.Optimizer) -> int:
    """What tensors an optimizer keeps."""
    kept = [value for state in optimizer.state.values() for value in state.values()]
    return sum(value.numel() * value.element_size() for value in kept if isinstance(value, Tensor))


class Steps:
    """Steps that the device has finished."""

    def __init__(self, optimizer: torch.optim.Optimizer, device: str) -> None:
        self.optimizer, self.device = optimizer, device

    def __call__(self) -> None:
        """One step."""
        self.optimizer.step()
        if self.device == "cuda":
            torch.cuda.synchronize()


def beside(device: str, repeats: int, *, fused: bool) -> tuple[float, float]:
    """Our time and memory over theirs."""
    own, other = parameters(device), parameters(device)
    # So small that it does not matter where epsilon is added.
    ours = optim.Adam(own, 0.001, epsilon=1e-12, fused=fused)
    how = {"fused": True} if fused else {"foreach": True}
    theirs = torch.optim.Adam(other, 0.001, eps=1e-12, **how)
    a, b = medians(
        *(calls(Steps(each, device)) for each in (ours, theirs)), repeats=repeats, warmup=3
    )
    for parameter, same in zip(own, other, strict=True):
        compare(parameter, same)
    return a / b, bytes_of(ours) / bytes_of(theirs)


def measure(repeats: int) -> Iterator[Figure]:
    """The time of each way on each device, and the memory."""
    memory = 0.0
    for device in ("cpu", "cuda"):
        there = device == "cpu" or torch.cuda.is_available()
        note = "" if there else "no GPU"
        for fused in (False, True):
            time = None
            if there:
                time, memory = beside(device, repeats, fused=fused)
            how = "fused=True" if fused else "foreach=True"
            where = "on a GPU" if device == "cuda" else "on the CPU"
            name = f"a step of Adam over ResNet-50 {where} / torch.optim.Adam({how})"
            yield Figure(name, time, 1.1, 1.0, note=note)
    yield Figure("what Adam keeps of ResNet-50 / torch.optim.Adam's", memory, 1.01, 1.0)
