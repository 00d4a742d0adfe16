"""Types of nodes that change variables leave what TensorFlow's leave."""

from typing import Any

import numpy as np
import pytest

from tests.graphs.changes import Change, check
from tests.graphs.kit import compare
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs

RANDOM = np.random.RandomState(0)


def _array(*shape: int) -> Any:
    return RANDOM.randn(*shape).astype(np.float32)


def _above(*shape: int) -> Any:
    return RANDOM.uniform(0.1, 1, shape).astype(np.float32)


def _numbers(**given: float) -> dict[str, Any]:
    return {name: np.float32(value) for name, value in given.items()}


V, G = _array(4, 3), _array(4, 3)
_ADAM = _numbers(beta1_power=0.5, beta2_power=0.9, lr=0.1, beta1=0.9, beta2=0.99, epsilon=1e-3)
_FTRL = _numbers(lr=0.3, l1=0.2, l2=0.1, lr_power=-0.5)
_PROP = _numbers(lr=0.1, rho=0.9, momentum=0.8, epsilon=1e-3)
# By the name of an optimizer: what it keeps beside the variable, its numbers, how its gradient is called, attributes that
# change something, and whether there are types for some rows.
_OPTIMIZERS: list[tuple[str, dict[str, Any], dict[str, Any], str, tuple[str, ...], bool]] = [
    ("GradientDescent", {}, _numbers(alpha=0.1), "delta", (), False),
    ("ProximalGradientDescent", {}, _numbers(alpha=0.1, l1=0.2, l2=0.3), "delta", (), True),
    ("Momentum", {"accum": _array(4, 3)}, _numbers(lr=0.1, momentum=0.9), "grad", ("use_nesterov",), True),
    ("KerasMomentum", {"accum": _array(4, 3)}, _numbers(lr=0.1, momentum=0.9), "grad", ("use_nesterov",), True),
    ("Adagrad", {"accum": _above(4, 3)}, _numbers(lr=0.1), "grad", ("update_slots",), True),
    ("AdagradV2", {"accum": _above(4, 3)}, _numbers(lr=0.1, epsilon=0.1), "grad", ("update_slots",), True),
    ("ProximalAdagrad", {"accum": _above(4, 3)}, _numbers(lr=0.1, l1=0.2, l2=0.3), "grad", (), True),
    (
        "AdagradDA",
        {"gradient_accumulator": _array(4, 3), "gradient_squared_accumulator": _above(4, 3)},
        {**_numbers(lr=0.1, l1=0.2, l2=0.3), "global_step": np.int64(2)},
        "grad",
        (),
        True,
    ),
    ("Adadelta", {"accum": _above(4, 3), "accum_update": _above(4, 3)}, _numbers(lr=0.1, rho=0.9, epsilon=0.01), "grad", (), True),
    ("RMSProp", {"ms": _above(4, 3), "mom": _array(4, 3)}, _PROP, "grad", (), True),
    ("CenteredRMSProp", {"mg": 0.1 * _above(4, 3), "ms": _above(4, 3), "mom": _array(4, 3)}, _PROP, "grad", (), True),
    ("Adam", {"m": _array(4, 3), "v": _above(4, 3)}, _ADAM, "grad", ("use_nesterov",), False),
    ("AdamWithAmsgrad", {"m": _array(4, 3), "v": _above(4, 3), "vhat": _above(4, 3)}, _ADAM, "grad", (), False),
    ("AdaMax", {"m": _array(4, 3), "v": _above(4, 3)}, {k: v for k, v in _ADAM.items() if k != "beta2_power"}, "grad", (), False),
    ("AddSign", {"m": _array(4, 3)}, _numbers(lr=0.1, alpha=1.0, sign_decay=0.9, beta=0.9), "grad", (), False),
    ("PowerSign", {"m": _array(4, 3)}, _numbers(lr=0.1, logbase=1.0, sign_decay=0.9, beta=0.9), "grad", (), False),
    ("Ftrl", {"accum": _above(4, 3), "linear": _array(4, 3)}, _FTRL, "grad", ("multiply_linear_by_lr",), True),
    ("FtrlV2", {"accum": _above(4, 3), "linear": _array(4, 3)}, {**_FTRL, **_numbers(l2_shrinkage=0.1)}, "grad", ("multiply_linear_by_lr",), True),
]  # fmt: skip
_FOR_RESOURCES = {"KerasMomentum", "AdamWithAmsgrad"}


def _steps_of_optimizers() -> list[Change]:
    found = []
    for name, slots, numbers, gradient, switches, rows in _OPTIMIZERS:
        kinds = [
            kind
            for kind in ("Apply", "ResourceApply", "SparseApply", "ResourceSparseApply")
            if (rows or "Sparse" not in kind) and ("Resource" in kind or name not in _FOR_RESOURCES)
        ]
        for kind in kinds:
            given = dict(numbers)
            if "Sparse" in kind:
                given |= {"grad": _array(2, 3), "indices": np.array([2, 0], np.int32)}
            else:
                given[gradient] = G
            found += [
                Change(f"{kind}{name}", {"var": V, **slots}, given, said)
                for said in [{}, *({each: each != "update_slots"} for each in switches)]
            ]
    power = {**_FTRL, **_numbers(lr_power=-0.3)}
    slots = {"accum": _above(4, 3), "linear": _array(4, 3)}
    found.append(Change("ApplyFtrl", {"var": V, **slots}, {**power, "grad": G}))
    return found


_ROWS = np.array([2, 0], np.int32)
_AGAIN = np.array([[2, 0], [2, 2]], np.int64)


def _scatters() -> list[Change]:
    found = []
    for name in ("Update", "Add", "Sub", "Mul", "Div", "Min", "Max"):
        rows, numbers = (_ROWS, _array(2, 3)) if name == "Update" else (_AGAIN, _array(2, 2, 3))
        for kind, first in (("Scatter", "ref"), ("ResourceScatter", "resource")):
            found += [
                Change(f"{kind}{name}", {first: V}, {"indices": rows, "updates": numbers}),
                Change(
                    f"{kind}{name}", {first: V}, {"indices": np.int32(1), "updates": np.float32(2)}
                ),
            ]
    for name in ("Update", "Add", "Sub", "Min", "Max"):
        again = [[2, 0], [1, 1]] if name == "Update" else [[2, 0], [2, 0]]
        for kind in ("ScatterNd", "ResourceScatterNd"):
            found += [
                Change(f"{kind}{name}", {"ref": V}, {"indices": np.array(again, np.int32), "updates": _array(2)}),
                Change(f"{kind}{name}", {"ref": V}, {"indices": np.array([[1]], np.int64), "updates": _array(1, 3)}),
            ]  # fmt: skip
    return found


def _slices() -> list[Change]:
    def places(**given: list[int]) -> dict[str, Any]:
        return {name: np.array(value, np.int32) for name, value in given.items()}

    found = []
    for op in ("StridedSliceAssign", "ResourceStridedSliceAssign"):
        found += [
            Change(op, {"ref": V}, {**places(begin=[1, 0], end=[3, 3], strides=[1, 2]), "value": _array(2, 2)}),
            Change(
                op,
                {"ref": V},
                {**places(begin=[-1, 1], end=[0, 0], strides=[-2, 1]), "value": _array(2)},
                {"end_mask": 1, "shrink_axis_mask": 2},
            ),
        ]  # fmt: skip
    return found


def _others() -> list[Change]:
    value = _array(4, 3)
    return [
        *(Change(op, {"ref": V}, {"value": value}) for op in ("Assign", "AssignAdd", "AssignSub")),
        *(
            Change(f"{op}VariableOp", {"resource": V}, {"value": value})
            for op in ("Assign", "AssignAdd", "AssignSub")
        ),
        Change("CountUpTo", {"ref": np.int32(3)}, {}, {"limit": 5}),
        Change("ResourceCountUpTo", {"resource": np.int64(3)}, {}, {"limit": 5, "T": np.int64}),
        Change(
            "RngReadAndSkip",
            {"resource": np.array([5, 7, 9], np.int64)},
            {"alg": np.int32(1), "delta": np.uint64(3)},
        ),
        Change(
            "RngReadAndSkip",
            {"resource": np.array([-300, 7, 9], np.int64)},
            {"alg": np.int32(1), "delta": np.uint64(2)},
        ),
        Change(
            "RngSkip",
            {"resource": np.array([5, 7, 9], np.int64)},
            {"algorithm": np.int64(1), "delta": np.int64(3)},
        ),
        Change("VariableShape", {"input": V}, {}, {"out_type": np.int64}),
        Change("IsVariableInitialized", {"ref": V}, {}),
        Change("VarIsInitializedOp", {"resource": V}, {}),
    ]


@pytest.mark.parametrize(
    "change", [*_steps_of_optimizers(), *_scatters(), *_slices(), *_others()], ids=str
)
def test_a_node_leaves_in_variables_what_it_leaves_in_tensorflow(change):
    check(change)


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
def test_what_is_read_after_a_change_sees_it_and_what_was_read_before_does_not(resource):
    with tf.Graph().as_default() as graph, plain_session() as session:
        variable = tf.Variable([1.0, 2.0], use_resource=resource, name="v")
        before = variable.read_value() * 1.0
        with tf.control_dependencies([before]):
            change = tf.assign_add(variable, [5.0, 6.0])
        with tf.control_dependencies([change]):
            after = tf.identity(variable)
        session.run(tf.global_variables_initializer())
        expected = [session.run([before, after]) for _ in range(2)]
    net = graphs.import_graph_def(graph.as_graph_def())
    # What the first call gave is looked at after the second.
    found = [net(fetches=[before.name, after.name]) for _ in range(2)]
    for ours, theirs in zip(found, expected, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            compare(one, other, 0, "")
