"""Models of other people's packages, unmodified: what TensorFlow gives, torchscope gives."""

import warnings
from contextlib import contextmanager

import pytest
import torch

from packages.as_graphs import NEAR, as_source, imported
from packages.model import distance, gradient_distance, in_tensorflow, in_torchscope
from packages.models import MODELS
from torchscope import tf1

RUN = [
    pytest.param(model, marks=pytest.mark.packages if model.heavy else (), id=str(model))
    for model in MODELS
    if not model.fails
]

# Their gradients are functions of Python's that say otherwise than what they compute: an import tells.
OVERRIDDEN = {"scale_gradient", "clip_gradient"}


@contextmanager
def overridden(model):
    """A block that warns of such gradients; others wrote down by hand what is the gradient anyway."""
    if model.name in OVERRIDDEN:
        with pytest.warns(UserWarning, match="by a function of Python's"):
            yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "TensorFlow computed the gradient of")
        yield


# The packages use what Python and its libraries have since deprecated.
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:When `pretrained` is called"
)
@pytest.mark.parametrize("model", RUN)
def test_a_model_gives_what_it_gives_in_tensorflow_from_its_checkpoint(model, tmp_path):
    expected, read_by_tensorflow = in_tensorflow(model, str(tmp_path / "theirs"), graph_too=True)
    seen, net, tensors = in_torchscope(model, str(tmp_path / "theirs"))
    assert seen.variables == expected.variables
    # In deep networks a ReLU of a number that is rounding away from zero goes either way, and a part of the gradients
    # with it: which one does depends on the processor.
    tolerance, steep = model.tolerance, model.steep
    if model.heavy:
        tolerance, steep = max(tolerance, 5e-5), max(steep, 1e-2)
    for actual, output in zip(seen.outputs, expected.outputs, strict=True):
        assert distance(actual, output) <= tolerance
    if model.differentiated:
        assert seen.gradients.keys() >= expected.gradients.keys()
        assert gradient_distance(seen.gradients, expected.gradients) <= steep

    # The second pass gives what the first gave, and makes no variable.
    variables = net.registry.global_variables()
    for again, first in zip(net(*tensors, **model.named()), seen.outputs, strict=True):
        torch.testing.assert_close(again.detach(), torch.as_tensor(first), rtol=1e-6, atol=1e-6)
    assert [v.op.name for v in net.registry.global_variables()] == [v.op.name for v in variables]

    if variables:
        tf1.train.Saver().save(net, str(tmp_path / "ours"))
        back_again = read_by_tensorflow(str(tmp_path / "ours"))
        for back, output in zip(back_again, expected.outputs, strict=True):
            assert distance(back, output) <= 1e-6

    # The graph that TensorFlow wrote gives the same without the source.
    with overridden(model):
        graph, _ = imported(str(tmp_path / "theirs"), expected)
    assert sorted(graph.variables) == sorted(expected.variables)
    for actual, output in zip(graph.outputs, expected.outputs, strict=True):
        assert distance(actual, output) <= tolerance
    if expected.gradients and model.name not in OVERRIDDEN:
        assert gradient_distance(graph.gradients, expected.gradients) <= steep

    # And the source that is written from it gives what the graph gives.
    written = as_source(str(tmp_path / "theirs"), expected)
    for actual, output in zip(written, graph.outputs, strict=True):
        assert distance(actual, output) <= NEAR

    if model.compiled:
        for output, first in zip(
            torch.compile(net, backend="aot_eager")(*tensors, **model.named()),
            seen.outputs,
            strict=True,
        ):
            assert distance(output.detach().numpy(), first) <= 10 * model.tolerance
