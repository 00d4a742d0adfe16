"""What an error advises works: in the operations, the placeholders, and what TF1's scripts have beside models."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from remedies import follow, tried

CASES = []
remedy = tried(CASES)
X = torch.ones(1, 3)
INTEGERS = torch.ones(2, 2, dtype=torch.int32)
FLOATS = "Convert it first: tf.cast(x, tf.float32)."


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


# Dtypes


@remedy(TypeError, "Expected int32, but got 3.14", FLOATS)
def an_angle_of_integers():
    yield lambda: tf.angle(INTEGERS)
    assert not tf.angle(tf.cast(INTEGERS, tf.float32)).any()


@remedy(TypeError, "Expected int32, but got 0.5", FLOATS)
def an_inverse_of_an_error_function_of_integers():
    yield lambda: tf.math.erfcinv(INTEGERS)
    assert not tf.math.erfcinv(tf.cast(INTEGERS, tf.float32)).any()


@remedy(TypeError, "Input must be either real or complex.", FLOATS)
def a_variance_of_integers():
    yield lambda: tf.math.reduce_variance(INTEGERS)
    assert tf.math.reduce_variance(tf.cast(INTEGERS, tf.float32)) == 0


@remedy(TypeError, "; convert it first: `x.to(torch.float64)`.")
def a_norm_of_integers():
    x = INTEGERS
    yield lambda: tf.norm(x)
    assert tf.norm(x.to(torch.float64)) == 2


@remedy(TypeError, "must have `float`-like `dtype`", FLOATS)
def a_pseudo_inverse_of_integers():
    yield lambda: tf.linalg.pinv(INTEGERS)
    assert tf.linalg.pinv(tf.cast(INTEGERS, tf.float32)).shape == (2, 2)


@remedy(ValueError, "make floats of both first, tf.cast(x, tf.float32).")
def an_integer_to_a_negative_power():
    power = torch.tensor(-1, dtype=torch.int32)
    yield lambda: tf.pow(INTEGERS * 2, power)
    result = tf.pow(tf.cast(INTEGERS * 2, tf.float32), tf.cast(power, tf.float32))
    assert torch.equal(result, torch.full((2, 2), 0.5))


@remedy(TypeError, "'branch_index' must be an integer Tensor", "tf.cast(x, tf.int32).")
def a_number_of_a_branch_that_is_a_float():
    index = torch.tensor(1.0)
    branches = {0: lambda: X, 1: lambda: X * 2}
    yield lambda: tf.switch_case(index, branches)
    assert torch.equal(tf.switch_case(tf.cast(index, tf.int32), branches), X * 2)


@remedy(TypeError, "These must be equal: convert the tensors, or leave the argument out.")
def a_sum_of_another_dtype():
    yield lambda: tf.accumulate_n([X, X], tensor_dtype=tf.float64)
    assert tf.accumulate_n([X.double(), X.double()], tensor_dtype=tf.float64).dtype == tf.float64
    assert tf.accumulate_n([X, X]).dtype == tf.float32


@remedy(TypeError, "the dtypes of a loop do not change. Convert what the body gives.")
def a_loop_variable_that_changes_its_dtype():
    def loop(body):
        return tf.while_loop(lambda i, x: i < 2, lambda i, x: (i + 1, body(x)), (0, X))[1]

    yield lambda: loop(lambda x: x.double())
    assert torch.equal(loop(lambda x: tf.cast(x.double() * 2, tf.float32)), X * 4)


@remedy(TypeError, "its numbers are int32, int64, float32 or float64. Give the dtype.")
def a_range_of_small_integers():
    limit = torch.tensor(3, dtype=torch.int16)
    yield lambda: tf.range(limit)
    assert tf.range(limit, dtype=tf.int32).tolist() == [0, 1, 2]


@remedy(TypeError, "Expected bool, but got 1 of type 'int'", "Give on_value and off_value as bools")
def one_hot_rows_of_bools():
    yield lambda: tf.one_hot([0], 2, dtype=tf.bool)
    rows = tf.one_hot([0], 2, on_value=True, off_value=False, dtype=tf.bool)
    assert rows.tolist() == [[True, False]]


@remedy(tf.errors.InvalidArgumentError, "Convert it, as in array.astype(", "('float32').")
def a_function_of_arrays_that_gives_another_dtype():
    def mean(array):
        return array.mean(dtype=np.float64)

    yield lambda: tf.py_func(mean, [X], tf.float32)
    assert tf.py_func(lambda array: mean(array).astype("float32"), [X], tf.float32) == 1


@remedy(ValueError, "Tensor conversion requested dtype int64", "Give `indices.long()`.")
def a_sparse_tensor_of_small_indices():
    indices = torch.zeros(1, 1, dtype=torch.int32)
    yield lambda: tf.SparseTensor(indices, [1.0], [2])
    sparse = tf.SparseTensor(indices.long(), [1.0], [2])
    assert tf.sparse.to_dense(sparse).tolist() == [1, 0]


@remedy(ValueError, "feed zeros for labels that nobody has", "or build without what needs them")
def scores_whose_labels_nobody_has():
    def scores():
        return tf.placeholder(tf.float32, [None, 3], name="x") * 2

    def build():
        made = scores()
        labels = tf.placeholder(tf.float32, [None, 3], name="labels")
        return made, tf.reduce_mean(tf.square(made - labels))

    net = ts.ScopedModule(build)
    yield lambda: net(feeds={"x": X})
    made, _ = net(feeds={"x": X, "labels": torch.zeros(X.shape)})
    assert torch.equal(made, ts.ScopedModule(scores)(feeds={"x": X}))


@remedy(TypeError, "Convert it first, value.to(", "(torch.float32): only numbers, lists")
def what_is_fed_in_another_dtype():
    net = ts.ScopedModule(lambda: tf.placeholder(tf.float32, name="x") * 2)
    value = X.double()
    yield lambda: net(feeds={"x": value})
    for fed in (value.to(torch.float32), 1.0, [[1.0]], value.numpy()):
        assert net(feeds={"x": fed}).dtype == torch.float32


# Values and shapes


@remedy(ValueError, "x and y must both be non-None or both be None. Give both, or none.")
def a_choice_of_one():
    condition = X > 0
    yield lambda: tf.where(condition, X)
    assert torch.equal(tf.where(condition, X, -X), X)
    assert tf.where(condition).shape == (3, 2)


@remedy(ValueError, "Elements in elems must be 1+ dim", "make one tensor of it, with tf.convert_to")
def a_list_whose_elements_are_meant():
    elements = [1.0, 2.0]
    yield lambda: tf.map_fn(lambda x: x * 2, elements)
    assert tf.map_fn(lambda x: x * 2, tf.convert_to_tensor(elements)).tolist() == [2, 4]


@remedy(ValueError, "None values not supported. Give a number of parts, or their lengths.")
def a_split_into_none():
    yield lambda: tf.split(X, None, axis=1)
    for parts in (3, [1, 1, 1]):
        assert [part.shape for part in tf.split(X, parts, axis=1)] == [(1, 1)] * 3


@remedy(
    ValueError, "Split size at index 1 must be >= 0", "Give lengths that make up the axis, which"
)
def a_split_into_negative_lengths():
    yield lambda: tf.split(X, [5, -2], axis=1)
    assert [part.shape[1] for part in tf.split(X, [2, 1], axis=1)] == [2, 1]


@remedy(ValueError, "None values not supported. Give a shape: a list of dimensions.")
def zeros_of_no_shape():
    yield lambda: tf.zeros(None)
    assert tf.zeros([2, 3]).shape == (2, 3)


@remedy(TypeError, "Attempted to pack value", "Give a list of leaves.")
def a_structure_of_what_is_no_list():
    yield lambda: tf.nest.pack_sequence_as([0], 3)
    assert tf.nest.pack_sequence_as([0], [3]) == [3]


@remedy(ValueError, "not made of a protocol buffer here. Give the values by name.")
def hyperparameters_of_a_protocol_buffer():
    values = {"rate": 0.5}
    yield lambda: tf.contrib.training.HParams(hparam_def=values)
    assert tf.contrib.training.HParams(**values).rate == 0.5


# Gradients


@remedy(ValueError, "Before it is used, write x = x.detach().requires_grad_().")
def a_gradient_of_what_requires_none():
    yield lambda: tf.gradients(X * 2, X)
    x = X
    x = x.detach().requires_grad_()
    assert torch.equal(tf.gradients(x * 2, x)[0], X * 2)


@remedy(RuntimeError, "Call it under torch.enable_grad().")
def a_gradient_where_they_are_off():
    def slope():
        x = X.clone().requires_grad_()
        return tf.gradients(x * 2, x)[0]

    def without(call):
        with torch.no_grad():
            return call()

    yield lambda: without(slope)
    assert torch.equal(without(torch.enable_grad()(slope)), X * 2)


@remedy(RuntimeError, "Call the net itself, or take the gradient outside of the net.")
def a_graph_that_holds_a_gradient():
    def slope(x):
        return tf.gradients(x * x, x)[0]

    x = X.clone().requires_grad_()
    net = ts.ScopedModule(slope)
    yield lambda: ts.graph(net, x)
    outside = ts.graph(ts.ScopedModule(lambda x: x * x), x)
    for result in (net(x), tf.gradients(outside(x), x)[0]):
        assert torch.equal(result, X * 2)


@remedy(RuntimeError, "Call the net itself; or write it with operations that have that gradient")
def a_graph_that_holds_a_gradient_of_its_own():
    @tf.custom_gradient
    def stopped(x):
        return x * 2, torch.zeros_like

    x = X.clone().requires_grad_()
    net = ts.ScopedModule(lambda x: stopped(x) + x)
    yield lambda: ts.graph(net, x)
    graph = ts.graph(ts.ScopedModule(lambda x: tf.stop_gradient(x * 2) + x), x)
    for run in (net, graph):
        assert torch.equal(run(x), X * 3)
        assert torch.equal(tf.gradients(run(x), x)[0], X)


class Guided(torch.autograd.Function):
    """The identity, whose gradient is cut off at 0."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, dy):
        return dy.relu()


@remedy(NotImplementedError, "by tf.custom_gradient or torch.autograd.Function, and call it where")
def a_gradient_of_a_type_of_operation():
    yield lambda: tf.RegisterGradient("Guided")
    x = X.clone().requires_grad_()
    for function in (tf.custom_gradient(lambda x: (x.clone(), torch.relu)), Guided.apply):
        assert not tf.gradients(-function(x), x)[0].any()


@remedy(NotImplementedError, "Leave out the `with`, and write tf.gradients(y, x) for tape.gradient")
def a_tape():
    yield tf.GradientTape
    x = X.clone().requires_grad_()
    assert torch.equal(tf.gradients(x * x, x)[0], X * 2)


# What is not computed


def counting(x, wait):
    count = ts.get_variable("count", [], initializer=ts.zeros_initializer(), trainable=False)
    step = tf.group(lambda: count.assign_add(1.0), name="step")
    if not wait:
        return x * 2, step
    with tf.control_dependencies([step]):
        return x * 2


def counted(net, run, *inputs):
    run(*inputs)
    return net.count.item() == 1


@remedy(TypeError, "run it in the forward, `with tf.control_dependencies([operation]):`, or call")
def a_graph_that_gives_an_operation():
    net = ts.ScopedModule(lambda x: counting(x, wait=False))
    yield lambda: ts.graph(net, X)
    waiting = ts.ScopedModule(lambda x: counting(x, wait=True))
    graph = ts.graph(waiting, X)
    assert counted(waiting, graph, X)
    assert counted(net, net(X)[1].run)


@remedy(
    RuntimeError, "Run it in the forward, for example `with tf.control_dependencies([operation])"
)
def an_operation_of_a_net_that_was_only_built():
    built = []

    def forward(x):
        built.append(counting(x, wait=False)[1])
        return built[-1]

    net = ts.ScopedModule(forward)
    ts.build(net, X)
    yield built[0].run
    waiting = ts.ScopedModule(lambda x: counting(x, wait=True))
    assert counted(waiting, waiting, X)
    assert counted(net, net(X).run)


@remedy(RuntimeError, "Call the net itself; to compile it, write the function with operations on")
def a_graph_of_a_function_of_arrays():
    net = ts.ScopedModule(lambda x: tf.py_func(lambda x: x * 2, [x], tf.float32))
    yield lambda: ts.graph(net, X)
    graph = ts.graph(ts.ScopedModule(lambda x: x * 2), X)
    assert torch.equal(net(X), graph(X))


@remedy(RuntimeError, "Where Python knows what is to run, an `if` runs that alone.")
def a_branch_that_is_not_taken_and_needs_values():
    def plain():
        return X * 2

    def scaled():
        return X * X.sum().item()

    yield ts.ScopedModule(lambda: tf.cond(X.sum() > 0, plain, scaled))
    assert torch.equal(ts.ScopedModule(lambda train: plain() if train else scaled())(True), X * 2)


# Graphs and files


@remedy(AssertionError, "exit the nesting and create a new graph.")
def resetting_within_a_graph():
    def variables(reset):
        with tf.Graph().as_default():
            tf.get_variable("v", [1])
            if reset:
                tf.reset_default_graph()
            return [v.op.name for v in tf.global_variables()]

    yield lambda: variables(reset=True)
    tf.reset_default_graph()
    assert variables(reset=False) == variables(reset=False) == ["v"]


@remedy(RuntimeError, "Leave the line out, or move it around the making of the net.")
def a_graph_in_a_pass():
    def forward():
        return tf.get_variable("v", [1], initializer=tf.ones_initializer())

    def within():
        with tf.Graph().as_default():
            return forward()

    yield ts.ScopedModule(within)
    with tf.Graph().as_default():
        around = ts.ScopedModule(forward)
        assert around() == ts.ScopedModule(forward)() == 1


@remedy(tf.errors.AlreadyExistsError, "file already exists", "Give overwrite=True.")
def a_copy_to_what_exists():
    with tempfile.TemporaryDirectory() as folder:
        one, other = Path(folder, "one"), Path(folder, "other")
        one.write_text("one"), other.write_text("other")
        yield lambda: tf.gfile.Copy(str(one), str(other))
        tf.gfile.Copy(str(one), str(other), overwrite=True)
        assert other.read_text() == "one"


# Arrays of tensors


@remedy(tf.errors.UnimplementedError, "supported when packing zero-size TensorArrays: give the")
def an_array_without_elements():
    yield lambda: tf.TensorArray(tf.float32, 0).stack()
    assert tf.TensorArray(tf.float32, 0, element_shape=[2]).stack().shape == (0, 2)


@remedy(tf.errors.InvalidArgumentError, "Convert the value, or make the array of its dtype")
def integers_in_an_array_of_floats():
    yield lambda: tf.TensorArray(tf.float32, 1).write(0, INTEGERS)
    tf.TensorArray(tf.float32, 1).write(0, tf.cast(INTEGERS, tf.float32))
    assert torch.equal(tf.TensorArray(tf.int32, 1).write(0, INTEGERS).read(0), INTEGERS)


@remedy(
    tf.errors.InvalidArgumentError, "array = array.write(index, value)", "give the element_shape"
)
def an_array_whose_writing_is_lost():
    array = tf.TensorArray(tf.float32, 1)
    array.write(0, 1.0)
    yield tf.TensorArray(tf.float32, 1).stack
    array = array.write(0, 1.0)
    assert array.stack().tolist() == [1.0]
    assert tf.TensorArray(tf.float32, 1, element_shape=[]).stack().tolist() == [0.0]


@remedy(ValueError, "without dense_shape", "Give it: IndexedSlices(values, indices, dense_shape).")
def slices_without_a_shape():
    rows, indices = X, torch.tensor([1])
    yield lambda: tf.clip_by_average_norm(tf.IndexedSlices(rows, indices), 9.0)
    slices = tf.IndexedSlices(rows, indices, [2, 3])
    assert tf.clip_by_average_norm(slices, 9.0).shape == (2, 3)
