"""Calls of Fourier transforms and of what works on signals."""

from tests.arrays import numbers
from tests.core.ops.call import Call

X = numbers(2, 12)
CUBE = numbers(2, 3, 4)
WAVES = (CUBE + 1j * numbers(2, 3, 4, seed=1)).astype("complex64")
# Up to what complex numbers are rounded.
CLOSE = 1e-5
TRANSFORMS = ("fft", "ifft", "fft2d", "ifft2d", "fft3d", "ifft3d")


def spectral(name):
    """A name that is in tf.signal and in tf.spectral."""
    return (f"signal.{name}", f"spectral.{name}")


CALLS = [
    *(
        Call(
            (name, *spectral(name)),
            lambda tf, x, name=name: getattr(tf.signal, name)(x),
            (WAVES,),
            CLOSE,
        )
        for name in TRANSFORMS
    ),
    *(
        Call(
            spectral(name),
            lambda tf, x, name=name: getattr(tf.signal, name)(x),
            (CUBE,),
            CLOSE,
            gradients=False,
        )
        for name in ("rfft", "rfft2d", "rfft3d")
    ),
    *(
        Call(spectral(name), lambda tf, x, name=name: getattr(tf.signal, name)(x), (WAVES,), CLOSE)
        for name in ("irfft", "irfft2d", "irfft3d")
    ),
    Call(spectral("rfft"), lambda tf, x: tf.signal.irfft(tf.signal.rfft(x, [8]), [8]), (CUBE,)),
    Call(("signal.fftshift",), lambda tf, x: tf.signal.fftshift(x), (CUBE,)),
    Call(("signal.ifftshift",), lambda tf, x: tf.signal.ifftshift(x, [1, 2]), (CUBE,)),
    Call(("signal.hann_window",), lambda tf: tf.signal.hann_window(5)),
    Call(("signal.hamming_window",), lambda tf: tf.signal.hamming_window(6, dtype=tf.float64)),
    Call(("signal.frame",), lambda tf, x: tf.signal.frame(x, 3, 2, pad_end=True), (X,)),
    Call(("signal.overlap_and_add",), lambda tf, x: tf.signal.overlap_and_add(x, 2), (CUBE,)),
    Call(("signal.stft",), lambda tf, x: tf.signal.stft(x, 5, 2), (X,), CLOSE, gradients=False),
    Call(
        ("signal.inverse_stft", "signal.inverse_stft_window_fn"),
        lambda tf, x: tf.signal.inverse_stft(
            tf.signal.stft(x, 6, 2), 6, 2, window_fn=tf.signal.inverse_stft_window_fn(2)
        ),
        (X,),
    ),
    *(
        Call(
            spectral("dct"),
            # TensorFlow 2.21 takes no lists for the first type.
            lambda tf, x, kind=kind, norm=norm: tf.signal.dct(
                tf.convert_to_tensor(x), kind, norm=norm
            ),
            (CUBE,),
        )
        for kind in (1, 2, 3, 4)
        for norm in ((None,) if kind == 1 else (None, "ortho"))
    ),
    Call(spectral("dct"), lambda tf, x: tf.signal.dct(x, n=6), (CUBE,)),
    Call(spectral("idct"), lambda tf, x: tf.signal.idct(x, norm="ortho"), (CUBE,)),
    Call(
        ("signal.linear_to_mel_weight_matrix",),
        lambda tf: tf.signal.linear_to_mel_weight_matrix(5, 17),
        tolerance=1e-4,
    ),
    Call(
        ("signal.mfccs_from_log_mel_spectrograms",),
        lambda tf, x: tf.signal.mfccs_from_log_mel_spectrograms(x),
        (X,),
    ),
]
