"""The private names of PyTorch that torchscope uses: what is written down, and what its source says.

A name is private where a part of it begins with ``_``, and in ``torch.fx.experimental``. A release of
PyTorch may take any of them away, so each is looked for in the PyTorch that the tests run on. What
only some releases have is in torchscope/_core/pytorch/versions.py, and not here.
"""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from torch import nn
from torch._dynamo.comptime import ComptimeContext

PACKAGE = Path(__file__).parents[2] / "torchscope"
EXPERIMENTAL = "torch.fx.experimental."

# By their full names: the files that use them.
NAMES = {
    "torch._assert_async": ["_core/ops/arithmetic.py", "nn/normalization.py"],
    "torch._C._AutoDispatchBelowAutograd": ["nn/layouts.py"],
    "torch._C._are_functorch_transforms_active": [
        "graphs/constant_folding.py",
        "nn/batch_norm.py",
        "nn/recurrence.py",
    ],
    "torch._C._autograd": ["_core/store/saved_tensors.py"],
    "torch._C._autograd._saved_tensors_hooks_get_disabled_error_message": [
        "_core/pytorch/fakes.py"
    ],
    "torch._C._current_graph_task_id": ["_core/current.py"],
    "torch._C._disabled_torch_function_impl": ["_core/store/variables.py"],
    "torch._C._dynamo.guards.TensorGuards": ["_core/graphs/tensor_guards.py"],
    "torch._C._functorch.is_functorch_wrapped_tensor": ["_core/store/variable_store.py"],
    "torch._C._get_dispatch_mode": ["_core/pytorch/fakes.py", "_core/running/dry_run.py"],
    "torch._C._get_tracing_state": ["nn/batch_norm.py"],
    "torch._C._len_torch_dispatch_stack": ["_core/requests/creation.py"],
    "torch._C._len_torch_function_stack": [
        "_core/operations/devices.py",
        "_core/requests/creation.py",
    ],
    "torch._C._nn": ["_core/graphs/functions.py"],
    "torch._C._set_grad_enabled": [
        "_core/graphs/checkpointed_regions.py",
        "_core/graphs/listing.py",
    ],
    "torch._C._TorchDispatchModeKey.FAKE": ["_core/pytorch/fakes.py", "_core/running/dry_run.py"],
    "torch._dynamo.callback.callback_handler": ["_core/graphs/torch_compile.py"],
    "torch._dynamo.callback.callback_handler.end_callbacks": ["_core/graphs/torch_compile.py"],
    "torch._dynamo.callback.callback_handler.register_end_callback": [
        "_core/graphs/torch_compile.py"
    ],
    "torch._dynamo.callback.CallbackArgs": ["_core/graphs/torch_compile.py"],
    "torch._dynamo.comptime.comptime": ["_core/graphs/torch_compile.py"],
    "torch._foreach_abs": ["optim/adamax.py"],
    "torch._foreach_add": ["optim/adadelta.py", "optim/adamax.py", "optim/rmsprop.py"],
    "torch._foreach_add_": [
        "_core/values/arithmetic.py",
        "optim/adagrad.py",
        "optim/adam.py",
        "optim/ftrl.py",
        "optim/momentum.py",
        "optim/nadam.py",
        "optim/proximal.py",
    ],
    "torch._foreach_addcdiv_": ["_core/values/arithmetic.py"],
    "torch._foreach_addcmul_": [
        "_core/values/arithmetic.py",
        "optim/adagrad.py",
        "optim/ftrl.py",
        "optim/proximal.py",
    ],
    "torch._foreach_clamp_min_": ["optim/ftrl.py"],
    "torch._foreach_div": ["_core/values/arithmetic.py"],
    "torch._foreach_div_": ["optim/adadelta.py", "optim/ftrl.py", "optim/proximal.py"],
    "torch._foreach_lerp_": ["_core/values/arithmetic.py"],
    "torch._foreach_maximum_": ["optim/adamax.py"],
    "torch._foreach_mul": [
        "_core/values/arithmetic.py",
        "optim/lars.py",
        "optim/nadam.py",
        "optim/proximal.py",
        "optim/rmsprop.py",
    ],
    "torch._foreach_mul_": [
        "_core/values/arithmetic.py",
        "optim/adadelta.py",
        "optim/adamax.py",
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
        "_core/values/arithmetic.py",
        "optim/adagrad.py",
        "optim/ftrl.py",
        "optim/rmsprop.py",
    ],
    "torch._foreach_sub_": ["optim/ftrl.py", "optim/proximal.py", "optim/rmsprop.py"],
    "torch._foreach_zero_": ["optim/adagrad.py", "optim/ftrl.py"],
    "torch._fused_adam_": ["optim/adam.py"],
    "torch._guards.detect_fake_mode": ["_core/graphs/torch_compile.py"],
    "torch._ops.OpOverload": ["_core/graphs/dead_code.py", "_core/graphs/functions.py"],
    "torch._standard_gamma": ["_core/ops/drawing.py"],
    "torch._standard_gamma_grad": ["graphs/operations/drawing.py"],
    "torch._subclasses.fake_tensor.DataDependentOutputException": ["_core/pytorch/fakes.py"],
    "torch._subclasses.fake_tensor.DynamicOutputShapeException": ["_core/pytorch/fakes.py"],
    "torch._subclasses.fake_tensor.FakeTensor": [
        "_core/graphs/module_state.py",
        "_core/ops/asserting.py",
        "_core/ops/python.py",
        "_core/ops/texts.py",
        "_core/ops/truth.py",
        "_core/pytorch/fakes.py",
        "_core/running/build.py",
        "_core/store/variable_store.py",
        "_core/store/variables.py",
        "rnn/running.py",
    ],
    "torch._subclasses.fake_tensor.FakeTensorMode": [
        "_core/graphs/recording.py",
        "_core/pytorch/fakes.py",
        "_core/running/build.py",
        "_core/running/dry_run.py",
    ],
    "torch._subclasses.fake_tensor.unset_fake_temporarily": ["_core/pytorch/fakes.py"],
    "torch._subclasses.fake_tensor.UnsupportedOperatorException": ["_core/pytorch/fakes.py"],
    "torch.amp.autocast_mode._enter_autocast": [
        "_core/graphs/checkpointed_regions.py",
        "_core/graphs/source.py",
    ],
    "torch.autograd._unsafe_preserve_version_counter": ["nn/layouts.py", "optim/averaged.py"],
    "torch.autograd.forward_ad._current_level": ["nn/batch_norm.py", "nn/recurrence.py"],
    "torch.fx._symbolic_trace.is_fx_symbolic_tracing": ["_core/pytorch/tracing.py"],
    "torch.fx.experimental.proxy_tensor.disable_proxy_modes_tracing": ["_core/running/dry_run.py"],
    "torch.fx.experimental.proxy_tensor.get_proxy_mode": ["_core/pytorch/fakes.py"],
    "torch.fx.experimental.proxy_tensor.make_fx": ["_core/graphs/recording.py"],
    "torch.fx.experimental.symbolic_shapes.DimDynamic": ["_core/graphs/recording.py"],
    "torch.fx.experimental.symbolic_shapes.DimDynamic.DYNAMIC": ["_core/graphs/recording.py"],
    "torch.fx.experimental.symbolic_shapes.DimDynamic.STATIC": ["_core/graphs/recording.py"],
    "torch.fx.experimental.symbolic_shapes.GuardOnDataDependentSymNode": ["_core/pytorch/fakes.py"],
    "torch.fx.experimental.symbolic_shapes.ShapeEnv": ["_core/graphs/recording.py"],
    "torch.fx.experimental.symbolic_shapes.StatelessSymbolicContext": ["_core/graphs/recording.py"],
    "torch.nn.Module._call_impl.__code__": ["_core/requests/may_make.py"],
    "torch.nn.Module._load_from_state_dict": ["_core/store/load_state_dict.py"],
    "torch.nn.modules.batchnorm._BatchNorm": ["checkpoint/modules/rules.py"],
    "torch.nn.modules.conv._ConvNd": ["checkpoint/modules/rules.py"],
    "torch.nn.modules.instancenorm._InstanceNorm": ["checkpoint/modules/rules.py"],
    "torch.ops.aten._ctc_loss": ["nn/ctc_operation.py"],
    "torch.ops.aten._ctc_loss_backward": ["nn/ctc_operation.py"],
    "torch.Tensor._make_subclass": ["_core/requests/creation.py", "_core/store/variables.py"],
    "torch.utils._device.DeviceContext": ["_core/graphs/torch_compile.py"],
    "torch.utils._python_dispatch._get_current_dispatch_mode_stack": ["_core/pytorch/fakes.py"],
    "torch.utils._python_dispatch.is_traceable_wrapper_subclass": [
        "_core/graphs/recording.py",
        "_core/store/saved_tensors.py",
        "nn/recurrence.py",
    ],
    "torch.utils._python_dispatch.TorchDispatchMode": ["_core/pytorch/fakes.py"],
    "torch.utils._pytree.keystr": ["_core/graphs/torch_compile.py"],
    "torch.utils._pytree.register_pytree_node": [
        "_core/ops/sizes.py",
        "_core/ops/sparse/tensor.py",
        "_core/summaries/operation.py",
        "tf1/scaffold.py",
    ],
    "torch.utils._pytree.tree_flatten": [
        "_core/graphs/calls.py",
        "_core/graphs/graph.py",
        "_core/graphs/recording.py",
        "graphs/module.py",
    ],
    "torch.utils._pytree.tree_flatten_with_path": ["_core/graphs/torch_compile.py"],
    "torch.utils._pytree.tree_leaves": [
        "_core/graphs/listing.py",
        "_core/graphs/measuring.py",
        "_core/graphs/module_state.py",
        "_core/graphs/refusing.py",
        "_core/passes/collected.py",
        "_core/pytorch/fakes.py",
    ],
    "torch.utils._pytree.tree_map": ["tf1/test.py"],
    "torch.utils._pytree.tree_map_only": [
        "_core/passes/collected.py",
        "_core/pytorch/fakes.py",
        "_core/running/build.py",
    ],
    "torch.utils._pytree.tree_unflatten": [
        "_core/graphs/calls.py",
        "_core/graphs/recording.py",
        "graphs/module.py",
    ],
    "torch.utils._pytree.TreeSpec": [
        "_core/graphs/calls.py",
        "_core/graphs/graph.py",
        "_core/graphs/recording.py",
        "_core/graphs/source.py",
    ],
}

# Private attributes of PyTorch's objects: the files that read them, or have them as a text.
ATTRIBUTES = {
    "_backward_hooks": ["_core/graphs/module_state.py"],
    "_backward_pre_hooks": ["_core/graphs/module_state.py"],
    "_base": ["_core/store/records.py", "_core/summaries/operation.py"],
    "_buffers": [
        "_core/graphs/calls.py",
        "_core/graphs/graph.py",
        "_core/graphs/module_state.py",
        "_core/modules/registry.py",
        "_core/running/build.py",
        "_core/store/places.py",
        "_core/store/tree.py",
        "_core/store/variable_store.py",
        "checkpoint/modules/restoring.py",
    ],
    "_cdata": ["_core/pytorch/fakes.py", "_core/store/saved_tensors.py"],
    "_forward_hooks": ["_core/graphs/module_state.py"],
    "_forward_pre_hooks": ["_core/graphs/module_state.py"],
    "_i_will_not_complain_if_bc_breaks_InstructionTranslator": ["_core/graphs/torch_compile.py"],
    "_indices": ["_core/ops/clipping.py"],
    "_load_state_dict_post_hooks": ["_core/graphs/graph.py"],
    "_load_state_dict_pre_hooks": ["_core/graphs/graph.py"],
    "_non_persistent_buffers_set": [
        "_core/graphs/graph.py",
        "_core/modules/registry.py",
        "_core/store/tree.py",
        "_core/store/variable_store.py",
        "checkpoint/saveables.py",
    ],
    "_opname": ["_core/graphs/dead_code.py"],
    "_parameters": [
        "_core/graphs/calls.py",
        "_core/graphs/checks.py",
        "_core/graphs/graph.py",
        "_core/graphs/module_state.py",
        "_core/requests/creation.py",
        "_core/running/build.py",
        "_core/store/tree.py",
        "checkpoint/modules/restoring.py",
    ],
    "_saved_tensors_hooks_is_enabled": ["_core/store/saved_tensors.py"],
    "_schema": [
        "_core/graphs/dead_code.py",
        "_core/graphs/functions.py",
        "_core/graphs/in_place_writes.py",
        "_core/graphs/layout.py",
        "_core/graphs/listing.py",
        "_core/pytorch/fakes.py",
    ],
    "_sequence_nr": ["_core/running/differentiating.py"],
    "_state_dict_hooks": ["_core/graphs/graph.py"],
    "_state_dict_pre_hooks": ["_core/graphs/graph.py"],
    "_top_saved_tensors_default_hooks": ["_core/store/saved_tensors.py"],
    "_version": [
        "_core/ops/known.py",
        "_core/store/saved_tensors.py",
        "_core/summaries/operation.py",
        "graphs/module.py",
    ],
}
# Private attributes of Python's.
OF_PYTHON = {"_asdict", "_current_frames", "_fields", "_getframe", "_replace", "_testMethodName"}


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
