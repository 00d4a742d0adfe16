"""Slots of variables and tensors, beside TensorFlow's."""

import pytest
import torch
from tensorflow.python.training import slot_creator as theirs

import torchscope as ts
from tests.tensorflow1 import tf
from torchscope._core.operations import tensor_names
from torchscope._core.store.variables import Variable
from torchscope.optim.train import slot_creator


def build(of, kit, float32, float64):
    """Slots in and out of scopes, twice, and where scopes are used again; their names and dtypes."""
    slots = []
    with of.variable_scope("m"):
        w = of.get_variable("w", [2])
        slots += [kit.create_slot(w, w.initialized_value(), "EMA") for _ in range(2)]
        slots.append(kit.create_zeros_slot(w, "Zeros"))
    slots.append(kit.create_zeros_slot(w, "Zeros"))
    slots.append(kit.create_zeros_slot(w, "Zeros", dtype=float64))
    shape = of.TensorShape([3]) if of is tf else [3]
    slots.append(kit.create_slot_with_initializer(w, of.ones_initializer(), shape, float32, "I"))
    for scope in ("r", "", ""):
        with of.variable_scope(scope, reuse=of.AUTO_REUSE):
            slots += [kit.create_zeros_slot(w, "Q", colocate_with_primary=False) for _ in range(2)]
    with of.name_scope("ns"):
        slots += [kit.create_zeros_slot(w, "N") for _ in range(2)]
    with of.variable_scope("", partitioner=of.fixed_size_partitioner(2)):
        v = of.get_variable("v", [4, 3])
        slots += [kit.create_zeros_slot(piece, "Z") for piece in v]
        assert len(list(of.get_variable("u", [4]))) == 2
    return slots


def test_names_dtypes_and_collections_are_tf1s():
    with tf.Graph().as_default():
        expected = build(tf, theirs, tf.float32, tf.float64)
        collected = [v.op.name for v in tf.trainable_variables()]
        expected = [
            (v.op.name, v.dtype.base_dtype.name, tuple(v.shape.as_list())) for v in expected
        ]
    net = ts.ScopedModule(lambda: build(ts, slot_creator, torch.float32, torch.float64))
    for _ in range(2):
        slots = net()
        assert all(isinstance(slot, Variable) and not slot.requires_grad for slot in slots)
        found = [(v.op.name, str(v.dtype).removeprefix("torch."), tuple(v.shape)) for v in slots]
        assert found == expected
        assert [v.op.name for v in net.registry.trainable_variables()] == collected
    assert len(set(net.state_dict())) == len(set(expected)) + len(collected)


def test_a_slot_has_its_first_value_and_keeps_what_is_written():
    def model():
        w = ts.get_variable("w", initializer=[1.0, 2.0])
        return (
            slot_creator.create_slot(w, torch.tensor([3, 4]), "S"),
            slot_creator.create_slot_with_initializer(w, ts.ones_initializer(), [], "float64", "O"),
        )

    net = ts.ScopedModule(model)
    s, o = net()
    assert (s.tolist(), s.dtype, o.item(), o.dtype) == ([3, 4], torch.int64, 1.0, torch.float64)
    s.assign([5, 6])
    assert net()[0] is s
    assert net()[0].tolist() == [5, 6]


def test_a_slot_is_named_after_its_tensor():
    def model(x):
        tensor_names.note(x, "tower/x")
        return [slot_creator.create_zeros_slot(each, "S").op.name for each in (x, x + 1)]

    assert ts.ScopedModule(model)(torch.ones(2)) == ["tower/x/S", "Tensor/S"]


def test_a_slot_that_a_reused_scope_does_not_have_is_refused():
    w = ts.get_variable("w", [2])
    with (
        ts.variable_scope("", reuse=True),
        pytest.raises(ValueError, match="Variable w/S/ does not exist"),
    ):
        slot_creator.create_zeros_slot(w, "S")


def test_a_slot_of_another_shape_or_dtype_is_refused_in_a_later_pass():
    def model(shape, dtype=torch.float32):
        w = ts.get_variable("w", [2])
        return slot_creator.create_slot_with_initializer(
            w, ts.zeros_initializer(), shape, dtype, "S"
        )

    net = ts.ScopedModule(model)
    net([2])
    with pytest.raises(ValueError, match="Trying to share variable w/S, but specified shape"):
        net([3])
    with pytest.raises(ValueError, match="Trying to share variable w/S, but specified dtype"):
        net([2], torch.float64)
    assert net([2]).tolist() == [0.0, 0.0]
