"""A summary as an operation of its pass: it holds tensors, and is worked out when it is written.

What was noted is what is written. Variables change, by the very step that a loop makes before it writes, so
of a variable a copy is kept. Of any other tensor PyTorch counts how often it was written to, and one that
has changed since is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._pytree import register_pytree_node

from torchscope._core.operations.operation import Operation
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.pytorch import fakes
from torchscope._core.summaries.protocol import message
from torchscope._core.values.conversion import shape_text


class Kind(NamedTuple):
    """How the values of one summary are made.

    Attributes:
        name: the name of its operation, for messages.
        tag: under which it is shown.
        values: gives the messages, of the name, the tag, the tensors and the settings.
        settings: what else it takes.
        tensors: how many tensors it has.
    """

    name: str
    tag: str
    values: Callable[..., list[Any]]
    settings: tuple[Any, ...]
    tensors: int


class Held(NamedTuple):
    """What a summary keeps of a tensor.

    Attributes:
        tensor: the tensor, without its graph.
        version: how often it had been written to; None of a copy, which nobody else has.
    """

    tensor: Tensor
    version: int | None

    def is_as_it_was(self) -> bool:
        """Whether nobody has written to it since."""
        return self.version is None or self.tensor._version == self.version


def _hold(tensor: Tensor) -> Held:
    """A tensor as it is: by a copy, if it is a variable or PyTorch does not tell when it is written to.

    It does not tell of inference tensors, and not in a graph; what of a graph is not returned is not
    computed. What is neither is a plain tensor, and no view of a variable.
    """
    base = None if tensor.is_inference() else tensor._base
    detached = tensor.detach()
    if tensor.is_inference() or type(tensor if base is None else base) is not Tensor:
        return Held(detached.clone(), None)
    return Held(detached, detached._version)


class SummaryOperation(Operation):
    """What tf.summary's functions give: one summary, or several that were merged.

    >>> import torchscope.tf1 as tf
    >>> loss = tf.summary.scalar("loss", tf.constant(0.5))
    >>> loss
    <tf.Operation 'loss' type=ScalarSummary>
    >>> tf.Summary.FromString(loss.eval()).value[0].simple_value
    0.5

    A net returns it, from a graph and from compiled code too, and a `FileWriter` writes it.

    Args:
        name: the name of the operation.
        type: TF1's name of what it does.
        kinds: the summaries.
        tensors: the tensors of each, one after the other.
    """

    __slots__ = ("_held", "_kinds")

    def __init__(
        self, name: str, type: str, kinds: Iterable[Kind], tensors: Iterable[Tensor]
    ) -> None:
        super().__init__(name, None, type)
        self._kinds = tuple(kinds)
        self._held = [_hold(each) for each in tensors]

    @classmethod
    def merged(
        cls, name: str, type: str, summaries: Iterable[SummaryOperation]
    ) -> SummaryOperation:
        """Several as one."""
        made = cls(name, type, (), ())
        for each in summaries:
            made._kinds += each._kinds
            made._held += each._held
            made._built_faked = made._built_faked or each._built_faked
        return made

    def show_as(self, tag: str) -> None:
        """Has another tag."""
        self._kinds = tuple(kind._replace(tag=tag) for kind in self._kinds)

    def values(self) -> list[Any]:
        """The values of a Summary message: it is now that they are computed.

        Raises:
            InvalidArgumentError: a tensor is not as its summary wants it; or a tag is there twice.
            RuntimeError: a tensor was written to since; or nothing is computed here.
            ImportError: the extra `tensorboard` is not installed.
        """
        if self._built_faked or not all(fakes.has_values(each.tensor) for each in self._held):
            raise RuntimeError(
                f"Summary {self.name} was made where nothing is computed: while its net was built, "
                "recorded (ts.graph, torch.compile) or exported, on the meta device, or in a branch "
                "that was not taken. Return it from the forward, and write what the call gives."
            )
        tensors, made, tags = map(self._checked, self._held), [], set[str]()
        with torch.no_grad():
            for kind in self._kinds:
                given = [next(tensors) for _ in range(kind.tensors)]
                for value in kind.values(kind.name, kind.tag, *given, *kind.settings):
                    if value.tag in tags:
                        raise InvalidArgumentError(
                            None,
                            self,
                            f"Duplicate tag {value.tag} found in summary inputs. Give each summary "
                            f"a name of its own; {self.name} merges {len(self._kinds)} of them.",
                        )
                    tags.add(value.tag)
                    made.append(value)
        return made

    def eval(self, feed_dict: Any = None, session: Any = None) -> bytes:
        """What TF1 computed of it: a Summary message, as bytes.

        Args:
            feed_dict: None or empty: placeholders are arguments of the pass.
            session: accepted for TF1 code; it has no effect.

        Raises:
            ValueError: something is fed.
        """
        self.run(feed_dict)
        serialized: bytes = message("Summary")(value=self.values()).SerializeToString()
        return serialized

    def _checked(self, held: Held) -> Tensor:
        if not held.is_as_it_was():
            raise RuntimeError(
                f"Summary {self.name} is of a tensor of shape {shape_text(held.tensor.shape)} that was "
                "written to since, in place, and would show what it is now. Write the summary "
                "before that, write to another tensor (loss = loss / 2, not loss /= 2), or note a copy: "
                "tensor.clone()."
            )
        return held.tensor


def of_parts(context: Any, tensors: Iterable[Any]) -> SummaryOperation:
    """One of what a graph gives, where nobody else has the tensors."""
    made = SummaryOperation.__new__(SummaryOperation)
    made.name, made.type, made._kinds = context
    made._function, made._does, made._asked, made._built_faked = None, False, False, False
    made.changes, made.ready, made._after = None, None, None
    made._held = [Held(each, None) for each in tensors]
    return made


def _of_leaves(leaves: Iterable[Any], context: Any) -> SummaryOperation:
    """One of what functions over trees have made of the tensors, which may be anything."""
    made = of_parts(context, ())
    made._held = [_hold(each) if isinstance(each, Tensor) else Held(each, None) for each in leaves]
    return made


register_pytree_node(
    SummaryOperation,
    lambda summary: (
        [each.tensor for each in summary._held],
        (summary.name, summary.type, summary._kinds),
    ),
    _of_leaves,
    serialized_type_name="torchscope.summaries.operation.SummaryOperation",
)
