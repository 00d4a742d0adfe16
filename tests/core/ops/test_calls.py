"""Every public operation gives what TensorFlow gives, of tensors, arrays and lists."""

import inspect

import numpy as np
import pytest

import torchscope.tf1 as ours
from tests.comparing import as_list, as_torch, assert_alike, assert_close
from tests.core.ops.call import outcome
from tests.core.ops.calls import CALLS
from tests.tensorflow1 import evaluate


def ids(call):
    return f"{call.names[0]}-{CALLS.index(call)}"


each_call = pytest.mark.parametrize("call", CALLS, ids=ids)


# What cannot be called with tensors and give some, and where it is tested.
ELSEWHERE = {
    "AggregationMethod": "names; test_differentiating.py",
    "GradientTape": "is refused; test_differentiating.py",
    "RegisterGradient": "is refused; test_differentiating.py",
    "UnconnectedGradients": "names; test_differentiating.py",
    "add_check_numerics_ops": "is refused; test_asserting.py",
    "gradients": "of what must require a gradient beforehand; test_differentiating.py",
    "hessians": "the same",
}


def public_operations():
    """All names that torchscope.tf1 has of torchscope._core.ops, with those of its modules.

    Of contrib those alone that are nowhere else: TensorFlow has contrib no more to compare with.
    """
    found, seen = {}, set()

    def look(prefix, module):
        seen.add(module)
        # Files that are no module of TF1's have no `__all__`.
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.ismodule(value):
                if value.__name__.startswith("torchscope.tf1") and value not in seen:
                    look(f"{prefix}{name}.", value)
            elif inspect.isclass(value) and issubclass(value, Exception):
                continue
            elif getattr(value, "__module__", "").startswith("torchscope._core.ops") and callable(
                value
            ):
                found[prefix + name] = value

    look("", ours)
    elsewhere = [value for name, value in found.items() if not name.startswith("contrib.")]
    return {
        name
        for name, value in found.items()
        if not (name.startswith("contrib.") and value in elsewhere)
    }


def test_each_public_operation_is_in_the_list():
    called = {name for call in CALLS for name in call.names}
    assert public_operations() <= {*called, *ELSEWHERE}
    assert not called & set(ELSEWHERE)


def test_each_name_in_the_list_is_there():
    for call in CALLS:
        for name in call.names:
            found = ours
            for part in name.split("."):
                found = getattr(found, part)


@each_call
def test_it_gives_what_tensorflow_gives(call):
    if not call.drawn:
        assert_alike(
            lambda tf, *tensors: as_list(call.function(tf, *tensors)),
            lambda *tensors: outcome(call, tensors),
            call.arrays,
            call.tolerance,
            gradients=call.gradients,
        )
        return
    expected = evaluate(
        lambda tf: as_list(call.function(tf, *[tf.constant(each) for each in call.arrays]))
    )
    for mine, its in zip(outcome(call, map(as_torch, call.arrays)), expected, strict=True):
        assert (str(mine.dtype), tuple(mine.shape)) == (f"torch.{its.dtype}", its.shape)


@pytest.mark.parametrize("call", [c for c in CALLS if not c.tensors_only], ids=ids)
@pytest.mark.parametrize("form", [np.asarray, lambda array: np.asarray(array).tolist()])
def test_it_takes_arrays_and_lists(call, form):
    given = [form(array) for array in call.arrays]
    try:
        expected = evaluate(lambda tf: as_list(call.function(tf, *given)))
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error)) as ours_:
            outcome(call, given)
        assert str(ours_.value)
        return
    for mine, its in zip(outcome(call, given), expected, strict=True):
        if call.drawn:
            assert (str(mine.dtype), tuple(mine.shape)) == (f"torch.{its.dtype}", its.shape)
        else:
            assert_close(mine, its, call.tolerance)
