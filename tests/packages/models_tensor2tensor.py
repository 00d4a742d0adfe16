"""tensor2tensor: its layers, attention and models."""

import numpy as np

from packages.both import beside
from packages.model import Model, images, mostly_heavy, numbers

LAYERS = "tensor2tensor.layers.common_layers"
ATTENTION = "tensor2tensor.layers.common_attention"


def norms(layers, tf, x):
    kinds = ("layer", "batch", "noam", "l2", "none")
    return [
        *(layers.apply_norm(x, kind, 8, 1e-6) for kind in kinds),
        layers.group_norm(x, num_groups=4),
        layers.instance_norm(x),
        layers.layer_norm(x, 8, name="again"),
    ]


def around_layers(layers, tf, x, y):
    options = {"dropout_rate": 0.0, "epsilon": 1e-6, "default_name": "around"}
    return [
        layers.layer_prepostprocess(x, y, kinds, norm_type="layer", depth=8, **options)
        for kinds in ("an", "z", "dan", "none")
    ]


def convolutions(layers, tf, x):
    y = layers.conv(x, 4, (3, 3), padding="SAME", dilation_rate=(2, 2))
    y = layers.conv_block(y, 4, [((1, 1), (3, 3)), ((2, 2), (3, 3))], padding="SAME")
    y = layers.separable_conv_block(y, 4, [((1, 1), (3, 3))], padding="LEFT")
    y = layers.subseparable_conv(y, 4, (3, 3), padding="SAME", separability=2)
    y = layers.subseparable_conv_block(y, 4, [((1, 1), (3, 3))], padding="SAME", separability=1)
    z = layers.conv_block_downsample(y, (3, 3), (2, 2), "SAME")
    y, all_steps = layers.conv_stride2_multistep(y, 1, 4)
    up = layers.deconv_stride2_multistep(x, 1, 4)
    pooled = layers.pool(up, (2, 2), "MAX", "SAME", (2, 2))
    return [z, pooled, *all_steps]


def in_one_dimension(layers, tf, x):
    y = layers.conv1d(x, 6, 3, padding="SAME")
    y = layers.conv1d_block(y, 6, [(1, 3), (2, 3)], padding="LEFT")
    return layers.tpu_conv1d(y, 5, 3, padding="LEFT")


def recurrent(layers, tf, x):
    y = layers.conv_gru(x, (3, 1), 6)
    y = layers.conv_lstm(y, (3, 1), 6, padding="LEFT")
    return layers.diagonal_conv_gru(y, (3, 1), 6)[0]


def simple_recurrent(layers, tf, x):
    return layers.sru(x, num_layers=2)


def feed_forward(layers, tf, x):
    y = layers.dense_relu_dense(x, 12, 6, dropout=0.0)
    y = layers.conv_relu_conv(y, 12, 6, first_kernel_size=3, padding="LEFT")
    y = layers.sepconv_relu_sepconv(y, 12, 6, first_kernel_size=(3, 1))
    y = layers.gated_linear_unit_layer(y)
    y = layers.conv_hidden_relu(tf.expand_dims(y, 2), 8, 6)
    return [y, layers.gru_feedfwd(x, x + 1, 6, "cell"), layers.dense_dropconnect(x, 5)]


def sets(layers, tf, x, context):
    y = layers.linear_set_layer(7, x, context=context)
    return [y, layers.ravanbakhsh_set_layer(5, y), layers.running_global_pool_1d(y)]


def memory_efficient(layers, tf, x):
    return layers.conv_hidden_relu_memory_efficient(x, 12)


def recomputed(layers, tf, x):
    def block(x):
        with tf.variable_scope("block"):
            w = tf.get_variable("w", [8, 5])
        return (tf.nn.relu(tf.tensordot(x, w, 1)),)

    return layers.recompute_grad(block)(x)


def shapes_and_masks(layers, tf, x):
    return [
        layers.dense(x, 2),
        layers.shift_right_3d(x),
        layers.shift_right(tf.expand_dims(x, 2)),
        layers.shift_right_2d(x[:, :, 0]),
        *layers.pad_to_same_length(x, x[:, :3], final_length_divisible_by=4),
        *layers.pad_with_zeros(x, x[:, :3]),
        layers.flatten4d3d(tf.expand_dims(x, 1)),
        layers.expand_squeeze_to_nd(x, 4),
        layers.length_from_embedding(tf.expand_dims(x, 2)),
        layers.mask_from_embedding(tf.expand_dims(x, 2)),
        layers.mask_leq(3, 4),
        layers.mask_pos_lt(3, 4),
        layers.ones_matrix_band_part(4, 5, 1, 2),
        layers.get_timing_signal(6),
        layers.add_timing_signal(tf.expand_dims(x, 2), num_timescales=2),
        layers.make_even_size(tf.expand_dims(x, 3)),
        layers.convert_rgb_to_symmetric_real(x),
        layers.standardize_images(tf.expand_dims(x, 3)),
        layers.index_last_dim_with_indices(x, tf.argmax(x, -1)),
        *layers.argmax_with_score(x),
        *layers.approximate_split(x, 2, axis=1),
    ]


def weights(layers, tf, labels):
    return [
        layers.dense(tf.cast(labels, tf.float32), 2),
        layers.weights_nonzero(labels),
        layers.weights_all(labels),
        layers.weights_prepend_inputs_to_targets(labels),
        layers.weights_concatenated(labels),
        layers.weights_multi_problem(labels, 3),
        layers.weights_multi_problem_all(labels, 3),
    ]


def embedded(layers, tf, ids):
    return layers.embedding(ids, 20, 6, multiplier=2.0, symbol_dropout_rate=0.0)


def losses(layers, tf, x, labels):
    logits = layers.dense(x, 9)
    smooth = layers.smoothing_cross_entropy(
        tf.reshape(logits, [-1, 9]), tf.reshape(labels, [-1]), 9, confidence=0.9
    )
    padded = layers.padded_cross_entropy(logits, labels, 0.1)
    return [smooth, *padded, layers.sample_with_temperature(logits, 0.0)]


def factored_loss(layers, tf, x, labels):
    y = layers.dense(x, 6, name="a")
    table = tf.get_variable("table", [9, 6])
    return layers.smoothing_cross_entropy_factored(y, table, labels, 0.9)


def mixture_of_logistics(layers, tf, pred, labels):
    pred = layers.dense(pred, 20)
    return layers.discretized_mix_logistic_loss(pred, layers.convert_rgb_to_symmetric_real(labels))


def activations(layers, tf, x):
    return [
        layers.saturating_sigmoid(x),
        layers.hard_sigmoid(x)[0],
        layers.hard_tanh(x)[0],
        layers.gelu(x),
        layers.lrelu(x),
        layers.nac(x, 5),
        layers.nalu(x, 5),
        layers.brelu(x),
        layers.belu(x),
    ]


def targeted(layers, tf, x):
    y = layers.dense(x, 5)
    return [
        layers.weight_targeting(y, 3),
        layers.unit_targeting(y, 2),
    ]


def discriminators(layers, tf, x):
    y = layers.general_conv(x, num_filters=4, filter_size=3, do_norm="layer")
    return [
        layers.single_discriminator(y, filters=4, kernel_size=3, strides=2),
        layers.upscale(x, 2),
        layers.cyclegan_upsample(y, 4, [2, 2]),
    ]


def attention(memory, length, **options):
    def build(module, tf, x, *others):
        bias = None if memory else module.attention_bias_lower_triangle(length)
        other = others[0] if memory else None
        return module.multihead_attention(x, other, bias, 8, 8, 8, 4, 0.0, **options)

    return build


def memory_and_cache(module, tf, x, k, v, now):
    cache = {"k": k, "v": v}
    y = module.multihead_attention(
        x[:, :1], None, tf.zeros([1, 1, 1, 5]), 8, 8, 8, 4, 0.0, cache=cache, decode_loop_step=None
    )
    return [y, cache["k"], cache["v"]]


def biases(module, tf, x, segments):
    tf.layers.dense(x, 2)
    padding = module.embedding_to_padding(tf.where(x > 0, x, tf.zeros_like(x)))
    batch = tf.cast(segments, tf.float32)
    return [
        padding,
        module.padding_to_length(padding),
        module.attention_bias_local(5, 2, 1),
        module.attention_bias_lower_triangle(4),
        module.attention_bias_same_segment(segments, segments),
        module.attention_bias_ignore_padding(padding),
        module.attention_bias_to_padding(module.attention_bias_ignore_padding(padding)),
        module.attention_bias_prepend_inputs_full_attention(padding),
        module.attention_bias_proximal(5),
        module.attention_bias_coordinates(tf.reshape(batch, [-1, 1]), tf.reshape(batch, [-1, 1])),
        module.attention_bias_future(tf.reshape(batch, [-1, 1]), tf.reshape(batch, [-1, 1])),
    ]


def positions(module, tf, x, where):
    y = module.add_timing_signal_1d(x)
    y = module.add_timing_signal_1d_given_position(y, where)
    y = module.add_positional_embedding(y, 9, "positions")
    y = module.add_layer_timing_signal_learned_1d(y, 1, 3)
    y = module.add_layer_timing_signal_sinusoid_1d(y, 1, 3)
    z = module.add_timing_signal_nd(tf.expand_dims(y, 1))
    return [y, module.add_positional_embedding_nd(z, 9, "nd")]


def other_attention(module, tf, x):
    return [
        module.ffn_self_attention_layer(x, 8, 8, 4, 0.0),
        module.parameter_attention(x, 8, 8, 8, 5, 4, 0.0),
        module.scaled_dot_product_attention_simple(x, x, x, None),
    ]


def compressed(module, tf, x):
    return module.multihead_self_attention_reduced(
        x,
        factor=2,
        multihead_params={
            "total_key_depth": 8,
            "total_value_depth": 8,
            "num_heads": 4,
            "dropout_rate": 0.0,
        },
    )


def efficient(module, tf, x):
    bias = module.attention_bias_lower_triangle(5)
    return module.multihead_self_attention_memory_efficient(x, bias, 2, head_size=4)


def grouped(module, tf, x):
    return module.grouped_attention_multihead(x, x, 8, 8, 8, 2, num_groups=2)[0]


def two_dimensional(kind):
    def build(module, tf, x):
        return module.multihead_attention_2d(
            x, None, 8, 8, 8, 2, attention_type=kind, query_shape=(2, 2), memory_flange=(1, 1)
        )

    return build


def any_dimensional(module, tf, x):
    return module.multihead_attention_nd(x, None, 8, 8, 8, 2, (2, 2), (2, 2), masked=True)


def edges(module, tf, x):
    return module.make_edge_vectors(x, 4, 6)


def hparams_of(module, name, **values):
    hparams = getattr(module, name)()
    for key, value in values.items():
        assert hasattr(hparams, key), key
        setattr(hparams, key, value)
    return hparams


_SMALL = {
    "hidden_size": 8,
    "filter_size": 12,
    "num_heads": 2,
    "num_hidden_layers": 2,
    "layer_prepostprocess_dropout": 0.0,
    "attention_dropout": 0.0,
    "relu_dropout": 0.0,
    "use_pad_remover": False,
}


def transformer_body(name="transformer_base_single_gpu", **values):
    """The encoder and the decoder, without what makes embeddings of ids."""

    def build(transformer, tf, x, y):
        hparams = hparams_of(transformer, name, **_SMALL | values)
        encoded, bias, decoding = transformer.transformer_prepare_encoder(
            tf.reshape(x, [2, 5, 8]), tf.constant(0), hparams
        )
        encoded = transformer.transformer_encoder(encoded, bias, hparams)
        decoded, triangle = transformer.transformer_prepare_decoder(y, hparams)
        return transformer.transformer_decoder(decoded, encoded, triangle, decoding, hparams)

    return build


def whole(name, hparams, mode="eval", summaries=False, of_images=False, **values):
    """A model: logits of features. It notes its hyperparameters as texts, unless that is left out."""

    def build(module, tf, inputs, targets):
        hp = hparams_of(module, hparams, **values)
        problems = beside(module, "tensor2tensor.data_generators.problem_hparams")
        space = problems.test_problem_hparams(10, 10, hp)
        if of_images:
            kinds = beside(module, "tensor2tensor.layers.modalities").ModalityType
            space.modality.update(inputs=kinds.IMAGE, targets=kinds.CLASS_LABEL)
        hp.problem_hparams = space
        cls = getattr(module, name)
        if not summaries:
            cls = type(name, (cls,), {"summarize_hparams": lambda self: None})
        net = cls(hp, mode, space)
        features = {
            "inputs": inputs,
            "targets": targets,
            "target_space_id": tf.constant(1, dtype=tf.int32),
        }
        return net(features)[0]

    return build


def layer(name, function, *arrays, **options):
    return Model(LAYERS, name, function, arrays, **options)


def attend(name, memory=False, length=5, **options):
    return Model(
        ATTENTION,
        name,
        attention(memory, length, **options),
        (images(2, length, 8), *([images(2, 6, 8, seed=1)] if memory else [])),
    )


_TINY = {"hidden_size": 8, "num_hidden_layers": 1}
_IDS = (numbers(10, 2, 5, 1, 1), numbers(10, 2, 6, 1, 1, seed=1))


_PIXELS = (numbers(256, 2, 32, 32, 3), numbers(10, 2, 1, 1, 1))


def _of_model(file, name, hparams, **options):
    return Model(f"tensor2tensor.models.{file}", name, whole(name, hparams, **options), _IDS)


def _of_images(file, name, hparams, **options):
    return Model(
        f"tensor2tensor.models.{file}",
        name,
        whole(name, hparams, of_images=True, **options),
        _PIXELS,
        steep=1e-3,
    )


_PADDED = images(2, 5, 8) * np.array([[[1], [1], [1], [0], [0]], [[1]] * 5], np.float32)
_SEGMENTS = np.array([[1, 1, 2, 2, 0], [1, 2, 2, 3, 3]], np.int32)
_ALL = [
    layer("norms", norms, images(2, 3, 4, 8)),
    layer("around layers", around_layers, images(2, 3, 8), images(2, 3, 8, seed=1)),
    layer("convolutions", convolutions, images(2, 6, 6, 4)),
    layer("in one dimension", in_one_dimension, images(2, 7, 4)),
    layer("recurrent", recurrent, images(2, 5, 1, 6)),
    layer("sru", simple_recurrent, images(2, 5, 6)),
    layer("feed forward", feed_forward, images(2, 5, 6)),
    layer("sets", sets, images(2, 5, 6), images(2, 4, seed=1)),
    layer("memory efficient", memory_efficient, images(2, 5, 8)),
    layer("recompute_grad", recomputed, images(2, 5, 8)),
    layer("shapes and masks", shapes_and_masks, images(2, 5, 6), differentiated=False),
    layer("weights of labels", weights, numbers(4, 2, 6, 1, 1), differentiated=False),
    layer("embedding", embedded, numbers(20, 2, 5)),
    layer("cross entropies", losses, images(2, 5, 1, 1, 4), numbers(9, 2, 5, 1, 1)),
    layer("factored cross entropy", factored_loss, images(6, 4), numbers(9, 6)),
    layer(
        "mixture of logistics", mixture_of_logistics, images(2, 4, 4, 6), numbers(256, 2, 4, 4, 3)
    ),
    layer("activations", activations, images(2, 3, 4, 6)),
    layer("targeting", targeted, images(6, 5), differentiated=False),
    layer("discriminators", discriminators, images(2, 8, 8, 3)),
    attend("self-attention"),
    attend("attention to memory", memory=True),
    attend(
        "filters of width 3",
        q_filter_width=3,
        kv_filter_width=3,
        q_padding="LEFT",
        kv_padding="LEFT",
    ),
    attend("variables of three dimensions", vars_3d=True),
    attend("hard attention", hard_attention_k=2),
    attend("area attention", max_area_width=2),
    attend("relative", attention_type="dot_product_relative", max_relative_position=3),
    attend(
        "relative, version 2",
        attention_type="dot_product_relative_v2",
        max_relative_position=3,
        add_relative_to_values=True,
    ),
    attend(
        "relative, unmasked",
        attention_type="dot_product_unmasked_relative_v2",
        max_relative_position=5,
    ),
    attend("local, masked", length=8, attention_type="local_mask_right", block_length=4),
    attend(
        "local, within blocks",
        length=8,
        attention_type="local_within_block_mask_right",
        block_length=4,
    ),
    attend(
        "local, unmasked", length=8, attention_type="local_unmasked", block_length=4, block_width=2
    ),
    attend(
        "local, relative",
        length=8,
        attention_type="local_relative_mask_right",
        block_length=4,
        heads_share_relative_embedding=True,
    ),
    attend(
        "dilated, masked",
        length=8,
        attention_type="masked_dilated_1d",
        block_length=2,
        block_width=2,
        gap_size=1,
        num_memory_blocks=1,
    ),
    attend(
        "dilated, unmasked",
        length=8,
        attention_type="unmasked_dilated_1d",
        block_length=2,
        block_width=2,
        gap_size=1,
        num_memory_blocks=1,
    ),
    Model(
        ATTENTION,
        "with a cache",
        memory_and_cache,
        (images(2, 5, 8), images(2, 4, 4, 2), images(2, 4, 4, 2, seed=1), numbers(3, 1)),
    ),
    Model(ATTENTION, "biases", biases, (images(2, 5, 6), _SEGMENTS), differentiated=False),
    Model(ATTENTION, "positions", positions, (images(2, 5, 8), _SEGMENTS.astype(np.float32))),
    Model(ATTENTION, "other attention", other_attention, (images(2, 5, 8),)),
    Model(ATTENTION, "compressed memory", compressed, (images(2, 6, 8),)),
    Model(ATTENTION, "memory efficient", efficient, (images(2, 5, 8),)),
    Model(ATTENTION, "grouped", grouped, (images(2, 6, 8),)),
    Model(ATTENTION, "of images", two_dimensional("local_attention_2d"), (images(1, 4, 4, 8),)),
    Model(
        ATTENTION,
        "of images, masked",
        two_dimensional("masked_local_attention_2d"),
        (images(1, 4, 4, 8),),
    ),
    Model(ATTENTION, "of any dimensions", any_dimensional, (images(1, 4, 4, 8),)),
    Model(ATTENTION, "edges", edges, (numbers(2, 2, 3, 3),)),
    Model(
        "tensor2tensor.models.transformer",
        "transformer body",
        transformer_body(),
        (images(2, 5, 8), images(2, 4, 8, seed=1)),
    ),
    Model(
        "tensor2tensor.models.transformer",
        "transformer body, without padding",
        transformer_body(use_pad_remover=True),
        (_PADDED, images(2, 4, 8, seed=1)),
        compiled=False,
    ),
    Model(
        "tensor2tensor.models.transformer",
        "transformer body, relative",
        transformer_body("transformer_relative", max_relative_position=3, pos="emb"),
        (images(2, 5, 8), images(2, 4, 8, seed=1)),
    ),
    Model(
        "tensor2tensor.models.transformer",
        "Transformer",
        whole("Transformer", "transformer_base_single_gpu", **_SMALL),
        (numbers(10, 2, 5, 1, 1), numbers(10, 2, 6, 1, 1, seed=1)),
    ),
    Model(
        "tensor2tensor.models.transformer",
        "Transformer with its summaries",
        whole("Transformer", "transformer_base_single_gpu", summaries=True, **_SMALL),
        (numbers(10, 2, 5, 1, 1), numbers(10, 2, 6, 1, 1, seed=1)),
        fails="it makes tensors of texts",
    ),
    Model(
        "tensor2tensor.models.lstm",
        "LSTMSeq2seq",
        whole("LSTMSeq2seq", "lstm_seq2seq", hidden_size=8),
        (numbers(10, 2, 5, 1, 1), numbers(10, 2, 6, 1, 1, seed=1)),
    ),
    Model(
        "tensor2tensor.models.lstm",
        "LSTMSeq2seqBidirectionalEncoder",
        whole("LSTMSeq2seqBidirectionalEncoder", "lstm_seq2seq", hidden_size=8),
        (numbers(10, 2, 5, 1, 1), numbers(10, 2, 6, 1, 1, seed=1)),
    ),
    Model(
        "tensor2tensor.models.lstm",
        "LSTMSeq2seqAttention",
        whole("LSTMSeq2seqAttention", "lstm_attention", hidden_size=8, attention_layer_size=8),
        _IDS,
    ),
    _of_model("bytenet", "ByteNet", "bytenet_base", num_block_repeat=1, **_TINY),
    _of_model("transformer", "TransformerEncoder", "transformer_base_single_gpu", **_SMALL),
    _of_model(
        "transformer",
        "TransformerScorer",
        "transformer_base_single_gpu",
        mode="infer",
        **_SMALL,
    ),
    _of_model("evolved_transformer", "EvolvedTransformer", "evolved_transformer_base", **_SMALL),
    Model(
        "tensor2tensor.models.research.universal_transformer",
        "UniversalTransformer",
        whole("UniversalTransformer", "universal_transformer_base", **_SMALL),
        _IDS,
        # It picks the embedding of a step by the number of the step, a tensor.
        compiled=False,
    ),
    _of_model("neural_gpu", "NeuralGPU", "neural_gpu", **_TINY),
    _of_model("slicenet", "SliceNet", "slicenet_params1_tiny", **_TINY | {"hidden_size": 40}),
    _of_model("text_cnn", "TextCNN", "text_cnn_base", num_filters=2, hidden_size=8),
    _of_model("research.attention_lm", "AttentionLM", "attention_lm_small", **_TINY),
    _of_images(
        "resnet",
        "Resnet",
        "resnet_18",
        layer_sizes=[1, 1, 1, 1],
        filter_sizes=[4, 4, 6, 6, 8],
        use_nchw=False,
    ),
    _of_images("xception", "Xception", "xception_tiny", hidden_size=8),
    Model(
        "tensor2tensor.models.revnet",
        "Revnet",
        whole(
            "Revnet",
            "revnet_base",
            of_images=True,
            num_channels=[4, 4],
            num_layers_per_block=[1, 1],
        ),
        _PIXELS,
    ),
    _of_images("shake_shake", "ShakeShake", "shakeshake_small", hidden_size=16),
    _of_images("basic", "BasicFcRelu", "basic_fc_small", hidden_size=8),
]

MODELS = mostly_heavy(_ALL, "norms", "embedding", "self-attention", "positions")
