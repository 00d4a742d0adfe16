"""How time is taken: candidates take turns, and the median of each counts.

What else the machine does at the time disturbs all candidates alike. Python's garbage collector is
off while the clock runs.
"""

from __future__ import annotations

import multiprocessing
import statistics
import timeit
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tqdm import tqdm

Sample = Callable[[], float]
"""Runs a piece of work once, and gives the seconds that it took."""


def calls(function: Callable[[], object]) -> Sample:
    """A sample of one call of `function`."""
    timer = timeit.Timer(function)
    return lambda: timer.timeit(1)


def lines(code: str, count: int, **names: Any) -> Sample:
    """A sample of one line of code, as the mean of `count` copies of it written one below the other.

    No loop is in the way. `{i}` in the line becomes the number of the copy.
    """
    timer = timeit.Timer("\n".join(code.format(i=i) for i in range(count)), globals=names)
    return lambda: timer.timeit(1) / count


def medians(*samples: Sample, repeats: int, warmup: int = 2) -> list[float]:
    """The median of each sample, over `repeats` rounds in which they take turns.

    Every other round goes through them backwards, so that none has the better place.
    """
    taken: list[list[float]] = [[] for _ in samples]
    order = list(range(len(samples)))
    for number in tqdm(range(warmup + repeats), desc="rounds", leave=False, disable=None):
        for which in order:
            seconds = samples[which]()
            if number >= warmup:
                taken[which].append(seconds)
        order.reverse()
    return [statistics.median(times) for times in taken]


def in_own_process(function: Callable[..., Any], *args: Any) -> Any:
    """What `function(*args)` returns in a new process, which nothing has touched before."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *args).result()
