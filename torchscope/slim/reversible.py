"""Blocks that keep no activations for backward (tf.contrib.layers.rev_block, recompute_grad)."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, ParamSpec, TypeVar, overload

from torch import Tensor

from torchscope._core.passes import one_pass as passes
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope._core.running.recomputation import recompute
from torchscope.layers.base import Layer

Functions = Callable[..., Any] | Sequence[Callable[..., Any]]

P = ParamSpec("P")
R = TypeVar("R")


class RevBlock(Layer):
    """Reversible residual layers: ``y1 = x1 + f(x2)``, ``y2 = x2 + g(y1)``, one after the other.

    Answers to tf.contrib.layers.RevBlock. TF1 computed the inputs of each layer from its outputs in
    backward. Here the inputs are kept, and what f and g compute is computed again: there is no
    rounding, and f and g may use any tensor.

    >>> import torch, torchscope as ts
    >>> from torchscope import slim
    >>> block = slim.RevBlock(lambda x: slim.fully_connected(x, 2), torch.tanh, num_layers=2)
    >>> y1, y2 = block.forward(torch.ones(1, 2), torch.ones(1, 2))
    >>> [v.op.name for v in block.weights][:2]
    ['revblock/revlayer_0/f/fully_connected/weights', 'revblock/revlayer_0/f/fully_connected/biases']

    Args:
        f: a function from a tensor, and the side inputs if there are any, to one of its shape; or a
            list of one for each layer. Variables that it asks for are in `revlayer_0/f` and so on.
        g: the same, in `revlayer_0/g` and so on.
        num_layers: how many layers there are.
        f_side_input: a list of tensors that f gets as its second argument.
        g_side_input: the same for g.
        use_efficient_backprop: whether activations are computed again rather than kept.
        name: the layer's name.
        **kwargs: see `Layer`.

    Raises:
        ValueError: there are more or fewer functions than layers.
    """

    def __init__(
        self,
        f: Functions,
        g: Functions,
        num_layers: int = 1,
        f_side_input: list[Any] | None = None,
        g_side_input: list[Any] | None = None,
        use_efficient_backprop: bool = True,
        name: Any = "revblock",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.num_layers = num_layers
        self.f: list[Callable[[Tensor], Tensor]] = _each(f, "f", num_layers, f_side_input)
        self.g: list[Callable[[Tensor], Tensor]] = _each(g, "g", num_layers, g_side_input)
        self.f_side_input: list[Any] = f_side_input or []
        self.g_side_input: list[Any] = g_side_input or []
        self._again = use_efficient_backprop

    def call(self, inputs: Any, forward: bool = True) -> tuple[Tensor, Tensor]:
        """The outputs of a pair of inputs; with forward=False the inputs of a pair of outputs."""
        pass_, state = passes.current(), self._state
        before = len(pass_.claims)
        found = self._forward(*inputs) if forward else self._backward(*inputs)
        new = set(islice(pass_.claims, before, None))
        scope = get_variable_scope()
        trained = {id(each) for each in scope.trainable_variables()}
        state.weights += tuple(
            (each, id(each) in trained)
            for each in scope.global_variables()
            if getattr(each, "_ts_record", None) in new
        )
        return found

    def _forward(self, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
        for f, g in zip(self.f, self.g, strict=True):
            if self._again:
                x1, x2 = recompute(_layer, f, g, x1, x2)
            else:
                x1, x2 = _layer(f, g, x1, x2)
        return x1, x2

    def _backward(self, y1: Tensor, y2: Tensor) -> tuple[Tensor, Tensor]:
        for f, g in zip(reversed(self.f), reversed(self.g), strict=True):
            x2 = y2 - g(y1)
            y1, y2 = y1 - f(x2), x2
        return y1, y2

    def forward(self, x1: Any, x2: Any) -> tuple[Tensor, Tensor]:
        """The outputs of two inputs."""
        found: tuple[Tensor, Tensor] = self([x1, x2])
        return found

    def backward(self, y1: Any, y2: Any) -> tuple[Tensor, Tensor]:
        """The inputs of which these are the outputs."""
        found: tuple[Tensor, Tensor] = self([y1, y2], forward=False)
        return found


def _layer(
    f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x1: Tensor, x2: Tensor
) -> tuple[Tensor, Tensor]:
    y1 = x1 + f(x2)
    return y1, x2 + g(y1)


def _each(
    functions: Functions, name: str, count: int, side: list[Any] | None
) -> list[Callable[[Tensor], Tensor]]:
    """A function of one tensor for each layer, in its scope."""
    given: list[Any] = [functions] * count
    if isinstance(functions, list | tuple):
        given = list(functions)
    if len(given) != count:
        raise ValueError(
            f"There are {len(given)} functions {name} for num_layers={count} layers. Give one, or as "
            "many as there are layers."
        )
    return [
        functools.partial(_in_scope, f"revlayer_{number}/{name}", function, side)
        for number, function in enumerate(given)
    ]


def _in_scope(scope: str, function: Callable[..., Any], side: list[Any] | None, x: Tensor) -> Any:
    with variable_scope(scope, use_resource=True):
        return function(x, side) if side else function(x)


def rev_block(
    x1: Any,
    x2: Any,
    f: Functions,
    g: Functions,
    num_layers: int = 1,
    f_side_input: list[Any] | None = None,
    g_side_input: list[Any] | None = None,
    is_training: bool = True,
) -> tuple[Tensor, Tensor]:
    """Makes a `RevBlock` and calls it (tf.contrib.layers.rev_block).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.rev_block(torch.ones(1), torch.ones(1), lambda x: 2 * x, lambda x: 3 * x)
    (tensor([3.]), tensor([10.]))

    Args:
        x1: the first half of the input.
        x2: the second half.
        f: see `RevBlock`, as for what is not said here.
        g: the same.
        num_layers: how many layers there are.
        f_side_input: tensors for f.
        g_side_input: tensors for g.
        is_training: whether activations are computed again rather than kept.

    Raises:
        ValueError: there are more or fewer functions than layers.
    """
    block = RevBlock(
        f,
        g,
        num_layers,
        f_side_input,
        g_side_input,
        is_training,
        _reuse=get_variable_scope().reuse,
    )
    return block.forward(x1, x2)


@overload
def recompute_grad(
    fn: None = None,
    use_data_dep: Any = "__rev_block_lib_default",
    tupleize_grads: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


@overload
def recompute_grad(
    fn: Callable[P, R],
    use_data_dep: Any = "__rev_block_lib_default",
    tupleize_grads: bool = False,
) -> Callable[P, R]: ...


def recompute_grad(
    fn: Callable[..., Any] | None = None,
    use_data_dep: Any = "__rev_block_lib_default",
    tupleize_grads: bool = False,
) -> Any:
    """A function whose activations are computed again in backward (tf.contrib.layers.recompute_grad).

    A decorator, with arguments or without; tf.recompute_grad is the same. See `recompute`, which it
    calls the function by.

    >>> import torch
    >>> from torchscope import slim
    >>> @slim.recompute_grad
    ... def doubled(x):
    ...     return 2 * x
    >>> doubled(torch.ones(1))
    tensor([2.])

    Args:
        fn: the function, of tensors. An argument `is_recomputing` of its own tells whether it runs
            in backward; there it is not to change anything once more. It may use any tensor and
            variable.
        use_data_dep: accepted for TF1 code; it has no effect.
        tupleize_grads: the same.

    Raises:
        TypeError: `fn` cannot be called.
    """
    if fn is None:
        return functools.partial(recompute_grad, tupleize_grads=tupleize_grads)
    if not callable(fn):
        raise TypeError(f"recompute_grad takes a function. Received: {fn!r}")
    try:
        tells = "is_recomputing" in inspect.signature(fn).parameters
    except ValueError:
        # A function that is not written in Python tells no arguments.
        tells = False

    def called(*args: Any, **kwargs: Any) -> Any:
        if tells:
            kwargs["is_recomputing"] = passes.current().again
        return fn(*args, **kwargs)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return recompute(called, *args, **kwargs)

    return wrapped if isinstance(fn, functools.partial) else functools.wraps(fn)(wrapped)
