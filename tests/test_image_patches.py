"""extract_image_patches beside TensorFlow's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_alike, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

X = np.arange(2 * 5 * 6 * 3, dtype="float32").reshape(2, 5, 6, 3)
TWO = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=25, deadline=None)
@given(TWO, TWO, TWO, st.sampled_from(["SAME", "VALID"]))
def test_patches_are_tensorflows(window, strides, rates, padding):
    def call(tf, x):
        lists = [[1, *pair, 1] for pair in (window, strides, rates)]
        return tf.extract_image_patches(x, *lists, padding)

    try:
        found = call(tf, tf.constant(X))
    except ValueError:
        assert_refused_alike(lambda: call(tf, tf.constant(X)), lambda: call(ours, torch.tensor(X)))
        return
    seen = found.shape.num_elements() > 0
    assert_alike(call, lambda x: call(ours, x), [X], gradients=seen)


@pytest.mark.parametrize("dtype", ["int32", "float64", "uint8"])
def test_of_each_dtype_and_by_the_other_name(dtype):
    def call(tf):
        return tf.image.extract_image_patches(
            X.astype(dtype),
            sizes=[1, 2, 2, 1],
            strides=[1, 1, 1, 1],
            rates=[1, 1, 1, 1],
            padding="SAME",
        )

    assert_close(call(ours), evaluate(call))


ONES, SIZES = [1, 1, 1, 1], [1, 2, 2, 1]
REFUSED = [
    lambda tf: tf.extract_image_patches(X, [2, 2], ONES, ONES, "VALID"),
    lambda tf: tf.extract_image_patches(X, SIZES, ONES, ONES, "FULL"),
    lambda tf: tf.extract_image_patches(X[0], SIZES, ONES, ONES, "VALID"),
    lambda tf: tf.extract_image_patches(X, [1, 9, 9, 1], ONES, ONES, "VALID"),
    lambda tf: tf.extract_image_patches(X, SIZES, [1, 0, 1, 1], ONES, "VALID"),
    lambda tf: tf.extract_image_patches(X, SIZES, ONES, ONES),
    lambda tf: tf.extract_image_patches(X, None, ONES, ONES, "SAME"),
    lambda tf: tf.extract_image_patches(X, SIZES, [1, 1], ONES, "VALID"),
    lambda tf: tf.extract_image_patches(X, SIZES, ONES, ONES, "VALID", sizes=SIZES),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


def test_no_patch_goes_over_images_or_channels():
    with pytest.raises(ValueError, match=r"ksizes is \[2, 2, 2, 1\], not \[1, h, w, 1\]"):
        ours.extract_image_patches(X, [2, 2, 2, 1], ONES, ONES, "VALID")


def test_it_is_recorded_and_stays_on_its_device():
    def build(x):
        return ours.extract_image_patches(x, SIZES, ONES, [1, 2, 2, 1], "SAME")

    net, x = ts.ScopedModule(build), torch.tensor(X)
    compiled = torch.compile(net, fullgraph=True, backend="eager", dynamic=True)
    assert torch.equal(compiled(x), net(x))
    assert ts.ScopedModule(build).to("meta")(x.to("meta")).shape == net(x).shape
