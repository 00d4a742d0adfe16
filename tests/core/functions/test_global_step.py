"""What can be a global step, as TensorFlow says."""

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, tf
from torchscope.tf1.contrib import framework


def steps(tf):
    return [3, tf.constant(1.0), tf.constant([1])]


@pytest.mark.parametrize("number", range(3))
def test_what_can_be_no_global_step_is_refused_alike(number):
    assert_refused_alike(
        lambda: tf.train.assert_global_step(steps(tf)[number]),
        lambda: ours.train.assert_global_step(steps(ours)[number]),
    )


def test_a_global_step_is_given_back_or_found():
    given = torch.tensor(3)
    assert framework.assert_or_get_global_step(None, given) is given
    with pytest.raises(TypeError, match="is not scalar"):
        framework.assert_or_get_global_step(global_step_tensor=torch.tensor([3]))
    assert framework.assert_or_get_global_step() is None
    step = ts.create_global_step()
    assert framework.assert_or_get_global_step() is step
    framework.assert_global_step(step)
