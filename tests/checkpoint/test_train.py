"""tf.train has what is about checkpoints, and says what is missing where the extra is not there."""

import subprocess
import sys

import pytest

import torchscope.tf1 as tf
from torchscope import checkpoint


def test_tf_train_has_tf1s_names_for_checkpoints():
    assert tf.train.Saver is checkpoint.Saver
    assert tf.train.init_from_checkpoint is checkpoint.init_from_checkpoint
    for name in dir(tf.train):
        assert getattr(tf.train, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Server'"):
        _ = tf.train.Server


def test_without_the_extra_tf1_imports_and_says_what_to_install():
    code = """
import sys
sys.modules["crc32c"] = None
import torchscope.tf1 as tf
tf.train.get_or_create_global_step()
try:
    tf.train.Saver
except ImportError as error:
    print(error)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    expected = (
        "tf.train.Saver needs the extra 'checkpoint', of which crc32c is missing: pip install"
    )
    assert expected in result.stdout, result.stderr
