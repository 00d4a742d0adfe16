"""Lists of tensors, arrays, stacks and optional values give what they give in TensorFlow."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from tests.graphs.kit import compare
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs
from torchscope.graphs import GraphError

X = np.random.RandomState(0).randn(4, 3).astype(np.float32)


def _list(x: Any) -> Any:
    return tf.raw_ops.TensorListFromTensor(tensor=x, element_shape=[3])


def _stacked(handle: Any, shape: Any = (3,)) -> Any:
    return tf.raw_ops.TensorListStack(
        input_handle=handle, element_shape=list(shape), element_dtype=tf.float32
    )


def _with_zeros(x: Any) -> Any:
    handle = tf.raw_ops.TensorListReserve(
        element_shape=[3], num_elements=3, element_dtype=tf.float32
    )
    handle = tf.raw_ops.TensorListSetItem(input_handle=handle, index=1, item=x[0])
    return _stacked(handle)


def _resized(x: Any) -> Any:
    longer = tf.raw_ops.TensorListResize(input_handle=_list(x), size=6)
    longer = tf.raw_ops.TensorListSetItem(
        input_handle=longer, index=7, item=x[1], resize_if_index_out_of_bounds=True
    )
    shorter = tf.raw_ops.TensorListResize(input_handle=_list(x), size=2)
    return _stacked(longer), _stacked(shorter)


def _lists_together(x: Any) -> Any:
    both = tf.raw_ops.TensorListConcatLists(
        input_a=_list(x), input_b=_list(x * 2.0), element_dtype=tf.float32
    )
    return _stacked(both), tf.raw_ops.TensorListLength(input_handle=both)


def _popped(x: Any) -> Any:
    handle, last = tf.raw_ops.TensorListPopBack(
        input_handle=_list(x), element_shape=-1, element_dtype=tf.float32
    )
    handle = tf.raw_ops.TensorListPushBack(input_handle=handle, tensor=last * 2.0)
    shape = tf.raw_ops.TensorListElementShape(input_handle=handle, shape_type=tf.int64)
    return _stacked(handle, [-1]), last, shape


def _pieces(x: Any) -> Any:
    handle = tf.raw_ops.TensorListSplit(tensor=x, element_shape=[-1, 3], lengths=[3, 1])
    first = tf.raw_ops.TensorListConcat(
        input_handle=handle, element_dtype=tf.float32, element_shape=[None, 3]
    )
    second = tf.raw_ops.TensorListConcatV2(
        input_handle=handle, element_shape=[-1, 3], leading_dims=[3, 1], element_dtype=tf.float32
    )
    return list(first), list(second)


def _not_all(x: Any) -> Any:
    handle = tf.raw_ops.TensorListReserve(
        element_shape=[-1, 3], num_elements=2, element_dtype=tf.float32
    )
    handle = tf.raw_ops.TensorListSetItem(input_handle=handle, index=0, item=x)
    return list(
        tf.raw_ops.TensorListConcatV2(
            input_handle=handle,
            element_shape=[-1, 3],
            leading_dims=[4, 2],
            element_dtype=tf.float32,
        )
    )


def _scattered(x: Any) -> Any:
    handle = tf.raw_ops.TensorListScatter(tensor=x, indices=[3, 0, 1, 4], element_shape=[3])
    other = tf.raw_ops.TensorListScatterV2(
        tensor=x, indices=[3, 0, 1, 2], element_shape=[3], num_elements=6
    )
    other = tf.raw_ops.TensorListScatterIntoExistingList(
        input_handle=other, tensor=x[:2] * 3.0, indices=[1, 5]
    )
    gathered = tf.raw_ops.TensorListGather(
        input_handle=other, indices=[3, 1, 3], element_shape=[3], element_dtype=tf.float32
    )
    return _stacked(handle), _stacked(other), gathered


def _empty(x: Any) -> Any:
    handle = tf.raw_ops.EmptyTensorList(
        element_shape=[3], max_num_elements=-1, element_dtype=tf.float32
    )
    return _stacked(handle), _stacked(
        tf.raw_ops.TensorListPushBack(input_handle=handle, tensor=x[0])
    )


def _added(x: Any) -> Any:
    half = tf.raw_ops.TensorListReserve(element_shape=[3], num_elements=4, element_dtype=tf.float32)
    half = tf.raw_ops.TensorListSetItem(input_handle=half, index=2, item=x[0])
    return _stacked(tf.raw_ops.AddN(inputs=[_list(x), half, tf.raw_ops.ZerosLike(x=_list(x))]))


def _optional(x: Any) -> Any:
    some = tf.raw_ops.OptionalFromValue(components=[x, x + 1.0])
    values = tf.raw_ops.OptionalGetValue(
        optional=some, output_types=[tf.float32] * 2, output_shapes=[[4, 3]] * 2
    )
    nothing = tf.raw_ops.OptionalNone()
    return values, [tf.raw_ops.OptionalHasValue(optional=each) for each in (some, nothing)]


def _stack_of_tensors(x: Any) -> Any:
    handle = tf.raw_ops.StackV2(max_size=-1, elem_type=tf.float32)
    first = tf.raw_ops.StackPushV2(handle=handle, elem=x)
    with tf.control_dependencies([first]):
        second = tf.raw_ops.StackPushV2(handle=handle, elem=x * 2.0)
    with tf.control_dependencies([second]):
        last = tf.raw_ops.StackPopV2(handle=handle, elem_type=tf.float32)
    with tf.control_dependencies([last]):
        before = tf.raw_ops.StackPopV2(handle=handle, elem_type=tf.float32)
    with tf.control_dependencies([before]):
        closed = tf.raw_ops.StackCloseV2(handle=handle)
    with tf.control_dependencies([closed]):
        return last, tf.identity(before)


def _array_of_zeros(x: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=3, element_shape=[3], clear_after_read=False)
    array = array.write(1, x[0])
    return array.stack(), array.gather([2, 1]), array.size()


def _temporary(x: Any) -> Any:
    variable = tf.raw_ops.TemporaryVariable(shape=X.shape, dtype=tf.float32, var_name="total")
    total = tf.raw_ops.Assign(ref=variable, value=tf.zeros_like(x))
    added = [tf.raw_ops.AssignAdd(ref=total, value=each) for each in (x, x * x)]
    with tf.control_dependencies(added):
        return tf.raw_ops.DestroyTemporaryVariable(ref=total, var_name="total")


def _no_elements(x: Any) -> Any:
    del x
    array = tf.TensorArray(tf.float32, size=0, element_shape=[3])
    return array.stack()


BUILDS = [
    _with_zeros,
    _resized,
    _lists_together,
    _popped,
    _pieces,
    _not_all,
    _scattered,
    _empty,
    _added,
    _optional,
    _stack_of_tensors,
    _array_of_zeros,
    _temporary,
    _no_elements,
]


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__.strip("_"))
def test_what_holds_tensors_gives_them_back_as_in_tensorflow(build: Callable[[Any], Any]) -> None:
    with tf.Graph().as_default() as graph, plain_session() as session:
        x = tf.placeholder(tf.float32, X.shape, name="x")
        made = tf.nest.flatten(build(x))
        expected = session.run(made, {x: X})
    net = graphs.import_graph_def(graph.as_graph_def())
    found = net(feeds={"x:0": X}, fetches=[each.name for each in made])
    for one, other, tensor in zip(found, expected, made, strict=True):
        compare(one, other, 1e-6, tensor.name)


def _refused(build: Callable[[Any], Any], message: str) -> None:
    with tf.Graph().as_default() as graph:
        made = build(tf.placeholder(tf.float32, X.shape, name="x"))
    net = graphs.import_graph_def(graph.as_graph_def())
    with pytest.raises(GraphError, match=message):
        net(feeds={"x:0": torch.from_numpy(X)}, fetches=made.name)


def test_what_tensorflow_refuses_of_arrays_and_lists_is_refused():
    def array() -> Any:
        return tf.TensorArray(tf.float32, size=2)

    def popped(x: Any) -> Any:
        empty = tf.raw_ops.EmptyTensorList(
            element_shape=[3], max_num_elements=-1, element_dtype=tf.float32
        )
        return tf.raw_ops.TensorListPopBack(
            input_handle=empty, element_shape=[3], element_dtype=tf.float32
        )[1]

    def got(x: Any) -> Any:
        return tf.raw_ops.TensorListGetItem(
            input_handle=_list(x), index=4, element_shape=[3], element_dtype=tf.float32
        )

    _refused(lambda x: array().write(2, x).flow, "Tried to write to index 2 but array is not")
    _refused(lambda x: array().write(0, x).write(0, x).flow, "already been written to")
    _refused(lambda x: array().write(0, x).read(3), "Tried to read from index 3")
    _refused(lambda x: array().read(1) + x, "has not been written to")
    _refused(popped, "Trying to pop from an empty list")
    _refused(got, "Trying to access element 4 in a list with 4 elements")
    _refused(
        lambda x: tf.raw_ops.TensorListSetItem(input_handle=_list(x), index=5, item=x[0]),
        "Trying to modify element 5 in a list with 4 elements",
    )
