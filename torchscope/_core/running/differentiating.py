"""Gradients within a model function, which can be differentiated again."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, ParamSpec, TypeVar, overload

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, wanted
from torchscope._core.ops.gathered import gradients_of
from torchscope._core.passes import one_pass as passes
from torchscope._core.pytorch import fakes
from torchscope._core.running.recomputation import again
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope._core.values.errors import caller
from torchscope._core.values.structures import flatten

P = ParamSpec("P")
R = TypeVar("R")


class UnconnectedGradients(enum.Enum):
    """What a gradient is where no path leads to its tensor (tf.UnconnectedGradients).

    >>> UnconnectedGradients("zero")
    <UnconnectedGradients.ZERO: 'zero'>
    """

    NONE = "none"
    ZERO = "zero"


class AggregationMethod:
    """Names of how TF1 adds gradients up (tf.AggregationMethod). They have no effect.

    >>> AggregationMethod.DEFAULT == AggregationMethod.ADD_N
    True
    """

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: Any = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """The gradients of the sum of `ys` with respect to each of `xs` (tf.gradients).

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> gradients(x * x, [x, torch.ones(2, requires_grad=True)])
    [tensor([2., 4.], grad_fn=<AddBackward0>), None]

    They can be differentiated again, and `ys` stays differentiable, as in TF1:

    >>> gradients(gradients(x * x, x), x)[0].tolist()
    [2.0, 2.0]

    PyTorch remembers what leads to a tensor only where that requires a gradient. So a variable that is
    not trained has no gradient here: None, as where no path leads to it. Any other tensor without one is
    refused, since TF1 would have one.

    Args:
        ys: a tensor, or a list of tensors.
        xs: a tensor or a variable, or a list of them, of which `ys` were computed.
        grad_ys: by what each of `ys` is multiplied before they are added; by default, and for None, ones.
        name: accepted for TF1 code; it has no effect.
        colocate_gradients_with_ops: accepted for TF1 code; it has no effect.
        gate_gradients: accepted for TF1 code; it has no effect.
        aggregation_method: one of `AggregationMethod`; it has no effect.
        stop_gradients: tensors that are taken for constants: what they were computed of has no gradient
            by way of them.
        unconnected_gradients: 'none' or 'zero', or an `UnconnectedGradients`: what is given where no path
            leads to.

    Returns:
        A list with a gradient for each of `xs`, or None where no path leads to it, or it is an integer. That of
        a variable of which rows were gathered, and nothing else, is an `IndexedSlices`.

    Raises:
        ValueError: one of `xs` does not require a gradient; there is no such unconnected_gradients or
            aggregation_method; or the grad_ys do not fit.
        TypeError: a grad_ys has another dtype.
        RuntimeError: gradients are off, by torch.no_grad for example; or the call is recorded for a graph.
    """
    outputs, inputs = [as_tensor(wanted("ys", y)) for y in _listed(ys)], _listed(xs)
    zeros = UnconnectedGradients.ZERO is _unconnected(unconnected_gradients)
    if aggregation_method not in (None, 0, 1, 2):
        raise ValueError(
            f"Invalid `aggregation_method` specified {aggregation_method}. Accepted values are "
            "[0, 1, 2]."
        )
    weights = _weights(outputs, grad_ys)
    asked = [number for number, x in enumerate(inputs) if _may_have_one(x, number)]
    found: list[Tensor | None] = [None] * len(inputs)
    pairs = [(y, weight) for y, weight in zip(outputs, weights, strict=True) if y.requires_grad]
    if fakes.are_used() and not fakes.are_recorded():
        # Nothing is computed, and what a net is built on may not require gradients as what it is called with.
        for number in [n for n in asked if not _is_followed(inputs[n])]:
            asked.remove(number)
            found[number] = torch.zeros_like(inputs[number])
    if asked:
        _check_possible()
        if pairs:
            given = _backward(pairs, [inputs[n] for n in asked], _listed(stop_gradients))
            for number, gradient in zip(asked, given, strict=True):
                found[number] = gradient
    if zeros:
        return [
            torch.zeros_like(as_tensor(x)) if gradient is None else gradient
            for x, gradient in zip(inputs, found, strict=True)
        ]
    return found


def _listed(given: Any) -> list[Any]:
    """One tensor or several as a list."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _unconnected(given: Any) -> UnconnectedGradients:
    try:
        return UnconnectedGradients(given)
    except ValueError:
        raise ValueError(
            f"Unknown value for unconnected_gradients: '{given}'. It is 'none' or 'zero'."
        ) from None


def _weights(outputs: list[Tensor], grad_ys: Any) -> list[Tensor]:
    """By what each output is multiplied."""
    given = [None] * len(outputs) if grad_ys is None else _listed(grad_ys)
    if len(given) != len(outputs):
        raise ValueError(
            f"Length mismatch. Passed {len(given)} grad_ys for {len(outputs)} ys: there is one for each."
        )
    weights = []
    for output, weight in zip(outputs, given, strict=True):
        if weight is None:
            weights.append(torch.ones_like(output))
            continue
        tensor = as_tensor(weight, output)
        if tensor.dtype != output.dtype:
            raise TypeError(
                f"Input 'grad_ys' of 'gradients' has type {dtype_name(tensor.dtype)} that does not match "
                f"type {dtype_name(output.dtype)} of argument 'ys'."
            )
        if tensor.shape != output.shape:
            raise ValueError(
                f"Dimensions must be equal: one of ys has shape {shape_text(output.shape)}, and its "
                f"grad_ys {shape_text(tensor.shape)}."
            )
        weights.append(tensor)
    return weights


def _may_have_one(x: Any, number: int) -> bool:
    """Whether a gradient is asked for."""
    if not isinstance(x, Tensor):
        raise TypeError(
            f"tf.gradients differentiates with respect to tensors and variables. Number {number} of xs "
            f"is a {type(x).__name__}."
        )
    if x.requires_grad:
        return True
    if isinstance(x, Variable) or not (x.is_floating_point() or x.is_complex()):
        return False
    if (fakes.are_used() and not fakes.are_recorded()) or not torch.is_grad_enabled():
        return fakes.are_used()
    raise ValueError(
        f"Number {number} of xs, of shape {shape_text(x.shape)}, does not require a gradient, at "
        f"{caller()}: PyTorch has not kept what was computed of it. Before it is used, write "
        "x = x.detach().requires_grad_()."
    )


def _is_followed(x: Tensor) -> bool:
    """Whether autograd knows what is computed of it."""
    return x.requires_grad and torch.is_grad_enabled()


def _check_possible() -> None:
    if not torch.is_grad_enabled():
        raise RuntimeError(
            "tf.gradients was called where gradients are off (torch.no_grad, torch.inference_mode), so "
            "PyTorch keeps nothing to differentiate. Call it under torch.enable_grad()."
        )
    if fakes.are_recorded():
        raise RuntimeError(
            "tf.gradients was called in a call that is recorded for a graph (ts.graph, torch.compile, "
            "torch.export), which holds the operations of forward, and not those of a backward within. "
            "Call the net itself, or take the gradient outside of the net."
        )


def _backward(
    pairs: list[tuple[Tensor, Tensor]], inputs: list[Tensor], stops: list[Any]
) -> list[Any]:
    """Autograd's gradients, of which the graph stays."""
    outputs, weights = zip(*pairs, strict=True)
    stopped = [s.grad_fn for s in stops if isinstance(s, Tensor) and s.grad_fn is not None]
    with _stopped(stopped):
        return gradients_of(
            passes.current(), outputs, weights, inputs, create_graph=True, retain_graph=True
        )


@contextmanager
def _stopped(nodes: Sequence[Any]) -> Iterator[None]:
    """A context in which backward does not go past some of autograd's nodes."""
    with ExitStack() as stack:
        for node in nodes:
            handle = node.register_hook(lambda before, _: (None,) * len(before))
            stack.callback(handle.remove)
        yield


def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: Any = False,
    aggregation_method: int | None = None,
) -> list[Tensor]:
    """The second derivatives of the sum of `ys` with respect to each of `xs` (tf.hessians).

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> hessians((x**3).sum(), x)[0].tolist()
    [[6.0, 0.0], [0.0, 12.0]]

    Args:
        ys: as in `gradients`.
        xs: as in `gradients`.
        name: accepted for TF1 code; it has no effect.
        colocate_gradients_with_ops: accepted for TF1 code; it has no effect.
        gate_gradients: accepted for TF1 code; it has no effect.
        aggregation_method: as in `gradients`.

    Returns:
        For each x, a tensor of its shape twice.

    Raises:
        ValueError: no path leads to one of `xs`, or none that is not linear; or as in `gradients`.
    """
    made = []
    for x in _listed(xs):
        (first,) = gradients(ys, x, aggregation_method=aggregation_method)
        rows = [gradients(each, x)[0] for each in wanted("tensor", first).reshape(-1).unbind()]
        made.append(torch.stack([_second(row) for row in rows]).reshape(*x.shape, *x.shape))
    return made


def _second(row: Any) -> Tensor:
    if row is None:
        raise ValueError(
            "None values not supported. ys is linear in one of xs, of which it has no second derivative."
        )
    return row  # type: ignore[no-any-return]


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """A tensor through which no gradient flows (tf.stop_gradient).

    >>> stop_gradient(torch.ones(2, requires_grad=True) * 2)
    tensor([2., 2.])

    Args:
        input: a tensor, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it is None.
    """
    if isinstance(input, Variable):
        # It may be written to before this is read.
        return input.initialized_value()
    return (input if isinstance(input, Tensor) else as_tensor(wanted("input", input))).detach()


@overload
def custom_gradient(f: None = None) -> Callable[[Callable[P, tuple[R, Any]]], Callable[P, R]]: ...


@overload
def custom_gradient(f: Callable[P, tuple[R, Any]]) -> Callable[P, R]: ...


def custom_gradient(f: Callable[..., Any] | None = None) -> Any:
    """A function whose gradient is what it says itself (tf.custom_gradient).

    >>> @custom_gradient
    ... def clipped(x):
    ...     return x * 1.0, lambda dy: dy.clip(-1, 1)
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> gradients(clipped(x) * 5, x)[0].item()
    1.0

    Args:
        f: a function of tensors. It gives a tensor or a list of them, and a function that gives, of the
            gradient of each, the gradients of its arguments, or None. Where it reads variables that
            are trained, that function takes them as `variables` and gives a pair: the gradients of the
            arguments, and a list of those of the variables.

    Raises:
        TypeError: `f` reads variables, and its gradient does not take them.
        ValueError: the gradient gives too many or too few.
        RuntimeError: the call is recorded for a graph, which would lose the gradient.
    """
    if f is None:
        return custom_gradient

    def decorated(*args: Any, **kwargs: Any) -> Any:
        tensors = [as_tensor(arg) for arg in args]
        since = torch.empty((), requires_grad=True).clone().grad_fn
        result, gradient = f(*tensors, **kwargs)
        outputs = [as_tensor(leaf) for leaf in flatten(result)]
        variables = _variables_read(outputs, tensors, since)
        if variables and not _takes_variables(gradient):
            raise TypeError(
                "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function "
                f"uses variables: {[v.name for v in variables]}. It gives a pair then: the gradients of "
                "the arguments, and a list of those of the variables."
            )
        if torch.is_grad_enabled() and fakes.are_recorded():
            if not variables and _passes_on(gradient, outputs, tensors):
                return result
            raise RuntimeError(
                "A function of tf.custom_gradient was called in a call that is recorded for a graph "
                "(ts.graph, torch.compile, torch.export), which would lose the gradient. Call the net "
                "itself; or write it with operations that have that gradient, such as tf.stop_gradient."
            )
        here = passes.current().as_it_is()
        given = _Custom.apply(  # type: ignore[no-untyped-call]
            (gradient, here), len(tensors), len(outputs), *tensors, *variables, *outputs
        )
        if not isinstance(result, list | tuple):
            return given[0]
        return type(result)(given) if isinstance(result, list) else tuple(given)

    decorated.__name__ = getattr(f, "__name__", "decorated")
    decorated.__doc__ = f.__doc__
    return decorated


def _variables_read(outputs: list[Tensor], arguments: list[Tensor], since: Any) -> list[Any]:
    """The trained variables that outputs were computed of after a node of autograd, in no argument."""
    if since is None:
        # Gradients are off.
        return []
    begun = since._sequence_nr()
    seen = {each.grad_fn for each in arguments}
    waiting = [each.grad_fn for each in outputs]
    found: dict[int, Any] = {}
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf: Any = getattr(node, "variable", None)
        if leaf is not None:
            if isinstance(leaf, Variable) and not any(leaf is each for each in arguments):
                found[id(leaf)] = leaf
        elif node._sequence_nr() > begun:
            waiting += [each for each, _ in reversed(node.next_functions)]
    return list(found.values())


def _passes_on(gradient: Callable[..., Any], outputs: list[Tensor], tensors: list[Tensor]) -> bool:
    """Whether a function gives its arguments, and its gradient the gradients: autograd's is the same then."""
    if len(outputs) != len(tensors) or any(
        y is not x for y, x in zip(outputs, tensors, strict=True)
    ):
        return False
    gradients = [torch.empty_like(y) for y in outputs]
    found = _listed(gradient(*gradients))
    return len(found) == len(gradients) and all(
        a is b for a, b in zip(found, gradients, strict=True)
    )


def _takes_variables(gradient: Callable[..., Any]) -> bool:
    code = gradient.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return "variables" in names or bool(code.co_flags & 0x08)


class _Custom(torch.autograd.Function):
    """Gives the outputs as they are; backward asks the function that came with them."""

    @staticmethod
    def forward(ctx: Any, given: Any, arguments: int, outputs: int, *tensors: Tensor) -> Any:
        """The outputs, which are the last of the tensors."""
        (ctx.gradient, ctx.here), ctx.arguments = given, arguments
        ctx.variables = tensors[arguments : len(tensors) - outputs]
        ctx.outputs = outputs
        return tuple(each.detach().clone() for each in tensors[len(tensors) - outputs :])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        """The gradients of the arguments and variables."""
        # The function may ask for variables, and for gradients of its own.
        with again(ctx.here), torch.enable_grad():
            if ctx.variables:
                given, of_variables = ctx.gradient(*gradients, variables=list(ctx.variables))
            else:
                given, of_variables = ctx.gradient(*gradients), []
        found = [*_listed_gradients(given), *_listed_gradients(of_variables)]
        wanted_ = ctx.arguments + len(ctx.variables)
        if len(found) != wanted_:
            raise ValueError(
                f"Num gradients {len(found)} generated for a function of tf.custom_gradient; it has "
                f"{ctx.arguments} arguments and {len(ctx.variables)} variables, and there is one for "
                "each."
            )
        return (None, None, None, *found, *[None] * ctx.outputs)


def _listed_gradients(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else [given]


class RegisterGradient:
    """Refused: PyTorch has no gradients by the types of operations (tf.RegisterGradient).

    >>> RegisterGradient("Guided")
    Traceback (most recent call last):
    NotImplementedError: tf.RegisterGradient gives operations of a type another gradient, ...

    Args:
        op_type: TF1's name of the type of operation.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, op_type: str) -> None:
        raise NotImplementedError(
            f"tf.RegisterGradient gives operations of a type another gradient, here {op_type!r}, by "
            "gradient_override_map. PyTorch's operations have theirs. Write a function with a gradient "
            "of its own, by tf.custom_gradient or torch.autograd.Function, and call it where the "
            "operation was."
        )


class GradientTape:
    """Refused: PyTorch records what is computed by itself (tf.GradientTape).

    >>> GradientTape()
    Traceback (most recent call last):
    NotImplementedError: tf.GradientTape is not needed: PyTorch records by itself ...

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        raise NotImplementedError(
            "tf.GradientTape is not needed: PyTorch records by itself what is computed of tensors that "
            "require a gradient. Leave out the `with`, and write tf.gradients(y, x) for "
            "tape.gradient(y, x)."
        )
