"""Variables and modules that are wrapped: DDP and FSDP2 look at a module's parameters once.

So a variable must be there by then, and a forward is to be given what FSDP2 has gathered.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from torchscope._core.names.state_dict_keys import name_of
from torchscope._core.pytorch.sharding import is_fsdp, is_gathered, is_sharded
from torchscope._core.store import tree
from torchscope._core.store.records import Record


def check_not_wrapped(root: nn.Module, name: str, running: Iterable[nn.Module]) -> None:
    """Refuses to make a variable where DDP or FSDP2 would not exchange its gradient.

    Args:
        root: the module in whose tree it would be made.
        name: the full name that is asked for.
        running: the modules whose forward this thread is in, scopes aside.

    Raises:
        RuntimeError: one of them, or a scope of the variable, is wrapped.
    """
    around = [each for each in running if any(inner is root for inner in each.modules())]
    path = name.split("/")[:-1]
    scopes = [tree.find_scope(root, path[:depth]) for depth in range(len(path) + 1)]
    if any(isinstance(each, nn.parallel.DistributedDataParallel) for each in around):
        by = "DistributedDataParallel"
    elif any(map(is_fsdp, [*around, *(found[0] for found in scopes if found is not None)])):
        by = "fully_shard"
    else:
        return
    raise RuntimeError(
        f"Variable {name} does not exist yet, and {by} has wrapped the module already: it would "
        "leave the variable out, and no gradient of it would reach the other ranks. Make all "
        "variables first, by ts.build(net, *inputs) or one plain call of the net, and use "
        f"{by} after that."
    )


def check_gathered(entry: str | None, root: nn.Module, record: Record, tensor: Tensor) -> None:
    """Refuses to give a forward the mere shard of a variable that FSDP2 has not gathered.

    FSDP2 gathers what it manages while the forward of the module runs that it was applied to.
    Outside of a forward, in ``registry.activate()``, a shard is what there is.

    Raises:
        RuntimeError: a forward is running, and not the one that would gather the variable.
    """
    if entry is None or not is_sharded(tensor):
        return
    path = record.key.split(".")[:-1]
    manager, scope = None, ""
    module: nn.Module | None = root
    for depth in range(len(path) + 1):
        if module is None:
            break
        if is_fsdp(module):
            manager, scope = module, name_of(".".join(path[:depth])) if depth else ""
        module = module._modules.get(path[depth]) if depth < len(path) else None
    if manager is None or is_gathered(manager):
        return
    this = f"Variable {record.name} is sharded, and this rank has only a part of it: "
    if not scope:
        raise RuntimeError(
            f"{this}fully_shard gathers it in forward, and this is {entry}(). Call "
            f"torch.distributed.fsdp.register_fsdp_forward_method(net, {entry!r}) once."
        )
    raise RuntimeError(
        f"{this}fully_shard was applied to the scope {scope!r} by itself, whose forward is not "
        f"running. Ask for the variable inside ts.call_in_scope({scope!r}, ...). Where blocks "
        "share it, leave its scope to the fully_shard of a module around them all, or shard them "
        "as one group: fully_shard([net.a, net.b])."
    )
