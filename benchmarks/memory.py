"""How much memory a piece of work takes at a time, on a CPU: what PyTorch's profiler notes."""

from __future__ import annotations

import gc
from collections.abc import Callable

from torch.profiler import ProfilerActivity, profile


def peak(run: Callable[[], object]) -> int:
    """The most bytes that tensors take at a time while `run` works, beyond what was there before."""
    gc.collect()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as noted:
        run()
    events = noted.profiler.kineto_results.events()  # type: ignore[union-attr]
    taken = most = 0
    for event in sorted((e for e in events if e.name() == "[memory]"), key=lambda e: e.start_ns()):
        taken += event.nbytes()
        most = max(most, taken)
    return most
