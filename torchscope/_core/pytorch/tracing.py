"""What PyTorch's older ways to a graph are told: torch.jit.script, which reads source, and torch.fx's proxies."""

from __future__ import annotations

from typing import Any

from torch.fx._symbolic_trace import is_fx_symbolic_tracing

_INSTEAD = (
    "Use torch.export.export(net, inputs), or ts.graph(net, *inputs) for a graph that is called as the net is: "
    "both run the net once, on shapes."
)

SCRIPTED = (
    "torch.jit.script compiles the source of forward, and a net that asks for its variables by name is known "
    f"only when it runs. {_INSTEAD}"
)


def traced_symbolically() -> bool:
    """Whether torch.fx.symbolic_trace is at work, or another Tracer of its kind.

    >>> traced_symbolically()
    False
    """
    return is_fx_symbolic_tracing()


def refusal(what: Any) -> TypeError:
    """The error for what torch.fx.symbolic_trace was asked to trace.

    It calls the class's forward with proxies, past the entry that begins a pass.
    """
    return TypeError(
        f"{what} is traced by torch.fx.symbolic_trace, which runs forward without a pass and without "
        f"shapes, so no variable can be found. {_INSTEAD}"
    )
