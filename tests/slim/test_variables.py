"""Slim's initializers, arguments, checkpoints and listings, beside tf_slim's or by what they say."""

import math
import pickle

import pytest
import torch

import torchscope as ts
import torchscope.slim
import torchscope.tf1
from tests.slim.kit import OURS, THEIRS
from tests.tensorflow1 import evaluate, tf
from torchscope.checkpoint import Saver

SHAPES = [(30, 40, 50), (3, 3, 40, 80), (4000,), (100, 200)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["FAN_IN", "FAN_OUT", "FAN_AVG"])
@pytest.mark.parametrize("uniform", [True, False])
def test_a_draw_is_as_wide_as_that_of_tf_slim(shape, mode, uniform):
    def draw(kit):
        return kit.slim.variance_scaling_initializer(1.5, mode, uniform, seed=3)(list(shape))

    theirs, ours = torch.from_numpy(evaluate(lambda tf: draw(THEIRS))), draw(OURS)
    assert ours.dtype == theirs.dtype
    assert ours.std().item() == pytest.approx(theirs.std().item(), rel=5 / math.sqrt(ours.numel()))
    assert ours.abs().max().item() == pytest.approx(theirs.abs().max().item(), rel=0.02)


def test_xavier_is_the_mean_of_both_fans_in_any_dtype_and_pickles():
    draw = ts.slim.xavier_initializer()([300, 100], torch.float64)
    assert draw.dtype is torch.float64
    assert draw.abs().max().item() == pytest.approx(math.sqrt(6 / 400), rel=0.01)
    assert ts.slim.xavier_initializer(uniform=False)([300, 100]).std().item() == pytest.approx(
        math.sqrt(1.3 / 200) * 0.87962566, rel=0.02
    )
    seeded = ts.slim.xavier_initializer(seed=1)
    assert torch.equal(pickle.loads(pickle.dumps(seeded))([3, 3]), seeded([3, 3]))
    assert ts.slim.xavier_initializer()([]).shape == ()


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("value", [1, 3, [2], (2, 3), [1, 2, 3], "2", 0, -1, [0, 1], None, "ab"])
def test_arguments_are_read_as_tf_slim_reads_them(n, value):
    def said(kit, function, *arguments):
        try:
            return getattr(kit.slim.utils, function)(*arguments)
        except (TypeError, ValueError) as error:
            return type(error)

    for function, arguments in (
        ("n_positive_integers", (n, value)),
        ("two_element_tuple", (value,)),
    ):
        assert said(OURS, function, *arguments) == said(THEIRS, function, *arguments)


def test_conditions_are_decided_at_once():
    utils = ts.slim.utils
    assert utils.smart_cond(torch.tensor(True), lambda: 1, lambda: 2) == 1
    assert utils.constant_value(torch.tensor(2.5)) == 2.5
    assert utils.constant_value(ts.get_variable("v", [])) is None
    with pytest.raises(ValueError, match="It has the wrong type"):
        utils.constant_value(torch.tensor(1.0), torch.int32)


def test_variables_get_their_values_from_a_checkpoint_by_name(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("fc/weights", initializer=[[1.0, 2.0], [3.0, 4.0]])
        tf.get_variable("fc/biases", initializer=[5.0, 6.0])
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "model"), write_meta_graph=False)
    w, b = ts.get_variable("fc/weights", [2, 2]), ts.get_variable("other", [2])
    halves = ts.get_variable("p", [2, 2], partitioner=ts.fixed_size_partitioner(2))
    assign, feed = ts.slim.assign_from_checkpoint(path, {"fc/biases": b})
    assign()
    assert (b.tolist(), feed) == ([5.0, 6.0], {})
    assign, _ = ts.slim.assign_from_checkpoint(path, {"fc/weights": list(halves)})
    assign()
    assert halves.as_tensor().tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(ValueError, match=r"Checkpoint is missing variable \[other\]"):
        ts.slim.assign_from_checkpoint(path, [w, b])
    assign, _ = ts.slim.assign_from_checkpoint(path, [w, b], ignore_missing_vars=True)
    assert w.tolist() != [[1.0, 2.0], [3.0, 4.0]]
    assign()
    assert w.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(ValueError, match="Total size of new array must be unchanged"):
        ts.slim.assign_from_checkpoint(path, {"fc/weights": b})


def test_a_function_restores_what_a_checkpoint_has(tmp_path):
    v = ts.get_variable("v", initializer=[1.0, 2.0, 3.0, 4.0])
    path = Saver([v]).save(None, str(tmp_path / "model"))
    square, other = ts.get_variable("square", [2, 2]), ts.get_variable("missing", [2])
    restore = ts.slim.assign_from_checkpoint_fn(
        path, {"v": square, "missing": other}, ignore_missing_vars=True, reshape_variables=True
    )
    restore()
    assert square.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert ts.slim.assign_from_checkpoint_fn(path, [other], ignore_missing_vars=True) is None


def test_a_piece_has_the_full_name_of_its_whole():
    whole = ts.get_variable("a/w", [4], partitioner=ts.fixed_size_partitioner(2))
    assert {ts.slim.get_variable_full_name(piece) for piece in whole} == {"a/w"}
    assert ts.slim.get_variable_full_name(ts.get_variable("a/part_0", [2])) == "a/part_0"


def test_variables_are_counted_as_by_tf_slim(capsys):
    def counted(kit):
        kit.tf.get_variable("a/w", [3, 4])
        kit.tf.get_variable("n", [], dtype=kit.tf.int64)
        return kit.slim.model_analyzer.analyze_vars(kit.tf.global_variables(), print_info=True)

    with tf.Graph().as_default():
        theirs = counted(THEIRS), capsys.readouterr().out.replace("_ref", "")
    assert (counted(OURS), capsys.readouterr().out) == theirs


def test_a_variable_is_in_the_collections_that_a_later_call_names_once():
    x = torch.ones(2, 3)
    for _ in range(2):
        ts.slim.fully_connected(x, 3, scope="fc", reuse=ts.AUTO_REUSE, variables_collections="mine")
    (w, b) = ts.get_collection("mine")
    ts.slim.fully_connected(x, 3, scope="fc", reuse=True, variables_collections={"weights": ["b"]})
    ts.slim.fully_connected(x, 3, scope="fc", reuse=True, variables_collections=["b"])
    assert ts.get_collection("b") == [w, b]


def test_contrib_has_slims_names():
    contrib = ts.tf1.contrib
    assert contrib.slim.conv2d is contrib.layers.conv2d is ts.slim.conv2d
    assert contrib.framework.arg_scope is contrib.slim.arg_scope is ts.slim.arg_scope
    assert contrib.layers.xavier_initializer is ts.slim.xavier_initializer
    assert contrib.slim.losses is ts.slim.losses
