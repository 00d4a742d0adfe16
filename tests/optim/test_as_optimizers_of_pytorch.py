"""What any optimizer of PyTorch's does: groups, closures, states, schedulers, scalers, dtypes and devices."""

import copy
import io
import pickle

import pytest
import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict

import torchscope as ts
from optim.made import ALL, OF_ADAM, assert_same, give_gradients, make, parameters, train
from torchscope import optim

every = pytest.mark.parametrize("algorithm", ALL, ids=lambda a: a.__name__)
adams = pytest.mark.parametrize("algorithm", OF_ADAM, ids=lambda a: a.__name__)
cuda = pytest.param("cuda", marks=pytest.mark.cuda)


@every
def test_groups_have_options_of_their_own(algorithm):
    together, apart = parameters(), parameters()
    groups = [{"params": together[:1], "lr": 0.01}, {"params": together[1:2]}]
    optimizer = make(algorithm, groups)
    optimizer.add_param_group({"params": together[2:], "lr": 0.02})
    train(optimizer, together)
    own = ({"lr": 0.01}, {}, {"lr": 0.02})
    others = [make(algorithm, [p], **options) for p, options in zip(apart, own, strict=True)]
    for step in range(5):
        give_gradients(apart, step)
        for other in others:
            other.step()
    assert_same(together, apart)


@every
def test_parameters_without_a_gradient_keep_out(algorithm):
    params = parameters()
    optimizer = make(algorithm, params)
    before = [p.detach().clone() for p in params]
    params[0].grad = torch.ones_like(params[0])
    optimizer.step()
    assert not torch.equal(params[0], before[0])
    assert_same(params[1:], before[1:])
    optimizer.zero_grad()
    moved = params[0].detach().clone()
    optimizer.step()
    assert torch.equal(params[0], moved)
    assert all(p.grad is None for p in params)


@every
def test_a_closure_computes_the_loss_with_gradients(algorithm):
    w = nn.Parameter(torch.tensor([1.0, 2.0]))
    optimizer = make(algorithm, [w])

    def closure():
        optimizer.zero_grad()
        loss = w.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 5.0
    assert w.tolist() != [1.0, 2.0]


def saved(state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer)


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("device", ["cpu", cuda])
def test_a_state_that_was_saved_goes_on_on_any_dtype_and_device(algorithm, dtype, device):
    params = parameters(seed=1)
    optimizer = make(algorithm, params)
    train(optimizer, params, range(3))
    state = saved(optimizer.state_dict())
    others = [nn.Parameter(p.detach().to(device, dtype)) for p in params]
    other = make(algorithm, others, lr=0.9)
    other.load_state_dict(state)
    train(optimizer, params, range(3, 6))
    train(other, others, range(3, 6))
    back = [p.detach().to("cpu", torch.float32) for p in others]
    same = dtype == torch.float32 and device == "cpu"
    assert_same(params, back, **({} if same else {"rtol": 1e-4, "atol": 1e-5}))
    for p in others:
        for value in other.state[p].values():
            assert (value.dtype, value.device.type) == (dtype, device)


@every
@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))],
    ids=["deepcopy", "pickle"],
)
def test_a_copy_goes_on_by_itself(algorithm, copied):
    params = parameters()
    optimizer = make(algorithm, params, name="Own")
    train(optimizer, params, range(2))
    other, others = copied((optimizer, params))
    assert other.name == optimizer.name
    before = [p.detach().clone() for p in params]
    train(other, others, range(2, 4))
    assert_same(params, before)
    train(optimizer, params, range(2, 4))
    assert_same(params, others)


@every
def test_schedulers_of_pytorch_set_the_rate(algorithm):
    optimizer = make(algorithm, parameters(), lr=0.1)
    params, by_hand = optimizer.param_groups[0]["params"], parameters()
    other = make(algorithm, by_hand, lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    for step in range(4):
        train(optimizer, params, [step])
        scheduler.step()
        other.param_groups[0]["lr"] = 0.1 * 0.5 ** (step // 2)
        train(other, by_hand, [step])
    assert_same(params, by_hand)


@every
def test_a_rate_may_be_a_tensor(algorithm):
    params, others = parameters(torch.float64), parameters(torch.float64)
    train(make(algorithm, params, lr=torch.tensor(0.25)), params)
    train(make(algorithm, others, lr=0.25), others)
    assert_same(params, others)


@adams
def test_shares_may_be_tensors(algorithm):
    params, others = parameters(torch.float64), parameters(torch.float64)
    shares = {"beta1": 0.8, "beta2": 0.95}
    train(make(algorithm, params, **{n: torch.tensor(v) for n, v in shares.items()}), params)
    train(make(algorithm, others, **shares), others)
    assert_same(params, others)


@every
def test_a_step_that_overflowed_is_left_out_by_a_scaler(algorithm):
    params = [p for p in parameters() if p.ndim < 2]
    optimizer = make(algorithm, params)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    before = [p.detach().clone() for p in params]
    for broken in (True, False):
        optimizer.zero_grad()
        loss = sum(p.sum() for p in params) * (float("inf") if broken else 1.0)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        if broken:
            assert_same(params, before)
    others = [nn.Parameter(p) for p in before]
    for p in others:
        p.grad = torch.ones_like(p)
    make(algorithm, others).step()
    assert_same(params, others)


@every
def test_parameters_move_alike_together_and_one_by_one(algorithm):
    if algorithm is optim.Adafactor:
        with pytest.raises(TypeError, match="foreach"):
            make(algorithm, parameters(), foreach=True)
        return
    together, apart = parameters(), parameters()
    train(make(algorithm, together, foreach=True), together)
    train(make(algorithm, apart, foreach=False), apart)
    assert_same(together, apart)


@pytest.mark.parametrize("algorithm", [optim.Adam, optim.AdamW, optim.LazyAdam])
@pytest.mark.parametrize("device", ["cpu", cuda])
@pytest.mark.parametrize("lr", [0.1, torch.tensor(0.1)], ids=["number", "tensor"])
def test_the_fused_kernel_gives_the_same(algorithm, device, lr):
    params, others = parameters(device=device), parameters(device=device)
    train(make(algorithm, params, fused=True, lr=lr), params)
    train(make(algorithm, others), others)
    assert_same(params, others, rtol=1e-5, atol=1e-6)


@adams
@pytest.mark.parametrize("device", ["cpu", cuda])
@pytest.mark.parametrize("fused", [False, True])
def test_what_is_capturable_gives_the_same(algorithm, device, fused):
    if fused and algorithm in (optim.AdaMax, optim.Nadam):
        with pytest.raises(TypeError, match="fused"):
            make(algorithm, parameters(), fused=True)
        return
    options = {"fused": True} if fused else {}
    params, others = parameters(device=device), parameters(device=device)
    optimizer = make(
        algorithm, params, capturable=True, lr=torch.tensor(0.1, device=device), **options
    )
    train(optimizer, params)
    train(make(algorithm, others), others)
    assert_same(params, others, rtol=1e-5, atol=1e-6)
    assert isinstance(optimizer.param_groups[0]["beta1_power"], torch.Tensor)
    other = make(algorithm, others)
    other.load_state_dict({**optimizer.state_dict(), "state": {}})
    group = other.param_groups[0]
    assert group["capturable"]
    assert group["beta1_power"].device.type == device


@pytest.mark.cuda
@adams
def test_a_step_is_recorded_in_a_cuda_graph(algorithm):
    dense = [p for p in parameters(device="cuda") if p.ndim < 2]
    others = [nn.Parameter(p.detach().clone()) for p in dense]
    optimizer = make(algorithm, dense, capturable=True, lr=torch.tensor(0.1, device="cuda"))
    for p in dense:
        p.grad = torch.zeros_like(p)
    given = [p.grad for p in dense]
    other = make(algorithm, others)

    def put(step):
        give_gradients(others, step)
        for place, p in zip(given, others, strict=True):
            place.copy_(p.grad)
        other.step()

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    put(0)
    torch.cuda.synchronize()
    with torch.cuda.stream(stream):
        optimizer.step()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        optimizer.step()
    for step in range(1, 5):
        put(step)
        graph.replay()
    torch.cuda.synchronize()
    assert_same(dense, others, rtol=1e-5, atol=1e-6)


@every
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("device", ["cpu", cuda])
def test_parameters_of_half_precision_move_about_as_float32_does(algorithm, dtype, device):
    params, others = parameters(dtype, device), parameters(dtype, device)
    others = [nn.Parameter(p.detach().float()) for p in others]
    train(make(algorithm, params), params)
    train(make(algorithm, others), others)
    assert_same([p.float() for p in params], others, rtol=0.1, atol=0.1)
    before = [p.detach().clone() for p in params]
    unmoved = make(algorithm, params)
    for p in params:
        p.grad = torch.zeros_like(p)
    unmoved.step()
    if not unmoved.moves_at_rest and "l1_regularization_strength" not in unmoved.defaults:
        assert_same(params, before, rtol=0.01, atol=0.01)


@every
def test_parameters_may_be_empty(algorithm):
    params = [nn.Parameter(torch.zeros(shape)) for shape in ((0,), (0, 3), (2, 0))]
    params.append(nn.Parameter(torch.ones(2)))
    optimizer = make(algorithm, params)
    for p in params:
        p.grad = torch.ones_like(p)
    optimizer.step()
    assert params[-1].isfinite().all()
    assert params[-1].tolist() != [1.0, 1.0]


@every
def test_it_trains_a_net_of_scopes(algorithm):
    net = ts.ScopedModule(
        lambda x: x @ ts.get_variable("w", [3, 2], initializer=ts.ones_initializer)
    )
    x = torch.ones(4, 3)
    ts.build(net, x)
    optimizer = make(algorithm, net.parameters())
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = net(x).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert type(net.registry.variables["w"]) is not torch.Tensor


def test_a_state_of_rows_and_columns_keeps_its_precision_beside_bfloat16():
    params = [nn.Parameter(torch.randn(3, 4).bfloat16())]
    optimizer = optim.Adafactor(params)
    params[0].grad = torch.randn(3, 4).bfloat16()
    optimizer.step()
    other = optim.Adafactor([nn.Parameter(params[0].detach().clone())])
    other.load_state_dict(saved(optimizer.state_dict()))
    (kept,), (loaded,) = optimizer.state.values(), other.state.values()
    assert_same([loaded["vr"], loaded["vc"]], [kept["vr"], kept["vc"]])


@every
def test_who_asks_for_a_state_for_a_distributed_checkpoint_moves_no_parameter(algorithm):
    # PyTorch takes a step with a rate and gradients of 0 where nothing is kept yet.
    net = nn.Linear(3, 2)
    before = [p.detach().clone() for p in net.parameters()]
    state = get_optimizer_state_dict(net, make(algorithm, net.parameters()))
    assert_same(net.parameters(), before)
    assert len(state["param_groups"]) == 1
