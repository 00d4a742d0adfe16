"""Fake tensors: shapes without values, which `ts.build` runs a net on.

What a variable is made of must be real all the same. So whatever makes or lays out a variable
steps out of fake mode while it does so. And a value that the model function computes from no input
(``tf.Variable(tf.zeros([10]))``) is computed after all, when a variable is made of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
    UnsupportedOperatorException,
    unset_fake_temporarily,
)
from torch.autograd.graph import saved_tensors_hooks
from torch.fx.experimental.proxy_tensor import get_proxy_mode
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode_stack
from torch.utils._pytree import tree_leaves, tree_map_only


def are_used() -> bool:
    """Whether tensors that are made now are fake."""
    return torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE) is not None


def has_values(tensor: Tensor) -> bool:
    """Whether a tensor's values can be looked at: none are there on meta, in a recording, in compiled code.

    >>> has_values(torch.ones(2)), has_values(torch.ones(2, device="meta"))
    (True, False)
    """
    return not (tensor.is_meta or are_used() or torch.compiler.is_dynamo_compiling())


def recorded() -> fx.Graph | None:
    """The graph that notes what is done with fake tensors, as torch.export and ts.graph do, if any."""
    mode = get_proxy_mode()
    return None if mode is None else mode.tracer.graph


def are_recorded() -> bool:
    """Whether what is done with fake tensors is noted in a graph."""
    return get_proxy_mode() is not None


def outside() -> Any:
    """A context in which tensors are real; free where they are so already."""
    return unset_fake_temporarily() if are_used() else nullcontext()


@contextmanager
def no_autocast_cache() -> Iterator[None]:
    """A context in which autocast keeps no weights that it has cast: they would be fake afterwards."""
    before = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(False)
    try:
        yield
    finally:
        torch.set_autocast_cache_enabled(before)


def no_saving_hooks() -> Any:
    """A context in which what is kept for backward goes through no hooks: they would be given fakes."""
    if torch._C._autograd._saved_tensors_hooks_get_disabled_error_message() is not None:
        return nullcontext()
    return saved_tensors_hooks(_itself, _itself)


def _itself(tensor: Tensor) -> Tensor:
    return tensor


def uncompiled() -> Any:
    """A context in which what torch.compile wrapped runs as it was written."""
    if "torch._dynamo" not in sys.modules:
        # Nothing is compiled, and importing the compiler takes seconds.
        return nullcontext()
    return torch.compiler.set_stance("force_eager")


def real(value: Tensor, name: str) -> Tensor:
    """The tensor that `value` stands for, to make the variable `name` of; called outside.

    Raises:
        RuntimeError: it depends on an input, or on what the net has changed.
    """
    if not isinstance(value, FakeTensor):
        return value
    for mode in _get_current_dispatch_mode_stack():
        if isinstance(mode, DeferredOperations) and mode.knows(value):
            return mode.value_of(value)
    raise RuntimeError(
        f"The first value of variable {name} depends on the inputs or on what the model function "
        "has changed, and ts.build does not compute that. Call the module once on real inputs "
        "instead of ts.build, or give an initializer."
    )


class _Step(NamedTuple):
    """An operation that was put off, and the storages (which views share) that it touches."""

    func: Any
    args: Any
    kwargs: dict[str, Any]
    out: Any
    reads: set[int]
    writes: set[int]


class DeferredOperations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Goes over a fake mode, and notes the operations that depend on no input, to run them if needed.

    It also keeps real tensors from being written to, which fake mode lets some operations do.
    """

    supports_higher_order_operators = True

    def __init__(self, mode: FakeTensorMode) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._mode = mode
        self._steps: list[_Step] = []
        # Of each fake tensor that no input went into, by its id: itself, so that the id stays its
        # own, and the real one, once there is one.
        self._noted: dict[int, Tensor] = {}
        self._values: dict[int, Tensor] = {}
        # Storages, told by addresses, which stay their own for those of noted tensors only: all of
        # these; those of real tensors from outside; and those whose values are lost.
        self._kept: set[int] = set()
        self._lasting: set[int] = set()
        self._lost: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs one operation on fake tensors."""
        kwargs = kwargs or {}
        schema = getattr(func, "_schema", None)
        if schema is None or not are_used():
            return func(*args, **kwargs)
        if not schema.is_mutable and any(
            isinstance(a, FakeTensor) and not self.knows(a) for a in args
        ):
            # Most operations: an input goes into them, and they write to nothing. Fake mode takes
            # real tensors as they are, but none of a class of its own, as variables are.
            args, kwargs = tree_map_only(_is_variable, self._fake, (args, kwargs))
            return func(*args, **kwargs)
        if func is torch.ops.aten.lift_fresh.default and not isinstance(args[0], FakeTensor):
            # The values of torch.tensor([...]).
            with outside():
                value = args[0].clone()
            return self._note(func(*args), value)
        args, kwargs = tree_map_only(Tensor, self._fake, (args, kwargs))
        given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
        writes = _storages(_written(schema, args, kwargs))
        known = all(map(self.knows, given)) and not writes & self._lasting
        out = func(*args, **kwargs)
        if known:
            for tensor in tree_leaves(out):
                self._note(tensor)
            self._steps.append(_Step(func, args, kwargs, out, _storages(given), writes))
        else:
            self._lost |= writes & self._kept
        return out

    def _fake(self, tensor: Tensor) -> Tensor:
        if isinstance(tensor, FakeTensor):
            return tensor
        fake: Tensor = self._note(self._mode.from_tensor(tensor), tensor)
        self._lasting |= _storages([fake])
        return fake

    def _note(self, fake: Any, value: Tensor | None = None) -> Any:
        if isinstance(fake, FakeTensor):
            self._noted[id(fake)] = fake
            self._kept |= _storages([fake])
            if value is not None:
                self._values[id(fake)] = value
        return fake

    def knows(self, fake: Tensor) -> bool:
        """Whether the value of a fake tensor can be computed."""
        return id(fake) in self._noted and not _storages([fake]) & self._lost

    def value_of(self, fake: Tensor) -> Tensor:
        """The value of a fake tensor; runs what it needs of the operations that were put off."""
        needed, overwritten = _storages([fake]), set[int]()
        now, later = [], []
        for step in reversed(self._steps):
            gives = _storages(tree_leaves(step.out)) | step.writes
            if gives & needed or step.reads & overwritten:
                now.append(step)
                needed |= step.reads
                overwritten |= step.writes
            else:
                later.append(step)
        self._steps = later[::-1]
        for step in reversed(now):
            args, kwargs = tree_map_only(
                FakeTensor, lambda t: self._values[id(t)], (step.args, step.kwargs)
            )
            values = tree_leaves(step.func(*args, **kwargs))
            for out, value in zip(tree_leaves(step.out), values, strict=True):
                self._values[id(out)] = value
        return self._values[id(fake)]


def _is_variable(value: Any) -> bool:
    return isinstance(value, Tensor) and type(value) not in _PLAIN


_PLAIN = (FakeTensor, Tensor, nn.Parameter)


def _storages(tensors: Any) -> set[int]:
    return {t.untyped_storage()._cdata for t in tensors if isinstance(t, Tensor)}


def _written(schema: Any, args: Any, kwargs: dict[str, Any]) -> list[Any]:
    """The arguments that an operation writes to."""
    if not schema.is_mutable:
        return []
    named = dict(zip((each.name for each in schema.arguments), args, strict=False)) | kwargs
    written = [
        named.get(a.name) for a in schema.arguments if a.alias_info and a.alias_info.is_write
    ]
    leaves: list[Any] = tree_leaves(written)
    return leaves


def needs_values(error: BaseException) -> bool:
    """Whether an error says that a fake tensor has no values."""
    # It brings SymPy, which takes longer to import than all of this package.
    from torch.fx.experimental.symbolic_shapes import (  # noqa: PLC0415
        GuardOnDataDependentSymNode,
    )

    return isinstance(
        error,
        DataDependentOutputException
        | DynamicOutputShapeException
        | GuardOnDataDependentSymNode
        | UnsupportedOperatorException,
    ) or (type(error) is RuntimeError and ".numpy() is not supported" in str(error))
