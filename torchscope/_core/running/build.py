"""ts.build: one pass that makes every variable, and computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    FakeTensor,
    FakeTensorMode,
)
from torch.nn.parameter import is_lazy
from torch.utils._pytree import tree_map_only

from torchscope._core.pytorch.fakes import (
    DeferredOperations,
    needs_values,
    no_autocast_cache,
    uncompiled,
)
from torchscope._core.store.places import REGISTRY

Net = TypeVar("Net", bound=Callable[..., Any])


def build(net: Net, *args: Any, **kwargs: Any) -> Net:
    """Makes every variable of a net by one pass that computes nothing, and returns the net.

    >>> import torch, torchscope as ts
    >>> def model(x):
    ...     return x @ ts.get_variable("w", [x.shape[-1], 2])
    >>> net = ts.build(ts.ScopedModule(model), torch.empty(8, 3))
    >>> net.registry.variables["w"].shape
    torch.Size([3, 2])

    The inputs tell shapes, dtypes and devices only, so they can be on the meta device. A net on
    the meta device gets its variables there, whatever their size. `to_empty` and `initialize_`
    then give them the values that a direct build gives:

    >>> with torch.device("meta"):
    ...     later = ts.build(ts.ScopedModule(model), torch.empty(8, 3))
    >>> _ = torch.manual_seed(0), ts.build(net := ts.ScopedModule(model), torch.empty(8, 3))
    >>> _ = torch.manual_seed(0), later.to_empty(device="cpu").registry.initialize_()
    >>> torch.equal(later.w, net.w)
    True

    The pass follows gradients where a call would, and runs in the mode (train or eval) that the net is
    in. Only initializers draw random numbers. The net's own parameters and buffers, such as the statistics
    of an nn.BatchNorm, stay as they are, and collections keep variables only.

    Args:
        net: a module with a registry in its tree; or, to build by another entry than forward,
            that method of the module that the registry is attached to (``net.encode``). Of a
            compiled module, what was compiled is built.
        *args: inputs, in any nesting of lists, tuples and dicts.
        **kwargs: further inputs, by name.

    Raises:
        TypeError: `net` is no module and no entry method.
        ValueError: no module in its tree has a registry.
        RuntimeError: forward needs values: it branches on them (``if x.sum() > 0``), calls
            .item() or .numpy(), or makes a variable of them. What the model function itself
            raises is raised as it is. The variables that were made by then stay, as after any
            pass that failed.
    """
    module, run = _module_of(net)
    registries = [each.__dict__[REGISTRY] for each in module.modules() if REGISTRY in each.__dict__]
    if not registries:
        raise ValueError(
            f"There is nothing to build: no module in this {type(module).__name__} has a registry. "
            "Attach one in __init__, self.scopes = ts.ScopedParameterRegistry(self), or run the "
            "function as ts.ScopedModule(function)."
        )
    lazy = next((name for name, p in module.named_parameters() if is_lazy(p)), None)
    if lazy is not None:
        raise RuntimeError(
            f"The parameter {lazy} of a lazy module gets its shape from real inputs. Call the "
            "module once on them instead of ts.build."
        )
    device = registries[0].store.anchor.device
    mode = FakeTensorMode(allow_non_fake_inputs=True)

    def fake(tensor: Tensor) -> Tensor:
        if "meta" not in (tensor.device.type, device.type):
            return mode.from_tensor(tensor)
        with mode:
            size, stride = tensor.shape, tensor.stride()
            return torch.empty_strided(size, stride, dtype=tensor.dtype, device=device)

    # On a meta net, what forward makes by itself must be there as well.
    meta: Any = device if device.type == "meta" else nullcontext()
    args, kwargs = tree_map_only(Tensor, fake, (args, kwargs))
    try:
        with (
            _kept(module),
            no_autocast_cache(),
            uncompiled(),
            meta,
            mode,
            DeferredOperations(mode),
        ):
            run(*args, **kwargs)
    except Exception as error:
        if needs_values(error):
            raise RuntimeError(
                f"The forward of this {type(module).__name__} needs the values of tensors, and "
                f"ts.build has only their shapes ({type(error).__name__}: {error}). It may branch "
                "on them, or call .item(), .tolist() or .numpy(). Call the module once on real "
                "inputs instead of ts.build."
            ) from error
        raise
    finally:
        for registry in registries:
            # What it has collected was computed with fake tensors.
            registry._last = None
    return net


def _module_of(net: Any) -> tuple[nn.Module, Callable[..., Any]]:
    """The module that is to be built, and what is to be called for it."""
    if isinstance(net, nn.Module):
        return net, net
    if callable(net) and REGISTRY in getattr(getattr(net, "module", None), "__dict__", {}):
        # An entry.
        return net.module, net
    raise TypeError(
        f"ts.build takes a module, or an entry method of the module that a registry is attached "
        f"to; this is {net!r:.200}. To build a function, use ts.ScopedModule(function)."
    )


@contextmanager
def _kept(module: nn.Module) -> Iterator[None]:
    """Puts back what forward sets to fake tensors: attributes, parameters, buffers and their data."""
    stores: list[dict[str, Any]] = [
        store
        for each in module.modules()
        for store in (each.__dict__, each._parameters, each._buffers)
    ]
    before = [dict(store) for store in stores]
    tensors = [(t, t.detach()) for t in (*module.parameters(), *module.buffers())]
    try:
        yield
    finally:
        for store, old in zip(stores, before, strict=True):
            for key in [key for key, value in store.items() if isinstance(value, FakeTensor)]:
                if key in old:
                    store[key] = old[key]
                else:
                    del store[key]
        for tensor, data in tensors:
            if tensor.device != data.device:
                tensor.data = data
