"""What is told of a graph before it is imported: its tensors, its variables, its parts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GraphTensor:
    """A tensor of a graph.

    Attributes:
        name: its name, "logits:0".
        dtype: its dtype; nothing where the file does not say.
        shape: its shape; None for a size that may be any, and for all of it where the file does not say.
    """

    name: str
    dtype: str
    shape: list[int | None] | None


@dataclass(frozen=True, slots=True)
class GraphInput(GraphTensor):
    """What is to be fed.

    Attributes:
        feeds: the nodes that take it.
        optional: whether it has a value of its own.
        trains: whether training alone needs it, as it does labels.
    """

    feeds: list[str]
    optional: bool
    trains: bool


@dataclass(frozen=True, slots=True)
class GraphSignature:
    """Names that some tensors have for those who call the graph.

    Attributes:
        inputs: what it takes, by its names.
        outputs: what it gives.
        method: what it is for, as TensorFlow Serving calls it.
    """

    inputs: dict[str, GraphTensor]
    outputs: dict[str, GraphTensor]
    method: str


@dataclass(frozen=True, slots=True)
class GraphVariables:
    """The variables of a graph; of a frozen one, the constants that were variables.

    Attributes:
        count: how many there are.
        parameters: how many numbers they have.
        nbytes: how many bytes.
        trainable: how many are trained.
        unknown: of how many the file does not say the shape: they count as nothing.
    """

    count: int
    parameters: int
    nbytes: int
    trainable: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A type of node that torchscope has no operation for.

    Attributes:
        type: the type.
        count: how many nodes are of it.
        node: one of them.
    """

    type: str
    count: int
    node: str


@dataclass(frozen=True, slots=True)
class GraphPart:
    """A part of a graph that computes some tensors.

    Attributes:
        feeds: the tensors that it has to be fed.
        fetches: the tensors that it computes.
        nodes: how many nodes may have to run for that, those of functions too.
        missing: what cannot run.
        before: where that is so, tensors that can be computed, those next to what is fetched first.
        trouble: why it does not run, where that is something else.
    """

    feeds: list[str]
    fetches: list[str]
    nodes: int
    missing: list[Missing]
    before: list[str]
    trouble: str

    @property
    def runs(self) -> bool:
        """Whether it can be computed."""
        return bool(self.fetches) and not self.missing and not self.trouble


@dataclass(frozen=True, slots=True)
class GraphDescription:
    """What there is to know of a graph.

    Attributes:
        path: the file.
        format: "MetaGraphDef", "SavedModel", "frozen GraphDef" or "GraphDef".
        tensorflow: the version of TensorFlow that wrote it; nothing where the file does not say.
        producer: the version of graphs that it was written in; 0 where the file does not say.
        tags: of a SavedModel, by what the graph was found.
        scope: which part of it is looked at; nothing if it is all.
        nodes: how many nodes there are, without those of functions.
        inputs: what is to be fed; of a part, what comes into it.
        outputs: what nobody takes but training, and what a part gives to the rest.
        losses: what is computed of labels, and taken by nobody.
        signatures: the signatures, by their names.
        variables: the variables.
        types: how many nodes there are of each type, those of functions that are called too; the most first.
        functions: how many functions are called.
        loops: how many loops there are.
        conditionals: how many conditionals.
        inference: the part that computes the signature's outputs, or those above.
        missing: what cannot run in all of it.
    """

    path: str
    format: str
    tensorflow: str
    producer: int
    tags: list[str]
    scope: str
    nodes: int
    inputs: list[GraphInput]
    outputs: list[GraphTensor]
    losses: list[GraphTensor]
    signatures: dict[str, GraphSignature]
    variables: GraphVariables
    types: dict[str, int]
    functions: int
    loops: int
    conditionals: int
    inference: GraphPart
    missing: list[Missing]
