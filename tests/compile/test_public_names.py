"""Each public name, in a forward that is traced whole and stays on its device, or with why not."""

import copy
import inspect

import pytest
import torch
from torch._dynamo.testing import CompileCounter
from torch._dynamo.utils import counters

import torchscope as ts
import torchscope.image
import torchscope.layers
import torchscope.losses
import torchscope.nn
import torchscope.rnn
import torchscope.seq2seq
import torchscope.seq2seq.legacy
import torchscope.slim
import torchscope.tf1
from tests.goldens import GOLDENS
from torchscope import slim

FORWARDS = {}
# What dynamo does with a function that has a gradient of its own.
pytestmark = pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")


def forward(*names):
    """A forward in which these public names are used; it gets a tensor of shape (2, 3)."""

    def enter(function):
        FORWARDS[function] = names
        return function

    return enter


NOT_IN_A_FORWARD = {
    "GraphKeys": "strings",
    "VariableScope": "variable_scope makes it",
    "ScopedModule": "what is compiled",
    "Graph": "what is called in the place of a net",
    "graph": "called before that; compiled in tests/core/graphs",
    "ScopedParameterRegistry": "attached in __init__",
    "build": "called before a net is compiled",
    "reset_default_registry": "ends what a forward is part of",
    "glorot_normal_initializer": "draws again until all numbers fit, which depends on data",
    "he_normal_initializer": "the same",
    "lecun_normal_initializer": "the same",
    "truncated_normal_initializer": "the same",
    "variance_scaling_initializer": "the same, by default; glorot_uniform_initializer is one",
    "VariableAggregation": "an enumeration, of no effect",
    "VariableSynchronization": "an enumeration: batch normalization uses it in tests/goldens/layers.py",
    "image.ResizeMethod": "numbers",
    "image.non_max_suppression": "how many boxes there are depends on them",
    "image.combined_non_max_suppression": "the same",
    "image.non_max_suppression_overlaps": "the same",
    "image.non_max_suppression_padded": "the same",
    "image.non_max_suppression_with_scores": "the same",
    "image.sample_distorted_bounding_box": "draws until a part fits",
    "nn.collapse_repeated": "how many labels there are depends on them",
    "nn.compute_accidental_hits": "how many hits there are depends on them",
    "nn.ctc_beam_search_decoder": "how long texts are depends on the logits",
    "nn.ctc_beam_search_decoder_v2": "the same",
    "nn.ctc_greedy_decoder": "the same",
    "nn.embedding_lookup_sparse": "how many rows there are depends on the ids",
    "nn.safe_embedding_lookup_sparse": "the same",
    "slim.dense_to_sparse": "how many values there are depends on them",
    "losses.Reduction": "strings",
    "slim.arg_scope_func_key": "strings",
    "slim.arg_scoped_arguments": "strings",
    "slim.assign_from_checkpoint": "reads a file",
    "slim.assign_from_checkpoint_fn": "the same",
    "slim.assign_from_values_fn": "gives a function of a session",
    "slim.has_arg_scope": "about a function",
    "slim.variance_scaling_initializer": "draws again until all numbers fit",
}


def public_names():
    for prefix, module in (
        ("", ts),
        ("nn.", torchscope.nn),
        ("image.", torchscope.image),
        ("layers.", torchscope.layers),
        ("losses.", torchscope.losses),
        ("legacy_seq2seq.", torchscope.seq2seq.legacy),
        ("rnn.", torchscope.rnn),
        ("seq2seq.", torchscope.seq2seq),
        ("slim.", torchscope.slim),
    ):
        for name, value in vars(module).items():
            if not name.startswith("_") and not inspect.ismodule(value):
                yield prefix + name


def test_each_public_name_is_in_a_forward_or_it_is_said_why_not():
    named = {name for names in FORWARDS.values() for name in names}
    # Layers and cells are compiled where all else is done with them: tests/goldens/test_goldens.py.
    named |= {name for golden in GOLDENS for name in golden.names}
    assert sorted({*named, *NOT_IN_A_FORWARD}) == sorted(public_names())
    assert not named & set(NOT_IN_A_FORWARD)


# Scopes


@forward("variable_scope", "get_variable")
def reuse(x):
    with ts.variable_scope("a"):
        x = x * ts.get_variable("w", [3])
    with ts.variable_scope("a", reuse=True):
        return x * ts.get_variable("w") * ts.get_variable("w", (3,))


@forward("AUTO_REUSE", "get_variable_scope")
def auto_reuse(x):
    for _ in range(2):
        with ts.variable_scope("a", reuse=ts.AUTO_REUSE):
            x = x * ts.get_variable("w", [3])
            assert ts.get_variable_scope().reuse is ts.AUTO_REUSE
    return x


@forward()
def default_names(x):
    for _ in range(2):
        with ts.variable_scope(None, "layer") as scope:
            x = x * ts.get_variable("w", [3])
    assert scope.name == "layer_1"
    return x


@forward()
def scopes_entered_again(x):
    with ts.variable_scope("a") as scope:
        x = x * ts.get_variable("w", [3])
    with ts.variable_scope("b"), ts.variable_scope(scope, reuse=True):
        x = x * ts.get_variable("w", [3])
    with ts.variable_scope(scope, auxiliary_name_scope=False):
        x = x * ts.get_variable("v", [3])
    opened = ts.variable_scope("c", reuse=ts.AUTO_REUSE)
    for _ in range(2):
        with opened:
            x = x * ts.get_variable("w", [3])
    return x


@forward("feeding")
def fed(x):
    with ts.feeding({"given": x * ts.get_variable("w", [3])}):
        return 2.0 * torchscope.tf1.placeholder("float32", [2, 3], name="given")


@forward("image.extract_image_patches", "image.extract_patches", "image.random_crop")
def patches(x):
    x = x * ts.get_variable("w", [3])
    image, ones = x[None, :, :, None], [1, 1, 1, 1]
    first = torchscope.image.extract_image_patches(image, [1, 2, 2, 1], ones, ones, "VALID")
    other = torchscope.image.extract_patches(image, [1, 2, 2, 1], ones, ones, "VALID")
    return (first + other).sum() + torchscope.image.random_crop(x, [2, 3])


@forward("nn.ctc_loss", "nn.ctc_loss_v2")
def aligned_texts(x):
    logits = (x * ts.get_variable("w", [3]))[:, None]
    text = torchscope.tf1.SparseTensor([[0, 0]], torch.tensor([1], dtype=torch.int32), [1, 1])
    first = ts.nn.ctc_loss(text, logits, [2])
    return first + ts.nn.ctc_loss_v2([[1]], logits, [1], [2])


@forward(
    *("nn.sampled_softmax_loss", "nn.nce_loss", "nn.uniform_candidate_sampler"),
    *("nn.log_uniform_candidate_sampler", "nn.fixed_unigram_candidate_sampler"),
    "nn.all_candidate_sampler",
)
def sampled_losses(x):
    table, shifts = ts.get_variable("w", [5, 3]), ts.get_variable("b", [5])
    labels = torch.tensor([[1], [4]], device=x.device)
    draws = [
        ts.nn.uniform_candidate_sampler(labels, 1, 2, False, 5),
        ts.nn.log_uniform_candidate_sampler(labels, 1, 2, True, 5),
        ts.nn.fixed_unigram_candidate_sampler(labels, 1, 2, True, 5, unigrams=[1, 2, 3, 4, 5]),
        ts.nn.all_candidate_sampler(labels, 1, 5, True),
    ]
    losses = [
        loss(table, shifts, labels, x, 2, 5, sampled_values=drawn)
        for drawn in draws
        for loss in (ts.nn.nce_loss, ts.nn.sampled_softmax_loss)
    ]
    return sum(losses)


@forward("nn.max_pool_with_argmax", "nn.dilation2d", "nn.erosion2d", "nn.sufficient_statistics")
def windows(x):
    image, ones = (x * ts.get_variable("w", [3]))[None, :, :, None], [1, 1, 1, 1]
    kernel = torch.ones(2, 2, 1, device=x.device)
    largest, places = ts.nn.max_pool_with_argmax(image, [1, 2, 2, 1], ones, "SAME")
    grown = ts.nn.dilation2d(image, kernel, ones, ones, "SAME")
    shrunk = ts.nn.erosion2d(image, kernel, ones, ones, "SAME")
    return largest + places + grown + shrunk + ts.nn.sufficient_statistics(x, [0, 1])[1]


@forward("nn.normalize_moments", "nn.conv1d_transpose", "nn.conv_transpose")
def transposes_over_one_axis(x):
    kernel = ts.get_variable("w", [2, 3, 3])
    y = ts.nn.conv1d_transpose(x[None], kernel, [1, 4, 3], 2)
    y = ts.nn.conv_transpose(y, kernel, [1, 8, 3], 2)
    return y + ts.nn.normalize_moments(2.0, x.sum(), x.square().sum(), None)[1]


@forward("image.draw_bounding_boxes", "image.resize_image_with_pad", "image.ssim_multiscale")
def images_with_boxes(x):
    image = (x * ts.get_variable("w", [3]))[None, :, :, None]
    drawn = torchscope.image.draw_bounding_boxes(image, [[[0.0, 0.0, 0.5, 0.5]]])
    large = torchscope.image.resize_image_with_pad(drawn, 4, 5)
    return large + torchscope.image.ssim_multiscale(image, drawn, 1.0, (0.5, 0.5), filter_size=1)


@forward("slim.GDN", "slim.gdn", "slim.images_to_sequence", "slim.sequence_to_images")
def divisive_normalization(x):
    image = slim.gdn(x[None, :, None])
    columns = slim.images_to_sequence(slim.GDN(inverse=True)(image))
    return slim.sequence_to_images(columns, 2)


@forward("slim.RevBlock", "slim.rev_block", "slim.recompute_grad", "slim.scale_gradient")
def reversible_blocks(x):
    def scaled(x):
        return torch.sin(x * ts.get_variable("w", [3]))

    y1, y2 = slim.rev_block(x, slim.scale_gradient(x, 2.0), scaled, scaled)
    z1, z2 = slim.RevBlock(torch.sin, torch.cos).forward(y1, y2)
    return z1 + slim.recompute_grad(torch.sin)(z2)


@forward("slim.legacy_fully_connected", "slim.legacy_linear", "slim.legacy_relu")
def older_layers(x):
    return slim.legacy_fully_connected(slim.legacy_linear(slim.legacy_relu(x, 4), 3), 2)


@ts.in_scope(None, default_name="decorated")
def decorated(x):
    return x * ts.get_variable("w", [3])


@forward("recompute")
def checkpointed(x):
    return ts.recompute(lambda x: torch.sin(x * ts.get_variable("w", [3])), x)


@forward("call_in_scope", "in_scope")
def scopes_that_run(x):
    x = ts.call_in_scope("a", lambda x: x * ts.get_variable("w", [3]), x)
    return decorated(decorated(x))


@forward("no_regularizer")
def all_that_a_scope_hands_down(x):
    with ts.variable_scope(
        "a",
        initializer=ts.ones_initializer,
        regularizer=ts.l2_regularizer(0.1),
        constraint=torch.relu,
        caching_device="cpu",
        use_resource=True,
        dtype=torch.float64,
    ):
        w = ts.get_variable("w", [3])
        v = ts.get_variable("v", [3], dtype="float32", regularizer=ts.no_regularizer)
    return x * w * v + sum(ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES))


def doubled(getter, *args, **kwargs):
    return 2 * getter(*args, **kwargs)


@forward()
def scopes_that_are_set(x):
    with ts.variable_scope("a") as scope:
        scope.set_initializer(ts.ones_initializer())
        scope.set_regularizer(ts.l1_regularizer(0.1))
        scope.set_dtype(torch.float64)
        scope.set_custom_getter(doubled)
        scope.set_partitioner(None)
        x = x * ts.get_variable("w", [3])
        scope.reuse_variables()
        x = x * ts.get_variable("w", [3])
        assert (scope.name, scope.original_name_scope, scope.reuse) == ("a", "a/", True)
        assert scope.dtype is torch.float64
        return x * len(scope.trainable_variables()) + len(scope.get_collection("losses"))


@forward("name_scope", "Variable")
def name_scopes(x):
    with ts.name_scope("tower") as tower:
        with ts.name_scope("inner"):
            a = ts.Variable([1.0, 2.0, 3.0], name="v")
        with ts.name_scope(tower):
            b = ts.Variable(lambda: torch.ones(3), name="v")
        with ts.name_scope(None):
            c = ts.Variable(2, name="n")
    with ts.variable_scope("a", auxiliary_name_scope=False), ts.name_scope(None, "default"):
        d = ts.Variable(torch.ones(3))
    assert [v.op.name for v in (a, b, c, d)] == [
        "tower/inner/v",
        "tower/v",
        "n",
        "default/Variable",
    ]
    return x * a * b * c * d


# Getters, creators, templates, pieces


@forward()
def custom_getters(x):
    def outer(getter, name, shape=None, dtype=None, initializer=None, **kwargs):
        return getter(name, shape, dtype, initializer, **kwargs) + 1

    def before_constraints(getter, name, shape, dtype, initializer, reuse, trainable, **kwargs):
        del kwargs["constraint"]
        return getter(name, shape, dtype, initializer, reuse=reuse, trainable=trainable)

    with ts.variable_scope("a", custom_getter=outer), ts.variable_scope("b", custom_getter=doubled):
        x = x * ts.get_variable("w", [3])
    x = x * ts.get_variable("v", [3], custom_getter=before_constraints)
    return x * ts.get_variable("u", initializer=lambda: torch.ones(3), custom_getter=doubled)


@forward("variable_creator_scope")
def creators(x):
    def frozen(next_creator, **kwargs):
        return next_creator(**{**kwargs, "trainable": False})

    def scaled(next_creator, **kwargs):
        return 2 * next_creator(**kwargs)

    with ts.variable_creator_scope(frozen):
        x = x * ts.get_variable("w", [3])
        with ts.variable_creator_scope(scaled):
            x = x * ts.get_variable("v", [3]) + ts.Variable([1.0, 1.0, 1.0])
    with ts.variable_scope("", reuse=True):
        x = x * ts.get_variable("v", [3])
    return x * ts.get_variable("u", [3])


@forward(
    "create_partitioned_variables",
    "fixed_size_partitioner",
    "min_max_variable_partitioner",
    "variable_axis_size_partitioner",
)
def partitioners(x):
    with ts.variable_scope("p", partitioner=ts.fixed_size_partitioner(2)):
        w = ts.get_variable("w", [4, 3])
    with ts.variable_scope("p", reuse=True):
        x = x @ w.as_tensor().T + sum(piece.sum() for piece in ts.get_variable("w", [4, 3]))
    u = ts.get_variable("u", [4, 3], partitioner=ts.variable_axis_size_partitioner(16))
    v = ts.get_variable("v", [4, 3], partitioner=ts.min_max_variable_partitioner(2, 0, 16))
    pieces = ts.create_partitioned_variables([2, 3], [2, 1], ts.ones_initializer())
    return x @ u.as_tensor() + (x @ v).sum() + torch.cat(pieces)


outside = ts.make_template("outside", lambda x: x * ts.get_variable("w", [3]))


@forward("make_template")
def templates(x):
    inside = ts.make_template("inside", lambda x, k: x * k * ts.get_variable("w", [3]), k=2)
    now = ts.make_template("now", lambda x: x * ts.get_variable("w", [3]), create_scope_now_=True)
    own = ts.make_template(
        "own",
        lambda x: x * ts.get_variable("w", [3]),
        unique_name_="mine",
        custom_getter_=doubled,
    )
    for template in (outside, inside, now, own):
        x = template(template(x))
    assert [v.name for v in inside.trainable_variables] == ["inside/w:0"]
    return x


# Kinds of variables


@forward("get_local_variable", "local_variables")
def kinds(x):
    local = ts.get_local_variable("local", [3], initializer=ts.ones_initializer)
    frozen = ts.get_variable("frozen", initializer=[1.0, 2.0, 3.0], trainable=False)
    given = ts.get_variable("given", initializer=torch.ones(3))
    count = ts.get_variable("count", [], dtype=torch.int64)
    return x * local * frozen * given + count + len(ts.local_variables())


@forward()
def a_shape_that_follows_from_the_input(x):
    return x @ ts.get_variable("w", [x.shape[-1], 2])


@forward("assign", "assign_add", "assign_sub", "is_variable_initialized")
def assignments(x):
    count = ts.get_variable("count", [], dtype=torch.int64)
    count.assign_add(2)
    ts.assign_sub(count, 1)
    mean = ts.get_variable("mean", [3], trainable=False)
    mean.assign(0.5 * mean + 0.5 * x.mean(0))
    mean.assign_sub([1.0, 1.0, 1.0]).assign_add(torch.ones(3))
    ts.assign(ts.get_local_variable("local", [3]), x[0])
    ts.assign_add(mean, mean)
    w = ts.get_variable("w", [3])
    return x * w * count + mean.read_value() + ts.is_variable_initialized(mean)


@forward("get_global_step", "get_or_create_global_step")
def the_global_step(x):
    ts.get_or_create_global_step().assign_add(1)
    return x * ts.get_global_step() * ts.get_variable("w", [3])


@forward("create_global_step")
def a_global_step_that_each_pass_asks_for(x):
    return x * ts.create_global_step().assign_add(1) * ts.get_variable("w", [3])


# Collections


@forward(
    "add_to_collection",
    "add_to_collections",
    "get_collection",
    "get_collection_ref",
    "global_variables",
    "trainable_variables",
    "model_variables",
    "moving_average_variables",
)
def collections(x):
    w = ts.get_variable("w", [3], collections=["mine", ts.GraphKeys.GLOBAL_VARIABLES])
    ts.add_to_collections([ts.GraphKeys.MODEL_VARIABLES, "b"], w)
    with ts.name_scope("tower"):
        ts.add_to_collection("losses", x.sum())
    ts.add_to_collection("losses", (x * w).mean())
    ts.get_collection_ref("losses").append(x.max())
    assert len(ts.get_collection("losses", "tower")) == 1
    assert ts.trainable_variables() == ts.global_variables() == ts.model_variables() == [w]
    assert ts.moving_average_variables() == []
    return x * len(ts.get_collection("mine")) + sum(ts.get_collection("losses"))


@forward("l1_regularizer", "l2_regularizer", "l1_l2_regularizer", "sum_regularizer")
def regularizers(x):
    both = ts.sum_regularizer([ts.l1_regularizer(0.1), ts.l1_l2_regularizer(0.2, 0.3)])
    with ts.variable_scope("a", regularizer=both):
        x = x * ts.get_variable("w", [3])
    x = x * ts.get_variable("v", [3], regularizer=ts.l2_regularizer(0.1))
    return x + sum(ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES))


# Initializers, as functions


@forward(
    "zeros_initializer",
    "ones_initializer",
    "constant_initializer",
    "identity_initializer",
    "orthogonal_initializer",
    "random_normal_initializer",
    "random_uniform_initializer",
    "glorot_uniform_initializer",
    "he_uniform_initializer",
    "lecun_uniform_initializer",
    "uniform_unit_scaling_initializer",
)
def initializers(x):
    w = ts.get_variable("w", [3])
    for each in (
        ts.zeros_initializer(),
        ts.ones_initializer(),
        ts.constant_initializer([1.0, 2.0]),
        ts.identity_initializer(),
        ts.orthogonal_initializer(),
        ts.random_normal_initializer(),
        ts.random_uniform_initializer(),
        ts.glorot_uniform_initializer(),
        ts.he_uniform_initializer(),
        ts.lecun_uniform_initializer(),
        ts.uniform_unit_scaling_initializer(),
    ):
        x = x + w * each([3, 3], torch.float32).to(x.device).sum(0)
    return x


@forward(
    "global_variables_initializer",
    "local_variables_initializer",
    "variables_initializer",
    "report_uninitialized_variables",
)
def initialization(x):
    w = ts.get_variable("w", [3], initializer=ts.ones_initializer())
    ts.global_variables_initializer()
    ts.local_variables_initializer()
    ts.variables_initializer([w])
    assert ts.report_uninitialized_variables() == []
    return x * w


# Functions, layers, registries


class Scale(ts.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.input_spec = ts.layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        self.factor = self.add_weight("factor", [input_shape[-1]])
        super().build(input_shape)

    def call(self, inputs, scope=None):
        return inputs * self.factor


kept = Scale(name="kept")


@forward("layers.Layer", "layers.InputSpec")
def layers(x):
    scale, named = Scale(), Scale(name="named")
    x = scale(x) + named(x) + kept(x) + scale.apply(x) + kept(x)
    assert (scale.name, scale.scope_name, scale.built) == ("scale_1", "scale", True)
    assert len(scale.weights) == 1
    with ts.variable_scope("again", reuse=ts.AUTO_REUSE):
        x = Scale()(x)
        Scale(name="s", _scope="s")(x)
        return Scale(name="s", _scope="s")(x)


@forward("conv_relu", "nn.conv2d", "nn.bias_add", "nn.relu")
def convolutions(x):
    x = ts.conv_relu(x.reshape(1, 2, 3, 1), [3, 3, 1, 4], [4])
    kernel, bias = ts.get_variable("k", [2, 2, 4, 4]), ts.get_variable("b", [4])
    return ts.nn.relu(ts.nn.bias_add(ts.nn.conv2d(x, kernel, 2, "SAME"), bias))


@forward("nn.conv1d", "nn.conv3d", "nn.convolution", "nn.atrous_conv2d")
def convolutions_over_other_axes(x):
    lines = ts.nn.conv1d(x.reshape(1, 6, 1), ts.get_variable("a", [3, 1, 2]), 2, "SAME")
    image = ts.nn.convolution(lines.reshape(1, 3, 2, 1), ts.get_variable("b", [2, 2, 1, 1]), "SAME")
    image = ts.nn.atrous_conv2d(image, ts.get_variable("c", [2, 2, 1, 2]), 2, "SAME")
    volume = image.reshape(1, 1, 3, 2, 2).permute(0, 4, 1, 2, 3)
    kernel = ts.get_variable("d", [1, 3, 3, 2, 2])
    return ts.nn.conv3d(volume, kernel, 2, "SAME", data_format="NCDHW")


@forward("nn.conv2d_transpose", "nn.conv3d_transpose", "nn.atrous_conv2d_transpose")
def transposed_convolutions(x):
    x, two, three = x.reshape(1, 2, 3, 1), [3, 3, 2, 1], [2, 2, 2, 1, 2]
    x = ts.nn.conv2d_transpose(x, ts.get_variable("a", two), [x.shape[0], 3, 6, 2], 2)
    kernel = ts.get_variable("b", [2, 2, 2, 2])
    x = ts.nn.atrous_conv2d_transpose(x, kernel, [1, 3, 6, 2], 2, "SAME")
    return ts.nn.conv3d_transpose(x[:, None], ts.get_variable("c", three), [1, 2, 6, 12, 1], 2)


@forward("nn.depthwise_conv2d", "nn.depthwise_conv2d_native", "nn.separable_conv2d")
def depthwise_convolutions(x):
    x = ts.nn.depthwise_conv2d(x.reshape(1, 3, 2, 1), ts.get_variable("a", [2, 2, 1, 2]), 1, "SAME")
    x = ts.nn.depthwise_conv2d_native(x, ts.get_variable("b", [2, 3, 2, 1]), 2, "SAME")
    kernels = ts.get_variable("c", [2, 2, 2, 2]), ts.get_variable("d", [1, 1, 4, 3])
    return ts.nn.separable_conv2d(x, *kernels, 1, "SAME", rate=[2, 2])


@forward(
    "nn.max_pool",
    "nn.max_pool1d",
    "nn.max_pool2d",
    "nn.max_pool3d",
    "nn.avg_pool",
    "nn.avg_pool1d",
    "nn.avg_pool2d",
    "nn.avg_pool3d",
    "nn.pool",
)
def pooling(x):
    line, image, volume = x.reshape(1, 6, 1), x.reshape(1, 3, 2, 1), x.reshape(1, 3, 2, 1, 1)
    outputs = [
        *(f(line, 3, 2, "SAME") for f in (ts.nn.max_pool1d, ts.nn.avg_pool1d)),
        *(f(image, 2, 1, "SAME") for f in (ts.nn.max_pool, ts.nn.avg_pool)),
        *(f(image, [3, 2], [2, 1], "SAME") for f in (ts.nn.max_pool2d, ts.nn.avg_pool2d)),
        *(f(volume, 2, 2, "SAME") for f in (ts.nn.max_pool3d, ts.nn.avg_pool3d)),
        *(ts.nn.pool(line, [2], kind, "VALID", dilation_rate=[2]) for kind in ("MAX", "AVG")),
        ts.nn.max_pool(image, 3, 2, [[0, 0], [2, 0], [0, 2], [0, 0]]),
    ]
    scale = ts.get_variable("scale", [len(outputs)])
    return sum(output.sum() * scale[i] for i, output in enumerate(outputs))


@forward(
    "nn.moments",
    "nn.weighted_moments",
    "nn.batch_normalization",
    "nn.batch_norm_with_global_normalization",
    "nn.fused_batch_norm",
)
def batch_norms(x):
    scale, offset = ts.get_variable("scale", [3]), ts.get_variable("offset", [3])
    mean, variance = ts.nn.moments(x, [0])
    x = ts.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)
    mean, variance = ts.nn.weighted_moments(x, [0], x.new_tensor([[1.0], [2.0]]))
    x = ts.nn.batch_norm_with_global_normalization(x, mean, variance, offset, scale, 0.1, True)
    moving = ts.get_variable("moving", [3], trainable=False)
    image = x.reshape(2, 1, 1, 3)
    y, mean, variance = ts.nn.fused_batch_norm(image, scale, offset)
    moving.assign(0.9 * moving + 0.1 * mean)
    z, *_ = ts.nn.fused_batch_norm(y, scale, offset, moving, variance, is_training=False)
    return (
        z
        + ts.nn.fused_batch_norm(y, scale, offset, mean, variance, 0.1, "NHWC", True, None, 0.5)[1]
    )


@forward(
    "nn.crelu",
    "nn.elu",
    "nn.leaky_relu",
    "nn.log_softmax",
    "nn.relu6",
    "nn.selu",
    "nn.sigmoid",
    "nn.softmax",
    "nn.softplus",
    "nn.softsign",
    "nn.swish",
    "nn.tanh",
    "nn.relu_layer",
    "nn.xw_plus_b",
)
def activations(x):
    nn = ts.nn
    x = nn.relu_layer(x, ts.get_variable("w", [3, 4]), ts.get_variable("b", [4]))
    x = nn.xw_plus_b(x, ts.get_variable("v", [4, 3]), ts.get_variable("c", [3]))
    for function in (nn.elu, nn.relu6, nn.selu, nn.sigmoid, nn.softplus, nn.softsign, nn.tanh):
        x = x + function(x)
    x = nn.softmax(x, axis=0) + nn.log_softmax(x, dim=-1) + nn.leaky_relu(x, 0.1)
    return nn.crelu(nn.swish(x) + nn.swish(x, 2.0))


@forward("nn.top_k", "nn.in_top_k")
def rankings(x):
    scores = x * ts.get_variable("w", [3])
    values, places = ts.nn.top_k(scores, 2)
    return values.sum() + places.sum() + ts.nn.in_top_k(scores, places[:, 1], 2).sum()


@forward("nn.dropout")
def dropouts(x):
    w = ts.get_variable("w", [3])
    x = ts.nn.dropout(x * w, 0.5) + ts.nn.dropout(x * w, rate=0.5, noise_shape=[None, 1])
    return ts.nn.dropout(x, torch.sigmoid(w.sum()))


@forward("nn.embedding_lookup")
def embeddings(x):
    with ts.variable_scope("", partitioner=ts.fixed_size_partitioner(3)):
        table = ts.get_variable("table", [7, 3])
    ids = x.long()
    whole = ts.get_variable("whole", [7, 3], partitioner=None)
    x = ts.nn.embedding_lookup(table, ids, "div") + ts.nn.embedding_lookup(list(table), [0, 5, 1])
    return x + ts.nn.embedding_lookup(whole, ids, max_norm=0.5)


@forward(
    "nn.log_poisson_loss",
    "nn.sigmoid_cross_entropy_with_logits",
    "nn.softmax_cross_entropy_with_logits",
    "nn.softmax_cross_entropy_with_logits_v2",
    "nn.sparse_softmax_cross_entropy_with_logits",
    "nn.weighted_cross_entropy_with_logits",
)
def cross_entropies(x):
    nn = ts.nn
    logits = x * ts.get_variable("w", [3])
    labels = x / 6
    each = nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    each = each + nn.weighted_cross_entropy_with_logits(labels, logits, 2.0)
    each = each + nn.log_poisson_loss(x, logits, compute_full_loss=True)
    return (
        each.sum(1)
        + nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        + nn.softmax_cross_entropy_with_logits_v2(labels * ts.get_variable("v", [3]), logits)
        + nn.softmax_cross_entropy_with_logits_v2(labels[:1], logits)
        + nn.sparse_softmax_cross_entropy_with_logits(labels=x[:, 0].long() % 3, logits=logits)
    )


@forward(
    "nn.lrn",
    "nn.local_response_normalization",
    "nn.l2_normalize",
    "nn.l2_loss",
    "nn.zero_fraction",
)
def norms(x):
    w = ts.get_variable("w", [3])
    image = (x * w).reshape(1, 1, 2, 3)
    y = ts.nn.lrn(image, 1, beta=0.75) + ts.nn.local_response_normalization(image)
    return ts.nn.l2_normalize(y, 3) + ts.nn.l2_loss(w) + ts.nn.zero_fraction(x)


@forward(
    "losses.absolute_difference",
    "losses.add_loss",
    "losses.compute_weighted_loss",
    "losses.cosine_distance",
    "losses.get_losses",
    "losses.get_regularization_loss",
    "losses.get_regularization_losses",
    "losses.get_total_loss",
    "losses.hinge_loss",
    "losses.huber_loss",
    "losses.log_loss",
    "losses.mean_pairwise_squared_error",
    "losses.mean_squared_error",
    "losses.sigmoid_cross_entropy",
    "losses.softmax_cross_entropy",
    "losses.sparse_softmax_cross_entropy",
)
def losses(x):
    losses = ts.losses
    logits = x * ts.get_variable("w", [3], regularizer=ts.l2_regularizer(0.1))
    labels, weights = x / 6, ts.get_variable("weights", [2, 1])
    losses.absolute_difference(labels, logits, weights)
    losses.cosine_distance(labels, logits, axis=1)
    losses.huber_loss(labels, logits, reduction=losses.Reduction.SUM)
    losses.log_loss(labels, torch.sigmoid(logits), 2.0)
    losses.mean_pairwise_squared_error(labels, logits, weights)
    losses.mean_squared_error(labels, logits, reduction=losses.Reduction.MEAN)
    losses.hinge_loss(labels, logits, scope="hinge")
    losses.sigmoid_cross_entropy(labels, logits, label_smoothing=0.1)
    losses.softmax_cross_entropy(labels, logits, label_smoothing=0.1)
    losses.sparse_softmax_cross_entropy(x[:, :1].long() % 3, logits, weights)
    losses.compute_weighted_loss(logits, reduction=losses.Reduction.SUM_OVER_BATCH_SIZE)
    losses.add_loss(logits.mean())
    assert len(losses.get_losses("hinge")) == len(losses.get_regularization_losses()) == 1
    return losses.get_total_loss() + losses.get_regularization_loss()


@forward(
    "image.central_crop",
    "image.crop_to_bounding_box",
    "image.flip_left_right",
    "image.flip_up_down",
    "image.pad_to_bounding_box",
    "image.per_image_standardization",
    "image.resize_area",
    "image.resize_bicubic",
    "image.resize_bilinear",
    "image.resize_image_with_crop_or_pad",
    "image.resize_images",
    "image.resize_nearest_neighbor",
    "image.resize_with_crop_or_pad",
)
def images(x):
    image = ts.image
    x = (x * ts.get_variable("w", [3])).reshape(1, 2, 3, 1)
    x = image.per_image_standardization(image.resize_bilinear(x, [5, 4]))
    for keywords in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
        x = image.resize_bilinear(x, [6, 5], **keywords)
        x = image.resize_bicubic(x, [5, 7], **keywords)
        x = image.resize_nearest_neighbor(x, [7, 6], **keywords)
    y = image.resize_images(x, [5, 9], preserve_aspect_ratio=True)
    x = image.resize_area(x, y.shape[1:3]) + y
    x = image.flip_left_right(x) + image.flip_up_down(x)
    x = image.resize_image_with_crop_or_pad(image.central_crop(x, 0.5), 4, 2)
    x = image.pad_to_bounding_box(image.crop_to_bounding_box(x, 1, 0, 2, 2), 1, 1, 4, 4)
    return image.resize_with_crop_or_pad(x, 3, 3)


@forward(
    "image.adjust_brightness",
    "image.adjust_contrast",
    "image.adjust_gamma",
    "image.adjust_hue",
    "image.adjust_saturation",
    "image.convert_image_dtype",
    "image.crop_and_resize",
    "image.grayscale_to_rgb",
    "image.hsv_to_rgb",
    "image.image_gradients",
    "image.psnr",
    "image.random_brightness",
    "image.random_contrast",
    "image.random_flip_left_right",
    "image.random_flip_up_down",
    "image.random_hue",
    "image.random_saturation",
    "image.resize",
    "image.rgb_to_grayscale",
    "image.rgb_to_hsv",
    "image.rgb_to_yiq",
    "image.rgb_to_yuv",
    "image.rot90",
    "image.sobel_edges",
    "image.ssim",
    "image.total_variation",
    "image.transpose",
    "image.transpose_image",
    "image.yiq_to_rgb",
    "image.yuv_to_rgb",
)
def colors(x):
    image = ts.image
    x = image.grayscale_to_rgb((x * ts.get_variable("w", [3])).reshape(1, 2, 3, 1).sigmoid())
    x = image.yiq_to_rgb(image.rgb_to_yiq(image.yuv_to_rgb(image.rgb_to_yuv(x))))
    x = image.hsv_to_rgb(image.rgb_to_hsv(x)) + image.rgb_to_grayscale(x)
    x = image.adjust_contrast(image.adjust_brightness(x, 0.1), 1.5)
    x = image.adjust_saturation(
        image.adjust_hue(image.adjust_gamma(x.clamp(0.1, 1), 0.5), 0.1), 1.5
    )
    x = image.random_contrast(image.random_brightness(x, 0.1), 0.5, 1.5)
    x = image.random_saturation(image.random_hue(x, 0.1), 0.5, 1.5)
    x = image.random_flip_up_down(image.random_flip_left_right(x))
    x = image.transpose_image(image.rot90(x)) + image.transpose(x).movedim(1, 2)
    whole = image.convert_image_dtype(x, torch.uint8, saturate=True)
    dy, dx = image.image_gradients(x)
    x = x + dy * dx + image.sobel_edges(x).sum(-1) + image.convert_image_dtype(whole, torch.float32)
    box = [[0.0, 0.0, 0.9, 1.0]]
    part = image.crop_and_resize(x, box, [0], [3, 3])
    near = image.crop_and_resize(x, box, [0], [3, 3], "nearest")
    alike = image.ssim(part, near, 1.0, filter_size=2) + image.psnr(part, near, 1.0)
    return image.resize(x, [2, 2]) + image.total_variation(x) + alike


# Recurrent cells


kept_cell = ts.rnn.MultiRNNCell([ts.rnn.BasicLSTMCell(2), ts.rnn.GRUCell(2)])


class Sum(ts.rnn.RNNCell):
    state_size = output_size = 2

    def call(self, inputs, state):
        state = state + inputs * ts.get_variable("w", [2])
        return state, state


@forward("rnn.LSTMStateTuple", "rnn.RNNCell")
def recurrent_cells(x):
    steps = x.reshape(1, 2, 3).expand(2, 2, 3)
    outputs, (state, _) = ts.rnn.dynamic_rnn(kept_cell, steps, [2, 1], dtype=torch.float32)
    state = ts.rnn.LSTMStateTuple(state.c, state.h.sin())
    last, _ = ts.rnn.dynamic_rnn(ts.rnn.BasicLSTMCell(2), outputs, initial_state=state, scope="b")
    last, _ = ts.rnn.dynamic_rnn(Sum(), last, dtype=torch.float32)
    again, _ = ts.rnn.dynamic_rnn(kept_cell, steps, dtype=torch.float32)
    return last + again


class InAList:
    """What keeps states from batch to batch."""

    def __init__(self, *states):
        self.states = list(states)

    def state(self, name):
        return self.states[name]

    def save_state(self, name, value):
        self.states[name] = value


@forward(
    "rnn.raw_rnn",
    "rnn.static_state_saving_rnn",
    "rnn.transpose_batch_time",
    "rnn.best_effort_input_batch_size",
)
def loops_over_cells(x):
    steps = ts.rnn.transpose_batch_time(x.reshape(1, 2, 3))
    batch, cell = ts.rnn.best_effort_input_batch_size([steps]), ts.rnn.GRUCell(3)

    def loop_fn(time, output, state, own):
        state = x.new_zeros(batch, 3) if output is None else state
        return time >= 2, steps[min(time, 1)], state, output, None

    outputs, _, _ = ts.rnn.raw_rnn(cell, loop_fn)
    saver = InAList(outputs.read(1))
    cell = ts.rnn.GRUCell(3, name="saved")
    last, _ = ts.rnn.static_state_saving_rnn(cell, list(steps), saver, 0)
    return saver.states[0] + last[0]


# Decoders


class Halves(ts.seq2seq.Decoder):
    def initialize(self, name=None):
        return torch.zeros_like(self.start[:, 0], dtype=torch.bool), self.start, self.start

    def step(self, time, inputs, state, name=None):
        return inputs, state / 2, inputs / 2, state[:, 0] < 1


class ThreeSteps(ts.seq2seq.Helper):
    batch_size, sample_ids_shape, sample_ids_dtype = 2, [], torch.int32

    def initialize(self, name=None):
        return torch.zeros_like(self.start[:, 0], dtype=torch.bool), self.start

    def sample(self, time, outputs, state, name=None):
        return outputs.argmax(-1).to(torch.int32)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        return torch.full_like(sample_ids, time >= 2, dtype=torch.bool), outputs, state


def decoded(helper, **options):
    cell = ts.rnn.GRUCell(3)
    state = cell.zero_state(2, torch.float32)
    decoder = ts.seq2seq.BasicDecoder(cell, helper, state, ts.layers.Dense(3))
    outputs, state, lengths = ts.seq2seq.dynamic_decode(decoder, **options)
    assert isinstance(outputs, ts.seq2seq.BasicDecoderOutput)
    return outputs.rnn_output.sum(1) + state + lengths.unsqueeze(1)


@forward(
    *("seq2seq.BasicDecoder", "seq2seq.BasicDecoderOutput", "seq2seq.CustomHelper"),
    *("seq2seq.Decoder", "seq2seq.GreedyEmbeddingHelper", "seq2seq.Helper"),
    *("seq2seq.InferenceHelper", "seq2seq.SampleEmbeddingHelper"),
    *("seq2seq.ScheduledEmbeddingTrainingHelper", "seq2seq.ScheduledOutputTrainingHelper"),
    *("seq2seq.TrainingHelper", "seq2seq.dynamic_decode", "seq2seq.sequence_loss"),
)
def decoders(x):
    s2s, table = ts.seq2seq, ts.get_variable("table", [3, 3])
    steps = x.reshape(2, 1, 3).expand(2, 2, 3)
    tokens = torch.ones_like(x[:, 0], dtype=torch.int32)
    training = s2s.TrainingHelper(steps, [2, 1])
    three = ThreeSteps()
    three.start = x
    helpers = [
        training,
        three,
        s2s.ScheduledEmbeddingTrainingHelper(steps, [2, 2], table, 0.5),
        s2s.ScheduledOutputTrainingHelper(steps, tokens * 2, 0.5),
        s2s.GreedyEmbeddingHelper(table, tokens, 7),
        s2s.SampleEmbeddingHelper(table, [1, 1], 7),
        s2s.CustomHelper(training.initialize, training.sample, training.next_inputs),
        s2s.InferenceHelper(torch.sin, [3], torch.float32, x, lambda ids: ids[:, 0] > 9),
    ]
    total = x
    for each in helpers:
        total = total + decoded(each, maximum_iterations=3 if each is three else 2)
    halves = Halves()
    halves.start = x
    written, _, _ = s2s.dynamic_decode(halves, maximum_iterations=2, output_time_major=True)
    return total + s2s.sequence_loss(written, tokens[:1].expand(2, 2), x[:, :2])


@forward(
    *("seq2seq.AttentionMechanism", "seq2seq.AttentionWrapper", "seq2seq.AttentionWrapperState"),
    *("seq2seq.BahdanauAttention", "seq2seq.BahdanauMonotonicAttention"),
    *("seq2seq.BeamSearchDecoder", "seq2seq.BeamSearchDecoderOutput"),
    *("seq2seq.BeamSearchDecoderState", "seq2seq.FinalBeamSearchDecoderOutput"),
    *("seq2seq.LuongAttention", "seq2seq.LuongMonotonicAttention", "seq2seq.gather_tree"),
    *("seq2seq.gather_tree_from_array", "seq2seq.hardmax", "seq2seq.monotonic_attention"),
    *("seq2seq.safe_cumprod", "seq2seq.tile_batch"),
)
def attention_and_beams(x):
    s2s, table = ts.seq2seq, ts.get_variable("table", [3, 3])
    memory = s2s.tile_batch(x.reshape(2, 1, 3) + table, 2)
    mechanisms = [
        s2s.BahdanauAttention(3, memory, [3, 2, 1, 3]),
        s2s.BahdanauMonotonicAttention(3, memory, normalize=True),
        s2s.LuongAttention(3, memory, probability_fn=s2s.hardmax, scale=True),
        s2s.LuongMonotonicAttention(3, memory, mode="hard"),
    ]
    assert all(isinstance(each, s2s.AttentionMechanism) for each in mechanisms)
    cell = s2s.AttentionWrapper(ts.rnn.GRUCell(3), mechanisms, alignment_history=True)
    state = cell.zero_state(4, torch.float32)
    state = state.clone(cell_state=s2s.tile_batch(x, 2))
    assert isinstance(state, s2s.AttentionWrapperState)
    decoder = s2s.BeamSearchDecoder(cell, table, [1, 1], 0, state, 2, ts.layers.Dense(3))
    found, last, _ = s2s.dynamic_decode(decoder, maximum_iterations=1)
    steps = found.beam_search_decoder_output
    assert isinstance(found, s2s.FinalBeamSearchDecoderOutput)
    assert isinstance(last, s2s.BeamSearchDecoderState)
    assert isinstance(steps, s2s.BeamSearchDecoderOutput)
    parents = steps.parent_ids.transpose(0, 1)
    again = s2s.gather_tree(found.predicted_ids.transpose(0, 1), parents, [1, 1], 0)
    scores = s2s.gather_tree_from_array(steps.scores.transpose(0, 1), parents, last.lengths)
    chances = s2s.safe_cumprod(x.sigmoid(), axis=1)
    chances = s2s.monotonic_attention(chances, s2s.hardmax(x), "recursive")
    return chances + (scores + again).sum() + last.cell_state.attention[:, 0, :3]


@forward(
    *("legacy_seq2seq.attention_decoder", "legacy_seq2seq.basic_rnn_seq2seq"),
    *("legacy_seq2seq.embedding_attention_decoder", "legacy_seq2seq.embedding_attention_seq2seq"),
    *("legacy_seq2seq.embedding_rnn_decoder", "legacy_seq2seq.embedding_rnn_seq2seq"),
    *("legacy_seq2seq.embedding_tied_rnn_seq2seq", "legacy_seq2seq.model_with_buckets"),
    *("legacy_seq2seq.one2many_rnn_seq2seq", "legacy_seq2seq.rnn_decoder"),
    *("legacy_seq2seq.sequence_loss", "legacy_seq2seq.sequence_loss_by_example"),
    "legacy_seq2seq.tied_rnn_seq2seq",
)
def decoders_of_lists(x):
    legacy, steps = ts.seq2seq.legacy, [x, x.sin()]
    ids = [torch.ones_like(x[:, 0], dtype=torch.int64)] * 2
    memory = x.reshape(2, 1, 3).expand(2, 2, 3)

    def cell():
        return ts.rnn.BasicRNNCell(3)

    def attending(inputs, outputs):
        return legacy.embedding_attention_seq2seq(inputs, outputs, cell(), 3, 3, 2)

    given = ids, ids, ids, [x[:, 0], x[:, 1]]
    written, losses = legacy.model_with_buckets(*given, [(1, 1), (2, 2)], attending)
    many, _ = legacy.one2many_rnn_seq2seq(ids, {"a": ids}, cell(), {"a": cell()}, 3, {"a": 3}, 2)
    found = [
        legacy.rnn_decoder(steps, x, cell()),
        legacy.basic_rnn_seq2seq(steps, steps, cell()),
        legacy.tied_rnn_seq2seq(steps, steps, cell()),
        legacy.attention_decoder(steps, x, memory, cell()),
        legacy.embedding_rnn_decoder(ids, x, cell(), 3, 2, feed_previous=True),
        legacy.embedding_rnn_seq2seq(ids, ids, cell(), 3, 3, 2),
        legacy.embedding_tied_rnn_seq2seq(ids, ids, cell(), 3, 2),
        legacy.embedding_attention_decoder(ids, x, memory, cell(), 3, 2, feed_previous=True),
    ]
    total = sum(outputs[-1] + state for outputs, state in found) + many["a"][-1] + sum(losses)
    given = written[1], ids, [x[:, 0]] * 2
    each = legacy.sequence_loss_by_example(*given).unsqueeze(1)
    return total + each + legacy.sequence_loss(*given)


# Slim, beside its layers


@ts.slim.add_arg_scope
def scaled_by(x, factor=1.0):
    return x * factor


@forward("slim.add_arg_scope", "slim.arg_scope", "slim.current_arg_scope")
def arg_scopes(x):
    with ts.slim.arg_scope([scaled_by], factor=2.0) as scope:
        x = scaled_by(x)
    assert ts.slim.current_arg_scope() == {}
    with ts.slim.arg_scope(scope), ts.slim.arg_scope([ts.slim.fully_connected], scope="fc"):
        return ts.slim.fully_connected(scaled_by(x), 3)


@forward(
    "slim.variable",
    "slim.model_variable",
    "slim.local_variable",
    "slim.global_variable",
    "slim.add_model_variable",
    "slim.assign_from_values",
    "slim.filter_variables",
    "slim.get_local_variables",
    "slim.get_model_variables",
    "slim.get_trainable_variables",
    "slim.get_unique_variable",
    "slim.get_variable_full_name",
    "slim.get_variables",
    "slim.get_variables_by_name",
    "slim.get_variables_by_suffix",
    "slim.get_variables_to_restore",
)
def slims_variables(x):
    w = ts.slim.model_variable("w", [3], regularizer=ts.slim.l2_regularizer(0.1))
    v = ts.slim.variable("v", [3], trainable=False)
    local, made = ts.slim.local_variable(1.0), ts.slim.global_variable(2.0, name="made")
    assign, _ = ts.slim.assign_from_values({"made": 3.0})
    assign()
    ts.slim.add_model_variable(v)
    assert ts.slim.get_unique_variable("w") is w
    assert ts.slim.get_variable_full_name(w) == "w"
    found = len(ts.slim.get_model_variables() + ts.slim.get_variables("w"))
    found += len(ts.slim.get_trainable_variables() + ts.slim.get_local_variables())
    found += len(ts.slim.get_variables_by_name("w") + ts.slim.get_variables_by_suffix("v"))
    found += len(ts.slim.filter_variables(ts.slim.get_variables_to_restore(), ["w"]))
    return x * w * v * local * made * found


@forward(
    "slim.create_global_step",
    "slim.get_global_step",
    "slim.get_or_create_global_step",
    "slim.apply_regularization",
    "slim.l1_regularizer",
    "slim.l2_regularizer",
    "slim.l1_l2_regularizer",
    "slim.sum_regularizer",
    "slim.xavier_initializer",
    "slim.xavier_initializer_conv2d",
)
def what_slim_has_beside_layers(x):
    ts.slim.create_global_step()
    step = ts.slim.get_or_create_global_step() + ts.slim.get_global_step()
    both = ts.slim.sum_regularizer([ts.slim.l1_regularizer(0.1), ts.slim.l2_regularizer(0.2)])
    w = ts.get_variable("w", [3, 3], initializer=ts.slim.xavier_initializer())
    drawn = ts.slim.xavier_initializer_conv2d()([3, 3])
    loss = ts.slim.apply_regularization(both, [w])
    return x @ w + loss + ts.slim.l1_l2_regularizer(0.1, 0.2)(w) + step + 0 * drawn.sum()


@forward("get_default_registry")
def registries(x):
    w = ts.get_variable("w", [3])
    assert list(ts.get_default_registry().variables) == []
    return x * w


each_forward = pytest.mark.parametrize("function", FORWARDS, ids=lambda f: f.__name__)


@each_forward
def test_what_a_forward_calls_is_traced_whole_and_once(function):
    torch._dynamo.reset()
    counters.clear()
    net = ts.ScopedModule(function)
    x = torch.arange(1.0, 7.0).reshape(2, 3)
    net(x)
    twin = copy.deepcopy(net)
    count = CompileCounter()
    compiled = torch.compile(net, fullgraph=True, backend=count)
    for seed in range(3):
        outputs = []
        for each in (compiled, twin):
            torch.manual_seed(seed)
            outputs.append(each(x))
            outputs[-1].sum().backward()
        torch.testing.assert_close(*outputs)
    assert (count.frame_count, dict(counters["graph_break"])) == (1, {})
    for (key, mine), its in zip(net.state_dict().items(), twin.state_dict().values(), strict=True):
        torch.testing.assert_close(mine, its, msg=key)
    for mine, its in zip(net.parameters(), twin.parameters(), strict=True):
        assert (mine.grad is None) == (its.grad is None)
        torch.testing.assert_close(mine.grad, its.grad)


@each_forward
def test_what_a_forward_calls_stays_on_the_device_of_its_net(function):
    net = ts.ScopedModule(function).to("meta")
    for _ in range(2):
        assert net(torch.ones(2, 3, device="meta")).is_meta
    assert all(value.is_meta for value in net.state_dict().values())


@each_forward
@pytest.mark.cuda
def test_what_a_forward_calls_gives_the_same_on_cuda(function):
    net = ts.ScopedModule(function)
    x = torch.arange(1.0, 7.0).reshape(2, 3)
    net(x)
    nets = net, copy.deepcopy(net), copy.deepcopy(net).cuda()
    outputs = [
        each(x.to(device)) for each, device in zip(nets, ("cpu", "cpu", "cuda"), strict=True)
    ]
    assert outputs[2].is_cuda
    assert outputs[2].shape == outputs[0].shape
    if torch.equal(outputs[0], outputs[1]):  # No numbers are drawn.
        torch.testing.assert_close(outputs[2].cpu(), outputs[0], rtol=1e-3, atol=1e-3)
