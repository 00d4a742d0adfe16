"""Custom getters: functions that requests go through, and the true getter at their end."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import torch

from torchscope._core.passes.one_pass import Pass
from torchscope._core.passes.scopes import Reuse
from torchscope._core.requests.partitioned import get_partitioned
from torchscope._core.requests.request import NAMES, Request
from torchscope._core.requests.reuse import get_single, has
from torchscope._core.store.variables import BufferVariable, ParameterVariable
from torchscope._core.values.replicas import VariableAggregation, VariableSynchronization


def through(pass_: Pass, getter: Callable[..., Any], request: Request) -> Any:
    """Sends a request through a custom getter, as TF1 calls it."""
    if not callable(getter):
        raise ValueError(f"Passed a custom_getter which is not callable: {getter}")
    keywords: dict[str, Any] = dict(zip(NAMES, request, strict=False))
    if not accepts_constraint(getter):
        del keywords["constraint"]
    return getter(getter=partial(_true_getter, pass_), **keywords)


def accepts_constraint(getter: Callable[..., Any]) -> bool:
    """Whether a custom getter takes a constraint, as those written before constraints came do not.

    >>> def older(getter, name, shape, dtype): ...
    >>> def newer(getter, *args, **kwargs): ...
    >>> accepts_constraint(older), accepts_constraint(newer)
    (False, True)
    """
    function = getter.__func__ if type(getter) is MethodType else getter
    if type(function) is FunctionType and not function.__dict__:
        # What its signature says, which takes as long to make as twenty requests.
        code = function.__code__
        if code.co_flags & inspect.CO_VARKEYWORDS:
            return True
        named = code.co_argcount + code.co_kwonlyargcount
        named += bool(code.co_flags & inspect.CO_VARARGS)
        mine = code.co_argcount > 0 and function is not getter
        return "constraint" in code.co_varnames[mine:named]
    parameters = inspect.signature(getter).parameters.values()
    return any(p.name == "constraint" or p.kind is p.VAR_KEYWORD for p in parameters)


def _true_getter(
    pass_: Pass,
    name: str,
    shape: Any = None,
    dtype: Any = torch.float32,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    reuse: Reuse = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Callable[..., Any] | None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    constraint: Callable[..., Any] | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """Answers a request by full name: the end of every chain of custom getters."""
    if partitioner is None and type(name) is str and not pass_.partitioned:
        found = _found(pass_, name, shape, dtype, initializer, reuse, collections, constraint)
        if found is not None:
            return found
    request = Request(
        name,
        shape,
        dtype,
        initializer,
        regularizer,
        reuse,
        trainable,
        collections,
        caching_device,
        partitioner,
        validate_shape,
        use_resource,
        constraint,
        synchronization,
        aggregation,
    )
    return answer(pass_, request)


def answer(pass_: Pass, request: Request) -> Any:
    """Finds or makes what is asked for by its full name, in pieces or whole."""
    request = request.read()
    name, shape = request.name, request.shape
    whole = pass_.partitioned.get(name)
    if (request.partitioner is not None and shape != ()) or (
        request.reuse is True and whole is not None
    ):
        return get_partitioned(pass_, request, whole)
    if has(pass_, f"{name}/part_0"):
        raise ValueError(
            "No partitioner was provided, but a partitioned version of the variable was found: "
            f"{name}/part_0. Perhaps a variable of the same name was already created with "
            "partitioning?"
        )
    return get_single(pass_, request)


def _found(
    pass_: Pass,
    name: str,
    shape: Any,
    dtype: Any,
    initializer: Any,
    reuse: Reuse,
    collections: Any,
    constraint: Any,
) -> Any:
    """What `get_variable` finds in few steps, for a custom getter; None where one must look closer."""
    slot = pass_.slots.get(name)
    if slot is None:
        return None
    tensors, attribute, record = slot
    variable = tensors.get(attribute)
    if not (
        (
            shape is None
            or (type(shape) is list and shape == record.dimensions)
            or (isinstance(shape, tuple) and shape == record.shape)
        )
        and dtype is record.dtype
        and (initializer is None or callable(initializer))
        and (type(variable) is ParameterVariable or type(variable) is BufferVariable)
    ):
        return None
    claims = pass_.claims
    if record in claims:
        if not reuse:
            return None
        claims[record] += 1
        return variable
    if (
        record.claimable
        and reuse is not True
        and shape is not None
        and (collections is None or isinstance(collections, list | tuple | set))
        and (constraint is None or callable(constraint))
    ):
        claims[record] = 1
        return variable
    return None
