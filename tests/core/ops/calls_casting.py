"""Calls of what changes a dtype, or takes a complex number apart."""

import numpy as np

from tests.core.ops.call import Call

X = np.array([[-1.7, 0.0, 0.4], [2.0, 127.9, -3.5]], "float32")
Z = np.array([1 + 2j, -0.5 - 1j, 3.0, -2.0], "complex64")

CALLS = [
    Call(("cast", "dtypes.cast"), lambda tf, x: tf.cast(x, tf.int32), (X,)),
    Call(("cast",), lambda tf, x: tf.cast(x, "bool"), (X,), gradients=False),
    Call(("cast",), lambda tf, x: tf.cast(x, tf.float64), (X,)),
    Call(
        ("cast",),
        lambda tf, x: tf.cast(x, x.dtype) if hasattr(x, "dtype") else tf.cast(x, "int8"),
        (X,),
    ),
    Call(("cast",), lambda tf, x: tf.cast(tf.shape(x)[1:] * 2, tf.int64), (X,)),
    Call(("cast",), lambda tf, x: tf.cast(tf.shape(x)[0], tf.int32), (X,)),
    Call(("cast",), lambda tf, x: tf.cast(tf.shape(x), tf.float32), (X,)),
    Call(("to_float",), lambda tf, x: tf.to_float(x), (np.array([1, 2]),)),
    Call(("to_double",), lambda tf, x: tf.to_double(x), (X,)),
    Call(("to_bfloat16",), lambda tf, x: tf.to_bfloat16(x), (X,)),
    Call(("to_int32",), lambda tf, x: tf.to_int32(x), (X,)),
    Call(("to_int64",), lambda tf, x: tf.to_int64(x), (X,)),
    Call(("to_complex64",), lambda tf, x: tf.to_complex64(x), (np.array([1, 2]),)),
    Call(("to_complex128",), lambda tf, x: tf.to_complex128(x), (np.array([1, 2]),)),
    Call(
        ("saturate_cast", "dtypes.saturate_cast"),
        lambda tf, x: [tf.saturate_cast(x * 1e3, d) for d in ("int8", "uint8", "int16", "float16")],
        (X,),
    ),
    Call(("saturate_cast",), lambda tf, x: tf.saturate_cast(x, tf.uint8), (np.array([-1, 300]),)),
    Call(
        ("bitcast",),
        lambda tf, x: [tf.bitcast(x, tf.int32), tf.bitcast(x, tf.uint8)],
        (X,),
        gradients=False,
    ),
    Call(("bitcast",), lambda tf, x: tf.bitcast(x, tf.complex64), (X[:, :2],), gradients=False),
    Call(
        ("complex", "dtypes.complex"),
        lambda tf, x: tf.real(tf.complex(x, x * 2) * tf.complex(x, 1.0)),
        (X,),
    ),
    Call(("real", "math.real"), lambda tf, z: tf.real(z), (Z,)),
    Call(("imag", "math.imag"), lambda tf, z: tf.imag(z), (Z,)),
    Call(("conj", "math.conj"), lambda tf, z: tf.conj(z), (Z,)),
    Call(("angle", "math.angle"), lambda tf, z: tf.angle(z), (Z,)),
    Call(("real",), lambda tf, x: [tf.real(x), tf.imag(x), tf.conj(x), tf.angle(x)], (X,)),
]
