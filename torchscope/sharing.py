"""The reuse rules: by its full name a variable is found, or made, or refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, cast

import torch

from torchscope import distributed, errors, passes
from torchscope.conversion import dtype_name, shape_text
from torchscope.initializers import glorot_uniform, zeros
from torchscope.partitioners import PartitionInfo
from torchscope.passes import Pass
from torchscope.records import Initial, Kind, Record
from torchscope.scopes import Reuse
from torchscope.variables import create


class Request(NamedTuple):
    """A request by full name, read as TF1 reads it."""

    name: str
    shape: tuple[int | None, ...] | None
    dtype: torch.dtype
    initializer: Any
    reuse: Reuse
    regularizer: Callable[..., Any] | None
    trainable: bool | None
    collections: Any
    constraint: Callable[..., Any] | None
    further: tuple[Any, ...]


def has(pass_: Pass, name: str) -> bool:
    """Whether this pass has asked for a variable of this full name."""
    record = pass_.catalogue.find(Kind.GOT, name)
    return name in pass_.replaced or (record is not None and record in pass_.claims)


def may_be_shared(pass_: Pass, record: Record) -> bool:
    """Whether ``reuse=True`` finds a variable that the pass has not asked for yet."""
    return record.entry != pass_.entry or pass_.registry.reuse_from_earlier_passes


def get_single(
    pass_: Pass,
    name: str,
    shape: tuple[int | None, ...] | None,
    dtype: torch.dtype,
    initializer: Any,
    reuse: Reuse,
    regularizer: Callable[..., Any] | None,
    trainable: bool | None,
    collections: Any,
    constraint: Callable[..., Any] | None,
    further: tuple[Any, ...],
    partition: PartitionInfo | None = None,
) -> Any:
    """Finds a variable that is not cut, or one piece of one that is; or makes it."""
    if shape is not None and initializer is not None and not callable(initializer):
        raise ValueError("If initializer is a constant, do not specify shape.")
    found = _find(pass_, name, shape, dtype, reuse)
    if found is not None:
        return found
    initial = _initial(name, shape, dtype, initializer, partition)
    if not pass_.creators:
        return pass_.registry.make_variable(
            pass_,
            initial_value=initial,
            trainable=trainable,
            collections=collections,
            name=name,
            constraint=constraint,
            requested=name,
            regularizer=regularizer,
            synchronization=further[3],
        )
    caching_device, validate_shape, use_resource, synchronization, aggregation = further
    variable = create(
        pass_,
        partial(pass_.registry.make_variable, pass_, requested=name, regularizer=regularizer),
        initial_value=initial,
        trainable=trainable,
        collections=collections,
        validate_shape=validate_shape,
        caching_device=caching_device,
        name=name,
        variable_def=None,
        dtype=initial.dtype,
        expected_shape=None,
        import_scope=None,
        constraint=constraint,
        use_resource=bool(use_resource),
        synchronization=synchronization,
        aggregation=aggregation,
        shape=initial.shape,
    )
    record = pass_.catalogue.find(Kind.GOT, name)
    if record is None or pass_.catalogue.variable_of(record) is not variable:
        pass_.replaced[name] = variable
        pass_.catalogue.hide(name)
    return variable


_BY_A_CREATOR = "a variable_creator_scope of this pass"


def _find(
    pass_: Pass,
    name: str,
    shape: tuple[int | None, ...] | None,
    dtype: torch.dtype,
    reuse: Reuse,
) -> Any:
    """The variable that this pass has under a full name; None where one may be made."""
    catalogue = pass_.catalogue
    if name in pass_.replaced:
        if not reuse:
            raise errors.already_exists(name, _BY_A_CREATOR, outside=passes.active() is None)
        found = pass_.replaced[name]
        _check_agrees(name, shape, dtype, tuple(found.shape), found.dtype, _BY_A_CREATOR)
        return found
    record = catalogue.lookup(name, pass_.entry)
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
    found_dtype = dtype if catalogue.is_of(record, dtype) else record.dtype
    _check_agrees(name, shape, dtype, record.shape, found_dtype, record.made_at)
    if record in pass_.claims:
        pass_.claims[record] += 1
    elif record.claimable and record.entry == pass_.entry:
        # As where an earlier pass made it and this one asks without reuse.
        pass_.claims[record] = 1
    else:
        pass_.ledger.claim(record)
    variable = catalogue.variable_of(record)
    distributed.check_gathered(pass_, record, variable)
    return variable


def _check_agrees(
    name: str,
    shape: tuple[int | None, ...] | None,
    dtype: torch.dtype,
    found_shape: tuple[int, ...],
    found_dtype: torch.dtype,
    made_at: str,
) -> None:
    """Refuses a request that disagrees with what it found; None fits any dimension."""
    if shape is not None and not (
        len(shape) == len(found_shape)
        and all(a is None or a == b for a, b in zip(shape, found_shape, strict=True))
    ):
        raise errors.other_shape(name, shape_text(shape), shape_text(found_shape), made_at)
    if dtype != found_dtype:
        raise errors.other_dtype(name, dtype_name(dtype), dtype_name(found_dtype), made_at)


def _initial(
    name: str,
    shape: tuple[int | None, ...] | None,
    dtype: torch.dtype,
    initializer: Any,
    partition: PartitionInfo | None,
) -> Initial:
    """How the first value of a new variable is made, from what the request says."""
    if initializer is None:
        if shape is None:
            raise ValueError(
                f"Variable {name} did not get an initializer, so its `shape` argument must be "
                f"specified. Write get_variable({name.rpartition('/')[2]!r}, [...])."
            )
        initializer = _default_initializer(name, dtype)
    elif not callable(initializer):
        return Initial(initializer, partition=partition)
    if isinstance(initializer, type):
        initializer = initializer()
    if shape is not None and None not in shape:
        return Initial(initializer, cast("tuple[int, ...]", shape), dtype, partition)
    if _needs_no_arguments(initializer):
        return Initial(initializer)
    asked = "no shape" if shape is None else f"shape {shape_text(shape)}"
    raise ValueError(
        "The initializer passed is not valid. It should be a callable with no arguments and the "
        "shape should not be provided or an instance of `tf.keras.initializers.*' and `shape` "
        f"should be fully defined. Variable {name} was asked for with {asked}."
    )


# The initializer of floating variables that are asked for without one: it holds no state.
GLOROT = glorot_uniform()


def _default_initializer(name: str, dtype: torch.dtype) -> Any:
    if dtype.is_floating_point:
        return GLOROT
    if dtype.is_complex:
        raise ValueError(
            f"An initializer for variable {name} of <dtype: '{dtype_name(dtype)}'> is required"
        )
    return zeros()


def _needs_no_arguments(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return not any(
        p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters
    )
