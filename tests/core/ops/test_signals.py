"""Fourier transforms and signals, beside TensorFlow."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import assert_alike, assert_close, numbers
from tests.core.ops.refusing import assert_dtype_refused_alike
from tests.tensorflow1 import assert_refused_alike, evaluate, tf


@settings(max_examples=20)
@given(st.data())
def test_frames_are_tensorflows(data):
    shape = data.draw(st.lists(st.integers(1, 8), min_size=1, max_size=2))
    length, step = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    keywords = {"pad_end": data.draw(st.booleans()), "pad_value": 7, "axis": axis}
    assert_alike(
        lambda tf, x: tf.signal.frame(x, length, step, **keywords),
        lambda x: ours.signal.frame(x, length, step, **keywords),
        [numbers(*shape)],
    )


@settings(max_examples=15)
@given(st.data())
def test_transforms_are_cut_and_filled_up_as_tensorflows(data):
    rank = data.draw(st.integers(1, 3))
    shape = data.draw(st.lists(st.integers(1, 5), min_size=rank, max_size=rank))
    lengths = data.draw(st.lists(st.integers(1, 6), min_size=rank, max_size=rank))
    suffix = "" if rank == 1 else f"{rank}d"
    array = numbers(*shape, dtype="float64")
    real, waves = data.draw(st.sampled_from([("float32", "complex64"), ("float64", "complex128")]))
    for name, x in (("rfft", array.astype(real)), ("irfft", array.astype(waves))):
        assert_alike(
            lambda tf, x, name=name: getattr(tf.signal, name + suffix)(x, lengths),
            lambda x, name=name: getattr(ours.signal, name + suffix)(x, lengths),
            [x],
            1e-5,
            gradients=False,
        )


@pytest.mark.parametrize("length", [1, 4, 5])
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("name", ["hann_window", "hamming_window"])
def test_windows_are_tensorflows(name, length, periodic):
    def call(module):
        return getattr(module.signal, name)(length, periodic=periodic)

    assert_close(call(ours), evaluate(call), least=1.0)


def test_a_signal_comes_back():
    signal = torch.tensor(numbers(2, 20))
    frames = ours.signal.stft(signal, 8, 4)
    window = ours.signal.inverse_stft_window_fn(4)
    back = ours.signal.inverse_stft(frames, 8, 4, window_fn=window)
    torch.testing.assert_close(back[:, 4:-4], signal[:, 4:-4])


REFUSED = [
    lambda tf: tf.fft(1.0),
    lambda tf: tf.fft2d([1.0]),
    lambda tf: tf.spectral.rfft(1.0),
    lambda tf: tf.spectral.rfft2d([1.0]),
    lambda tf: tf.signal.dct([1.0], type=5),
    lambda tf: tf.signal.dct([1.0], axis=0),
    lambda tf: tf.signal.dct([1.0], norm="x"),
    lambda tf: tf.signal.linear_to_mel_weight_matrix(0),
    lambda tf: tf.signal.linear_to_mel_weight_matrix(upper_edge_hertz=5000.0),
    lambda tf: tf.signal.linear_to_mel_weight_matrix(lower_edge_hertz=4000.0),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


def test_dtypes_that_tensorflow_refuses_are_refused():
    assert_dtype_refused_alike(lambda tf: tf.fft(tf.constant([1.0])), ours)
    for call, sentence in (
        (lambda tf: tf.spectral.rfft(tf.constant([1])), "RFFT requires tf.float32 or tf.float64"),
        (
            lambda tf: tf.spectral.irfft(tf.constant([1.0])),
            "IRFFT requires tf.complex64 or tf.comp",
        ),
    ):
        for module in (tf, ours):
            with pytest.raises(ValueError, match=sentence):
                call(module)
