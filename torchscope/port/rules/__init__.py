"""What is written otherwise, one rule a class: their order does not matter, since each sees the file as it was."""

from torchscope.port.file import Rule
from torchscope.port.rules.assignment import AugmentedAssignments
from torchscope.port.rules.decisions import Placeholders, Sessions
from torchscope.port.rules.imports import Imports, ImportsByText
from torchscope.port.rules.indexing import NegativeSteps
from torchscope.port.rules.initial_values import InitialValues
from torchscope.port.rules.old_python import OldAttributes, OldNames
from torchscope.port.rules.shapes import ComparedShapes, DimensionValues, GetShape, ShapeMembers
from torchscope.port.rules.symbols import RegisteredGradients, Symbols
from torchscope.port.rules.tensors import DtypeMembers, TensorMembers

RULES: tuple[Rule, ...] = (
    AugmentedAssignments(),
    ComparedShapes(),
    DimensionValues(),
    DtypeMembers(),
    GetShape(),
    Imports(),
    ImportsByText(),
    InitialValues(),
    NegativeSteps(),
    OldAttributes(),
    OldNames(),
    Placeholders(),
    RegisteredGradients(),
    Sessions(),
    ShapeMembers(),
    Symbols(),
    TensorMembers(),
)
