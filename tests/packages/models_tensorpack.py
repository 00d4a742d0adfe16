"""tensorpack: its layers, under argscope and in a TowerContext, and a small residual network of them."""

from packages.model import Model, images, mostly_heavy


def row(said, build, arrays, *, training=False, **options):
    """A row for what is built in a tower, as the library's trainers and predictors do."""

    def built(pack, tf, *tensors):
        with pack.TowerContext("", is_training=training):
            return build(pack, tf, *tensors)

    return Model("tensorpack", said, built, arrays, **options)


def layer(name, *args, **options):
    """One layer, called by its name."""

    def build(pack, tf, x):
        return getattr(pack, name)("layer", x, *args, **options)

    return build


def block(pack, x, name, channels, stride, first=False):
    """A residual block."""
    with pack.tfv1.variable_scope(name):
        before = x if first else pack.BNReLU("preact", x)
        out = pack.Conv2D("conv1", before, channels, 3, strides=stride, activation=pack.BNReLU)
        out = pack.Conv2D("conv2", out, channels, 3)
        if x.shape[-1] != channels:
            x = pack.Conv2D("shortcut", before, channels, 1, strides=stride)
        return out + x


def residual(pack, tf, x):
    tf.get_variable_scope().set_initializer(tf.variance_scaling_initializer(2.0, "fan_out"))
    with pack.argscope([pack.Conv2D], use_bias=False), pack.argscope(pack.BatchNorm, momentum=0.8):
        x = pack.Conv2D("conv0", x, 8, 3, activation=pack.BNReLU)
        x = block(pack, x, "res1", 8, 1, first=True)
        x = block(pack, x, "res2", 16, 2)
        x = pack.BNReLU("last", x)
    x = pack.GlobalAvgPooling("gap", x)
    return pack.FullyConnected("linear", x, 5)


def wrapped(pack, tf, x):
    return (
        pack.LinearWrap(x)
        .Conv2D("conv0", 4, 3)
        .MaxPooling("pool0", 2)
        .PReLU("act")
        .tf.nn.relu()
        .FullyConnected("fc", 3, activation=tf.nn.relu)()
    )


def regularized(pack, tf, x):
    out = pack.FullyConnected("fc0", pack.FullyConnected("fc1", x, 4), 3)
    return out, pack.regularize_cost("fc./W", tf.nn.l2_loss, name="cost")


def regularized_by_the_layers(pack, tf, x):
    out = pack.Conv2D("conv", x, 4, 3, kernel_regularizer=pack.l2_regularizer(0.1))
    return out, pack.regularize_cost_from_collection()


def held(pack, tf, x):
    """A layer's variables are asked of its output."""
    out = pack.Conv2D("conv", x, 4, 3)
    return out, tf.reduce_sum(tf.square(out.variables.W)), out.variables.b * 2


def reused(pack, tf, x):
    with tf.variable_scope("shared"):
        first = pack.FullyConnected("fc", x, 5)
    with tf.variable_scope("shared", reuse=True):
        return pack.FullyConnected("fc", first, 5)


_ROWS = (images(4, 5),)
_IMAGES = (images(2, 8, 8, 4),)
_ALL = [
    row("Conv2D", layer("Conv2D", 6, 3), _IMAGES),
    row(
        *("Conv2D, in groups", layer("Conv2D", 6, 3, split=2, use_bias=False), _IMAGES),
        differentiated=False,
    ),
    row("Conv2D, older names", layer("Conv2D", out_channel=6, kernel_shape=3, stride=2), _IMAGES),
    row(
        *("Conv2D, dilated", layer("Conv2D", 6, 3, dilation_rate=2, use_bias=False), _IMAGES),
        differentiated=False,
    ),
    row("Conv2DTranspose", layer("Conv2DTranspose", 6, 3, strides=2), _IMAGES),
    row("FullyConnected", layer("FullyConnected", 6), _IMAGES),
    row("BatchNorm", layer("BatchNorm"), _IMAGES),
    row("BatchNorm in training", layer("BatchNorm"), _IMAGES, training=True),
    row("BatchNorm of rows", layer("BatchNorm"), _ROWS, training=True),
    row(
        *("BatchNorm, virtual batches", layer("BatchNorm", virtual_batch_size=2), _ROWS),
        training=True,
    ),
    row(
        *("BatchNorm, updated inside", layer("BatchNorm", ema_update="internal"), _IMAGES),
        training=True,
    ),
    row("BatchRenorm", layer("BatchRenorm", rmax=1.5, dmax=0.5), _IMAGES),
    row("LayerNorm", layer("LayerNorm"), _IMAGES),
    row("InstanceNorm", layer("InstanceNorm"), _IMAGES),
    row("MaxPooling", layer("MaxPooling", 2), _IMAGES),
    row("AvgPooling", layer("AvgPooling", 3, strides=2, padding="same"), _IMAGES),
    row("GlobalAvgPooling", layer("GlobalAvgPooling"), _IMAGES),
    row("FixedUnPooling", layer("FixedUnPooling", 2), _IMAGES),
    row("PReLU", layer("PReLU"), _IMAGES),
    row("BNReLU", layer("BNReLU"), _IMAGES),
    row("Dropout", lambda pack, tf, x: pack.Dropout(x, keep_prob=0.5), _IMAGES),
    row("ConcatWith", lambda pack, tf, x: pack.ConcatWith(x, [2 * x], 3), _IMAGES),
    row("a residual network", residual, _IMAGES),
    row("a residual network in training", residual, _IMAGES, training=True),
    row("LinearWrap", wrapped, _IMAGES),
    row("regularize_cost", regularized, _ROWS),
    row("regularize_cost in training", regularized, _ROWS, training=True),
    row("regularizers of layers", regularized_by_the_layers, _IMAGES, training=True),
    row("variables of an output", held, _IMAGES),
    row("shared by reuse", reused, _ROWS),
]
MODELS = mostly_heavy(
    _ALL,
    "Conv2D",
    "FullyConnected",
    "BatchNorm in training",
    "PReLU",
    "a residual network",
    "shared by reuse",
)
