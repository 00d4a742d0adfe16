"""How a variable comes to be: what TF1 checks, what an earlier pass left, and the tensor itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from torchscope._core.names.unique_names import unique_name
from torchscope._core.names.valid_names import can_begin_a_name, check_name
from torchscope._core.operations.devices import on_device_of
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.pytorch import fakes, sharding
from torchscope._core.requests.may_make import check_may_make
from torchscope._core.store import tree, wrapped
from torchscope._core.store.graph_keys import TRAINABLE, GraphKeys, joined_collections
from torchscope._core.store.records import Initial, Kind, Record, is_ours
from torchscope._core.store.variable_store import VariableStore
from torchscope._core.store.variables import BufferVariable, ParameterVariable
from torchscope._core.values import errors
from torchscope._core.values.conversion import as_dtype, convert_to_tensor, dtype_name, shape_text
from torchscope._core.values.replicas import VariableSynchronization


def make_variable(
    pass_: Pass,
    *,
    initial_value: Any,
    trainable: bool | None = None,
    collections: Any = None,
    name: str | None = None,
    dtype: Any = None,
    constraint: Callable[..., Any] | None = None,
    requested: str | None = None,
    regularizer: Callable[..., Any] | None = None,
    synchronization: Any = None,
    **_: Any,
) -> Tensor:
    """Makes a variable in the tree, or claims the one that an earlier pass made.

    It is the last creator of every chain: `Variable` leaves `requested` out, and get_variable
    gives the full name that it was asked for. All is checked before anything is written.
    """
    # As in TF1, whatever is false is none: False, an empty dict.
    regularizer = regularizer or None
    _check_given(initial_value, collections, constraint, regularizer, requested)
    initial = _initial(initial_value, dtype)
    # What get_variable asks for is made at the root, unless a getter or creator went on in a scope.
    scope = pass_.name_scope
    name = "Variable" if name is None else name
    check_name(name, at_root=not scope)
    if requested is not None and regularizer is not None:
        # TF1 computes the loss in a name scope of the name that was asked for, whatever a creator made.
        check_name(f"{requested}/Regularizer/", at_root=True)
    kind = Kind.MADE if requested is None else Kind.GOT
    full = f"{scope}/{name}" if scope else name
    # The name is taken only when all has gone well: a refusal leaves the pass as it was.
    names = pass_.name_table.names()
    store = pass_.store
    op_name = _op_name(store, kind, full, names)
    target = requested or op_name
    variable: Any = None
    record = store.find(kind, target)
    if record is not None:
        _check_agrees(store, record, initial)
        if pass_.again and pass_.drawn and record in pass_.drawn:
            # In forward its first value was drawn here, before what is to be drawn next.
            pass_.drawn[record]()
    else:
        check_may_make(pass_, kind, target, collections)
        wanted = _Wanted(
            kind, target, initial, trainable, collections, regularizer, constraint, synchronization
        )
        record, variable = _made(pass_, op_name, wanted, renamed=requested not in (None, full))
    unique_name(full, names)
    pass_.name_table.claim(record)
    if variable is None:
        variable = store.variable_of(record)
        wrapped.check_gathered(pass_.entry, store.module, record, variable)
    return variable  # type: ignore[no-any-return]


class _Wanted(NamedTuple):
    """A variable that is to be made, as it was asked for."""

    kind: Kind
    requested: str
    initial: Initial
    trainable: bool | None
    collections: Any
    regularizer: Callable[..., Any] | None
    constraint: Callable[..., Any] | None
    synchronization: Any


def _initial(value: Any, dtype: Any) -> Initial:
    """How the first value is made of what was given for it."""
    if isinstance(value, Initial):
        return value
    if isinstance(value, Tensor):
        # It may be kept for long; its graph need not be.
        value = value.detach()
    return Initial(value, dtype=None if dtype is None else as_dtype(dtype))


def _made(
    pass_: Pass, op_name: str, wanted: _Wanted, *, renamed: bool
) -> tuple[Record, Tensor | None]:
    """Makes a variable; only its record, where another thread has made it meanwhile."""
    store = pass_.store
    with store.lock:
        record = store.find(wanted.kind, wanted.requested)
        if record is not None:
            return record, None
        # The initializer runs in a name scope of the variable's own.
        where, pass_.where = pass_.where, f"{op_name}/Initializer"
        try:
            record, variable = _make(store, op_name, pass_.entry, wanted)
        finally:
            pass_.where = where
        if renamed:
            record.renamed = True
            store.hide(wanted.requested)
        if pass_.drawn is not None:
            pass_.drawn[record] = _random_numbers_as_they_are(store.anchor.device)
    return record, variable


def _check_given(
    initial_value: Any,
    collections: Any,
    constraint: Any,
    regularizer: Any,
    requested: str | None,
) -> None:
    """Refuses what no variable can be made of."""
    if initial_value is None:
        raise ValueError("initial_value must be specified.")
    if collections is not None and not isinstance(collections, list | tuple | set):
        raise ValueError(
            "collections argument to Variable constructor must be a list, tuple, or set. "
            f"Got {collections} of type {type(collections)}"
        )
    if constraint is not None and not callable(constraint):
        raise ValueError("The `constraint` argument must be a callable.")
    if regularizer is not None and not callable(regularizer):
        raise TypeError(
            f"'{type(regularizer).__name__}' object is not callable. The regularizer of {requested} "
            f"is a function from a variable to its loss, and not {regularizer!r}."
        )


def _op_name(store: VariableStore, kind: Kind, full: str, names: dict[str, int]) -> str:
    """The name that a new variable takes: the next free one.

    Where get_variable is asked for an empty name in a scope, it is the scope's own name.
    """
    name = full.removesuffix("/")
    if not name or name.endswith("/") or (name != full and kind is Kind.MADE):
        raise ValueError(f"{full!r} does not name a variable: its last component is empty.")
    if name == full:
        name = unique_name(full, names, mark=False)
        other = store.find(Kind.GOT, f"{name}/")
    else:
        other = store.named(name)
        if other is not None and other.requested == full:
            return name
    if other is not None:
        raise ValueError(
            f"Duplicate node name in graph: '{name}'. get_variable('') in a variable_scope takes the "
            f"name of the scope, and {other.requested!r}, first made at {other.made_at}, has it already."
        )
    return name


def make_at_once(
    pass_: Pass,
    name: str,
    shape: Any,
    dtype: Any,
    initializer: Any,
    regularizer: Callable[..., Any] | None,
    constraint: Callable[..., Any] | None,
) -> Tensor | None:
    """Makes what most variables are: trained, of one of our initializers, on the CPU.

    It does what `make_variable` does for such a one, in fewer steps, and makes sure first that no
    other step is called for. Where one may be, it does nothing and returns None.
    """
    if not (
        (type(shape) is list or type(shape) is tuple)
        and (dtype is torch.float32 or dtype is torch.float64)
        and is_ours(initializer)
        and (constraint is None or callable(constraint))
        and (regularizer is None or callable(regularizer))
        and getattr(passes.thread, "current", None) is pass_
        and not (pass_.again or pass_.later or pass_.registry.finalized)
        and pass_.drawn is None
        and not torch._C._len_torch_function_stack()
        and not torch._C._len_torch_dispatch_stack()
        and not torch.is_inference_mode_enabled()
        and not sharding.in_group()
    ):
        return None
    store = pass_.store
    anchor = store.anchor
    if not anchor.is_cpu or anchor.dtype is not torch.float32 or store.pending is not None:
        return None
    for dimension in shape:
        if type(dimension) is not int or dimension < 0:
            return None
    with store.lock:
        place = store.free_place(name)
        if place is None and not (can_begin_a_name(name) and store.is_new(name, pass_.entry)):
            return None
        shape = tuple(shape)
        initial = Initial(initializer, shape, dtype)
        variable: Any = initial.drawn(name)
        if place is None:
            place = store.place_for(Kind.GOT, name)
        record = Record(
            _unique_name(name, pass_.name_table.names(), store.names),
            name,
            Kind.GOT,
            place.key,
            shape,
            dtype,
            True,
            True,
            TRAINABLE,
            initial,
            regularizer,
            constraint,
            pass_.entry,
            errors.caller(3),
        )
        if type(variable) is Tensor:
            # It is nobody else's: there is no need of another tensor of its memory.
            variable.__class__ = ParameterVariable
            variable.requires_grad = True
        else:
            variable = torch.Tensor._make_subclass(ParameterVariable, variable, True)
        variable._ts_record = record
        variable._ts_fresh = True
        tensors = place.module._parameters
        tensors[place.attribute] = variable
        store.keep(record, tensors, place.attribute)
    pass_.name_table.claim(record)
    return variable  # type: ignore[no-any-return]


def _unique_name(name: str, *in_use: dict[str, int]) -> str:
    """A name that is unique in the pass and in the registry, and used up in both."""
    base = name.lower()
    of_pass, of_registry = in_use
    if base in of_pass or base in of_registry:
        return unique_name(unique_name(name, of_pass), of_registry)
    # One string for both, and for the record.
    of_pass[name if base == name else base] = of_registry[name if base == name else base] = 1
    return name


def _enter(store: VariableStore, place: tree.Place, record: Record, variable: Any) -> None:
    """Puts a new variable in the tree, and in the variable store."""
    variable._ts_record = record
    variable._ts_fresh = True
    parameter = type(variable) is ParameterVariable
    tensors = tree.put(place, variable, parameter=parameter, persistent=record.persistent)
    store.keep(record, tensors, place.attribute)


def _make(*request: Any) -> tuple[Record, Tensor]:
    """Makes what is to be trained some day outside of fake and inference modes."""
    if not (fakes.are_used() or torch.is_inference_mode_enabled()):
        return _make_here(*request)
    with fakes.outside(), torch.inference_mode(mode=False):
        return _make_here(*request)


def _make_here(
    store: VariableStore, op_name: str, entry: str | None, wanted: _Wanted
) -> tuple[Record, Tensor]:
    """Makes the tensor, or takes the one that load_state_dict brought, and puts it in the tree."""
    kind, requested, initial = wanted.kind, wanted.requested, wanted.initial
    anchor = store.anchor
    if isinstance(initial.source, Tensor):
        initial = replace(initial, source=fakes.real(initial.source, requested))
    loaded, pending = store.preloaded_tensor(kind, requested), store.pending
    elsewhere = loaded is not None or pending is not None or anchor.is_meta
    if elsewhere and initial.shape is not None and initial.dtype is not None:
        # Nothing is drawn for a value that was loaded, or that is not kept.
        value = torch.empty(initial.shape, dtype=initial.dtype, device="meta")
    else:
        value = _drawn(initial, requested, anchor)
    trainable, persistent, buffer = _kept_as(wanted, value.dtype)
    joined = joined_collections(wanted.collections, trainable=trainable)
    made_at = errors.caller(5)
    if pending is not None and loaded is None:
        loaded = pending.first_value(
            unique_name(op_name, store.names, mark=False),
            tuple(value.shape),
            value.dtype,
            partition=initial.partition,
            collections=joined,
            device=anchor.device,
            entry=entry,
            made_at=made_at,
        )
        if loaded is None and value.is_meta and not anchor.is_meta:
            value = _drawn(initial, requested, anchor)
    if loaded is not None and loaded.shape != value.shape:
        raise ValueError(
            f"Variable {requested} was loaded with shape {shape_text(loaded.shape)}, but is "
            f"asked for with shape {shape_text(value.shape)} at {made_at}."
        )
    place = store.place_for(kind, requested)
    record = Record(
        unique_name(op_name, store.names),
        requested,
        kind,
        place.key,
        initial.shape or tuple(value.shape),
        value.dtype,
        trainable,
        persistent,
        joined,
        initial,
        wanted.regularizer,
        wanted.constraint,
        entry,
        made_at,
        loaded=loaded is not None,
    )
    variable = _tensor(value, loaded, anchor, trainable=trainable, buffer=buffer)
    store.preloaded.pop(place.key, None)
    _enter(store, place, record, variable)
    return record, variable


def _kept_as(wanted: _Wanted, dtype: torch.dtype) -> tuple[bool, bool, bool]:
    """Whether a variable is trained, whether it is saved, and whether it is a buffer."""
    differentiable = dtype.is_floating_point or dtype.is_complex
    local = wanted.collections is not None and GraphKeys.LOCAL_VARIABLES in wanted.collections
    on_read = wanted.synchronization is VariableSynchronization.ON_READ
    asked = not (local or on_read) if wanted.trainable is None else bool(wanted.trainable)
    trainable = asked and differentiable
    persistent = trainable or not local
    buffer = not (differentiable and persistent) or (on_read and not trainable)
    return trainable, persistent, buffer


def _tensor(
    value: Tensor, loaded: Tensor | None, anchor: Tensor, *, trainable: bool, buffer: bool
) -> Tensor:
    """The variable itself: where the anchor is, and in its floating dtype."""
    dtype = value.dtype
    if dtype.is_floating_point and anchor.dtype != torch.float32:
        # A module that was moved to another floating dtype makes its variables in that one.
        dtype = anchor.dtype
    if loaded is not None:
        value = loaded.detach().as_subclass(Tensor)
    if value.dtype != dtype or value.device != anchor.device:
        value = value.to(device=anchor.device, dtype=dtype)
    if buffer:
        return torch.Tensor._make_subclass(BufferVariable, value, False)
    if type(loaded) is nn.Parameter and loaded.dtype == dtype:
        # It stays the object that it is: an optimizer may hold it already.
        variable = loaded.requires_grad_(trainable)
        variable.__class__ = ParameterVariable
        return variable
    return torch.Tensor._make_subclass(ParameterVariable, value, trainable)


def _drawn(initial: Initial, requested: str, anchor: Tensor) -> Tensor:
    """The value that the initializer gives, on the device of the anchor."""
    waiting = passes.current().waiting
    # As in TF1, where variables are initialized before any operation runs.
    with on_device_of(anchor), nullcontext() if waiting is None else waiting.aside():
        return fakes.real(initial.value(requested), requested)


def _random_numbers_as_they_are(device: torch.device) -> Callable[[], None]:
    """A function that puts the generators of the CPU and of `device` back to where they are."""
    places: list[tuple[Any, tuple[Any, ...]]] = [(torch, ())]
    if device.type not in ("cpu", "meta"):
        places.append((torch.get_device_module(device), (device,)))
    states = [module.get_rng_state(*at) for module, at in places]

    def put_back() -> None:
        for (module, at), state in zip(places, states, strict=True):
            module.set_rng_state(state, *at)

    return put_back


def _check_agrees(store: VariableStore, record: Record, initial: Initial) -> None:
    """Refuses a request for a variable of an earlier pass that asks for another shape or dtype."""
    shape, dtype = initial.shape, initial.dtype
    if shape is None and not callable(initial.source):
        value = convert_to_tensor(initial.source, initial.dtype)
        shape, dtype = tuple(value.shape), value.dtype
    if shape is not None and shape != record.shape:
        raise errors.other_shape(
            record.name, shape_text(shape), shape_text(record.shape), record.made_at
        )
    if dtype is not None and not store.is_of(record, dtype):
        raise errors.other_dtype(
            record.name, dtype_name(dtype), dtype_name(record.dtype), record.made_at
        )
