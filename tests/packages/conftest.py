"""What the tests of packages share."""

from types import ModuleType

import pytest

from torchscope import tf1

# What packages put into `tf` as they are imported: tensorpack has a TensorSpec of its own for older TensorFlows.
_PUT_THERE = {}


@pytest.fixture(autouse=True)
def _what_packages_put_into_tf():
    """Is there for them, and for no other test."""
    before = set(vars(tf1))
    vars(tf1).update(_PUT_THERE)
    yield
    for name in set(vars(tf1)) - before:
        if not isinstance(vars(tf1)[name], ModuleType):
            _PUT_THERE[name] = vars(tf1).pop(name)
