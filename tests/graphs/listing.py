"""Writes docs/graph_operations.md: the types of nodes in TensorFlow's registry, and which of them torchscope computes.

python tests/graphs/listing.py
"""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.graphs.differences import DIFFERENCES
from tests.graphs.registry import REGISTRY
from torchscope.graphs.operations.table import TABLE
from torchscope.graphs.structure import STRUCTURE

PAGE = Path(__file__).parents[2] / "docs" / "graph_operations.md"

# What is no arithmetic on dense tensors, or is for other hardware, or is nobody's but TensorFlow's own tests'.
OTHERS = re.compile(
    r"Dataset|Iterator|TPU|Tpu|Xla|XLA|Collective|AllToAll|CrossReplica|Queue|Reader|Barrier|Summary|Ragged|Lookup|HashTable"
    r"|Hash|Tensorrt|TRT|Mlir|Mkl|MKL|Nccl|Rpc|Debug|BoostedTrees|Kmeans|KMC|Staging|Stage|MapSize|MapClear|MapPeek"
    r"|MapIncomplete|MapUnstage|OrderedMap|Mutex|DTensor|Eager|MultiDevice|^_|Risc|Accumulator|Stats|Cache|Decode|Encode"
    r"|Parse|Example|File|Table|SparseCore|CooTensor|Dedup|Embedding|Relayout|CopyToMesh|Host|Optional|TensorMap|Composite"
    r"|Sdca|Generator|Sobol|Vocab|Skipgram|Recv|Send|Session|BatchFunction|Unbatch|Minibatch|Worker|AudioMicro|Sync"
    r"|NearestNeighbors|Isotonic|Deadline|PyFunc|Remote|Symbolic|MapDefun|Weak|feed$|Calibration|Sparse(?!Apply|Segment"
    r"|SoftmaxCross|ToDense|TensorDense)|Quantized(?!Conv2D$|MatMul$)|Uniform(De|Re)?[Qq]uant|Requantiz|QuantizeDown"
    r"|UnicodeScript|ParallelConcat|FakeParam|ImmutableConst|GenerateBoundingBox|TopK(With)?Unique|KthOrder|SetSize|DenseTo"
    r"|DenseCount|For$|Foo1|GlobalIterId|Infeed|Outfeed|InPolymorphic|IsTensorFloat|NegTrain|Sleep|UpdateTask|Stochastic"
    r"|MakeUnique|Unstage|^Batch$|CheckPinned"
)
# What TensorFlow registers for its own tests.
TESTS = re.compile(
    r"^(A|B|Binary|Unary|Old|None|Simple.*|Restrict|Polymorphic.*|OutT.*|Out.*List.*|NInt.*|NPoly.*|NIn.*|Attr.*"
    r"|(Two|Five|Int|Float|Int64|Ref|List|Mixed|Complex|Type|Func|Reserved|Default|Dtype|Kernel|Stub|Test|Construction"
    r"|InPoly|Requires|Graph|Device|Dummy|Foo|Custom|Dump|Record|Fact|Thread)[A-Z].*|Copy.*|Op.*)$"
)
_DENSE = {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 14, 17, 18, 19, 22, 23}


def is_dense(told: Any) -> bool:
    """Whether a type of node takes and gives dense tensors of numbers alone."""
    arguments = [*told.input_arg, *told.output_arg]
    return bool(arguments) and all(each.type % 100 in _DENSE for each in arguments)


def listed() -> dict[str, list[str]]:
    """The types of nodes by what becomes of them: the same, different, absent, and of another kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, told in sorted(REGISTRY.items()):
        if name in TABLE or name in STRUCTURE:
            found["different" if name in DIFFERENCES else "same"].append(name)
        elif OTHERS.search(name) or TESTS.match(name) or not is_dense(told):
            found["other"].append(name)
        else:
            found["absent"].append(name)
    return found


def page() -> str:
    """The page."""
    found = listed()
    answered, absent = len(found["same"]) + len(found["different"]), found["absent"]
    lines = [
        "# All types of nodes",
        "",
        f"TensorFlow's registry has {len(REGISTRY):,} types of nodes. {answered + len(absent)} of them compute with dense",
        "tensors of numbers, are variables, or are what loops, branches and functions are made of; torchscope",
        f"computes {answered}.",
        "The others are for input pipelines, strings, tables, sparse and ragged tensors, queues, TPUs and other hardware, or",
        "for TensorFlow's own tests; where one is needed, [a function can be given](graphs_without_source.md#what-is-not-known).",
        "",
        "Each type below has cases that are compared with TensorFlow: values, dtypes, shapes, autograd's gradients, and those",
        "that the nodes of TensorFlow's own gradient graph give. Old versions of a type are computed as the new ones.",
        "",
        "This page is written by `python tests/graphs/listing.py`.",
        "",
        f"## The same: {len(found['same'])}",
        "",
        *_wrapped(found["same"]),
        "",
        f"## Different: {len(found['different'])}",
        "",
    ]
    reasons = defaultdict(list)
    for name in found["different"]:
        reasons[DIFFERENCES[name]].append(name)
    if reasons:
        lines += ["| types | what differs |", "| --- | --- |"]
    for reason, names in sorted(reasons.items()):
        lines.append(f"| {', '.join(f'`{name}`' for name in names)} | {reason} |")
    lines += ["", f"## Absent: {len(absent)}", "", *_wrapped(absent)]
    return "\n".join(lines) + "\n"


def _wrapped(names: list[str]) -> list[str]:
    return textwrap.wrap(", ".join(f"`{name}`" for name in names), 118)


if __name__ == "__main__":
    PAGE.write_text(page())
