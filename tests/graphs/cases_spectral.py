"""Cases of Fourier transforms."""

import numpy as np

from tests.graphs.kit import Case

RANDOM = np.random.RandomState(4)
R = RANDOM.randn(2, 4, 3, 6).astype(np.float32)
Z = (RANDOM.randn(2, 4, 3, 5) + 1j * RANDOM.randn(2, 4, 3, 5)).astype(np.complex64)
DOUBLE = {"Tcomplex": np.complex128}
NEAR = 1e-4


def _lengths(*lengths):
    return np.array(lengths, np.int32)


CASES = [
    *(
        Case(op, {"input": Z}, near=NEAR)
        for op in ("FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D")
    ),
    *(Case(op, {"input": Z.astype(np.complex128)}) for op in ("FFT", "IFFT2D")),
    *(
        Case(
            f"{op}{name}",
            {"input": numbers, "fft_length": _lengths(*lengths)},
            near=NEAR,
            # TensorFlow's gradients fail where numbers are cut off or filled up.
            gradients=lengths in (several[:2] if op == "IRFFT" else several[:1]),
        )
        for op, numbers, whole in (("RFFT", R, [[6]]), ("IRFFT", Z, [[8], [9]]))
        for name, several in (
            ("", [*whole, [5], [4], [1]]),
            ("2D", [*([3, *each] for each in whole), [2, 4], [3, 5]]),
            ("3D", [*([4, 3, *each] for each in whole), [3, 3, 4]]),
        )
        for lengths in several
    ),
    Case(
        "RFFT",
        {"input": R.astype(np.float64), "fft_length": _lengths(6)},
        {"Tcomplex": np.complex128},
    ),
    Case(
        "IRFFT",
        {"input": Z.astype(np.complex128), "fft_length": _lengths(8)},
        {"Treal": np.float64},
    ),
]
