"""PyTorch's own optimizers as TF1's, and back: the steps that follow are the same where the algorithms are."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchscope as ts
from torchscope import optim
from torchscope.checkpoint import Saver, load_checkpoint, restore

# Pairs of the two ways to make one, and how close their steps are.
ALIKE = {
    "SGD": (lambda of: torch.optim.SGD(of, 0.1), optim.GradientDescent, 0),
    "momentum": (lambda of: torch.optim.SGD(of, 0.1, momentum=0.9), optim.Momentum, 1e-6),
    "Nesterov": (
        lambda of: torch.optim.SGD(of, 0.1, momentum=0.9, nesterov=True),
        optim.Momentum,
        1e-6,
    ),
    "Adam": (lambda of: torch.optim.Adam(of, 0.1, (0.8, 0.99), 1e-10), optim.Adam, 1e-5),
    "AdamW": (lambda of: torch.optim.AdamW(of, 0.1, weight_decay=0.05), optim.AdamW, 1e-5),
    "RMSprop": (lambda of: torch.optim.RMSprop(of, 0.01, eps=1e-12), optim.RMSProp, 1e-5),
    "RMSprop with momentum": (
        lambda of: torch.optim.RMSprop(of, 0.01, momentum=0.5, eps=1e-12),
        optim.RMSProp,
        1e-5,
    ),
    "centered": (
        lambda of: torch.optim.RMSprop(of, 0.01, momentum=0.5, centered=True, eps=1e-12),
        optim.RMSProp,
        1e-4,
    ),
}
each = pytest.mark.parametrize(("make", "ours", "close"), ALIKE.values(), ids=ALIKE)


def parameters(dtype=torch.float32):
    return [torch.nn.Parameter(torch.ones(3, dtype=dtype)), torch.nn.Parameter(torch.ones(2, 2))]


def moved(parameters, optimizer, steps=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        for parameter in parameters:
            parameter.grad = torch.randn(parameter.shape, generator=generator).to(parameter.dtype)
        optimizer.step()
    return [parameter.detach().clone() for parameter in parameters]


def then(one, other, parameters, close):
    """Both move the parameters alike from where they are; the parameters stay there."""
    at = [parameter.detach().clone() for parameter in parameters]
    ends = []
    for optimizer in (one, other):
        ends.append(moved(parameters, optimizer, 10, seed=1))
        with torch.no_grad():
            torch._foreach_copy_(parameters, at)
    torch.testing.assert_close(*ends, rtol=close, atol=close)


@each
@pytest.mark.parametrize("steps", [0, 1, 40])
def test_what_pytorch_began_goes_on_with_the_numbers_of_tf1_and_back(make, ours, close, steps):
    of = parameters()
    theirs = make(of)
    moved(of, theirs, steps)
    made = optim.from_torch(theirs)
    assert type(made) is ours
    there_and_back = optim.to_torch(made)
    then(optim.from_torch(there_and_back), optim.from_torch(theirs), of, 1e-6)
    then(optim.to_torch(made), made, of, close)
    then(there_and_back, theirs, of, 1e-6)


@each
def test_nothing_is_shared_with_the_optimizer_that_was_given(make, ours, close):
    of = parameters()
    theirs = make(of)
    moved(of, theirs)
    before = [{name: value.clone() for name, value in theirs.state[p].items()} for p in of
              if theirs.state.get(p)]  # fmt: skip
    moved(of, optim.from_torch(theirs))
    moved(of, optim.to_torch(optim.from_torch(theirs)))
    torch.testing.assert_close([theirs.state[p] for p in of if theirs.state.get(p)], before)


def test_groups_keep_their_options():
    first, second = parameters()
    theirs = torch.optim.Adam([{"params": [first]}, {"params": [second], "lr": 0.5, "eps": 1e-3}])
    moved([first, second], theirs)
    made = optim.from_torch(theirs)
    assert [group["lr"] for group in made.param_groups] == [0.001, 0.5]
    assert [group["epsilon"] for group in made.param_groups] == [1e-8, 1e-3]
    assert [group["eps"] for group in optim.to_torch(made).param_groups] == [1e-8, 1e-3]
    then(theirs, optim.to_torch(made), [first, second], 1e-6)


@given(
    steps=st.integers(0, 20000),
    beta1=st.sampled_from([0.0, 0.5, 0.9, 0.99]),
    beta2=st.sampled_from([0.98, 0.999, 0.9999]),
)
def test_adam_counts_the_same_steps_again(steps, beta1, beta2):
    w = torch.nn.Parameter(torch.ones(1))
    theirs = torch.optim.Adam([w], betas=(beta1, beta2))
    theirs.state[w] = {
        "step": torch.tensor(float(steps)),
        "exp_avg": torch.ones(1),
        "exp_avg_sq": torch.ones(1),
    }
    state = optim.to_torch(optim.from_torch(theirs)).state[w]
    if beta2**steps > 1e-37:
        assert state["step"].item() == steps
    for beta in (beta1, beta2):
        assert 1 - beta ** state["step"].item() == pytest.approx(1 - beta**steps, abs=1e-12)


def test_slots_of_a_checkpoint_become_states_of_pytorch_and_back(tmp_path):
    net = ts.build(ts.ScopedModule(lambda: [ts.get_variable(name, [2]) for name in "ab"]))
    of = list(net.parameters())
    theirs = torch.optim.Adam(of, lr=0.1)
    moved(of, theirs, 7)
    path = Saver().save(net, tmp_path / "m", optimizer=optim.from_torch(theirs))
    assert load_checkpoint(path)["beta1_power"].item() == pytest.approx(0.9**8)
    made = optim.Adam(of, lr=0.1)
    restore(net, path, optimizer=made)
    again = optim.to_torch(made)
    assert again.state[of[0]]["step"].item() == 7
    then(theirs, again, of, 1e-6)


def test_parameters_that_have_not_moved_have_the_count_of_the_others():
    first, second = parameters()
    theirs = torch.optim.Adam([first, second])
    moved([first], theirs, 3)
    back = optim.to_torch(optim.from_torch(theirs))
    assert [back.state[p]["step"].item() for p in (first, second)] == [3, 3]


def test_optimizers_that_are_not_alike_are_refused():
    of = parameters()
    with pytest.raises(TypeError, match=r"SGD, Adam, AdamW and RMSprop; this is torch.optim"):
        optim.from_torch(torch.optim.Adagrad(of))

    class Own(optim.Adam):
        pass

    with pytest.raises(
        TypeError, match=r"GradientDescent, Momentum, Adam, AdamW and RMSProp; this is Own"
    ):
        optim.to_torch(Own(of))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda of: torch.optim.SGD(of, 0.1, weight_decay=0.01),
            "no weight_decay, and this SGD has 0.01",
        ),
        (lambda of: torch.optim.Adam(of, amsgrad=True), "no amsgrad, and this Adam has True"),
        (lambda of: torch.optim.SGD(of, 0.1, 0.9, 0.5), "no dampening, and this SGD has 0.5"),
        (lambda of: torch.optim.SGD(of, 0.1, maximize=True), "no maximize, and this SGD has True"),
    ],
)
def test_options_that_tf1_lacks_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        optim.from_torch(make(parameters()))


def test_counts_that_differ_are_refused():
    first, second = parameters()
    theirs = torch.optim.Adam([first, second])
    moved([first], theirs, 3)
    moved([second, first], theirs, 1)
    with pytest.raises(ValueError, match="moved some 1 times and some 4 times"):
        optim.from_torch(theirs)
