"""tf.contrib of TensorFlow 1.15 runs on the TensorFlow that is installed."""

import numpy as np

from tests.tensorflow1 import tf
from tests.tensorflow1_contrib import gather_tree, import_contrib

contrib = import_contrib()


def test_its_cells_make_their_variables_and_run():
    with tf.Graph().as_default(), tf.Session() as session:
        cell = contrib.rnn.UGRNNCell(5)
        outputs, _ = tf.nn.dynamic_rnn(cell, tf.ones([2, 3, 4]), dtype=tf.float32)
        names = [variable.op.name for variable in tf.global_variables()]
        session.run(tf.global_variables_initializer())
        assert session.run(outputs).shape == (2, 3, 5)
    assert names == ["rnn/ugrnn_cell/kernel", "rnn/ugrnn_cell/bias"]


def test_beams_are_gathered_from_their_parents():
    steps = np.array([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]], [[-1, -1, -1]]], np.int32)
    parents = np.array([[[0, 0, 0]], [[0, 1, 1]], [[2, 1, 2]], [[-1, -1, -1]]], np.int32)
    with tf.Graph().as_default(), tf.Session() as session:
        gathered = session.run(gather_tree(steps, parents, np.array([3], np.int32), 10))
    # The example of the operation's documentation.
    expected = [[[2, 2, 2]], [[6, 5, 6]], [[7, 8, 9]], [[10, 10, 10]]]
    np.testing.assert_array_equal(gathered, expected)
