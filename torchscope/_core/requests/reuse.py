"""The reuse rules: by its full name a variable is found, or made, or refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from torchscope._core.initializers.determined import Zeros
from torchscope._core.initializers.scaling import GlorotUniform
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.one_pass import Pass
from torchscope._core.requests.creation import make_variable
from torchscope._core.requests.request import Request
from torchscope._core.store import wrapped
from torchscope._core.store.records import Initial, Kind, Record
from torchscope._core.values import errors
from torchscope._core.values.conversion import dtype_name, shape_text


def has(pass_: Pass, name: str) -> bool:
    """Whether this pass has asked for a variable of this full name."""
    record = pass_.store.find(Kind.GOT, name)
    return name in pass_.replaced or (record is not None and record in pass_.claims)


def may_be_shared(pass_: Pass, record: Record) -> bool:
    """Whether ``reuse=True`` finds a variable that the pass has not asked for yet."""
    return record.entry != pass_.entry or pass_.registry.reuse_from_earlier_passes


def get_single(pass_: Pass, request: Request) -> Any:
    """Finds a variable that is not cut, or one piece of one that is; or makes it."""
    name, initializer = request.name, request.initializer
    if request.shape is not None and initializer is not None and not callable(initializer):
        raise ValueError("If initializer is a constant, do not specify shape.")
    found = _find(pass_, request)
    if found is not None:
        return found
    initial = _initial(request)
    keywords: dict[str, Any] = {
        "initial_value": initial,
        "trainable": request.trainable,
        "collections": request.collections,
        "name": name,
        "constraint": request.constraint,
        "synchronization": request.synchronization,
    }
    make = partial(make_variable, pass_, requested=name, regularizer=request.regularizer)
    if not pass_.creators:
        return make(**keywords)
    variable = pass_.create(
        make,
        **keywords,
        validate_shape=request.validate_shape,
        caching_device=request.caching_device,
        variable_def=None,
        dtype=initial.dtype,
        expected_shape=None,
        import_scope=None,
        use_resource=bool(request.use_resource),
        aggregation=request.aggregation,
        shape=initial.shape,
    )
    record = pass_.store.find(Kind.GOT, name)
    if record is None or pass_.store.variable_of(record) is not variable:
        pass_.replaced[name] = variable
        pass_.store.hide(name)
    return variable


_BY_A_CREATOR = "a variable_creator_scope of this pass"


def _find(pass_: Pass, request: Request) -> Any:
    """The variable that this pass has under a full name; None where one may be made."""
    store, name, reuse = pass_.store, request.name, request.reuse
    if name in pass_.replaced:
        if not reuse:
            raise errors.already_exists(name, _BY_A_CREATOR, outside=passes.active() is None)
        found = pass_.replaced[name]
        _check_agrees(request, tuple(found.shape), found.dtype, _BY_A_CREATOR)
        return found
    record = store.lookup(name, pass_.entry)
    if record is not None and (record in pass_.claims or record.kind is Kind.OWNED):
        if not reuse:
            raise errors.already_exists(name, record.made_at, outside=passes.active() is None)
    elif reuse is not True:
        return None
    elif record is None or not may_be_shared(pass_, record):
        made_at = None if record is None else record.made_at
        names = [claimed.requested for claimed in pass_.claims]
        outside = passes.active() is None
        raise errors.does_not_exist(name, names, made_at, pass_.entry, outside=outside)
    elif pass_.creators and record.entry == pass_.entry:
        # An earlier pass made it, and its creators saw it: so they do now.
        return None
    found_dtype = request.dtype if store.is_of(record, request.dtype) else record.dtype
    _check_agrees(request, record.shape, found_dtype, record.made_at)
    if record in pass_.claims:
        pass_.claims[record] += 1
    elif record.claimable and record.entry == pass_.entry:
        # As where an earlier pass made it and this one asks without reuse.
        pass_.claims[record] = 1
    else:
        pass_.name_table.claim(record)
    variable = store.variable_of(record)
    wrapped.check_gathered(pass_.entry, store.module, record, variable)
    return variable


def _check_agrees(
    request: Request, found_shape: tuple[int, ...], found_dtype: torch.dtype, made_at: str
) -> None:
    """Refuses a request that disagrees with what it found; None fits any dimension."""
    name, shape, dtype = request.name, request.shape, request.dtype
    if shape is not None and not (
        len(shape) == len(found_shape)
        and all(a is None or a == b for a, b in zip(shape, found_shape, strict=True))
    ):
        raise errors.other_shape(name, shape_text(shape), shape_text(found_shape), made_at)
    if dtype != found_dtype:
        raise errors.other_dtype(name, dtype_name(dtype), dtype_name(found_dtype), made_at)


def _initial(request: Request) -> Initial:
    """How the first value of a new variable is made, from what the request says."""
    name, shape, dtype, initializer = request[:4]
    if initializer is None:
        if shape is None:
            raise ValueError(
                f"Variable {name} did not get an initializer, so its `shape` argument must be "
                f"specified. Write get_variable({name.rpartition('/')[2]!r}, [...])."
            )
        initializer = _default_initializer(name, dtype)
    elif not callable(initializer):
        return Initial(initializer, partition=request.partition)
    if isinstance(initializer, type):
        initializer = initializer()
    if shape is not None and None not in shape:
        return Initial(initializer, shape, dtype, request.partition)
    if _needs_no_arguments(initializer):
        return Initial(initializer)
    asked = "no shape" if shape is None else f"shape {shape_text(shape)}"
    raise ValueError(
        "The initializer passed is not valid. It should be a callable with no arguments and the "
        "shape should not be provided or an instance of `tf.keras.initializers.*' and `shape` "
        f"should be fully defined. Variable {name} was asked for with {asked}."
    )


# The initializer of floating variables that are asked for without one: it holds no state.
GLOROT = GlorotUniform()


def _default_initializer(name: str, dtype: torch.dtype) -> Any:
    if dtype.is_floating_point:
        return GLOROT
    if dtype.is_complex:
        raise ValueError(
            f"An initializer for variable {name} of <dtype: '{dtype_name(dtype)}'> is required"
        )
    return Zeros()


def _needs_no_arguments(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return not any(
        p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters
    )
