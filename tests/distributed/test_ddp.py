"""DistributedDataParallel on two ranks gives what one process gives on the joint batch."""

import contextlib

import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP

import torchscope as ts
from distributed import ranks

WORLD = 2
STEPS = 4


class Towers(nn.Module):
    """Two images through one tower, a kernel, a frozen variable, a counter, and branches."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def tower(self, image):
        with ts.variable_scope("conv"):
            hidden = ts.conv_relu(image, [3, 3, 1, 4], [4]).mean((1, 2))
        with ts.variable_scope("fc"):
            w = ts.get_variable("w", [4, 3], regularizer=ts.l2_regularizer(0.1))
            return hidden @ w * ts.get_variable("scale", [3], trainable=False)

    def forward(self, images, branch="both"):
        a, b = images.unbind(1)
        with ts.variable_scope("model"):
            a = self.tower(a)
        with ts.variable_scope("model", reuse=True):
            b = self.tower(b)
        out = (a - b).square().sum(1)
        ts.get_variable("passes", [], torch.int64, ts.zeros_initializer()).assign_add(1)
        for name in ("left", "right"):
            if branch in (name, "both"):
                out = out + (a + b) @ ts.get_variable(name, [3])
        return out


def built(seed=0):
    torch.manual_seed(seed)
    net = Towers()
    return ts.build(net, torch.empty(2, 2, 5, 5, 1))


def batch(step):
    generator = torch.Generator().manual_seed(step)
    return torch.randn(8, 2, 5, 5, 1, generator=generator), torch.randn(8, generator=generator)


def train(net, call, rank=0, world=1, branches=("both",), accumulate=False):
    """Trains by this rank's share of each batch; the losses, and the values in the end."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for step in range(STEPS):
        images, targets = (part.chunk(world)[rank] for part in batch(step))
        pieces = 2 if accumulate else 1
        for piece in range(pieces):
            last = piece == pieces - 1
            waits = contextlib.nullcontext() if last or world == 1 else call.no_sync()
            with waits:
                x, y = (part.chunk(pieces)[piece] for part in (images, targets))
                loss = (call(x, branches[step % len(branches)]) - y).square().mean()
                loss = loss + sum(net.scopes.get_collection("regularization_losses"))
                (loss / pieces).backward()
        optimizer.step()
        optimizer.zero_grad()
    return {name: v.detach().clone() for name, v in net.scopes.variables.items()}


CASES = {
    "plain": ({}, {}),
    "static graph": ({"static_graph": True}, {}),
    "unused parameters": ({"find_unused_parameters": True}, {"branches": ("left", "right")}),
    "accumulated": ({}, {"accumulate": True}),
    "buckets as views": ({"gradient_as_bucket_view": True, "bucket_cap_mb": 0.0001}, {}),
}


def on_each_rank(rank):
    results = {}
    for case, (settings, how) in CASES.items():
        net = built(seed=rank)  # DDP sends rank 0's values to the others.
        ddp = DDP(net, **settings)
        results[case] = train(net, ddp, rank, WORLD, **how)
        parameters = sum(p.numel() for p in ddp.parameters())
    net = built(seed=rank)
    compiled = torch.compile(DDP(net), backend="aot_eager")
    results["compiled"] = train(net, compiled, rank, WORLD)
    net = built(seed=rank)
    ddp = DDP(net)
    ddp.compile(backend="aot_eager")
    results["compiled in place"] = train(net, ddp, rank, WORLD)
    keys = list(DDP(built()).state_dict())
    return results, parameters, keys


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return ranks.run(on_each_rank, WORLD, tmp_path_factory.mktemp("ddp"))


def alone(case):
    net = built()
    return train(net, net, **CASES.get(case, ({}, {}))[1])


@pytest.mark.parametrize("case", [*CASES, "compiled", "compiled in place"])
def test_two_ranks_train_to_what_one_process_reaches_on_the_joint_batch(results, case):
    expected = alone(case)
    start = {name: v.detach() for name, v in built().scopes.variables.items()}
    assert not torch.allclose(expected["model/fc/w"], start["model/fc/w"], atol=1e-3)
    for trained, *_ in results:
        assert list(trained[case]) == list(expected)
        for name, value in expected.items():
            torch.testing.assert_close(
                trained[case][name], value, msg=lambda m, n=name: f"{n}: {m}"
            )


def test_weights_that_two_towers_share_are_counted_once(results):
    for _, parameters, keys in results:
        assert parameters == sum(v.numel() for v in built().parameters())
        assert sum("conv" in key for key in keys) == 2
        assert [key.removeprefix("module.") for key in keys] == list(built().state_dict())
