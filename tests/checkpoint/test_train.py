"""tf.train has what is about checkpoints."""

import pytest

import torchscope.tf1 as tf
from torchscope import checkpoint


def test_tf_train_has_tf1s_names_for_checkpoints():
    assert tf.train.Saver is checkpoint.Saver
    assert tf.train.init_from_checkpoint is checkpoint.init_from_checkpoint
    for name in dir(tf.train):
        assert getattr(tf.train, name) is not None
    with pytest.raises(AttributeError, match=r"torchscope\.tf1 has no tf\.train\.Server"):
        _ = tf.train.Server
