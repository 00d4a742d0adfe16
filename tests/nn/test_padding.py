"""torchscope.nn.padding against TensorFlow's shapes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tensorflow1 import tf
from torchscope.nn import padding

axes = st.fixed_dictionaries(
    {
        "size": st.integers(1, 40),
        "window": st.integers(1, 9),
        "stride": st.integers(1, 7),
        "dilation": st.integers(1, 5),
    }
)
many = settings(max_examples=300)


def tensorflow_size(axis, how):
    """How long TensorFlow says that the axis is after a convolution; no session is needed."""
    with tf.Graph().as_default():
        output = tf.nn.conv2d(
            tf.zeros([1, axis["size"], 1, 1]),
            tf.zeros([axis["window"], 1, 1, 1]),
            strides=[axis["stride"], 1],
            dilations=[axis["dilation"], 1],
            padding=how,
        )
    return output.shape.as_list()[1]


@many
@given(axes)
def test_same_gives_one_output_for_each_stride_begun(axis):
    pads = padding.same(**axis)
    assert padding.output_size(**axis, pads=pads) == -(-axis["size"] // axis["stride"])


@many
@given(axes)
def test_same_puts_the_odd_zero_after(axis):
    before, after = padding.same(**axis)
    assert before >= 0
    assert 0 <= after - before <= 1


@many
@given(axes)
def test_same_pads_no_more_than_the_last_window_needs(axis):
    total = sum(padding.same(**axis))
    reach = (axis["window"] - 1) * axis["dilation"] + 1
    last = (-(-axis["size"] // axis["stride"]) - 1) * axis["stride"]
    assert total == max(0, last + reach - axis["size"])


@settings(many, max_examples=100)
@given(axes)
def test_same_gives_tensorflows_output_size(axis):
    pads = padding.same(**axis)
    assert padding.output_size(**axis, pads=pads) == tensorflow_size(axis, "SAME")


@settings(many, max_examples=100)
@given(axes, st.tuples(st.integers(0, 20), st.integers(0, 20)))
def test_output_size_is_tensorflows_with_explicit_padding(axis, pads):
    # Long enough that the window fits.
    axis["size"] += (axis["window"] - 1) * axis["dilation"]
    how = [[0, 0], pads, [0, 0], [0, 0]]
    assert padding.output_size(**axis, pads=pads) == tensorflow_size(axis, how)


def test_explicit_gives_the_spatial_pairs_of_either_format():
    assert padding.explicit([[0, 0], [1, 2], [3, 4], [0, 0]], 3) == [(1, 2), (3, 4)]
    assert padding.explicit([[0, 0], [0, 0], [1, 2], [3, 4]], 1) == [(1, 2), (3, 4)]
