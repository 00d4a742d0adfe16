"""How a variable comes to be: what TF1 checks, what an earlier pass left, and the tensor itself."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from torchscope import distributed, errors, fakes, passes, tree
from torchscope.catalogue import REGISTRY, TRAINABLE, Catalogue, joined_collections
from torchscope.collections import GraphKeys
from torchscope.conversion import as_dtype, convert_to_tensor, dtype_name, shape_text
from torchscope.devices import on_device_of
from torchscope.naming import can_begin_a_name, check_name, unique_name
from torchscope.passes import Pass
from torchscope.records import Initial, Kind, Record, is_ours
from torchscope.replicas import VariableSynchronization
from torchscope.variables import BufferVariable, ParameterVariable


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
    initial = initial_value
    if not isinstance(initial, Initial):
        if isinstance(initial, Tensor):
            # It may be kept for long; its graph need not be.
            initial = initial.detach()
        initial = Initial(initial, dtype=None if dtype is None else as_dtype(dtype))
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
    names = pass_.ledger.names()
    catalogue = pass_.catalogue
    op_name = _op_name(catalogue, kind, full, names)
    target = requested or op_name
    variable: Any = None
    record = catalogue.find(kind, target)
    if record is not None:
        _check_agrees(catalogue, record, initial)
        if pass_.again and pass_.drawn and record in pass_.drawn:
            # In forward its first value was drawn here, before what is to be drawn next.
            pass_.drawn[record]()
    else:
        _check_may_make(pass_, kind, target, collections)
        with catalogue.lock:
            # Another thread may have made it meanwhile.
            record = catalogue.find(kind, target)
            if record is None:
                # The initializer runs in a name scope of the variable's own.
                where, pass_.where = pass_.where, f"{op_name}/Initializer"
                try:
                    record, variable = _make(
                        catalogue,
                        kind,
                        op_name,
                        target,
                        initial,
                        trainable,
                        collections,
                        pass_.entry,
                        regularizer,
                        constraint,
                        synchronization,
                    )
                finally:
                    pass_.where = where
                if requested is not None and full != requested:
                    record.renamed = True
                    catalogue.hide(requested)
                if pass_.drawn is not None:
                    pass_.drawn[record] = _random_numbers_as_they_are(catalogue.anchor.device)
    unique_name(full, names)
    pass_.ledger.claim(record)
    if variable is None:
        variable = catalogue.variable_of(record)
        distributed.check_gathered(pass_, record, variable)
    return variable  # type: ignore[no-any-return]


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


def _op_name(catalogue: Catalogue, kind: Kind, full: str, names: dict[str, int]) -> str:
    """The name that a new variable takes: the next free one.

    Where get_variable is asked for an empty name in a scope, it is the scope's own name.
    """
    name = full.removesuffix("/")
    if not name or name.endswith("/") or (name != full and kind is Kind.MADE):
        raise ValueError(f"{full!r} does not name a variable: its last component is empty.")
    if name == full:
        name = unique_name(full, names, mark=False)
        other = catalogue.find(Kind.GOT, f"{name}/")
    else:
        other = catalogue.named(name)
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
        and not distributed.in_group()
    ):
        return None
    catalogue = pass_.catalogue
    anchor = catalogue.anchor
    if not anchor.is_cpu or anchor.dtype is not torch.float32 or catalogue.awaiting is not None:
        return None
    for dimension in shape:
        if type(dimension) is not int or dimension < 0:
            return None
    with catalogue.lock:
        place = catalogue.free_place(name)
        if place is None and not (can_begin_a_name(name) and catalogue.is_new(name, pass_.entry)):
            return None
        shape = tuple(shape)
        initial = Initial(initializer, shape, dtype)
        variable: Any = initial.drawn(name)
        if place is None:
            place = catalogue.place_for(Kind.GOT, name)
        record = Record(
            _unique_name(name, pass_.ledger.names(), catalogue.names),
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
        store = place.module._parameters
        store[place.attribute] = variable
        catalogue.keep(record, store, place.attribute)
    pass_.ledger.claim(record)
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


def _enter(catalogue: Catalogue, place: tree.Place, record: Record, variable: Any) -> None:
    """Puts a new variable in the tree, and in the catalogue."""
    variable._ts_record = record
    variable._ts_fresh = True
    parameter = type(variable) is ParameterVariable
    store = tree.put(place, variable, parameter=parameter, persistent=record.persistent)
    catalogue.keep(record, store, place.attribute)


def _make(*request: Any) -> tuple[Record, Tensor]:
    """Makes what is to be trained some day outside of fake and inference modes."""
    if not (fakes.are_used() or torch.is_inference_mode_enabled()):
        return _make_here(*request)
    with fakes.outside(), torch.inference_mode(mode=False):
        return _make_here(*request)


def _make_here(
    catalogue: Catalogue,
    kind: Kind,
    op_name: str,
    requested: str,
    initial: Initial,
    trainable: bool | None,
    collections: Any,
    entry: str | None,
    regularizer: Callable[..., Any] | None,
    constraint: Callable[..., Any] | None,
    synchronization: Any,
) -> tuple[Record, Tensor]:
    """Makes the tensor, or takes the one that load_state_dict brought, and puts it in the tree."""
    anchor = catalogue.anchor
    if isinstance(initial.source, Tensor):
        initial = replace(initial, source=fakes.real(initial.source, requested))
    arrival, awaiting = catalogue.arrival(kind, requested), catalogue.awaiting
    elsewhere = arrival is not None or awaiting is not None or anchor.is_meta
    if elsewhere and initial.shape is not None and initial.dtype is not None:
        # Nothing is drawn for a value that was loaded, or that is not kept.
        value = torch.empty(initial.shape, dtype=initial.dtype, device="meta")
    else:
        value = _drawn(initial, requested, anchor)
    dtype = value.dtype
    differentiable = dtype.is_floating_point or dtype.is_complex
    local = collections is not None and GraphKeys.LOCAL_VARIABLES in collections
    on_read = synchronization is VariableSynchronization.ON_READ
    if trainable is None:
        trainable = not (local or on_read)
    trainable = bool(trainable) and differentiable
    persistent = trainable or not local
    made_at = errors.caller(4)
    joined = joined_collections(collections, trainable=trainable)
    if awaiting is not None and arrival is None:
        arrival = awaiting.first_value(
            unique_name(op_name, catalogue.names, mark=False),
            tuple(value.shape),
            dtype,
            partition=initial.partition,
            collections=joined,
            device=anchor.device,
            entry=entry,
            made_at=made_at,
        )
        if arrival is None and value.is_meta and not anchor.is_meta:
            value = _drawn(initial, requested, anchor)
    if arrival is not None and arrival.shape != value.shape:
        raise ValueError(
            f"Variable {requested} was loaded with shape {shape_text(arrival.shape)}, but is "
            f"asked for with shape {shape_text(value.shape)} at {made_at}."
        )
    place = catalogue.place_for(kind, requested)
    record = Record(
        unique_name(op_name, catalogue.names),
        requested,
        kind,
        place.key,
        initial.shape or tuple(value.shape),
        dtype,
        trainable,
        persistent,
        joined,
        initial,
        regularizer,
        constraint,
        entry,
        made_at,
        loaded=arrival is not None,
    )
    if dtype.is_floating_point and anchor.dtype != torch.float32:
        # A module that was moved to another floating dtype makes its variables in that one.
        dtype = anchor.dtype
    if arrival is not None:
        value = arrival.detach().as_subclass(Tensor)
    if value.dtype != dtype or value.device != anchor.device:
        value = value.to(device=anchor.device, dtype=dtype)
    variable: Any
    if not (differentiable and persistent) or (on_read and not trainable):
        variable = torch.Tensor._make_subclass(BufferVariable, value, False)
    elif type(arrival) is nn.Parameter and arrival.dtype == dtype:
        # It stays the object that it is: an optimizer may hold it already.
        variable = arrival.requires_grad_(trainable)
        variable.__class__ = ParameterVariable
    else:
        variable = torch.Tensor._make_subclass(ParameterVariable, value, trainable)
    catalogue.arrived.pop(place.key, None)
    _enter(catalogue, place, record, variable)
    return record, variable


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


def _check_may_make(pass_: Pass, kind: Kind, name: str, collections: Any) -> None:
    """Refuses to make a variable where nobody would see it."""
    if fakes.are_recorded():
        raise RuntimeError(
            f"Variable {name} does not exist yet, and a call that is exported or recorded cannot make "
            "one. Call ts.build(net, *inputs) first, or the module itself. If each call asks for a "
            "variable of another name, it is no graph."
        )
    # What load_state_dict brought is in the tree already.
    comes_anew = pass_.catalogue.arrival(kind, name) is None
    if distributed.in_group() and comes_anew:
        distributed.check_not_wrapped(
            pass_.catalogue.module, name, running_modules(sys._getframe(1))
        )
    if pass_.again and not passes.in_backward():
        raise RuntimeError(
            f"Variable {name} does not exist, and is asked for in a later turn of a loop. TF1 builds "
            "the body of a loop once: it makes its variables in the first turn, and every other turn "
            "asks for the same."
        )
    if pass_.again:
        raise RuntimeError(
            f"Variable {name} does not exist, and is asked for during backward, where a "
            "checkpointed function runs again. It must ask for the same variables as in forward, "
            "where it did not ask for this one."
        )
    if comes_anew and (pass_.later or pass_.registry.finalized):
        # Measures are taken in evaluation alone, and their totals begin with 0 in any case.
        measures = GraphKeys.METRIC_VARIABLES in (collections or ())
        pass_.registry.check_may_make(pass_, name, expected=measures)
    if passes.active() is not None:
        return
    module = _running_module()
    if module is not None:
        raise RuntimeError(
            f"Variable {name} was asked for inside the forward of {type(module).__name__}, "
            "where no registry is active: no optimizer or state_dict would see it. Attach "
            "one in __init__, self.scopes = ts.ScopedParameterRegistry(self), or run the "
            "function as ts.ScopedModule(function)."
        )
    module = _running_elsewhere()
    if module is not None:
        raise RuntimeError(
            f"Variable {name} was asked for in the thread {threading.current_thread().name!r}, "
            f"which is in no pass, while another thread is in the forward of "
            f"{type(module).__name__}. A thread does not join the pass of the forward that "
            "started it: ask for the variables before it starts, and hand them to it. If this "
            "one belongs to no module, ask inside `with ts.get_default_registry().activate():`."
        )


def _check_agrees(catalogue: Catalogue, record: Record, initial: Initial) -> None:
    """Refuses a request for a variable of an earlier pass that asks for another shape or dtype."""
    shape, dtype = initial.shape, initial.dtype
    if shape is None and not callable(initial.source):
        value = convert_to_tensor(initial.source, initial.dtype)
        shape, dtype = tuple(value.shape), value.dtype
    if shape is not None and shape != record.shape:
        raise errors.other_shape(
            record.name, shape_text(shape), shape_text(record.shape), record.made_at
        )
    if dtype is not None and not catalogue.is_of(record, dtype):
        raise errors.other_dtype(
            record.name, dtype_name(dtype), dtype_name(record.dtype), record.made_at
        )


def _running_module() -> nn.Module | None:
    """The innermost module, other than a scope, whose forward is on this thread's stack."""
    return next(running_modules(sys._getframe(1)), None)


def _running_elsewhere() -> nn.Module | None:
    """A module with a registry whose forward is on the stack of another thread.

    It may have started this thread. None in the main thread, which nobody started.
    """
    if threading.current_thread() is threading.main_thread():
        return None
    # The interpreter holds a lock while it lists the frames. A collection of garbage there can wait
    # for that lock, and so for ever: the finalizers of other libraries do.
    collects = gc.isenabled()
    gc.disable()
    try:
        frames = sys._current_frames()
    finally:
        if collects:
            gc.enable()
    for thread, frame in frames.items():
        if thread != threading.get_ident():
            for module in running_modules(frame):
                if REGISTRY in module.__dict__:
                    return module
    return None


def running_modules(frame: FrameType | None) -> Iterator[nn.Module]:
    """The modules, other than scopes, whose forward is on a stack, from the innermost outwards."""
    while frame is not None:
        if frame.f_code is nn.Module._call_impl.__code__:
            module: nn.Module = frame.f_locals["self"]
            if not isinstance(module, tree.ScopeModule):
                yield module
        frame = frame.f_back
