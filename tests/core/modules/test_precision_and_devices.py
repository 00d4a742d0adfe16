"""Autocast, memory formats, and what a CUDA device is for."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from nets import Siamese, pairs
from torch import nn

import torchscope as ts
from torchscope import tf1

cuda = pytest.mark.parametrize("device", [pytest.param("cuda", marks=pytest.mark.cuda)])

# PyTorch's own use of what it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


def tower(images):
    with ts.variable_scope("conv1"):
        return ts.conv_relu(images, [3, 3, 3, 4], [4])


def on(device, *tensors):
    return tuple(tensor.to(device) for tensor in tensors)


# Autocast


@pytest.mark.parametrize(
    ("device", "dtype"),
    [
        ("cpu", torch.bfloat16),
        pytest.param("cuda", torch.bfloat16, marks=pytest.mark.cuda),
        pytest.param("cuda", torch.float16, marks=pytest.mark.cuda),
    ],
)
@pytest.mark.parametrize("ran", [False, True], ids=["first_pass", "after_a_pass"])
def test_under_autocast_variables_stay_float32_and_activations_are_of_its_dtype(device, dtype, ran):
    net = ts.ScopedModule(tower).to(device)
    (images,) = on(device, pairs()[0])
    full = net(images) if ran else None
    with torch.autocast(device, dtype):
        output = net(images)
    assert output.dtype is dtype
    assert {p.dtype for p in net.parameters()} == {torch.float32}
    full = net(images) if full is None else full
    torch.testing.assert_close(output.float(), full, rtol=0.1, atol=0.2)
    output.float().sum().backward()
    assert all(p.grad.dtype is torch.float32 for p in net.parameters())


def test_under_autocast_a_convolution_with_a_bias_is_what_nn_conv2d_gives():
    net, images = ts.ScopedModule(tower), pairs()[0]
    net(images)
    layer = nn.Conv2d(3, 4, 3, padding="same")
    with torch.no_grad():
        layer.weight.copy_(net.conv1.weights.permute(3, 2, 0, 1))
        layer.bias.zero_()
    with torch.autocast("cpu", torch.bfloat16):
        expected = torch.relu(layer(images.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        output = net(images)
    assert output.dtype is expected.dtype
    torch.testing.assert_close(output, expected)


def test_autocast_compiles():
    net = ts.ScopedModule(tower)
    images = pairs()[0]
    net(images)
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(compiled(images), net(images))


@cuda
def test_a_scaler_trains_in_float16(device):
    net, images = ts.ScopedModule(tower).to(device), pairs()[0].to(device)
    net(images)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler(device)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        with torch.autocast(device, torch.float16):
            loss = net(images).float().square().mean()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert scaler.get_scale() > 0


# Memory formats


def test_images_in_any_memory_order_give_the_same_numbers():
    net, images = ts.ScopedModule(tower), pairs()[0]
    expected = net(images)
    planes = images.permute(0, 3, 1, 2).contiguous().permute(0, 2, 3, 1)
    assert planes.stride() != images.stride()
    torch.testing.assert_close(net(planes), expected)


def test_a_net_that_is_moved_to_channels_last_keeps_its_numbers_and_names():
    net, images = ts.ScopedModule(tower), pairs()[0]
    expected = net(images)
    parameters = list(net.parameters())
    net.to(memory_format=torch.channels_last)
    torch.testing.assert_close(net(images), expected)
    assert net.conv1.weights.name == "conv1/weights:0"
    assert all(a is b for a, b in zip(net.parameters(), parameters, strict=True))


# CUDA


@cuda
def test_a_training_step_is_the_same_on_either_device(device):
    net = Siamese()
    net(*pairs())
    states = []
    for where in ("cpu", device):
        twin = copy.deepcopy(net).double().to(where)
        optimizer = torch.optim.SGD(twin.parameters(), lr=0.01, momentum=0.9)
        for step in range(3):
            inputs = [image.double().to(where) for image in pairs(step)]
            optimizer.zero_grad()
            sum(f.square().mean() for f in twin(*inputs)).backward()
            optimizer.step()
        states.append({key: tensor.cpu() for key, tensor in twin.state_dict().items()})
    torch.testing.assert_close(states[0], states[1])


@cuda
def test_a_net_in_a_cuda_graph_trains_as_it_does_without(device):
    net = Siamese().to(device)
    net(*on(device, *pairs()))
    twin = copy.deepcopy(net)
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, mode="reduce-overhead")
    for model in (compiled, twin):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
        for step in range(5):
            torch.compiler.cudagraph_mark_step_begin()
            optimizer.zero_grad()
            sum(f.square().mean() for f in model(*on(device, *pairs(step)))).backward()
            optimizer.step()
    torch.testing.assert_close(net.state_dict(), twin.state_dict(), rtol=1e-2, atol=1e-2)


@cuda
def test_a_net_captured_by_hand_replays(device):
    net, images = ts.ScopedModule(tower).to(device), pairs()[0].to(device)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream), torch.no_grad():
        for _ in range(3):
            net(images)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(graph):
        output = net(images)
    images.copy_(pairs(1)[0])
    graph.replay()
    torch.testing.assert_close(output, net(images), rtol=1e-2, atol=1e-2)


@cuda
def test_pinned_inputs_and_moves_that_do_not_wait(device):
    net = ts.ScopedModule(tower)
    expected = net(pairs()[0])
    net.to(device, non_blocking=True)
    images = pairs()[0].pin_memory().to(device, non_blocking=True)
    output = net(images)
    assert {p.device.type for p in net.parameters()} == {device}
    # Convolutions on CUDA are in TF32.
    torch.testing.assert_close(output.cpu(), expected, rtol=1e-2, atol=5e-2)
    back = {
        k: torch.empty_like(t, device="cpu", pin_memory=True) for k, t in net.named_parameters()
    }
    for key, parameter in net.named_parameters():
        back[key].copy_(parameter.detach(), non_blocking=True)
    torch.cuda.synchronize()
    assert all(torch.equal(back[key], p.detach().cpu()) for key, p in net.named_parameters())


@cuda
def test_a_backward_hook_on_a_thread_of_the_device_is_refused(device):
    def model(x):
        y = x * ts.get_variable("w", [1])
        y.register_hook(lambda grad: grad * ts.get_variable("late", [1]))
        return y

    net = ts.ScopedModule(model).to(device)
    with pytest.raises(RuntimeError, match="during backward"):
        net(torch.ones(1, device=device)).backward()
    assert list(ts.get_default_registry().variables) == []


@cuda
@pytest.mark.parametrize(
    "name", ["random_normal", "truncated_normal", "random_uniform", "orthogonal"]
)
def test_a_seed_gives_the_same_draw_on_either_device(name, device):
    make = getattr(ts.initializers, name)
    with torch.device(device):
        draw = make(seed=5)([3, 4])
    assert draw.device.type == device
    assert torch.equal(draw.cpu(), make(seed=5)([3, 4]))


@pytest.mark.parametrize("device", ["meta", pytest.param("cuda", marks=pytest.mark.cuda)])
def test_what_is_made_in_a_forward_is_on_the_device_of_its_net(device):
    ones = partial(np.ones, dtype=np.float32)
    image = ones((1, 4, 4, 2))

    def forward(x):
        made = [
            tf1.constant([1.0]),
            tf1.constant(1.0, shape=[2]),
            tf1.convert_to_tensor(np.ones(2)),
            tf1.identity(3),
            tf1.random_normal([2]),
            tf1.random_normal([2], mean=[1.0, 2.0]),
            tf1.concat([[1.0], ones(1)], 0),
            tf1.pad([1.0], [[1, 1]]),
            tf1.reduce_mean([1, 2]),
            tf1.squeeze([[1.0]]),
            tf1.nn.relu([1.0]),
            tf1.nn.conv2d(image, ones((2, 2, 2, 3)), 1, "SAME"),
            tf1.nn.l2_loss(ones((2, 3))),
            tf1.losses.mean_squared_error([1.0], [2.0]),
            tf1.losses.get_regularization_loss(),
            tf1.image.flip_up_down(image),
            tf1.nn.relu_layer(x, ones((3, 2)), [0.0, 1.0]),
        ]
        assert all(each.device.type == device for each in made), made
        return x

    ts.ScopedModule(forward).to(device)(torch.ones(2, 3, device=device))
