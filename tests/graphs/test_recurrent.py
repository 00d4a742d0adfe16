"""All steps of an LSTM, the order of whose gates is TF2's: TensorFlow's gradient of these is another's."""

import torch

from torchscope.graphs.operations.table import TABLE


def test_the_gradient_of_the_second_block_is_that_of_its_own_gates():
    x, cs, h, w = (
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in ((4, 2, 3), (2, 5), (2, 5), (8, 20))
    )
    wci, wcf, wco, b = (
        torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in (5, 5, 5, 20)
    )
    inputs = x, cs, h, w, wci, wcf, wco, b
    last = torch.tensor(3)
    outputs = TABLE["BlockLSTMV2"].function(last, *inputs, use_peephole=True)
    slopes = torch.randn(4, 2, 5).double(), torch.randn(4, 2, 5).double()
    expected = torch.autograd.grad([outputs[1], outputs[6]], inputs, slopes)
    found = TABLE["BlockLSTMGradV2"].function(last, *inputs, *outputs, *slopes, use_peephole=True)
    torch.testing.assert_close(found, expected)
