"""tensorflow.python.ops.variable_scope: what of it is no part of tf."""

from torchscope._core.requests.variable_scope import pure_variable_scope

__all__ = ["pure_variable_scope"]


def __dir__() -> list[str]:
    return __all__
