"""A call of a public layer, and the net around it. All of it can be copied and pickled."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from torch import nn

import torchscope as ts


class Golden(NamedTuple):
    """A call of public names, on an input of floats.

    Attributes:
        names: what it stands for.
        function: gets the input.
        shape: the input's.
        layer: makes an object that is kept by the net, and gets the input too.
        keywords: for the call of either.
        drawn: whether what it gives depends on numbers that are drawn.
    """

    names: tuple[str, ...]
    function: Callable[..., Any]
    shape: tuple[int, ...]
    layer: Callable[[], Any] | None = None
    keywords: dict[str, Any] = {}
    drawn: bool = False

    def net(self):
        """A new net that calls it."""
        return Net(self)


class Net(nn.Module):
    """A function, and beside it a layer that is made once."""

    def __init__(self, golden):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.golden = golden
        self.layer = None if golden.layer is None else golden.layer()

    def forward(self, x):
        """What both give."""
        with ts.variable_scope("model"):
            output = self.golden.function(x, **self.golden.keywords)
            if self.layer is None:
                return output
            return output, self.layer(x, **self.golden.keywords)


def public(name):
    """What has this name in torchscope."""
    return attrgetter(name)(ts)


def call_of(name, /, *arguments, **keywords):
    """A function that calls what has this name with an input, and then with these arguments."""
    return partial(_call, name, arguments, keywords)


def _call(name, arguments, keywords, x, /, **more):
    return public(name)(x, *arguments, **keywords, **more)
