"""The private names of PyTorch that torchscope uses: what is written down, and what its source says.

A name is private where a part of it begins with ``_``, and in ``torch.fx.experimental``. A release of
PyTorch may take any of them away, so each is looked for in the PyTorch that the tests run on. What
only some releases have is in torchscope/versions.py, and not here.
"""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from torch import nn
from torch._dynamo.comptime import ComptimeContext

PACKAGE = Path(__file__).parent.parent / "torchscope"
EXPERIMENTAL = "torch.fx.experimental."

# By their full names: the files that use them.
NAMES = {
    "torch._assert_async": ["nn/normalization.py", "ops/arithmetic.py"],
    "torch._C._are_functorch_transforms_active": ["nn/batch_norm.py", "nn/recurrence.py"],
    "torch._C._autograd": ["readings.py"],
    "torch._C._autograd._saved_tensors_hooks_get_disabled_error_message": ["fakes.py"],
    "torch._C._current_graph_task_id": ["passes.py"],
    "torch._C._disabled_torch_function_impl": ["variables.py"],
    "torch._C._dynamo.guards.TensorGuards": ["capture/kinds.py"],
    "torch._C._functorch.is_functorch_wrapped_tensor": ["catalogue.py"],
    "torch._C._get_dispatch_mode": ["fakes.py", "uncomputed.py"],
    "torch._C._get_tracing_state": ["nn/batch_norm.py"],
    "torch._C._len_torch_dispatch_stack": ["creation.py"],
    "torch._C._len_torch_function_stack": ["creation.py", "devices.py"],
    "torch._C._nn": ["capture/functions.py"],
    "torch._C._set_grad_enabled": ["capture/listing.py", "capture/regions.py"],
    "torch._C._TorchDispatchModeKey.FAKE": ["fakes.py", "uncomputed.py"],
    "torch._dynamo.callback.callback_handler": ["capture/compiled.py"],
    "torch._dynamo.callback.callback_handler.end_callbacks": ["capture/compiled.py"],
    "torch._dynamo.callback.callback_handler.register_end_callback": ["capture/compiled.py"],
    "torch._dynamo.callback.CallbackArgs": ["capture/compiled.py"],
    "torch._dynamo.comptime.comptime": ["capture/compiled.py"],
    "torch._foreach_abs": ["optim/adamax.py"],
    "torch._foreach_add": ["optim/adadelta.py", "optim/adamax.py", "optim/rmsprop.py"],
    "torch._foreach_add_": [
        "optim/adagrad.py",
        "optim/adam.py",
        "optim/arithmetic.py",
        "optim/ftrl.py",
        "optim/momentum.py",
        "optim/nadam.py",
        "optim/proximal.py",
    ],
    "torch._foreach_addcdiv_": ["optim/arithmetic.py"],
    "torch._foreach_addcmul_": [
        "optim/adagrad.py",
        "optim/arithmetic.py",
        "optim/ftrl.py",
        "optim/proximal.py",
    ],
    "torch._foreach_clamp_min_": ["optim/ftrl.py"],
    "torch._foreach_div": ["optim/arithmetic.py"],
    "torch._foreach_div_": ["optim/adadelta.py", "optim/ftrl.py", "optim/proximal.py"],
    "torch._foreach_lerp_": ["optim/arithmetic.py"],
    "torch._foreach_maximum_": ["optim/adamax.py"],
    "torch._foreach_mul": [
        "optim/arithmetic.py",
        "optim/lars.py",
        "optim/nadam.py",
        "optim/proximal.py",
        "optim/rmsprop.py",
    ],
    "torch._foreach_mul_": [
        "optim/adadelta.py",
        "optim/adamax.py",
        "optim/arithmetic.py",
        "optim/ftrl.py",
        "optim/momentum.py",
        "optim/proximal.py",
        "optim/rmsprop.py",
        "optim/weight_decay.py",
    ],
    "torch._foreach_reciprocal_": ["optim/proximal.py"],
    "torch._foreach_sqrt": [
        "optim/adagrad.py",
        "optim/adam.py",
        "optim/ftrl.py",
        "optim/nadam.py",
        "optim/proximal.py",
    ],
    "torch._foreach_sqrt_": ["optim/adadelta.py", "optim/rmsprop.py"],
    "torch._foreach_sub": [
        "optim/adagrad.py",
        "optim/arithmetic.py",
        "optim/ftrl.py",
        "optim/rmsprop.py",
    ],
    "torch._foreach_sub_": ["optim/ftrl.py", "optim/proximal.py", "optim/rmsprop.py"],
    "torch._foreach_zero_": ["optim/adagrad.py", "optim/ftrl.py"],
    "torch._fused_adam_": ["optim/adam.py"],
    "torch._guards.detect_fake_mode": ["capture/compiled.py"],
    "torch._ops.OpOverload": ["capture/functions.py", "capture/needless.py"],
    "torch._standard_gamma": ["ops/drawing.py"],
    "torch._subclasses.fake_tensor.DataDependentOutputException": ["build.py"],
    "torch._subclasses.fake_tensor.DynamicOutputShapeException": ["build.py"],
    "torch._subclasses.fake_tensor.FakeTensor": [
        "build.py",
        "capture/standing.py",
        "catalogue.py",
        "fakes.py",
        "ops/asserting.py",
        "ops/python.py",
        "ops/texts.py",
        "ops/truth.py",
        "rnn/running.py",
        "variables.py",
    ],
    "torch._subclasses.fake_tensor.FakeTensorMode": [
        "build.py",
        "capture/recording.py",
        "fakes.py",
        "uncomputed.py",
    ],
    "torch._subclasses.fake_tensor.unset_fake_temporarily": ["fakes.py"],
    "torch._subclasses.fake_tensor.UnsupportedOperatorException": ["build.py"],
    "torch.amp.autocast_mode._enter_autocast": ["capture/regions.py", "capture/source.py"],
    "torch.autograd._unsafe_preserve_version_counter": ["training/averaged.py"],
    "torch.autograd.forward_ad._current_level": ["nn/batch_norm.py", "nn/recurrence.py"],
    "torch.fx.experimental.proxy_tensor.disable_proxy_modes_tracing": ["uncomputed.py"],
    "torch.fx.experimental.proxy_tensor.get_proxy_mode": ["fakes.py"],
    "torch.fx.experimental.proxy_tensor.make_fx": ["capture/recording.py"],
    "torch.fx.experimental.symbolic_shapes.DimDynamic": ["capture/recording.py"],
    "torch.fx.experimental.symbolic_shapes.DimDynamic.DYNAMIC": ["capture/recording.py"],
    "torch.fx.experimental.symbolic_shapes.DimDynamic.STATIC": ["capture/recording.py"],
    "torch.fx.experimental.symbolic_shapes.GuardOnDataDependentSymNode": ["build.py"],
    "torch.fx.experimental.symbolic_shapes.ShapeEnv": ["capture/recording.py"],
    "torch.fx.experimental.symbolic_shapes.StatelessSymbolicContext": ["capture/recording.py"],
    "torch.nn.Module._call_impl.__code__": ["creation.py"],
    "torch.nn.Module._load_from_state_dict": ["loading.py"],
    "torch.nn.modules.batchnorm._BatchNorm": ["checkpoint/modules/rules.py"],
    "torch.nn.modules.conv._ConvNd": ["checkpoint/modules/rules.py"],
    "torch.nn.modules.instancenorm._InstanceNorm": ["checkpoint/modules/rules.py"],
    "torch.ops.aten._ctc_loss": ["nn/ctc_operation.py"],
    "torch.ops.aten._ctc_loss_backward": ["nn/ctc_operation.py"],
    "torch.Tensor._make_subclass": ["creation.py", "variables.py"],
    "torch.utils._device.DeviceContext": ["capture/compiled.py"],
    "torch.utils._python_dispatch._get_current_dispatch_mode_stack": ["fakes.py"],
    "torch.utils._python_dispatch.is_traceable_wrapper_subclass": [
        "capture/recording.py",
        "nn/recurrence.py",
        "readings.py",
    ],
    "torch.utils._python_dispatch.TorchDispatchMode": ["fakes.py"],
    "torch.utils._pytree.keystr": ["capture/compiled.py"],
    "torch.utils._pytree.register_pytree_node": [
        "ops/sizes.py",
        "ops/sparse/tensor.py",
        "summaries/operation.py",
        "tf1/scaffold.py",
    ],
    "torch.utils._pytree.tree_flatten": [
        "capture/calls.py",
        "capture/graph.py",
        "capture/recording.py",
    ],
    "torch.utils._pytree.tree_flatten_with_path": ["capture/compiled.py"],
    "torch.utils._pytree.tree_leaves": [
        "capture/listing.py",
        "capture/refusing.py",
        "capture/standing.py",
        "collections.py",
        "fakes.py",
    ],
    "torch.utils._pytree.tree_map": ["tf1/test.py"],
    "torch.utils._pytree.tree_map_only": ["build.py", "collections.py", "fakes.py"],
    "torch.utils._pytree.tree_unflatten": ["capture/calls.py", "capture/recording.py"],
    "torch.utils._pytree.TreeSpec": [
        "capture/calls.py",
        "capture/graph.py",
        "capture/recording.py",
        "capture/source.py",
    ],
}

# Private attributes of PyTorch's objects: the files that read them, or have them as a text.
ATTRIBUTES = {
    "_backward_hooks": ["capture/standing.py"],
    "_backward_pre_hooks": ["capture/standing.py"],
    "_base": ["records.py", "summaries/operation.py"],
    "_buffers": [
        "build.py",
        "capture/calls.py",
        "capture/graph.py",
        "capture/standing.py",
        "catalogue.py",
        "checkpoint/modules/restoring.py",
        "registry.py",
        "tree.py",
    ],
    "_cdata": ["fakes.py", "readings.py"],
    "_forward_hooks": ["capture/standing.py"],
    "_forward_pre_hooks": ["capture/standing.py"],
    "_i_will_not_complain_if_bc_breaks_InstructionTranslator": ["capture/compiled.py"],
    "_indices": ["ops/clipping.py"],
    "_load_state_dict_post_hooks": ["capture/graph.py"],
    "_load_state_dict_pre_hooks": ["capture/graph.py"],
    "_non_persistent_buffers_set": [
        "capture/graph.py",
        "catalogue.py",
        "checkpoint/saveables.py",
        "registry.py",
        "tree.py",
    ],
    "_opname": ["capture/needless.py"],
    "_parameters": [
        "build.py",
        "capture/calls.py",
        "capture/checks.py",
        "capture/graph.py",
        "capture/standing.py",
        "checkpoint/modules/restoring.py",
        "creation.py",
        "tree.py",
    ],
    "_saved_tensors_hooks_is_enabled": ["readings.py"],
    "_schema": [
        "capture/functions.py",
        "capture/layout.py",
        "capture/listing.py",
        "capture/needless.py",
        "capture/writes.py",
        "fakes.py",
    ],
    "_sequence_nr": ["ops/differentiating.py"],
    "_state_dict_hooks": ["capture/graph.py"],
    "_state_dict_pre_hooks": ["capture/graph.py"],
    "_top_saved_tensors_default_hooks": ["readings.py"],
    "_version": ["ops/known.py", "readings.py", "summaries/operation.py"],
}
# Private attributes of Python's.
OF_PYTHON = {"_asdict", "_current_frames", "_getframe", "_replace", "_testMethodName"}


def objects() -> list[object]:
    """Objects of PyTorch, one of which has each of `ATTRIBUTES`."""
    tensor = torch.empty(0)
    operation = torch.ops.aten.relu.default
    node = torch.ones(1, requires_grad=True).exp().grad_fn
    contexts = [torch._C._autograd, ComptimeContext]
    return [nn.Module(), tensor, tensor.untyped_storage(), node, operation, *contexts]


def names_used() -> dict[str, set[str]]:
    """PyTorch's private names, as the source has them, with the files."""
    used: dict[str, set[str]] = {}
    for file, tree in _sources():
        for name in _names_in(tree):
            used.setdefault(name, set()).add(file)
    return used


def attributes_used() -> dict[str, set[str]]:
    """The private attributes that the source reads of PyTorch's objects, with the files."""
    others = {name for _, tree in _sources() for name in _defined_in(tree)} | OF_PYTHON
    known = {name for each in objects() for name in dir(each) if _is_private(name)} - others
    used: dict[str, set[str]] = {}
    for file, tree in _sources():
        full = {part for name in _names_in(tree) for part in name.split(".")} | others
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _is_private(node.attr):
                if node.attr not in full:
                    used.setdefault(node.attr, set()).add(file)
            elif isinstance(node, ast.Constant) and node.value in known:
                used.setdefault(node.value, set()).add(file)
    return used


def exists(name: str) -> bool:
    """Whether the PyTorch that is installed has what has this full name."""
    found, path = torch, "torch"
    for part in name.split(".")[1:]:
        path += f".{part}"
        if not hasattr(found, part):
            try:
                importlib.import_module(path)
            except ImportError:
                return False
        found = getattr(found, part)
    return True


@cache
def _sources() -> list[tuple[str, ast.Module]]:
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "versions.py"]
    return [(path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())) for path in files]


def _is_private(part: str) -> bool:
    return part.startswith("_") and not part.startswith("__")


def _names_in(tree: ast.Module) -> Iterator[str]:
    """The full names of what is private in PyTorch, of all that a file imports and reads."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            # ``import a.b`` binds `a`.
            bound = [e if e.asname else ast.alias(e.name.partition(".")[0]) for e in node.names]
            imported |= {each.asname or each.name: each.name for each in bound}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {e.asname or e.name: f"{node.module}.{e.name}" for e in node.names}
    inner = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    read = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and id(n) not in inner]
    for name in {*imported.values(), *(_full_name(each, imported) for each in read)}:
        if name.startswith("torch.") and (
            any(map(_is_private, name.split("."))) or name.startswith(EXPERIMENTAL)
        ):
            yield name


def _full_name(node: ast.expr, imported: dict[str, str]) -> str:
    """What ``a.b.c`` is, where `a` was imported; else nothing."""
    if isinstance(node, ast.Attribute):
        of = _full_name(node.value, imported)
        return of and f"{of}.{node.attr}"
    return imported.get(node.id, "") if isinstance(node, ast.Name) else ""


def _defined_in(tree: ast.Module) -> Iterator[str]:
    """The attributes that a file gives objects of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef):
                    yield each.name
                elif isinstance(each, ast.Assign | ast.AnnAssign):
                    targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                    yield from (t.id for t in targets if isinstance(t, ast.Name))
