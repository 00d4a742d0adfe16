"""One layer several times (slim.repeat, slim.stack)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.requests.variable_scope import variable_scope

R = TypeVar("R")


def repeat(inputs: Any, repetitions: int, layer: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    """Applies a layer again and again with the same arguments (slim.repeat).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.repeat(torch.ones(2, 3), 2, slim.fully_connected, 3, scope="fc").shape
    torch.Size([2, 3])
    >>> [v.name for v in slim.get_variables_by_name("weights")]
    ['fc/fc_1/weights:0', 'fc/fc_2/weights:0']

    Args:
        inputs: the first input.
        repetitions: how many times.
        layer: a function of an input, of these arguments, and of `scope`.
        *args: arguments of the layer.
        **kwargs: the same. `scope` names the scope around all, and with a number each in it; by
            default 'Repeat', and the layer's name.
    """
    return _one_after_another("Repeat", "repeat", inputs, layer, [args] * repetitions, kwargs)


def stack(inputs: Any, layer: Callable[..., R], stack_args: Sequence[Any], **kwargs: Any) -> R:
    """Applies a layer again and again with arguments for each time (slim.stack).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.stack(torch.ones(2, 3), slim.fully_connected, [4, 5], scope="fc").shape
    torch.Size([2, 5])

    Args:
        inputs: the first input.
        layer: a function of an input, of arguments, and of `scope`.
        stack_args: the arguments: for each time one, or a list or tuple of them.
        **kwargs: arguments for all times; `scope` as in `repeat`, 'Stack' by default.

    Raises:
        ValueError: `stack_args` is neither a list nor a tuple.
    """
    if not isinstance(stack_args, (list, tuple)):
        raise ValueError(f"stack_args need to be a list or tuple. They are {stack_args!r}.")
    each = [args if isinstance(args, (list, tuple)) else [args] for args in stack_args]
    return _one_after_another("Stack", "stack", inputs, layer, each, kwargs)


def _one_after_another(
    default_name: str,
    nameless: str,
    inputs: Any,
    layer: Callable[..., R],
    arguments: Sequence[Sequence[Any]],
    kwargs: dict[str, Any],
) -> R:
    kwargs = dict(kwargs)
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, default_name, [inputs]):
        outputs: Any = as_tensor(inputs)
        if scope is None:
            # functools.partial has no name of its own.
            named = getattr(layer, "func", layer)
            scope = getattr(layer, "__name__", None) or getattr(named, "__name__", nameless)
        for number, args in enumerate(arguments, 1):
            outputs = layer(outputs, *args, **{**kwargs, "scope": f"{scope}_{number}"})
        last: R = outputs
        return last
