"""What looks into a net: torchinfo, TensorBoard's graph, PyTorch's FLOP counter and profiler."""

import pytest
import torchinfo
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.profiler import profile, record_function
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.tensorboard import SummaryWriter

import torchscope as ts
import torchscope.tf1 as tf
from ecosystem.classifier import NAMES, X, logits_of

pytestmark = pytest.mark.ecosystem


@ts.in_scope("tower")
def tower(x):
    return tf.layers.dense(x, 8, tf.nn.relu, name="hidden")


def in_modules(x):
    """A function whose blocks run as modules."""
    with tf.variable_scope("model"):
        return tf.layers.dense(tower(x), 3, name="logits")


def made(function):
    return ts.ScopedModule(function, example_inputs=(X,))


def test_torchinfo_counts_all_variables_and_shows_the_scopes_that_are_modules():
    plain = torchinfo.summary(made(logits_of), input_data=X, verbose=0)
    assert plain.total_params == 4 * 16 + 16 + 16 * 3 + 3
    assert [each.var_name for each in plain.summary_list] == ["ScopedModule"]
    shown = torchinfo.summary(made(in_modules), input_data=X, verbose=0)
    assert shown.total_params == 4 * 8 + 8 + 8 * 3 + 3
    assert "tower" in [each.var_name for each in shown.summary_list]


def test_the_flop_counter_counts_by_scopes_that_are_modules():
    def counted(net):
        with FlopCounterMode(display=False) as counter:
            net(X)
        return {scope: sum(each.values()) for scope, each in counter.get_flop_counts().items()}

    whole = 2 * 60 * (4 * 8 + 8 * 3)
    assert counted(made(in_modules)) == {
        "Global": whole,
        "ScopedModule": whole,
        "ScopedModule.model.tower": 2 * 60 * 4 * 8,
    }
    assert set(counted(made(logits_of))) == {"Global", "ScopedModule"}


def test_forward_hooks_make_ranges_of_the_scopes_that_are_modules():
    net = made(in_modules)
    open_ranges = []

    def begin(module, inputs):
        open_ranges.append(record_function(names[module]))
        open_ranges[-1].__enter__()

    def end(module, inputs, outputs):
        open_ranges.pop().__exit__(None, None, None)

    names = {module: key.replace(".", "/") for key, module in net.named_modules() if key}
    for module in names:
        module.register_forward_pre_hook(begin)
        module.register_forward_hook(end, always_call=True)
    with profile() as profiled:
        net(X)
    assert {"model/tower"} == {each.key for each in profiled.key_averages()} & {*names.values()}


@pytest.mark.filterwarnings("ignore:`torch.jit.trace")
def test_tensorboard_draws_the_graph_of_a_net(tmp_path):
    net = made(logits_of)
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(net, X)
        for name, variable in net.registry.variables.items():
            writer.add_histogram(name, variable, 0)
    events = EventAccumulator(str(tmp_path)).Reload()
    assert set(events.Tags()["histograms"]) == set(NAMES)
    drawn = [node.name for node in events.Graph().node]
    for scope in ("hidden", "logits"):
        assert f"ScopedModule/ScopeModule[model]/ScopeModule[{scope}]/kernel" in "\n".join(drawn)
