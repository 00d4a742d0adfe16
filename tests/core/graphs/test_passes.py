"""What passes over a recorded graph leave out, and what they leave in."""

import operator

import pytest
import torch
from torch.nn import functional as F

import torchscope as ts
from torchscope import slim


def an_image(seed=0, channels=3):
    return torch.randn(2, 6, 4, channels, generator=torch.Generator().manual_seed(seed))


def assert_alike(net, graph, *args):
    """A graph gives what its net gives, with the same random numbers and gradients."""
    results = []
    for each in net, graph:
        net.zero_grad()
        torch.manual_seed(0)
        result = each(*args)
        if result.requires_grad:
            result.square().sum().backward()
        results.append((result, [p.grad for p in net.parameters()], torch.rand(1)))
    torch.testing.assert_close(results[1], results[0])
    torch.testing.assert_close(results[1][0], results[0][0], rtol=0, atol=0)


def operations(function, *args):
    """The operations of a function's graph, which gives what the function gives."""
    net = ts.ScopedModule(function)
    graph = ts.graph(net, *args)
    assert_alike(net, graph, *args)
    (captured,) = next(iter(graph._exact.values()))
    called = [n.target for n in captured.module.graph.nodes if n.op == "call_function"]
    return [each for each in called if each is not operator.getitem]


def a_kernel(channels=3, filters=3):
    return ts.get_variable("kernel", [3, 3, channels, filters])


def conv(x, filters=3):
    return ts.nn.conv2d(x, a_kernel(x.shape[-1], filters), 1, "SAME")


class TestNeedless:
    def test_what_nothing_reads_is_not_computed(self):
        def f(x):
            _ = torch.zeros(3).exp() + x.sum()
            return x[..., :2] * x.unbind(-1)[0][..., None]

        def only(x):
            return x[..., :2] * x.unbind(-1)[0][..., None]

        assert operations(f, an_image()) == operations(only, an_image())

    def test_random_numbers_that_nothing_reads_are_drawn(self):
        def f(x):
            torch.rand(3)
            F.dropout(x, 0.5)
            F.rrelu(x, training=True)
            return x * torch.rand_like(x)

        assert len(operations(f, an_image())) == 5

    def test_what_is_written_to_is_written_to(self):
        def f(x):
            w, mean, variance = (
                ts.get_variable(name, [3], trainable=False, initializer=ts.ones_initializer)
                for name in ("w", "mean", "variance")
            )
            w.assign_add(x.sum((0, 1, 2)))
            torch.batch_norm(x.flatten(0, 2), None, None, mean, variance, True, 0.5, 1e-3, True)
            return x

        graph = ts.graph(ts.ScopedModule(f), an_image())
        graph(an_image())
        for variable in graph.parameters():
            assert (variable != 1).all()

    def test_a_conversion_to_what_it_is_goes_and_others_stay(self):
        same = operations(lambda x: x.to(torch.float32) * 2, an_image())
        assert same == operations(lambda x: x * 2, an_image())
        copied = operations(lambda x: x.to(torch.float32, copy=True).mul_(2), an_image())
        assert len(copied) == 2
        operations(lambda x: x.to(torch.float64) * 2, an_image())
        moved = operations(lambda x: x.to(memory_format=torch.channels_last) * 2, an_image())
        assert len(moved) == 2


class TestReusing:
    def activated(self, x):
        y = slim.conv2d(x, 3, 3, normalizer_fn=slim.batch_norm)
        return F.leaky_relu(conv(y) + y)

    def test_an_activation_takes_the_memory_of_what_it_alone_reads(self):
        called = operations(self.activated, an_image())
        assert torch.relu_ in called
        assert torch._C._nn.leaky_relu_ in called

    def test_what_others_read_stays(self):
        def f(x):
            y = conv(x)
            return torch.relu(y) + y

        assert torch.relu_ not in operations(f, an_image())

    @pytest.mark.parametrize(
        "f",
        [torch.exp, torch.sigmoid, lambda x: x, lambda x: x[:1], torch.relu, lambda x: x * x],
    )
    def test_what_backward_reads_stays_and_what_is_not_the_graphs_own(self, f):
        called = operations(lambda x: torch.relu(f(x * ts.get_variable("w", []))), an_image())
        assert torch.relu_ not in called

    def test_an_input_stays(self):
        assert torch.relu_ not in operations(torch.relu, an_image())

    def test_a_slope_that_falls_needs_the_input(self):
        called = operations(lambda x: F.leaky_relu(conv(x), -0.5), an_image())
        assert torch._C._nn.leaky_relu_ not in called

    def test_collections_keep_what_was_put_there(self):
        def f(x):
            y = conv(x)
            ts.add_to_collection("seen", y)
            return torch.relu(y)

        net = ts.ScopedModule(f)
        ts.graph(net, an_image())(an_image())
        assert net.registry.get_collection("seen")[0].min() < 0


class TestProducts:
    @pytest.mark.parametrize("use_bias", [True, False])
    @pytest.mark.parametrize("shape", [(5, 3), (2, 5, 3), (0, 5, 3), (2, 0, 3), (2, 5, 4, 3)])
    def test_a_dense_layer_multiplies_by_its_kernel_as_it_is(self, shape, use_bias):
        def f(x):
            return ts.layers.dense(x, 4, use_bias=use_bias)

        called = operations(f, torch.randn(shape))
        if (len(shape) < 4 and 0 not in shape[1:]) or not use_bias:
            assert torch.permute not in called
            assert torch._C._nn.linear not in called

    def test_rows_that_lie_otherwise(self):
        called = operations(lambda x: ts.layers.dense(x.mT, 4), torch.randn(2, 3, 5))
        assert torch._C._nn.linear in called

    def test_other_batches(self):
        net = ts.ScopedModule(lambda x: ts.layers.dense(x, 4))
        graph = ts.graph(net, torch.randn(2, 5, 3))
        for shape in (2, 5, 3), (3, 5, 3), (4, 5, 3), (4, 6, 3), (2, 7, 3):
            assert_alike(net, graph, torch.randn(shape))


class TestLayout:
    def test_an_image_that_comes_from_elsewhere_joins_in(self):
        def f(x, other):
            with ts.variable_scope("a"):
                y = conv(x) * other
            with ts.variable_scope("b"):
                return conv(torch.cat([y, other], -1))

        # The two inputs', each kernel's, and the output's.
        assert operations(f, an_image(), an_image(1)).count(torch.permute) == 2 + 2 + 1

    @pytest.mark.parametrize("channels", [4, 1])
    def test_a_vector_goes_along_the_channels(self, channels):
        def of_images(x):
            y = conv(x, channels) + ts.get_variable("bias", [channels])
            return ts.layers.conv2d(y, 2, 1)

        def of_volumes(x):
            y = ts.layers.conv3d(x[..., None], channels, 2, use_bias=False)
            return ts.layers.conv3d(y + ts.get_variable("bias", [channels]), 2, 1)

        for function in of_images, of_volumes:
            called = operations(function, an_image())
            assert torch.reshape in called
            # The input's, those of the kernels, and the output's.
            assert called.count(torch.permute) <= 4
