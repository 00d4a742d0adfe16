"""Checkpoints of nets that are on a GPU."""

from pathlib import Path

import numpy as np
import pytest
import torch

import torchscope as ts
from torchscope.checkpoint import Saver, load_checkpoint, restore

pytestmark = pytest.mark.cuda

VALUES = {
    "model/kernel": np.arange(12, dtype=np.float32).reshape(3, 4),
    "model/bias": np.arange(4, dtype=np.float32),
}


def model(x):
    with ts.variable_scope("model"):
        return x @ ts.get_variable("kernel", [3, 4]) + ts.get_variable("bias", [4])


@pytest.mark.parametrize("before", [True, False])
def test_values_go_to_the_device_that_the_net_is_on(before):
    net, x = ts.ScopedModule(model).cuda(), torch.ones(2, 3).cuda()
    if not before:
        net(x)
    restore(net, VALUES)
    net(x)
    for name, variable in net.registry.variables.items():
        assert variable.is_cuda
        assert np.array_equal(variable.detach().cpu(), VALUES[name])


def test_sharded_has_one_file_of_data_for_each_of_two_devices(tmp_path):
    net = ts.ScopedModule(model)
    net(torch.ones(2, 3))
    net.model.kernel.data = net.model.kernel.data.cuda()
    path = Saver(sharded=True).save(net, f"{tmp_path}/m")
    sizes = [Path(f"{path}.data-{n:05}-of-00002").stat().st_size for n in range(2)]
    assert sizes == [4 * 4, 3 * 4 * 4]
    kept = load_checkpoint(path).get_tensor("model/kernel")
    assert np.array_equal(kept, net.model.kernel.detach().cpu())
