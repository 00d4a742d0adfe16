"""dm-sonnet: its modules, which are objects with a template each, and its nets."""

import numpy as np

from packages.model import Model, images, mostly_heavy, numbers


def module(name, *args, calls=1, **options):
    """A module that is made where it is called; called so often, with the same variables."""

    def build(snt, tf, *tensors):
        made = getattr(snt, name)(*args, **options)
        outputs = [made(*tensors) for _ in range(calls)]
        return outputs if calls > 1 else outputs[0]

    return build


def of(name, *args, arrays, said="", compiled=True, differentiated=True, fails="", **options):
    """A row for a module alone."""
    return Model(
        "sonnet",
        said or name,
        module(name, *args, **options),
        arrays,
        compiled=compiled,
        differentiated=differentiated,
        fails=fails,
    )


def regularized(snt, tf, x):
    linear = snt.Linear(
        4,
        initializers={"w": tf.truncated_normal_initializer(stddev=0.5), "b": tf.ones_initializer()},
        regularizers={"w": tf.contrib.layers.l2_regularizer(0.1), "b": tf.nn.l2_loss},
    )
    return linear(x), *tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)


def partitioned(snt, tf, x):
    return snt.Linear(6, partitioners={"w": tf.fixed_size_partitioner(2, axis=1)})(x)


def transposed(snt, tf, x):
    linear = snt.Linear(4, name="encoder")
    return linear.transpose()(linear(x))


def transposed_conv(snt, tf, x):
    conv = snt.Conv2D(4, 3, stride=2)
    hidden = conv(x)
    return conv.transpose()(hidden)


def perceptron(snt, tf, x):
    mlp = snt.nets.MLP([8, 5], activation=tf.nn.tanh, activate_final=True)
    return mlp(x), mlp.transpose()(mlp(x))


def with_dropout(snt, tf, x):
    return snt.nets.MLP([8, 5], use_dropout=True)(x, is_training=False)


def convolutions(snt, tf, x):
    net = snt.nets.ConvNet2D(
        output_channels=[4, 6],
        kernel_shapes=[3],
        strides=[2, 1],
        paddings=[snt.SAME],
        use_batch_norm=True,
        activate_final=True,
    )
    return net(x, is_training=True)


def convolutions_and_back(snt, tf, x):
    net = snt.nets.ConvNet2D(
        output_channels=[4, 6], kernel_shapes=[3], strides=[2, 1], paddings=[snt.SAME]
    )
    return net.transpose()(net(x))


def transposed_convolutions(snt, tf, x):
    net = snt.nets.ConvNet2DTranspose(
        output_channels=[4, 2],
        output_shapes=[[8, 8], [16, 16]],
        kernel_shapes=[3],
        strides=[2],
        paddings=[snt.SAME],
    )
    return net(x)


def inception_by_hand(snt, tf, x):
    """A function made into a module."""

    def tower(y):
        both = tf.concat([snt.Conv2D(2, 1)(y), snt.Conv2D(2, 3)(y)], 3)
        return snt.BatchFlatten()(tf.nn.relu(both))

    made = snt.Module(tower, name="tower")
    return made(x), made(x)


class Outer:
    """A module with modules, made when it is first built for either library."""

    def __init__(self, snt):
        class Nested(snt.AbstractModule):
            def __init__(self, name="nested"):
                super().__init__(name=name)
                with self._enter_variable_scope():
                    self._first = snt.Linear(4, name="first")

            def _build(self, x):
                second = snt.Linear(3, name="second")
                return second(self._first(x)) + tf_scale(x)

        def tf_scale(x):
            return snt.TrainableVariable([1], name="scale")()

        self.made = Nested


def nested(snt, tf, x):
    made = Outer(snt).made()
    outputs = made(x), made(2 * x)
    names = [variable.name for variable in made.get_variables()]
    assert names == [
        *("nested/first/w:0", "nested/first/b:0", "nested/second/w:0", "nested/second/b:0"),
        "nested/scale/w:0",
    ], names
    assert {v.name for v in made.variables} == set(names)
    return outputs


def unique_names(snt, tf, x):
    first, second = snt.Linear(3), snt.Linear(3)
    assert (first.module_name, second.module_name) == ("linear", "linear_1")
    return second(first(x))


def batch_norm(name, training, **options):
    def build(snt, tf, x):
        made = getattr(snt, name)(**options)
        used = made(x, is_training=False, test_local_stats=False)
        # What is trained changes what is used afterwards.
        return made(x, is_training=True) if training else used

    return build


def updated(snt, tf, x):
    """The updates of the statistics are run, and then they are used."""
    made = snt.BatchNorm(decay_rate=0.5, update_ops_collection=None)
    return made(x, is_training=True)


def unrolled(name, *args, **options):
    """A core that is called three times, with its state."""

    def build(snt, tf, x):
        core = getattr(snt, name)(*args, **options)
        state = core.initial_state(batch_size=2)
        outputs = []
        for t in range(3):
            output, state = core(x[t], state)
            outputs.append(output)
        return outputs, state

    return build


def dynamic(name, *args, trainable=False, **options):
    """A core in tf.nn.dynamic_rnn."""

    def build(snt, tf, x):
        core = getattr(snt, name)(*args, **options)
        state = core.initial_state(batch_size=2, trainable=trainable)
        return tf.nn.dynamic_rnn(core, x, initial_state=state, time_major=True)

    return build


def deep(snt, tf, x):
    cores = [snt.LSTM(4, name="a"), tf.nn.tanh, snt.GRU(3, name="b")]
    core = snt.DeepRNN(cores, skip_connections=False)
    return tf.nn.dynamic_rnn(core, x, initial_state=core.initial_state(2), time_major=True)


def skipping(snt, tf, x):
    core = snt.DeepRNN([snt.LSTM(4, name="a"), snt.LSTM(3, name="b")], skip_connections=True)
    return tf.nn.dynamic_rnn(core, x, initial_state=core.initial_state(2), time_major=True)


def residual(snt, tf, x):
    core = snt.ResidualCore(snt.LSTM(5))
    return tf.nn.dynamic_rnn(core, x, initial_state=core.initial_state(2), time_major=True)


def both_ways(snt, tf, x):
    rnn = snt.BidirectionalRNN(snt.LSTM(4), snt.GRU(4))
    return rnn(x, state=rnn.initial_state(2))["outputs"]


def dropped(snt, tf, x):
    _, test = snt.lstm_with_recurrent_dropout(4, keep_prob=0.5)
    return tf.nn.dynamic_rnn(test, x, initial_state=test.initial_state(2), time_major=True)


def convolved(snt, tf, x):
    core = snt.Conv2DLSTM(input_shape=[6, 6, 2], output_channels=3, kernel_shape=3)
    state = core.initial_state(2)
    for t in range(2):
        output, state = core(x[t], state)
    return output, state


def warped(snt, tf, theta):
    return snt.AffineGridWarper(source_shape=(8, 8), output_shape=(5, 6))(theta)


def warped_back(snt, tf, theta):
    warper = snt.AffineGridWarper(
        (8, 8), (5, 6), constraints=snt.AffineWarpConstraints.no_shear_2d()
    )
    return warper(theta), warper.inverse()(theta)


def over_time(snt, tf, x):
    return snt.BatchApply(snt.Linear(3))(x)


def embedded(snt, tf, ids):
    embed = snt.Embed(vocab_size=7, embed_dim=3)
    return embed(ids), embed.embeddings


def shaped(snt, tf, x):
    return (
        snt.BatchFlatten()(x),
        snt.BatchReshape([3, -1])(x),
        snt.FlattenTrailingDimensions(dim_from=2)(x),
        snt.MergeDims(start=1, size=2)(x),
        snt.SliceByDim(dims=[1], begin=[0], size=[2])(x),
        snt.TileByDim(dims=[1], multiples=[2])(x),
        snt.SelectInput(idx=0)(x, 2 * x),
        snt.AddBias()(x),
    )


def sequential(snt, tf, x):
    return snt.Sequential([snt.Linear(4), tf.nn.relu, snt.Linear(2)])(x)


def stopped(snt, tf, x):
    getter = snt.custom_getters.stop_gradient
    return snt.Linear(3, custom_getter={"w": getter})(x), snt.Linear(3)(x)


def overridden(snt, tf, x):
    def doubled(getter, name, *args, **kwargs):
        return 2 * getter(name, *args, **kwargs)

    with tf.variable_scope("outer", custom_getter=doubled):
        return snt.Linear(3)(x)


def context(snt, tf, x):
    override = snt.custom_getters.override_args
    with tf.variable_scope("frozen", custom_getter=override(trainable=False)):
        return snt.Linear(3)(x), tf.get_variable("own", [2])


def averaged(snt, tf, x):
    return snt.MovingAverage(decay=0.9)(x)


def attentive(snt, tf, memory, query):
    read = snt.AttentiveRead(snt.nets.MLP([4, 1]))
    found = read(memory, query)
    return found.read, found.weights, found.weight_logits


def relational(snt, tf, x):
    core = snt.RelationalMemory(mem_slots=2, head_size=3, num_heads=2)
    state = core.initial_state(2)
    output, state = core(x, state)
    return output, state


def quantized(name, **options):
    def build(snt, tf, x):
        made = getattr(snt.nets, name)(
            embedding_dim=4, num_embeddings=5, commitment_cost=0.25, **options
        )
        found = made(x, is_training=False)
        return found["quantize"], found["loss"], found["perplexity"]

    return build


def spectral(snt, tf, x):
    wrapped = snt.wrap_with_spectral_norm(snt.Linear, pow_iter_collection="later")
    return wrapped(4)(x, enable_power_iteration=False)


def scaled(snt, tf, x):
    return snt.scale_gradient(snt.Linear(3)(x), 0.5)


def clipped(snt, tf, x):
    return snt.clip_gradient(snt.Linear(3)(x), -0.1, 0.1)


def pondering(snt, tf, x):
    core = snt.ACTCore(snt.LSTM(4), 3, threshold=0.9, get_state_for_halting=lambda s: s[0])
    state = core.initial_state(2)
    (output, (iterations, remainder)), _ = core(x, state)
    return output, iterations, remainder


def highway(snt, tf, x):
    core = snt.HighwayCore(4, 2)
    return core(x, core.initial_state(2))


def normalized_lstm(snt, tf, x):
    core = snt.BatchNormLSTM(4, max_unique_stats=2)
    state = core.initial_state(2)
    cell = core.with_batch_norm_control(is_training=False)
    for t in range(3):
        output, state = cell(x[t], state)
    return output, state[:2]


_ROWS = (images(4, 5),)
_IMAGES = (images(2, 8, 8, 3),)
_STEPS = (images(3, 2, 5),)
_SCALES = np.array([[1, 0.1, 0.9, -0.2], [0.5, -0.1, 0.8, 0.3]], np.float32)
_THETA = np.array([[1, 0, 0.1, 0, 1, -0.2], [0.5, 0.1, 0, -0.1, 0.8, 0]], np.float32)
_ALL = [
    of("Linear", 4, arrays=_ROWS),
    of("Linear", 4, arrays=_ROWS, calls=2, said="Linear, called twice"),
    of("Linear", 4, use_bias=False, arrays=_ROWS, said="Linear without bias"),
    Model(
        "sonnet",
        "ConcatLinear",
        lambda snt, tf, x, y: snt.ConcatLinear(4)([x, y]),
        (images(4, 5), images(4, 3, seed=1)),
    ),
    of("AddBias", arrays=_ROWS),
    of("TrainableVariable", [3, 2], arrays=()),
    of("Conv1D", 4, 3, arrays=(images(2, 9, 3),)),
    of("Conv1D", 4, 3, rate=2, padding="CAUSAL", arrays=(images(2, 9, 3),), said="Conv1D, causal"),
    of("CausalConv1D", 4, 3, arrays=(images(2, 9, 3),)),
    of("Conv1DTranspose", 4, 18, 3, stride=2, arrays=(images(2, 9, 3),)),
    of("Conv2D", 4, 3, stride=2, arrays=_IMAGES),
    of("Conv2D", 4, 3, rate=2, padding="VALID", arrays=_IMAGES, said="Conv2D, dilated"),
    of("Conv2D", 4, 3, padding="FULL", arrays=_IMAGES, said="Conv2D, full padding"),
    of(
        *("Conv2D", 4, 3),
        mask=np.tril(np.ones((3, 3), np.float32)),
        arrays=_IMAGES,
        said="Conv2D, masked",
    ),
    of("Conv2DTranspose", 4, [16, 16], 3, stride=2, arrays=_IMAGES),
    of("Conv2DTranspose", 4, None, 3, stride=2, arrays=_IMAGES, said="Conv2DTranspose, own shape"),
    of("Conv3D", 4, 3, arrays=(images(2, 5, 6, 7, 2),)),
    of("Conv3DTranspose", 4, [10, 12, 14], 3, stride=2, arrays=(images(2, 5, 6, 7, 2),)),
    of("DepthwiseConv2D", 2, 3, arrays=_IMAGES),
    of("SeparableConv2D", 4, 2, 3, arrays=_IMAGES),
    of("SeparableConv1D", 4, 2, 3, arrays=(images(2, 9, 3),)),
    of("InPlaneConv2D", 3, arrays=_IMAGES),
    of("LayerNorm", arrays=_ROWS),
    Model("sonnet", "BatchNorm in training", batch_norm("BatchNorm", True, scale=True), _IMAGES),
    Model("sonnet", "BatchNorm", batch_norm("BatchNorm", False, offset=False), _IMAGES),
    Model("sonnet", "BatchNorm, updated at once", updated, _IMAGES),
    Model("sonnet", "BatchNormV2 in training", batch_norm("BatchNormV2", True), _IMAGES),
    Model(
        *("sonnet", "BatchNormV2, not fused"),
        batch_norm("BatchNormV2", False, fused=False, scale=True),
        _IMAGES,
    ),
    Model("sonnet", "Embed", embedded, (numbers(7, 2, 4),)),
    Model("sonnet", "Linear with initializers and regularizers", regularized, _ROWS),
    Model("sonnet", "Linear in parts", partitioned, _ROWS),
    Model("sonnet", "Linear.transpose", transposed, _ROWS),
    Model("sonnet", "Conv2D.transpose", transposed_conv, _IMAGES),
    Model("sonnet", "MLP", perceptron, _ROWS),
    Model("sonnet", "MLP with dropout", with_dropout, _ROWS),
    Model("sonnet", "ConvNet2D with batch norm", convolutions, _IMAGES),
    Model("sonnet", "ConvNet2D.transpose", convolutions_and_back, _IMAGES),
    Model("sonnet", "ConvNet2DTranspose", transposed_convolutions, (images(2, 4, 4, 3),)),
    Model("sonnet", "Module of a function", inception_by_hand, _IMAGES),
    Model("sonnet", "a module in a module", nested, _ROWS),
    Model("sonnet", "two of one name", unique_names, _ROWS),
    Model("sonnet", "Sequential", sequential, _ROWS),
    Model("sonnet", "shapes", shaped, (images(4, 2, 3, 4),)),
    Model("sonnet", "BatchApply", over_time, _STEPS),
    Model("sonnet", "custom getter for some", stopped, _ROWS),
    Model("sonnet", "custom getter around", overridden, _ROWS),
    Model(
        *("sonnet", "custom getter with other arguments", context, _ROWS),
        differentiated=False,
    ),
    Model("sonnet", "VanillaRNN, unrolled", unrolled("VanillaRNN", 4), _STEPS),
    Model("sonnet", "LSTM, unrolled", unrolled("LSTM", 4), _STEPS),
    Model("sonnet", "LSTM", dynamic("LSTM", 4), _STEPS),
    Model(
        *("sonnet", "LSTM with peepholes, projected, clipped"),
        dynamic("LSTM", 4, use_peepholes=True, projection_size=3, cell_clip_value=0.3),
        _STEPS,
    ),
    Model("sonnet", "LSTM with layer norm", dynamic("LSTM", 4, use_layer_norm=True), _STEPS),
    Model("sonnet", "LSTM, trained first state", dynamic("LSTM", 4, trainable=True), _STEPS),
    Model("sonnet", "GRU", dynamic("GRU", 4), _STEPS),
    Model("sonnet", "LSTMBlockCell", dynamic("LSTMBlockCell", 4), _STEPS),
    Model("sonnet", "BatchNormLSTM", normalized_lstm, _STEPS),
    Model("sonnet", "DeepRNN", deep, _STEPS),
    Model("sonnet", "DeepRNN with skip connections", skipping, _STEPS),
    Model("sonnet", "ResidualCore", residual, _STEPS),
    Model("sonnet", "BidirectionalRNN", both_ways, _STEPS),
    Model("sonnet", "LSTM with recurrent dropout", dropped, _STEPS),
    Model("sonnet", "Conv2DLSTM", convolved, (images(2, 2, 6, 6, 2),)),
    Model("sonnet", "HighwayCore", highway, (images(2, 4),)),
    Model("sonnet", "AffineGridWarper", warped, (_THETA,)),
    Model("sonnet", "AffineGridWarper with constraints", warped_back, (_SCALES,)),
    Model(
        *("sonnet", "MovingAverage", averaged, _ROWS),
        fails="it makes a tensor of what assign_moving_average gives, and an Operation is none",
    ),
    Model("sonnet", "AttentiveRead", attentive, (images(2, 3, 4), images(2, 5, seed=1))),
    Model("sonnet", "RelationalMemory", relational, (images(2, 6),)),
    Model("sonnet", "VectorQuantizer", quantized("VectorQuantizer"), (images(2, 3, 4),)),
    Model(
        *("sonnet", "VectorQuantizerEMA"),
        quantized("VectorQuantizerEMA", decay=0.9),
        (images(2, 3, 4),),
        fails="TensorFlow 2 itself refuses initialized_value of its variables",
    ),
    Model(
        *("sonnet", "spectral norm", spectral, _ROWS),
        fails="it puts u.assign(...) into a collection for later, and an assignment is done at once",
    ),
    Model("sonnet", "scale_gradient", scaled, _ROWS),
    Model("sonnet", "clip_gradient", clipped, _ROWS),
    Model("sonnet", "ACTCore", pondering, (images(2, 3),)),
]
MODELS = mostly_heavy(
    _ALL,
    *(
        "Linear, called twice",
        "Conv2D",
        "Conv2DTranspose",
        "SeparableConv2D",
        "BatchNorm in training",
    ),
    *("MLP", "a module in a module", "two of one name", "custom getter around", "LSTM", "Embed"),
    *("AffineGridWarper", "Sequential"),
)
