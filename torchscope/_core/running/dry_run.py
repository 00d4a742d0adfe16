"""Parts of a model function that run for what they make, and compute nothing.

TF1 builds both branches of a condition, and the body of a loop that takes no turn. So they make their
variables and use up their names, here on every pass. But what they compute is nobody's, and what they
would change stays as it is. They run as `build` runs a net: on shapes without values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import disable_proxy_modes_tracing

from torchscope._core.passes import one_pass as passes
from torchscope._core.pytorch import fakes
from torchscope._core.pytorch.fakes import needs_values


@contextmanager
def uncomputed(what: str) -> Iterator[None]:
    """A context in which variables are made, names are used up, and nothing else is done.

    What is put into collections is taken out again, but for variables.

    >>> import torchscope as ts
    >>> count = ts.Variable(0.0)
    >>> with uncomputed("This block"):
    ...     _ = count.assign_add(ts.get_variable("step", initializer=1.0))
    >>> count.item(), [v.op.name for v in ts.global_variables()]
    (0.0, ['Variable', 'step'])

    Args:
        what: what runs in it, for messages: the beginning of a sentence.

    Raises:
        RuntimeError: it needs the values of tensors.
    """
    pass_ = passes.current()
    noted = pass_.collected.noted()
    stand_ins, pass_.stand_ins = pass_.stand_ins, dict(pass_.stand_ins)
    try:
        with ExitStack() as stack:
            if fakes.are_recorded():
                stack.enter_context(disable_proxy_modes_tracing())
            stack.enter_context(torch.no_grad())
            stack.enter_context(fakes.no_autocast_cache())
            stack.enter_context(fakes.uncompiled())
            if not pass_.store.anchor.is_meta or fakes.are_used():
                mode = torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE)
                if mode is None:
                    mode = stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
                stack.enter_context(fakes.DeferredOperations(mode))
            yield
    except Exception as error:
        if needs_values(error):
            raise RuntimeError(
                f"{what} runs without computing, for the variables that it makes, and it needs the "
                f"values of tensors ({type(error).__name__}: {str(error).partition(chr(10))[0]}). It may "
                "branch on them, or call .item(), .tolist() or .numpy(), or its shapes depend on them. "
                "Where Python knows what is to run, an `if` runs that alone."
            ) from error
        raise
    finally:
        pass_.stand_ins = stand_ins
        pass_.collected.take_out_since(noted)
