"""One call of a net, recorded and ready to be called again: for a tree that stands as it stood."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from torch import Tensor, fx, nn
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from torchscope.build import build, needs_values
from torchscope.capture.functions import call_directly
from torchscope.capture.kinds import Kinds
from torchscope.capture.layout import lay_out
from torchscope.capture.needless import drop_needless
from torchscope.capture.products import multiply_directly
from torchscope.capture.recording import record
from torchscope.capture.reusing import reuse_memory
from torchscope.capture.standing import Standing
from torchscope.capture.writes import keep_what_was_read
from torchscope.catalogue import REGISTRY
from torchscope.collections import Collected
from torchscope.registry import ScopedParameterRegistry


class Captured:
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
        registries = [m.__dict__[REGISTRY] for m in net.modules() if REGISTRY in m.__dict__]
        last = [registry._last for registry in registries]

        def call(*args: Any, **kwargs: Any) -> Any:
            result = net(*args, **kwargs)
            return result, [_collected(registry).tensors() for registry in registries]

        try:
            if registries:
                args, kwargs = tree_unflatten(inputs, structure)
                build(net, *args, **kwargs)
            self._standing = Standing(net)
            recording = record(net, call, inputs, structure, varying)
            self._collections = [(each, _collected(each)) for each in registries]
        except Exception as error:
            if needs_values(error) or (error.__cause__ and needs_values(error.__cause__)):
                raise RuntimeError(
                    f"The forward of this {type(net).__name__} needs the values of tensors "
                    f"({type(error).__name__}: {str(error).partition(chr(10))[0]}). A graph is built from "
                    "shapes alone: it has no branches that depend on values. Choose with torch.where, or call the net itself."
                ) from error
            raise
        finally:
            # What they have collected since is of tensors without values.
            for registry, before in zip(registries, last, strict=True):
                registry._last = before
        changed = self._standing.changed()
        if changed:
            raise RuntimeError(
                f"The forward of this {type(net).__name__} changes {', '.join(changed)}. A graph is "
                "made of one call, and later calls run no Python: that would stay as the first call "
                "left it. Return what it keeps, or make a variable of it."
            )
        keep_what_was_read(recording.graph)
        drop_needless(recording.graph)
        lay_out(recording.graph)
        multiply_directly(recording.graph)
        reuse_memory(recording.graph)
        call_directly(recording.graph)
        self.module = fx.GraphModule(dict(recording.constants), recording.graph)
        self._run = self.module.forward
        self._places = [_place(net, key) for key in recording.keys]
        self._kinds = Kinds(self._tensors())
        self._results = recording.results
        # One tensor, and nothing collected.
        self._alone = tree_flatten((0, [[] for _ in registries]))[1] == recording.results
        self._fits = recording.fits

    def holds(self) -> bool:
        """Whether the tree stands as it stood, with tensors of the same shapes and dtypes."""
        return self._standing.holds() and self._kinds.hold(self._tensors())

    def _tensors(self) -> list[Any]:
        return [store.get(name) for store, name in self._places]

    def fits(self, inputs: Any) -> bool:
        """Whether it is right for the sizes of these inputs too."""
        return self._fits([each for each in inputs if isinstance(each, Tensor)])

    def __call__(self, inputs: Any) -> Any:
        """Runs the operations on the leaves of the inputs."""
        outputs = self._run(
            *self._tensors(),
            *[each for each in inputs if isinstance(each, Tensor)],
        )
        result, collected = (
            (outputs[0], [[] for _ in self._collections])
            if self._alone
            else tree_unflatten(outputs, self._results)
        )
        for (registry, last), tensors in zip(self._collections, collected, strict=True):
            registry._last = last.with_tensors(tensors)
        return result


def _collected(registry: ScopedParameterRegistry) -> Collected:
    """What the last pass has collected."""
    return registry._last or Collected()


def _place(net: nn.Module, key: str) -> tuple[dict[str, Any], str]:
    path, _, name = key.rpartition(".")
    module = net.get_submodule(path)
    return (module._parameters if name in module._parameters else module._buffers), name
