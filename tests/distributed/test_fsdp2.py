"""fully_shard on two ranks, of a net and of its scopes, gives what one process gives."""

import copy

import pytest
import torch
from torch import nn
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

import torchscope as ts
from distributed import ranks

WORLD = 2
STEPS = 4


def block(x):
    size = x.shape[-1]
    w = ts.get_variable("w", [size, size], regularizer=ts.l2_regularizer(0.05))
    b = ts.get_variable("b", [size], initializer=ts.zeros_initializer())
    return x + torch.tanh(x @ w + b) * ts.get_variable("scale", [size], trainable=False)


class Net(nn.Module):
    """Blocks between an embedding and a head, which is the embedding again."""

    def __init__(self, *, twice=False, borrows=False, recomputed=None, sees=None):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.twice, self.borrows = twice, borrows
        self.recomputed, self.sees = recomputed, sees

    def forward(self, x):
        with ts.variable_scope("embed"):
            x = x @ ts.get_variable("table", [6, 5], regularizer=ts.l2_regularizer(0.1))
        for name in ("h0", "h1"):
            if self.recomputed == "inside":
                x = ts.call_in_scope(name, ts.recompute, block, x)
            elif self.recomputed == "outside":
                x = ts.recompute(ts.call_in_scope, name, block, x)
            else:
                x = ts.call_in_scope(name, block, x)
        if self.twice:
            x = ts.call_in_scope(ts.variable_scope("h0", reuse=True), block, x)
        if self.borrows:
            with ts.variable_scope("h0", reuse=True):
                x = x + ts.get_variable("b")
        with ts.variable_scope("embed", reuse=True):
            table = ts.get_variable("table", [6, 5])
        if self.sees is not None:
            self.sees(table, x)
        return x @ table.T


def built(**settings):
    torch.manual_seed(0)
    return ts.build(Net(**settings), torch.empty(2, 6))


def root(net):
    fully_shard(net)


def blocks(net):
    fully_shard(net.h0)
    fully_shard(net.h1)
    fully_shard(net)


def one_group(net):
    fully_shard([net.h0, net.h1])
    fully_shard(net)


def in_bf16(net):
    policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    for module in (net.h0, net.h1, net):
        fully_shard(module, mp_policy=policy)


def batch(step):
    generator = torch.Generator().manual_seed(step)
    return torch.randn(8, 6, generator=generator), torch.randn(8, 6, generator=generator)


def whole(tensor):
    return (tensor.full_tensor() if isinstance(tensor, DTensor) else tensor).detach().clone()


def train(net, rank=0, world=1, *, accumulate=False, steps=range(STEPS), optimizer=None):
    """Trains by this rank's share of each batch; the values in the end, whole."""
    optimizer = optimizer or torch.optim.Adam(net.parameters(), lr=0.05)
    pieces = 2 if accumulate else 1
    for step in steps:
        inputs, targets = (part.chunk(world)[rank] for part in batch(step))
        for piece in range(pieces):
            if accumulate and world > 1:
                net.set_requires_gradient_sync(piece == pieces - 1)
            x, y = (part.chunk(pieces)[piece] for part in (inputs, targets))
            loss = (net(x) - y).square().mean()
            loss = loss + sum(net.scopes.get_collection("regularization_losses"))
            (loss / pieces).backward()
        optimizer.step()
        optimizer.zero_grad()
    return {name: whole(v) for name, v in net.scopes.variables.items()}


CASES = {
    "the root": (root, {}, {}),
    "each block": (blocks, {}, {}),
    "both blocks as one group": (one_group, {}, {}),
    "each block, one of them called twice": (blocks, {"twice": True}, {}),
    "the root, one scope's variable used elsewhere": (root, {"borrows": True}, {}),
    "each block, with activation checkpointing inside": (blocks, {"recomputed": "inside"}, {}),
    "each block, with activation checkpointing around": (blocks, {"recomputed": "outside"}, {}),
    "accumulated": (blocks, {}, {"accumulate": True}),
}


def borrowed_from_a_sharded_block(rank):
    net = built(borrows=True)
    blocks(net)
    try:
        net(torch.ones(2, 6))
    except RuntimeError as error:
        return str(error)
    return ""


def seen(rank):
    """What a sharded net shows in a forward, and between passes."""
    inside = []
    net = built(
        sees=lambda table, x: inside.append((type(table), table.name, table.dtype, x.dtype))
    )
    before = {name: tuple(v.shape) for name, v in net.scopes.variables.items()}
    total = net.scopes.summary().total()
    inside.clear()
    in_bf16(net)
    optimizer = torch.optim.SGD(net.parameters())
    for step in range(2):
        net(batch(step)[0]).sum().backward()
    variables = net.scopes.variables
    return {
        "inside": inside,
        "types": {type(v) for v in variables.values()},
        "optimized": {type(p) for group in optimizer.param_groups for p in group["params"]},
        "same": before == {name: tuple(v.shape) for name, v in variables.items()},
        "names": all(net.scopes.name_of(v) == name for name, v in variables.items()),
        "trainable": [net.scopes.name_of(v) for v in net.scopes.trainable_variables()],
        "total": total == net.scopes.summary().total(),
        "local": sum(v.to_local().numel() for v in variables.values()),
        "all": sum(v.numel() for v in variables.values()),
        "keys": list(net.state_dict()),
    }


def from_meta(rank):
    """A net that is made on the meta device, sharded, and initialised there."""
    with torch.device("meta"):
        net = ts.build(Net(), torch.empty(2, 6))
    blocks(net)
    net.to_empty(device="cpu")
    torch.manual_seed(5)
    net.scopes.initialize_()
    first = {name: whole(v) for name, v in net.scopes.variables.items()}
    torch.manual_seed(6)
    net.scopes.initialize_(["h0/w", "embed/table"])
    return first, {name: whole(v) for name, v in net.scopes.variables.items()}


def classify(images):
    with ts.variable_scope("conv"):
        hidden = ts.conv_relu(images, [3, 3, 2, 4], [4])
    return hidden.mean((1, 2))


def with_a_kernel(rank):
    torch.manual_seed(0)
    net = ts.ScopedModule(classify)
    images = torch.randn(4, 6, 6, 2)
    expected = net(images)
    refusal = ""
    try:
        fully_shard(copy.deepcopy(net))
    except NotImplementedError as error:
        refusal = str(error)
    for parameter in net.parameters():
        parameter.data = parameter.data.contiguous()
    fully_shard(net)
    same = all(torch.allclose(net(images), expected) for _ in range(2))
    return refusal, same


def on_each_rank(rank):
    trained = {}
    for case, (shard, settings, how) in CASES.items():
        net = built(**settings)
        shard(net)
        trained[case] = train(net, rank, WORLD, **how)
    net = built()
    in_bf16(net)
    trained["bf16"] = train(net, rank, WORLD)
    return {
        "trained": trained,
        "borrowed": borrowed_from_a_sharded_block(rank),
        "seen": seen(rank),
        "from meta": from_meta(rank),
        "kernel": with_a_kernel(rank),
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return ranks.run(on_each_rank, WORLD, tmp_path_factory.mktemp("fsdp2"))


@pytest.mark.parametrize("case", CASES)
def test_two_ranks_train_to_what_one_process_reaches_on_the_joint_batch(results, case):
    _, settings, how = CASES[case]
    expected = train(built(**settings), **how)
    start = built(**settings).scopes.variables["h0/w"]
    assert not torch.allclose(expected["h0/w"], start, atol=1e-2)
    for result in results:
        trained = result["trained"][case]
        assert list(trained) == list(expected)
        for name, value in expected.items():
            torch.testing.assert_close(trained[name], value, msg=lambda m, n=name: f"{n}: {m}")


def test_bf16_parameters_train_close_to_float32_and_stay_float32_in_the_shards(results):
    expected = train(built())
    for result in results:
        for name, value in expected.items():
            found = result["trained"]["bf16"][name]
            assert found.dtype is torch.float32
            torch.testing.assert_close(found, value, atol=0.05, rtol=0.05)


def test_a_variable_of_a_block_that_is_not_running_is_refused_with_the_way_out(results):
    said = {result["borrowed"] for result in results}
    assert len(said) == 1
    said = said.pop()
    assert said.startswith("Variable h0/b is sharded, and this rank has only a part of it")
    assert "ts.call_in_scope('h0', ...)" in said
    assert "fully_shard([net.a, net.b])" in said


def test_a_forward_sees_whole_variables_and_all_else_sees_their_shards(results):
    names = ["embed/table", "h0/w", "h0/b", "h0/scale", "h1/w", "h1/b", "h1/scale"]
    for result in results:
        seen = result["seen"]
        for kind, name, table, x in seen["inside"]:
            assert issubclass(kind, ts.Variable)
            assert name == "embed/table:0"
            assert (table, x) == (torch.bfloat16, torch.bfloat16)
        assert len(seen["inside"]) == 2
        assert seen["types"] == seen["optimized"] == {DTensor}
        assert seen["same"]
        assert seen["names"]
        assert seen["total"]
        assert seen["trainable"] == [name for name in names if "scale" not in name]
        assert seen["keys"] == [name.replace("/", ".") for name in names]
    assert sum(result["seen"]["local"] for result in results) == results[0]["seen"]["all"]


def test_initialising_shards_gives_what_one_process_with_that_seed_gives(results):
    torch.manual_seed(5)
    alone = ts.build(Net(), torch.empty(2, 6))
    first = {name: whole(v) for name, v in alone.scopes.variables.items()}
    torch.manual_seed(6)
    alone.scopes.initialize_(["h0/w", "embed/table"])
    again = {name: whole(v) for name, v in alone.scopes.variables.items()}
    for result in results:
        for expected, found in zip((first, again), result["from meta"], strict=True):
            assert list(found) == list(expected)
            assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_kernel_that_was_laid_out_is_sharded_once_it_is_contiguous(results):
    for result in results:
        refusal, same = result["kernel"]
        assert "FSDP does not support non-contiguous parameters" in refusal
        assert same
