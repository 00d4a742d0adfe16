"""Calls of what makes tensors of values."""

from tests.ops.call import Call

CALLS = [
    Call(("constant",), lambda tf: tf.constant([23, 42], shape=[3])),
    Call(("convert_to_tensor",), lambda tf: tf.convert_to_tensor([[1.0, 2.0]])),
]
