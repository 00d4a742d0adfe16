"""What recurrent cells refuse: as TensorFlow does, with the scope, the shapes and the remedy."""

import re
import warnings

import pytest
import torch

import torchscope as ts
from tests.rnn.alike import Kit
from tests.tensorflow1 import assert_refused_alike, refusal, tf


def refused(function, alike=True):
    return pytest.param(function, alike, id=function.__name__)


def x(kit, *shape, dtype="float32"):
    zeros = torch.zeros if kit.api is ts else tf.zeros
    return zeros(shape, dtype=kit.dtype(dtype))


def cell(kit, name="BasicLSTMCell", units=4):
    return getattr(kit.cells, name)(units)


def run(kit, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kwargs.setdefault("dtype", kit.dtype("float32"))
        with kit.api.variable_scope("model"):
            return kit.run.dynamic_rnn(*args, **kwargs)


def neither_dtype_nor_state(kit):
    run(kit, cell(kit), x(kit, 2, 5, 3), dtype=None)


def no_cell(kit):
    run(kit, 3, x(kit, 2, 5, 3))


def rank_one(kit):
    run(kit, cell(kit), x(kit, 2))


def rank_two(kit):
    run(kit, cell(kit), x(kit, 2, 3))


def rank_four(kit):
    run(kit, cell(kit), x(kit, 2, 3, 4, 5))


def integers(kit):
    run(kit, cell(kit), x(kit, 2, 5, 3, dtype="int32"))


def states_of_integers(kit):
    run(kit, cell(kit), x(kit, 2, 5, 3, dtype="int32"), dtype=kit.dtype("int32"))


def another_dtype(kit):
    run(kit, cell(kit), x(kit, 2, 5, 3, dtype="float64"))


def another_dtype_of_a_gru(kit):
    run(kit, cell(kit, "GRUCell"), x(kit, 2, 5, 3, dtype="float64"))


def two_inputs(kit):
    run(kit, cell(kit, "GRUCell"), (x(kit, 2, 5, 3), x(kit, 2, 5, 3)))


def lengths_of_rank_two(kit):
    run(kit, cell(kit), x(kit, 2, 5, 3), [[1, 2]])


def lengths_for_more_rows(kit):
    run(kit, cell(kit), x(kit, 2, 5, 3), [1, 2, 3])


def a_tensor_for_a_tuple(kit):
    run(kit, cell(kit), x(kit, 2, 5, 3), initial_state=x(kit, 2, 4))


def a_tensor_for_a_stack(kit):
    stack = kit.cells.MultiRNNCell([cell(kit, "GRUCell")])
    run(kit, stack, x(kit, 2, 5, 3), initial_state=x(kit, 2, 4))


def a_plain_tuple(kit):
    state = (x(kit, 2, 4), x(kit, 2, 4))
    run(kit, cell(kit), x(kit, 2, 5, 3), [1, 2], initial_state=state)


def a_tuple_for_a_tensor(kit):
    run(kit, cell(kit, "GRUCell"), x(kit, 2, 5, 3), initial_state=(x(kit, 2, 4), x(kit, 2, 4)))


def another_number_of_units(kit):
    state = kit.cells.LSTMStateTuple(x(kit, 2, 5), x(kit, 2, 4))
    run(kit, cell(kit), x(kit, 2, 5, 3), initial_state=state)


def another_number_of_outputs(kit):
    run(kit, cell(kit, "GRUCell"), x(kit, 2, 5, 3), initial_state=x(kit, 2, 5))


def another_batch(kit):
    state = kit.cells.LSTMStateTuple(x(kit, 3, 4), x(kit, 3, 4))
    run(kit, cell(kit), x(kit, 2, 5, 3), initial_state=state)


def another_depth_the_second_time(kit):
    again = cell(kit, "GRUCell")
    run(kit, again, x(kit, 2, 5, 3))
    run(kit, again, x(kit, 2, 5, 6))


def a_step_of_rank_one(kit):
    cell(kit, "GRUCell")(x(kit, 3), x(kit, 3, 4))


def a_residual_of_other_width(kit):
    run(kit, kit.cells.ResidualWrapper(cell(kit, "GRUCell")), x(kit, 2, 5, 3))


def the_same_scope_twice(kit):
    for _ in range(2):
        run(kit, cell(kit), x(kit, 2, 5, 3))


def nothing_to_reuse(kit):
    run(kit, kit.cells.GRUCell(4, reuse=True), x(kit, 2, 5, 3))


def a_cell_of_integers(kit):
    kit.cells.GRUCell(4, dtype=kit.dtype("int32"))


def an_empty_stack(kit):
    kit.cells.MultiRNNCell([])


def a_stack_that_is_no_list(kit):
    kit.cells.MultiRNNCell(3)


def a_stack_of_tuples_in_one_tensor(kit):
    kit.cells.MultiRNNCell([cell(kit)], state_is_tuple=False)


def too_large_a_share(kit):
    kit.cells.DropoutWrapper(cell(kit), input_keep_prob=1.5)


def too_small_a_share(kit):
    kit.cells.DropoutWrapper(cell(kit), state_keep_prob=-0.5)


def dropout_of_no_cell(kit):
    kit.cells.DropoutWrapper(3)


def a_visitor_that_is_none(kit):
    kit.cells.DropoutWrapper(cell(kit), dropout_state_filter_visitor=3)


def same_masks_without_a_dtype(kit):
    kit.cells.DropoutWrapper(cell(kit), variational_recurrent=True)


def same_masks_without_a_size(kit):
    kit.cells.DropoutWrapper(cell(kit), 0.5, variational_recurrent=True, dtype=kit.dtype("float32"))


def a_state_of_no_dtype(kit):
    cell(kit).get_initial_state(batch_size=3)


def an_unlike_batch_of_zeros(kit):
    cell(kit).get_initial_state(x(kit, 2, 3), batch_size=3)


def a_tensor_of_steps(kit):
    kit.run.static_rnn(cell(kit), x(kit, 2, 5, 3), dtype=kit.dtype("float32"))


def no_steps(kit):
    kit.run.static_rnn(cell(kit), [], dtype=kit.dtype("float32"))


def steps_without_dtype(kit):
    kit.run.static_rnn(cell(kit), [x(kit, 2, 3)])


def steps_with_lengths_of_rank_two(kit):
    kit.run.static_rnn(cell(kit), [x(kit, 2, 3)], dtype=kit.dtype("float32"), sequence_length=[[1]])


def lengths_that_are_no_integers(kit):
    kit.run.bidirectional_dynamic_rnn(
        cell(kit), cell(kit), x(kit, 2, 5, 3), [1.0, 2.5], dtype=kit.dtype("float32")
    )


@pytest.mark.parametrize(
    ("build", "alike"),
    [
        *map(refused, (neither_dtype_nor_state, no_cell, rank_four, integers)),
        *map(refused, (states_of_integers, another_dtype, another_dtype_of_a_gru, two_inputs)),
        *map(refused, (lengths_of_rank_two, another_number_of_units, another_number_of_outputs)),
        *map(refused, (another_depth_the_second_time, a_step_of_rank_one, the_same_scope_twice)),
        *map(refused, (nothing_to_reuse, a_cell_of_integers, an_empty_stack)),
        *map(refused, (a_stack_that_is_no_list, a_stack_of_tuples_in_one_tensor)),
        *map(refused, (too_large_a_share, too_small_a_share, dropout_of_no_cell)),
        *map(refused, (a_visitor_that_is_none, same_masks_without_a_dtype)),
        *map(refused, (same_masks_without_a_size, a_state_of_no_dtype, an_unlike_batch_of_zeros)),
        *map(refused, (no_steps, steps_without_dtype, a_plain_tuple)),
        *map(refused, (another_batch, lengths_for_more_rows, lengths_that_are_no_integers)),
        # TensorFlow's words show its own tensors.
        refused(rank_one, alike=False),
        refused(rank_two, alike=False),
        refused(a_tensor_for_a_tuple, alike=False),
        refused(a_tensor_for_a_stack, alike=False),
        refused(a_tuple_for_a_tensor, alike=False),
        refused(a_residual_of_other_width, alike=False),
        refused(a_tensor_of_steps, alike=False),
        refused(steps_with_lengths_of_rank_two, alike=False),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_it_is_refused_as_in_tensorflow(build, alike):
    net = ts.ScopedModule(lambda: build(Kit(ours=True)))
    if alike:
        assert_refused_alike(lambda: build(Kit(ours=False)), net)
    else:
        assert type(refusal(net)) is type(refusal(lambda: build(Kit(ours=False))))
    assert_nothing_is_lost(net)


def assert_nothing_is_lost(net):
    """After the refusal the registry runs a good pass."""
    before = list(net.registry.variables)
    with net.registry.activate():
        run(Kit(ours=True), ts.rnn.GRUCell(2, name="good"), torch.zeros(2, 5, 3))
    assert list(net.registry.variables)[: len(before)] == before
    assert "model/rnn/good/gates/kernel" in net.registry.variables


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (rank_two, "rank at least 3.*'model/rnn'"),
        (rank_four, "scope is 'model/rnn/basic_lstm_cell'"),
        (integers, "scope is 'model/rnn/basic_lstm_cell'.*to\\(torch.float32\\)"),
        (another_dtype, "'model/rnn/basic_lstm_cell'.*dtype of its inputs"),
        (lengths_for_more_rows, "'model/rnn'.*one length for each row"),
        (another_number_of_units, r"'model/rnn/basic_lstm_cell'.*\(2, 5\), for 4 units"),
        (another_number_of_outputs, r"'model/rnn/gru_cell'.*\(2, 3\).*\(2, 5\).*\(7, 8\)"),
        (a_plain_tuple, r"\(\(2, 4\), \(2, 4\)\).*LSTMStateTuple\(c=\(2, 4\).*zero_state"),
        (a_residual_of_other_width, "'model/rnn/gru_cell'.*residual_fn"),
        (neither_dtype_nor_state, "dtype=torch.float32"),
    ],
)
def test_a_refusal_says_where_what_and_how_to_go_on(build, said):
    error = refusal(ts.ScopedModule(lambda: build(Kit(ours=True))))
    assert re.search(said, str(error)), error


@pytest.mark.parametrize("lengths", [[1, 9], [1, -2]])
@pytest.mark.parametrize("static", [False, True])
def test_lengths_by_which_nothing_can_be_reversed_are_refused(lengths, static):
    """TensorFlow refuses them when it runs: only reversing looks at them."""

    def build(kit):
        dtype = kit.dtype("float32")
        if static:
            return kit.run.static_bidirectional_rnn(
                cell(kit), cell(kit), [x(kit, 2, 3)] * 5, dtype=dtype, sequence_length=lengths
            )[0]
        return kit.run.bidirectional_dynamic_rnn(
            cell(kit), cell(kit), x(kit, 2, 5, 3), lengths, dtype=dtype
        )[0]

    net = ts.ScopedModule(lambda: build(Kit(ours=True)))
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = build(Kit(ours=False))
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError) as theirs:
            session.run(results)
    sentence = re.search(r"seq_lens\(1\) (> input.dims\(\d\)|< 0)", str(theirs.value)).group()
    beginning = re.escape(sentence.partition("(1)")[0])
    with pytest.raises(ValueError, match=beginning + ".*bidirectional_rnn.*clamp"):
        net()


def test_the_lengths_of_no_sequences_may_be_an_empty_list():
    def build(kit):
        cells = cell(kit), cell(kit)
        dtype = kit.dtype("float32")
        return kit.run.bidirectional_dynamic_rnn(*cells, x(kit, 0, 5, 3), [], dtype=dtype)[0]

    with tf.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [output.shape.as_list() for output in build(Kit(ours=False))]
    outputs = ts.ScopedModule(lambda: build(Kit(ours=True)))()
    assert [list(output.shape) for output in outputs] == expected


@pytest.mark.filterwarnings("ignore")
def test_an_activation_that_is_no_function_is_refused_as_in_tensorflow():
    assert_refused_alike(
        lambda: tf.nn.rnn_cell.GRUCell(3, activation=3), lambda: ts.rnn.GRUCell(3, activation=3)
    )


def test_an_unknown_activation_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"Unknown activation function: 'gelo'.*tanh"):
        ts.rnn.GRUCell(3, activation="gelo")


def test_a_stack_wants_lists_of_one_length():
    cells = [ts.rnn.GRUCell(2)]
    stack = ts.rnn.stack_bidirectional_dynamic_rnn
    steps = torch.ones(1, 2, 2)
    with pytest.raises(ValueError, match="cells_fw must be a list"):
        stack(cells[0], cells, steps, dtype=torch.float32)
    with pytest.raises(ValueError, match=r"same depth. There are 1 and 2"):
        stack(cells, [*cells, ts.rnn.GRUCell(2)], steps, dtype=torch.float32)
    with pytest.raises(ValueError, match=r"initial_states_bw must be a list.*2, for 1 layers"):
        stack(cells, [ts.rnn.GRUCell(2)], steps, None, [None, None], dtype=torch.float32)
