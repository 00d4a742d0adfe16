"""Each optimizer with plain options, for tests that need no TensorFlow."""

import warnings

import torch

from torchscope import optim

OPTIONS = {
    optim.GradientDescent: {"lr": 0.1},
    optim.Momentum: {"lr": 0.1, "momentum": 0.9},
    optim.MomentumW: {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    optim.Adam: {"lr": 0.1},
    optim.AdamW: {"lr": 0.1, "weight_decay": 0.01},
    optim.LazyAdam: {"lr": 0.1},
    optim.AdaMax: {"lr": 0.1},
    optim.Nadam: {"lr": 0.1},
    optim.RMSProp: {"lr": 0.1, "momentum": 0.5, "epsilon": 0.1, "centered": True},
    optim.Adagrad: {"lr": 0.1},
    optim.AdagradDA: {"lr": 0.1, "l1_regularization_strength": 0.01},
    optim.Adadelta: {"lr": 0.1},
    optim.Ftrl: {"lr": 0.1, "l1_regularization_strength": 0.01},
    optim.ProximalGradientDescent: {"lr": 0.1, "l1_regularization_strength": 0.01},
    optim.ProximalAdagrad: {"lr": 0.1, "l1_regularization_strength": 0.01},
    optim.LARS: {"lr": 0.1, "eeta": 0.1},
    optim.Adafactor: {"beta1": 0.5},
}
ALL = tuple(OPTIONS)
OF_ADAM = tuple(algorithm for algorithm in ALL if issubclass(algorithm, optim.Adam))


def make(algorithm, params, **options):
    """An optimizer of such a class."""
    return algorithm(params, **{**OPTIONS[algorithm], **options})


def parameters(dtype=torch.float32, device="cpu", seed=0):
    """A scalar, a vector, and a matrix whose gradients are sparse."""
    draw = torch.Generator().manual_seed(seed)
    shapes = ((), (3,), (4, 2))
    return [
        torch.nn.Parameter(torch.randn(shape, generator=draw).to(device, dtype)) for shape in shapes
    ]


def give_gradients(params, seed):
    """Gradients that depend on the seed alone."""
    draw = torch.Generator().manual_seed(seed)
    for parameter in params:
        gradient = torch.randn(parameter.shape, generator=draw)
        rows = torch.randint(4, (1, 3), generator=draw)
        parameter.grad = gradient.to(parameter)
        if parameter.ndim == 2:
            with warnings.catch_warnings():
                # PyTorch says once that it does not look at indices.
                warnings.simplefilter("ignore")
                parameter.grad = torch.sparse_coo_tensor(rows, gradient[:3], parameter.shape).to(
                    parameter
                )


def train(optimizer, params, steps=range(5)):
    """Takes steps, and gives the parameters."""
    for step in steps:
        give_gradients(params, step)
        optimizer.step()
    return params


def assert_same(params, others, **tolerance):
    """Both have the same numbers."""
    for own, other in zip(params, others, strict=True):
        torch.testing.assert_close(own, other, **(tolerance or {"rtol": 0, "atol": 0}))
