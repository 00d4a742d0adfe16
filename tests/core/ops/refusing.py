"""Refusals of dtypes: TensorFlow lists some that PyTorch has not."""

import pytest

from tests.tensorflow1 import refusal, tf


def assert_dtype_refused_alike(call, ours):
    """`call(tf)` and `call(ours)` are TypeErrors that say the same before they list dtypes."""
    expected = refusal(lambda: call(tf))
    assert type(expected) is TypeError
    sentence, listed, _ = str(expected).partition(" in list of allowed values: ")
    assert listed
    with pytest.raises(TypeError) as error:
        call(ours)
    assert str(error.value).startswith(sentence + listed)
