"""Assignments to variables."""

from __future__ import annotations

from torchscope.port.graph_source.spelling.given import Spelling, plain

SPELLINGS: dict[str, Spelling] = {
    "Assign": plain("tf.assign"),
    "AssignAdd": plain("tf.assign_add"),
    "AssignSub": plain("tf.assign_sub"),
    "AssignVariableOp": plain("tf.assign"),
    "AssignAddVariableOp": plain("tf.assign_add"),
    "AssignSubVariableOp": plain("tf.assign_sub"),
}
