"""A captured call that can be called again: for a tree that stands as it stood."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from torch import Tensor, fx, nn
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from torchscope._core.graphs.captured import capture
from torchscope._core.graphs.listing import Listed, listing, operations
from torchscope._core.graphs.measuring import measure
from torchscope._core.graphs.module_state import Standing
from torchscope._core.graphs.recording import without_values
from torchscope._core.graphs.tensor_guards import Kinds


class Call:
    """The operations of one call, on whatever tensors the net has when it is called.

    Args:
        net: the net.
        inputs: the leaves of the inputs.
        structure: how they make up ``(args, kwargs)``.
        varying: the dimensions that may have other sizes: number of the input, and dimension.
    """

    def __init__(
        self,
        net: nn.Module,
        inputs: list[Any],
        structure: TreeSpec,
        varying: AbstractSet[tuple[int, int]] = frozenset(),
    ) -> None:
        fake = without_values(inputs, structure, varying)
        captured = capture(net, net, fake)
        recording = captured.recording
        for change in captured.left:
            # It is there from now on, and nobody has set it yet.
            change.where.setdefault(change.key, None)
        self._left = captured.left
        self._roots = captured.roots
        self._standing = Standing(self._roots)
        self._collections = captured.collections
        self.module = fx.GraphModule(dict(recording.constants), recording.graph)
        self._run = self.module.forward
        self._read = recording.read
        self._places = [_place(captured.roots[root], key) for root, key in recording.read]
        self._kinds = Kinds(self._tensors())
        self._results = recording.results
        # One tensor, and nothing collected or left.
        nothing: Any = 0, [[] for _ in captured.collections], []
        self._alone = tree_flatten(nothing)[1] == recording.results
        assert fake.mode.shape_env is not None
        self._shapes = fake.mode.shape_env
        self._assumed = self._shapes.produce_guards_expression(fake.unknown, ignore_static=False)

    def listing(self) -> str:
        """The operations as text."""
        return listing(self.module.graph, self._read)

    def operations(self) -> list[Listed]:
        """The operations under the names that TF1 would have given them."""
        return list(operations(self.module.graph, self._read))

    def measure(self, inputs: Any) -> dict[str, float]:
        """How many seconds each operation takes on the leaves of the inputs, by name."""
        measure(self.module, self._given(inputs))
        return {e.name: e.seconds for e in self.operations() if e.seconds is not None}

    def holds(self) -> bool:
        """Whether the tree stands as it stood, with tensors of the same shapes and dtypes."""
        if not self._standing.holds():
            if not self._standing.has_equals():
                return False
            # From now on it is these objects that may not change.
            self._standing = Standing(self._roots)
        return self._kinds.hold(self._tensors())

    def _tensors(self) -> list[Any]:
        return [store.get(name) for store, name in self._places]

    def _given(self, inputs: Any) -> list[Any]:
        """What the graph's placeholders stand for."""
        return [*self._tensors(), *[each for each in inputs if isinstance(each, Tensor)]]

    def fits(self, inputs: Any) -> bool:
        """Whether it is right for the sizes of these inputs too."""
        tensors = [each for each in inputs if isinstance(each, Tensor)]
        return self._assumed is None or self._shapes.evaluate_guards_expression(
            self._assumed, tensors
        )

    def __call__(self, inputs: Any) -> Any:
        """Runs the operations on the leaves of the inputs."""
        outputs = self._run(*self._given(inputs))
        result, collected, left = (
            (outputs[0], [[] for _ in self._collections], [])
            if self._alone
            else tree_unflatten(outputs, self._results)
        )
        for (registry, last), tensors in zip(self._collections, collected, strict=True):
            registry._last = last.with_tensors(tensors)
        for change, value in zip(self._left, left, strict=True):
            self._standing.note(change, value)
            change.where[change.key] = value
        return result


def _place(root: nn.Module, key: str) -> tuple[dict[str, Any], str]:
    path, _, name = key.rpartition(".")
    module = root.get_submodule(path)
    return (module._parameters if name in module._parameters else module._buffers), name
