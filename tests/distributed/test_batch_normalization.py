"""The moving averages of batch normalization on two ranks under DistributedDataParallel."""

import torch
from torch.nn.parallel import DistributedDataParallel as DDP

import torchscope as ts
from distributed import ranks

KEY = "batch_normalization.moving_mean"


def averages_of_a_rank(rank):
    """The mean of each batch, and the average after it."""
    torch.manual_seed(rank)
    net = ts.ScopedModule(lambda x: ts.layers.batch_normalization(x, training=True, momentum=0.5))
    ts.build(net, torch.empty(4, 2))
    net.registry.broadcast_()
    wrapped = DDP(net)
    seen = []
    for _ in range(3):
        x = torch.randn(4, 2)
        wrapped(x).square().sum().backward()
        seen.append((x.mean(0), net.state_dict()[KEY].clone()))
    return seen


def test_each_rank_moves_the_averages_of_rank_0_by_its_own_batch(tmp_path):
    by_rank = ranks.run(averages_of_a_rank, 2, tmp_path)
    before = torch.zeros(2)
    for first, second in zip(*by_rank, strict=True):
        for mean, average in (first, second):
            torch.testing.assert_close(average, 0.5 * before + 0.5 * mean)
        assert not torch.equal(first[1], second[1])
        before = first[1]
