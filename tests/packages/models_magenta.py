"""magenta: image stylization, cells of sketch_rnn, and parts of other models."""

import numpy as np

from packages.both import beside
from packages.model import Model, images, mostly_heavy

_STYLES = np.array([1, 0], np.int32)
_MIXED = np.array([0.25, 0.75, 0.0], np.float32)


def stylized(norm, **params):
    """The transformer network, of a few styles."""

    def build(model, tf, x, *labels):
        of_styles = beside(model, "magenta.models.image_stylization.ops")
        given = {"num_categories": 3, "center": True, "scale": True} | params
        key = "weights" if norm.startswith("weighted") else "labels"
        return model.transform(
            x,
            alpha=0.125,
            normalizer_fn=getattr(of_styles, norm),
            normalizer_params=given | {key: labels[0]},
        )

    return build


def arbitrarily_stylized(training):
    def build(model, tf, x):
        of_styles = beside(model, "magenta.models.image_stylization.ops")
        names, depths = model.style_normalization_activations(alpha=0.125)
        style = tf.layers.dense(x[:, 0, 0], 6, name="style")
        params = {}
        for name, depth in zip(names, depths, strict=True):
            params[f"{name}/beta"] = tf.layers.dense(style, depth)
            params[f"{name}/gamma"] = tf.layers.dense(style, depth)
        return model.transform(
            x,
            normalizer_fn=of_styles.conditional_style_norm,
            normalizer_params={"style_params": params},
            alpha=0.125,
            is_training=training,
        )

    return build


def losses(learning, tf, x, y):
    ends, others = {}, {}
    for name in ("a", "b"):
        x = ends[name] = tf.layers.conv2d(x, 3, 3, name=name)
        y = others[name] = tf.layers.conv2d(y, 3, 3, name=name, reuse=True)
    grams = {name: learning.gram_matrix(end) for name, end in others.items()}
    content, _ = learning.content_loss(ends, others, {"a": 1.0, "b": 0.5})
    style, _ = learning.style_loss(grams, ends, {"a": 2.0, "b": 1.0})
    variation, _ = learning.total_variation_loss(x, 0.1)
    return [content, style, variation]


def cell(name, *size, **options):
    def build(rnn, tf, x):
        made = getattr(rnn, name)(*size, **options)
        outputs, state = tf.nn.dynamic_rnn(made, x, dtype=tf.float32)
        return [outputs, state]

    return build


def wavenet(masked, tf, x):
    y = masked.conv1d(masked.shift_right(x), 6, 3, "first")
    skips = []
    for number in range(3):
        dilated = masked.conv1d(y, 12, 3, f"dilated_{number}", dilation=2**number)
        gated = tf.sigmoid(dilated[:, :, :6]) * tf.tanh(dilated[:, :, 6:])
        skips.append(masked.conv1d(gated, 5, 1, f"skip_{number}"))
        y += masked.conv1d(gated, 6, 1, f"residual_{number}")
    summed = masked.conv1d(tf.add_n(skips), 4, 3, "last", causal=False)
    return [summed, *(masked.pool1d(summed, 4, mode, mode=mode) for mode in ("avg", "max"))]


def conv_net(model, tf, x):
    hparams = model.get_default_hparams()
    hparams.override_from_dict({"num_filters": [4, 4, 6], "fc_size": 10})
    hparams.override_from_dict({"fc_dropout_keep_amt": 1.0, "dropout_keep_amts": [1.0, 1.0, 1.0]})
    return model.conv_net(x, hparams)


def acoustic(model, tf, x):
    hparams = model.get_default_hparams()
    hparams.override_from_dict({"num_filters": [4, 4, 6], "fc_size": 10})
    hparams.override_from_dict({"fc_dropout_keep_amt": 1.0, "dropout_keep_amts": [1.0, 1.0, 1.0]})
    return model.acoustic_model(x, hparams, 5, None)


def encoder(name, **options):
    def build(models, tf, x, lengths):
        hparams = models.get_default_hparams()
        hparams.override_from_dict({"enc_rnn_size": [6, 5]})
        made = getattr(models, name)()
        made.build(hparams, is_training=False)
        return made.encode(x, lengths)

    return build


def decoded(models, tf, x, z, lengths):
    hparams = models.get_default_hparams()
    hparams.override_from_dict({"dec_rnn_size": [6], "z_size": 4})
    made = models.CategoricalLstmDecoder()
    made.build(hparams, 5, is_training=False)
    return made.reconstruction_loss(x, x, lengths, z)[0]


_STYLIZATION = "magenta.models.image_stylization"
_NEEDS = (
    "its package computes with constants of note_seq, which is not installed, when it is imported"
)
_LENGTHS = np.array([4, 3], np.int32)
_ALL = [
    Model(
        f"{_STYLIZATION}.model",
        "styles by labels",
        stylized("conditional_instance_norm"),
        (images(2, 16, 16, 3), _STYLES),
    ),
    Model(
        f"{_STYLIZATION}.model",
        "styles by weights",
        stylized("weighted_instance_norm"),
        (images(2, 16, 16, 3), _MIXED),
    ),
    Model(
        "magenta.models.arbitrary_image_stylization.nza_model",
        "arbitrary styles",
        arbitrarily_stylized(False),
        (images(2, 16, 16, 3),),
    ),
    Model(
        "magenta.models.arbitrary_image_stylization.nza_model",
        "arbitrary styles, in training",
        arbitrarily_stylized(True),
        (images(2, 16, 16, 3),),
    ),
    Model(
        f"{_STYLIZATION}.learning",
        "losses",
        losses,
        (images(2, 9, 9, 3), images(2, 9, 9, 3, seed=1)),
    ),
    Model("magenta.models.sketch_rnn.rnn", "LSTMCell", cell("LSTMCell", 6), (images(2, 4, 5),)),
    Model(
        "magenta.models.sketch_rnn.rnn",
        "LayerNormLSTMCell",
        cell("LayerNormLSTMCell", 6),
        (images(2, 4, 5),),
    ),
    Model(
        "magenta.models.sketch_rnn.rnn",
        "HyperLSTMCell",
        cell("HyperLSTMCell", 6, hyper_num_units=5, hyper_embedding_size=3),
        (images(2, 4, 5),),
    ),
    Model("magenta.models.nsynth.wavenet.masked", "wavenet", wavenet, (images(2, 8, 1),)),
    Model(
        "magenta.models.onsets_frames_transcription.model",
        "conv_net",
        conv_net,
        (images(2, 5, 8, 1),),
    ),
    Model(
        "magenta.models.onsets_frames_transcription.model",
        "acoustic_model",
        acoustic,
        (images(2, 5, 8, 1),),
    ),
    Model(
        "magenta.models.music_vae.lstm_models",
        "LstmEncoder",
        encoder("LstmEncoder"),
        (images(2, 4, 5), _LENGTHS),
        fails=_NEEDS,
    ),
    Model(
        "magenta.models.music_vae.lstm_models",
        "BidirectionalLstmEncoder",
        encoder("BidirectionalLstmEncoder"),
        (images(2, 4, 5), _LENGTHS),
        fails=_NEEDS,
    ),
    Model(
        "magenta.models.music_vae.lstm_models",
        "CategoricalLstmDecoder",
        decoded,
        (np.eye(5, dtype=np.float32)[[[0, 1, 2, 3], [4, 3, 2, 1]]], images(2, 4), _LENGTHS),
        fails=_NEEDS,
    ),
]

MODELS = mostly_heavy(_ALL, "LSTMCell")
