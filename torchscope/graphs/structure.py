"""The types of nodes that are no operations: what stands in a graph for values, functions, loops and branches."""

from __future__ import annotations

from torchscope.graphs.definitions import PLACEHOLDERS
from torchscope.graphs.loops import ENTER, EXIT, MERGE, SWITCH

VARIABLES = frozenset(["Variable", "VariableV2", "VarHandleOp"])
"""The types of nodes that are variables."""

CALLS = frozenset(["PartitionedCall", "StatefulPartitionedCall"])
"""The types of nodes that only call a function."""

IFS = frozenset(["If", "StatelessIf"])
CASES = frozenset(["Case", "StatelessCase"])
CONDITIONALS = IFS | CASES
"""TF2's conditionals."""

WHILES = frozenset(["While", "StatelessWhile"])
"""TF2's loops."""

BLOCKS = CALLS | CONDITIONALS | WHILES
"""The types of nodes that call functions: TF2's loops and branches among them."""

STRUCTURE = (VARIABLES | PLACEHOLDERS | ENTER | EXIT | MERGE | SWITCH | BLOCKS) | {
    "Const",
    "PlaceholderWithDefault",
    "NextIteration",
    "RefNextIteration",
    "LoopCond",
    "ControlTrigger",
}
"""All that is taken apart when a graph is lowered, and has no operation in the table."""
