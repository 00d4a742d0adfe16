"""What torch.compile sees of a pass: a function of nothing but operations.

While the compiler traces the call of an entry, the entry's Python is not traced: it runs natively,
once, on the shapes that the compiler knows, and what it did is recorded. The compiler is handed
the recording as a function, and traces that. The function reads the tensors where they are in
the module tree, and what the Python could look at of the modules, so that both are guarded as in a net
that is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, fx
from torch._dynamo.callback import CallbackArgs, callback_handler
from torch._dynamo.comptime import comptime
from torch._guards import detect_fake_mode
from torch.utils._device import DeviceContext
from torch.utils._pytree import keystr, tree_flatten_with_path

from torchscope._core.graphs.captured import capture
from torchscope._core.graphs.recording import Inputs, is_unknown
from torchscope._core.graphs.source import written
from torchscope._core.passes.one_pass import thread
from torchscope._core.pytorch.compiler import constant


class Entry(Protocol):
    """What the compiler's part asks of a method whose calls are passes (modules/entry_methods.py)."""

    compiled: Any

    @property
    def registry(self) -> Any:
        """What runs it."""

    def make_ready(self) -> None:
        """Makes what the compiler is handed."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the method in a pass."""


class Compiled:
    """The recordings of an entry that the compiler was handed, as attributes."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._noted: Any = None
        self._made = 0

        def note(context: Any) -> None:
            self._noted = context

        # The compiler calls it as it is, with what it knows of the caller.
        self.note = note

    @constant
    def name(self, surroundings: Any) -> str:
        """The name of a function that does what a call with the inputs that were noted does.

        Args:
            surroundings: what arguments scopes around the call give to functions, as
                `passes.thread` tells it; the compiler guards it.
        """
        context, self._noted = self._noted, None
        self._made += 1
        name = f"call_{self._made}"
        setattr(self, name, _function_for(self._entry, context, surroundings))
        return name


def call(entry: Entry, args: Any, kwargs: Any) -> Any:
    """Calls an entry while the compiler traces it."""
    entry.make_ready()
    compiled = entry.compiled
    comptime(compiled.note)
    surroundings = getattr(thread, "surroundings", None)
    return getattr(compiled, compiled.name(surroundings))(entry.registry.module, args, kwargs)


def _function_for(entry: Entry, context: Any, surroundings: Any) -> Callable[..., Any]:
    """A function of the net, args and kwargs, for the call that the compiler is at."""
    before = _random_state()
    if surroundings is False:
        return _uncompiled(entry, "arg_scope is open around the call in code that is compiled, too")
    try:
        inputs, places = _inputs_of(*(context.get_local(name) for name in ("args", "kwargs")))
        changed = _uncompiled(entry, "a module is not as it was when the forward was recorded")
        with _modes(context):
            captured = capture(entry.registry.module, entry, inputs, to_compile=True)
            return written(captured, places, changed)
    except Exception as error:  # noqa: BLE001
        # As it was written, and uncompiled, it does what no graph can do, or says what is wrong.
        return _uncompiled(entry, f"{type(error).__name__}: {error}")
    finally:
        _keep_what_was_drawn(before)


@contextmanager
def _modes(context: Any) -> Iterator[None]:
    """The function modes that the compiler has closed, and answers for itself: default devices above all."""
    tx = context._i_will_not_complain_if_bc_breaks_InstructionTranslator()
    with ExitStack() as stack:
        for known in tx.symbolic_torch_function_state.mode_stack:
            mode = known.value
            stack.enter_context(mode.device if isinstance(mode, DeviceContext) else mode)
        yield


def _uncompiled(entry: Entry, reason: str) -> Callable[..., Any]:
    def run(net: Any, args: Any, kwargs: Any) -> Any:
        return entry.registry._run(entry, args, kwargs)

    function: Callable[..., Any] = torch.compiler.disable(  # type: ignore[no-untyped-call]
        run, reason=reason
    )
    return function


def _inputs_of(*given: Any) -> tuple[Inputs, list[str]]:
    """Args and kwargs as the compiler knows them, and where in them the inputs of the graph are."""
    found, structure = tree_flatten_with_path(tuple(each.as_proxy() for each in given))
    leaves, places = [], []
    for path, known in found:
        leaf = known.node.meta["example_value"] if isinstance(known, fx.Proxy) else known
        if is_unknown(leaf):
            places.append(("args", "kwargs")[path[0].idx] + keystr(path[1:]))  # type: ignore[attr-defined]
        leaves.append(_alone(leaf) if isinstance(leaf, Tensor) else leaf)
    mode = detect_fake_mode()
    assert mode is not None
    return Inputs(mode, leaves, structure), places


def _alone(fake: Tensor) -> Tensor:
    """The same without what it was computed of."""
    return fake.detach().requires_grad_(fake.requires_grad)


def _random_state() -> list[Tensor]:
    states = [torch.get_rng_state()]
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        states.append(torch.cuda.get_rng_state())
    return states


def _keep_what_was_drawn(before: list[Tensor]) -> None:
    """Has random numbers go on after those that variables were made of.

    The compiler puts the generators back when it is done: a second net would get the same values.
    """
    after = _random_state()
    if all(map(torch.equal, before, after)):
        return

    def put_back(_: CallbackArgs) -> None:
        # Another list, since the compiler is going through this one.
        callback_handler.end_callbacks = [
            each for each in callback_handler.end_callbacks if each is not put_back
        ]
        torch.set_rng_state(after[0])
        if len(after) > 1:
            torch.cuda.set_rng_state(after[1])

    callback_handler.register_end_callback(put_back)
