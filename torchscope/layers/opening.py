"""The scope of a layer while it is open: what is refused inside says where it was, and leaves nothing."""

from __future__ import annotations

from typing import Any

from torchscope._core.passes.scopes import VariableScope
from torchscope._core.requests import rollback as refusals
from torchscope._core.requests.variable_scope import variable_scope


class opened(variable_scope):
    """The scope of a layer that is a function.

    Args:
        scope: the layer's scope, by name or as a VariableScope; None for a default name.
        default_name: that name.
        inputs: what the layer was called with, for messages.
        reuse: as the `reuse` of a variable_scope.
    """

    __slots__ = ("_before", "_inputs")

    # variable_scope's methods by name: `super` takes longer than what they do here, and a layer opens one on each call.

    def __init__(self, scope: Any, default_name: str, inputs: Any, reuse: Any = None) -> None:
        variable_scope.__init__(self, scope, default_name, reuse=reuse)
        self._inputs = inputs

    def __enter__(self) -> VariableScope:
        scope = variable_scope.__enter__(self)
        self._before = refusals.point(self._pass)
        return scope

    def __exit__(self, *exc_info: object) -> None:
        if exc_info[0] is None:
            self._inputs = None
            variable_scope.__exit__(self)
            return
        pass_, inputs, error = self._pass, self._inputs, exc_info[1]
        scope, self._inputs = pass_.scope, None
        variable_scope.__exit__(self)
        if isinstance(error, Exception):
            refusals.take_back(pass_, self._before, scope.name)
            refusals.tell(error, scope.name, inputs)
