"""tf.string: the dtype that code compares with, and that no torch.Tensor has."""

from __future__ import annotations


class String:
    """The dtype of texts.

    >>> import torchscope.tf1 as tf
    >>> tf.constant(1.0).dtype == tf.string, tf.string
    (False, tf.string)
    >>> tf.zeros([2], tf.string)
    Traceback (most recent call last):
    TypeError: Cannot convert the argument `type_value`: tf.string to a TensorFlow DType. ...
    """

    name = "string"
    is_bool = is_complex = is_floating = is_integer = is_unsigned = False
    as_numpy_dtype = object

    @property
    def base_dtype(self) -> String:
        """The dtype itself."""
        return self

    def __repr__(self) -> str:
        return "tf.string"


string: String = String()
