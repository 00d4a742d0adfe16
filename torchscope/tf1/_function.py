"""tensorflow.python.framework.function: functions with a gradient of their own (Defun)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import torch

from torchscope._core.running.differentiating import custom_gradient


def _differentiable(x: torch.Tensor) -> torch.Tensor:
    """A tensor, of which gradients can be asked."""
    if x.requires_grad or not (x.is_floating_point() or x.is_complex()):
        return x
    return x.detach().requires_grad_()


class Defun:
    """Decorates a function of tensors, which may have a gradient of its own (function.Defun).

    >>> @Defun(python_grad_func=lambda op, grad: grad * 10)
    ... def double(x):
    ...     return x * 2
    >>> x = torch.ones(1, requires_grad=True)
    >>> double(x).backward()
    >>> x.grad
    tensor([10.])

    Args:
        input_types: the dtypes of the arguments; they are what they are.
        func_name: means nothing here, as do `noinline`, `compiled` and all other options.
        grad_func: a decorated function of the arguments and of the gradients of what was returned.
        python_grad_func: a function of a thing with `inputs` and `outputs`, and of these gradients.
        shape_func: means nothing here.
    """

    def __init__(
        self,
        *input_types: Any,
        func_name: str | None = None,
        grad_func: Callable[..., Any] | None = None,
        python_grad_func: Callable[..., Any] | None = None,
        shape_func: Callable[..., Any] | None = None,
        **options: Any,
    ) -> None:
        self._grad, self._python_grad = grad_func, python_grad_func

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The decorated function."""
        if self._grad is None and self._python_grad is None:
            return function

        @custom_gradient
        def with_gradient(*inputs: torch.Tensor) -> Any:
            outputs = function(*inputs)

            def gradient(*gradients: torch.Tensor) -> Any:
                # It may differentiate what it computes of them.
                read = [_differentiable(each) for each in inputs]
                if self._python_grad is None:
                    assert self._grad is not None
                    return self._grad(*read, *gradients)
                given = outputs if isinstance(outputs, Sequence) else [outputs]
                return self._python_grad(
                    SimpleNamespace(inputs=read, outputs=list(given)), *gradients
                )

            return outputs, gradient

        def called(*inputs: Any) -> Any:
            return with_gradient(*inputs)

        called.__name__ = getattr(function, "__name__", "called")
        return called
