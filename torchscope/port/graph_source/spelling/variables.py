"""Assignments to variables, and to parts of them."""

from __future__ import annotations

from torchscope.port.graph_source.spelling.given import Spelling, plain

SPELLINGS: dict[str, Spelling] = {
    "Assign": plain("tf.assign"),
    "AssignAdd": plain("tf.assign_add"),
    "AssignSub": plain("tf.assign_sub"),
    "AssignVariableOp": plain("tf.assign"),
    "AssignAddVariableOp": plain("tf.assign_add"),
    "AssignSubVariableOp": plain("tf.assign_sub"),
    **{
        f"{resource}Scatter{op}": plain(f"tf.scatter_{function}")
        for resource in ("", "Resource")
        for op, function in {
            "Update": "update",
            "Add": "add",
            "Sub": "sub",
            "Mul": "mul",
            "Div": "div",
            "Min": "min",
            "Max": "max",
            "NdUpdate": "nd_update",
            "NdAdd": "nd_add",
            "NdSub": "nd_sub",
        }.items()
    },
}
