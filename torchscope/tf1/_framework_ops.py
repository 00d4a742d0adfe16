"""tensorflow.python.framework.ops: what of it is no part of tf."""

from torchscope._core.names.unique_names import unique_name
from torchscope._core.passes import one_pass as passes


def uid() -> int:
    """A number that nothing else in the pass has got.

    >>> uid() == uid()
    False
    """
    # A name that no operation can have.
    taken = unique_name("_uid", passes.current().names)
    return int(taken.removeprefix("_uid").removeprefix("_") or 0) + 1
