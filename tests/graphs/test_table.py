"""The table of operations says of each type of node what TensorFlow's registry says."""

import inspect

import pytest

from tests.graphs.registry import REGISTRY
from torchscope.graphs import attributes
from torchscope.graphs.lowering.block import WRITINGS
from torchscope.graphs.operations.table import TABLE
from torchscope.graphs.structure import STRUCTURE

# Attributes that change no number: where something runs, how it is checked, and what is told by the inputs' dtypes.
_WITHOUT_EFFECT = {
    "use_cudnn_on_gpu",
    "use_locking",
    "validate_shape",
    "validate_indices",
    "message",
    "tensor_name",
    "debug_ops_spec",
    "bad_indices_policy",
    "grad_a",
    "grad_b",
    "grad_x",
    "grad_y",
    "seed",
    "seed2",
    "N",
    "num_args",
    "num_host_args",
    "num_params",
    "num_params_weights",
    "num_params_biases",
    "num_side_inputs",
    "shape",
    "Truncate",
    "_cloned",
    "var_name",
    "ignore_lookup_error",
    "exit_without_error",
    "stack_name",
    "output_shapes",
    "num_elements",
    "swap_memory",
    "tensor_array_name",
    "clear_after_read",
    "identical_element_shapes",
}


@pytest.mark.parametrize("kind", sorted(TABLE))
def test_an_operation_has_the_outputs_and_attributes_that_the_registry_tells(kind):
    operation, told = TABLE[kind], REGISTRY[kind]
    outputs = tuple(
        each.name + ("*" if each.number_attr or each.type_list_attr else "")
        for each in told.output_arg
    )
    # The name of a single output tells nothing.
    assert len(operation.outputs) == len(outputs)
    if not operation.single:
        assert operation.outputs == outputs
    attributes_of = {each.name: each for each in told.attr}
    parameters = inspect.signature(operation.function).parameters
    # A function may serve types that have fewer attributes.
    for name in attributes_of.keys() & set(operation.attributes):
        given = attributes_of[name]
        expected = inspect.Parameter.empty
        if given.HasField("default_value"):
            expected = attributes.value(given.default_value)
        default = parameters[name].default
        if isinstance(default, tuple):
            default = list(default)
        assert default == (pytest.approx(expected) if isinstance(expected, float) else expected), (
            name
        )
    left = {
        name
        for name, each in attributes_of.items()
        if name not in operation.attributes and each.type not in {"type", "list(type)"}
    }
    assert left <= _WITHOUT_EFFECT


def test_what_is_no_operation_has_a_way_in_which_it_is_written():
    assert set(WRITINGS) == STRUCTURE
    assert not STRUCTURE & TABLE.keys()
