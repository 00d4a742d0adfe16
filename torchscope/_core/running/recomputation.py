"""Activation checkpointing: memory for time, in functions that ask for variables.

What a checkpointed function computes is not kept for backward: the function runs again there. By
then its pass is over. So the pass is copied as it is when the function begins, and a copy of that
copy is put back whenever the function runs again. It asks as it asked before, and finds the same.
Where a pass is recorded, marks say which operations are the function's (`graphs/checkpointed_regions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

import torch
import torch.utils.checkpoint

from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.pytorch import fakes, versions

# In the meta of a node that says where a function begins: how it is to run again.
OPTIONS = "torchscope_recompute"

R = TypeVar("R")
Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]


def recompute(
    fn: Callable[..., R],
    *args: Any,
    use_reentrant: bool = False,
    context_fn: Callable[[], Contexts] | None = None,
    preserve_rng_state: bool = True,
    determinism_check: str = "default",
    debug: bool = False,
    **kwargs: Any,
) -> R:
    """Calls a function whose activations are computed again in backward rather than kept.

    It is ``torch.utils.checkpoint.checkpoint(..., use_reentrant=False)`` for a function that asks
    for variables. In backward it finds the variables that it found in forward, under the same
    names; the pass's claims, names and collections stay as forward left them. In `graph` and in
    torch.compile its operations run again rather than its Python; there it may read what it changes.

    >>> import torch, torchscope as ts
    >>> def block(x):
    ...     with ts.variable_scope(None, default_name="block"):
    ...         return torch.sin(x * ts.get_variable("w", [3]))
    >>> net = ts.ScopedModule(lambda x: ts.recompute(block, ts.recompute(block, x)))
    >>> net(torch.ones(3)).sum().backward()
    >>> [(name, w.grad.shape) for name, w in net.registry.variables.items()]
    [('block/w', torch.Size([3])), ('block_1/w', torch.Size([3]))]

    Args:
        fn: the function. It must do the same when it runs again; so, uncompiled, it must not read
            what it changes, as batch renormalization does.
        *args: its arguments.
        use_reentrant: only False: a reentrant backward does not reach variables.
        context_fn: gives a context for the first run and one for the second, as in PyTorch; for
            selective checkpointing.
        preserve_rng_state: whether the second run draws the random numbers of the first.
        determinism_check: as in PyTorch.
        debug: as in PyTorch.
        **kwargs: its keyword arguments.

    Raises:
        TypeError: `fn` cannot be called.
        ValueError: use_reentrant is not False.
        RuntimeError: in backward, when `fn` asks for a variable that does not exist.
    """
    if not callable(fn):
        raise TypeError(f"ts.recompute takes a function and its arguments; the function is {fn!r}.")
    if use_reentrant:
        raise ValueError(
            "ts.recompute has no use_reentrant=True: such a backward reaches the arguments of a "
            "function, but not the variables that it asks for. Leave it out."
        )
    computed = fakes.are_recorded() or not fakes.are_used()
    if not (computed and torch.is_grad_enabled()):
        # Nothing is differentiated.
        return fn(*args, **kwargs)
    if fakes.are_recorded():
        options = {
            "context_fn": context_fn,
            "preserve_rng_state": preserve_rng_state,
            "determinism_check": determinism_check,
            "debug": debug,
        }
        return _marked(partial(fn, *args, **kwargs), options)
    result: R = torch.utils.checkpoint.checkpoint(
        fn,
        *args,
        use_reentrant=False,
        preserve_rng_state=preserve_rng_state,
        determinism_check=determinism_check,
        debug=debug,
        context_fn=partial(_contexts, passes.current(), context_fn),
        **kwargs,
    )
    return result


def begins() -> None:
    """In a recording: a function begins that is to run again in backward. It does nothing."""


def ends(begin: None) -> None:
    """In a recording: the function ends."""


def _marked(call: Callable[[], R], options: dict[str, Any]) -> R:
    """Calls a function while it is recorded, and has the recording say what belongs to it."""
    graph = fakes.recorded()
    if graph is None or torch.compiler.is_exporting():
        # Who reads what was exported knows operations of PyTorch alone.
        return call()
    begin = graph.call_function(begins)
    begin.meta[OPTIONS] = options
    try:
        return call()
    finally:
        graph.call_function(ends, (begin,))


def _contexts(pass_: Pass, context_fn: Callable[[], Contexts] | None) -> Contexts:
    """The contexts of the first run, which begins now, and of the second."""
    first, second = (nullcontext(), nullcontext()) if context_fn is None else context_fn()
    versions.save_past_hooks(first)
    here = pass_.as_it_is()
    return _first_run(pass_, here, first), _SecondRun(here, second)


@contextmanager
def _first_run(pass_: Pass, here: Pass, inner: AbstractContextManager[Any]) -> Iterator[None]:
    """A run that may make variables, and notes how far random numbers were drawn for them."""
    outer = pass_.drawn
    pass_.drawn = here.drawn = {} if outer is None else outer
    try:
        with inner:
            yield
    finally:
        pass_.drawn = outer
        asked, before = pass_.claims, here.claims
        pass_.recomputed.update(record for record in asked if asked[record] != before.get(record))


def again(here: Pass) -> AbstractContextManager[Any]:
    """A block in a pass as it was when `here` was copied of it, for what backward calls."""
    return _SecondRun(here, nullcontext())


class _SecondRun:
    """A run in a pass as it was when the first run began. There may be several."""

    def __init__(self, here: Pass, inner: AbstractContextManager[Any]) -> None:
        self._here = here
        # A registry holds its module weakly, and backward may be all that is left of a net.
        self._module = here.registry.module
        self._inner = inner

    def __enter__(self) -> None:
        pass_ = self._here.as_it_is()
        pass_.outer = passes.active()
        if pass_.drawn:
            # No request may take the fast way, past what was noted for it.
            pass_.send_through((_make, *pass_.creators))
        with ExitStack() as stack:
            passes.enter(pass_)
            stack.callback(passes.leave, pass_)
            stack.enter_context(self._inner)
            self._stack = stack.pop_all()

    def __exit__(self, *exc_info: object) -> Any:
        return self._stack.__exit__(*exc_info)  # type: ignore[arg-type]


def _make(make: Callable[..., Any], **kwargs: Any) -> Any:
    """A variable creator that changes nothing."""
    return make(**kwargs)
