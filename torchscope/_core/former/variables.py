"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.functions.variable_creator_scope import variable_creator_scope
from torchscope._core.store.variables import (
    BufferVariable,
    FakeVariable,
    ParameterVariable,
    Plain,
    Variable,
    _rebuild,
    adopt,
    alias,
    name_fake,
    plain,
    stand_in,
)
