"""Summaries in passes: what a net returns shows what its forward saw, and what nobody writes costs nothing."""

import copy
import gc
import weakref

import pytest
import torch
from torch.utils._pytree import tree_map

import torchscope as ts
import torchscope.tf1 as tf
from torchscope._core.summaries.histograms import counted
from torchscope._core.summaries.operation import SummaryOperation

X = torch.tensor([[1.0, -2.0, 3.0], [0.5, 1.0, -1.0]])


def model(x):
    w = tf.get_variable("w", initializer=[1.0, 2.0, 3.0])
    with tf.name_scope("layer"):
        y = tf.nn.relu(x * w)
        tf.summary.histogram("y", y)
    tf.summary.histogram("weights", w)
    loss = tf.reduce_mean(y)
    tf.summary.scalar("loss", loss)
    tf.summary.text("said", "hello")
    return loss, tf.summary.merge_all()


def shown(summary):
    """What TensorBoard gets of a summary, by its tags."""
    values = tf.Summary.FromString(summary.eval()).value
    return {each.tag: each.SerializeToString() for each in values}


def test_a_net_returns_what_it_has_noted():
    net = ts.ScopedModule(model)
    for _ in range(2):
        loss, merged = net(X)
        assert list(shown(merged)) == ["layer/y", "weights", "loss", "said"]
        values = tf.Summary.FromString(merged.eval()).value
        assert values[2].simple_value == loss.item()
        assert (values[1].histo.sum, values[0].histo.num) == (6, 6)


def test_each_pass_has_its_own():
    net = ts.ScopedModule(model)
    first, second = net(X)[1], net(2 * X)[1]
    assert shown(first) == shown(net(X)[1]) != shown(second)


@pytest.mark.parametrize("fused", [False, True])
def test_a_variable_is_shown_as_the_forward_saw_it(fused):
    net = ts.ScopedModule(model)
    loss, merged = net(X)
    alone = net.registry.get_collection("summaries")[1]
    before = shown(net(X)[1])
    loss.backward()
    # The fused one writes to parameters without PyTorch counting it.
    torch.optim.SGD(net.parameters(), lr=1.0, fused=fused).step()
    assert shown(merged) == before != shown(net(X)[1])
    assert shown(alone)["weights"] == before["weights"]


def test_so_is_a_part_of_one_and_a_buffer():
    def parts():
        kernel = tf.get_variable("kernel", [2, 3], initializer=tf.ones_initializer())
        count = tf.get_variable("count", [], tf.int32, tf.zeros_initializer())
        return tf.summary.merge(
            [tf.summary.histogram("row", kernel[0]), tf.summary.scalar("n", count)]
        )

    net = ts.ScopedModule(parts)
    merged, expected = net(), shown(net())
    with torch.no_grad():
        net.kernel.data.mul_(2)
        net.count.data.add_(1)
    assert shown(merged) == expected != shown(net())


def test_what_was_written_to_in_place_is_refused():
    net = ts.ScopedModule(model)
    loss, merged = net(X)
    with torch.no_grad():
        loss /= 2
    with pytest.raises(
        RuntimeError, match=r"Summary Merge/MergeSummary is of a tensor of shape \(\)"
    ):
        merged.eval()
    loss, merged = net(X)
    loss = loss / 2
    assert tf.Summary.FromString(merged.eval()).value[2].simple_value == 2 * loss.item()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_without_gradients(mode):
    net = ts.ScopedModule(model)
    expected = shown(net(X)[1])
    with mode():
        loss, merged = net(X)
        if mode is torch.inference_mode:
            # Nothing counts this.
            loss.zero_()
    assert shown(merged) == expected


def test_no_graph_is_kept():
    def forward(x):
        y = x * tf.get_variable("w", [3])
        tf.summary.histogram("y", y)

    net = ts.ScopedModule(forward)
    x = X.clone().requires_grad_()
    net(x)
    here = weakref.ref(x)
    del x
    gc.collect()
    assert here() is None


def test_a_value_that_changes_later_is_noted_as_it_was():
    values = torch.ones(3).numpy()
    noted = tf.summary.histogram("a", values)
    values[:] = 5
    assert tf.Summary.FromString(noted.eval()).value[0].histo.max == 1


def test_a_summary_waits_like_any_operation():
    noted = tf.summary.scalar("a", 1.0)
    with tf.control_dependencies([noted]):
        tf.group(noted, tf.no_op()).run()
    assert shown(noted)


def test_nothing_is_fed_to_a_summary():
    noted = tf.summary.scalar("a", 1.0)
    with pytest.raises(ValueError, match=r"Operation a belongs to a pass that is over"):
        noted.eval({"x": 1})


def test_functions_over_trees_reach_the_tensors():
    merged = ts.ScopedModule(model)(X)[1]
    twice = tree_map(lambda tensor: tensor * 2, merged)
    assert isinstance(twice, SummaryOperation) and twice.name == merged.name
    assert tf.Summary.FromString(twice.eval()).value[1].histo.sum == 12
    assert shown(tree_map(torch.clone, merged)) == shown(merged)


def test_a_net_with_summaries_is_copied():
    net = ts.ScopedModule(model)
    net(X)
    assert shown(copy.deepcopy(net)(X)[1]) == shown(net(X)[1])


# Graphs


def test_a_graph_gives_what_its_net_gives():
    net = ts.ScopedModule(model)
    graph = ts.graph(net, X)
    _, merged = graph(X)
    expected = shown(net(X)[1])
    with torch.no_grad():
        net.w.add_(1)
    assert shown(merged) == expected
    assert shown(graph(2 * X)[1]) == shown(net(2 * X)[1])


def test_sizes_in_a_graph_are_those_of_the_call():
    def sizes(x):
        tf.summary.scalar("batch", tf.shape(x)[0])
        tf.summary.scalar("twice", x.shape[0] * 2)
        return tf.summary.merge_all()

    graph = ts.graph(ts.ScopedModule(sizes), X)
    for size in (2, 3, 5):
        values = tf.Summary.FromString(graph(torch.ones(size, 3)).eval()).value
        assert [each.simple_value for each in values] == [size, 2 * size]


def test_what_is_noted_in_recomputed_code_is_noted_once():
    def forward(x):
        def part(x):
            y = x * tf.get_variable("w", [3])
            tf.summary.histogram("y", y)
            return tf.nn.relu(y)

        y = ts.recompute(part, x)
        return tf.reduce_sum(y), tf.summary.merge_all()

    loss, merged = ts.ScopedModule(forward)(X)
    loss.backward()
    assert list(shown(merged)) == ["y"]


def test_a_graph_computes_nothing_for_what_is_not_returned():
    def quiet(x):
        return model(x)[0]

    def silent(x):
        return tf.reduce_mean(tf.nn.relu(x * tf.get_variable("w", initializer=[1.0, 2.0, 3.0])))

    noted, plain = (str(ts.graph(ts.ScopedModule(each), X)) for each in (quiet, silent))
    assert noted.replace("layer/", "").split() == plain.split()


def test_what_a_graph_does_not_return_cannot_be_written():
    net = ts.ScopedModule(model)
    graph = ts.graph(net, X)
    graph(X)
    left = net.registry.get_collection("summaries")[0]
    with pytest.raises(RuntimeError, match="Summary layer/y was made where nothing is computed"):
        left.eval()


def test_nor_can_that_of_a_net_that_is_built():
    kept = []

    def forward(x):
        kept.append(model(x)[1])

    ts.build(ts.ScopedModule(forward), X)
    with pytest.raises(RuntimeError, match="was made where nothing is computed"):
        kept[0].eval()


def test_one_of_a_branch_that_was_not_taken_is_not_among_all():
    kept = []

    def forward(x):
        tf.cond(tf.reduce_sum(x) > 100, lambda: noted(x), lambda: tf.identity(x))
        return tf.summary.merge_all()

    def noted(x):
        kept.append(tf.summary.scalar("large", tf.reduce_sum(x)))
        return tf.identity(x)

    net = ts.ScopedModule(forward)
    assert list(shown(net(100 * torch.ones(2)))) == ["cond/large"]
    assert net(X) is None
    with pytest.raises(RuntimeError, match="or in a branch that was not taken"):
        kept[-1].eval()


@pytest.mark.unmeasured
def test_a_compiled_net_gives_what_it_gives_uncompiled():
    net = ts.ScopedModule(model)
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True)
    for x in (X, 2 * X):
        loss, merged = compiled(x)
        expected = shown(net(x)[1])
        loss.backward()
        with torch.no_grad():
            loss.zero_()
            net.w.add_(1)
        assert shown(merged) == expected


@pytest.mark.unmeasured
def test_what_is_not_returned_breaks_no_graph():
    net = ts.ScopedModule(lambda x: model(x)[0])
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(X), net(X))


@pytest.mark.cuda
def test_to_note_something_waits_for_no_gpu():
    def noting(x):
        w = tf.get_variable("w", [3])
        tf.summary.histogram("w", w)
        tf.summary.scalar("first", (x * w)[0, 0])
        tf.summary.scalar("rate", 0.1)
        return tf.summary.merge_all()

    net = ts.ScopedModule(noting).cuda()
    x = X.cuda()
    net(x)
    torch.cuda.set_sync_debug_mode("error")
    try:
        merged = net(x)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert [each.tensor.device.type for each in merged._held] == ["cuda", "cuda", "cpu"]


@pytest.mark.cuda
def test_numbers_are_counted_on_the_gpu_as_on_the_cpu():
    numbers = torch.randn(100_000, dtype=torch.float64) * 10
    assert counted(numbers.cuda()) == counted(numbers)
