"""OpenNMT-tf: layers of the Transformer, encoders and decoders."""

import numpy as np

from packages.model import Model, images, mostly_heavy, numbers

TRANSFORMER = "opennmt.layers.transformer"
_LENGTHS = np.array([5, 3], np.int32)


def attention(transformer, tf, x, memory, lengths):
    mask = transformer.build_sequence_mask(lengths, num_heads=2, maximum_length=5)
    future = transformer.build_future_mask(lengths, num_heads=2, maximum_length=5)
    with tf.variable_scope("self"):
        y = transformer.multi_head_attention(
            2, transformer.norm(x), None, "eval", num_units=8, mask=future
        )
        y = transformer.drop_and_add(x, y, "eval")
    with tf.variable_scope("memory"):
        y, weights = transformer.multi_head_attention(
            2, y, memory, "eval", mask=mask, return_attention=True
        )
    return [transformer.feed_forward(y, 12, "eval"), weights]


def averaged(transformer, tf, x, lengths):
    mask = transformer.cumulative_average_mask(lengths, maximum_length=5)
    return [
        transformer.cumulative_average(tf.layers.dense(x, 3), mask),
        transformer.tile_sequence_length(lengths, 2),
    ]


def reduced(reducer, tf, x, y, lengths, others):
    x = tf.layers.dense(x, 4)
    return [
        reducer.SumReducer()([x, y[:, :5]]),
        reducer.MultiplyReducer()([x, y[:, :5]]),
        reducer.ConcatReducer()([x, y[:, :5]]),
        *reducer.SumReducer()([x, y], sequence_length=[lengths, others]),
        *reducer.ConcatReducer(axis=1)([x, y], sequence_length=[lengths, others]),
        reducer.roll_sequence(x, lengths),
        reducer.align_in_time(x, 7),
    ]


def embedded(common, tf, ids):
    table = tf.get_variable("table", [10, 4])
    return common.embedding_lookup(table, ids)


def positions(position, tf, lengths):
    return [
        position.make_positions(lengths, 6),
        tf.layers.dense(
            position.SinusoidalPositionEncoder().encode(position.make_positions(lengths), 6), 2
        ),
    ]


def self_attention_encoder(encoders, tf, x, lengths):
    made = encoders.SelfAttentionEncoder(
        2, num_units=8, num_heads=2, ffn_inner_dim=12, position_encoder=None
    )
    outputs, state, _ = made.encode(x, sequence_length=lengths, mode="eval")
    return [outputs, *state]


def self_attention_decoder(decoders, tf, x, memory, lengths, others):
    made = decoders.SelfAttentionDecoder(
        2, num_units=8, num_heads=2, ffn_inner_dim=12, position_encoder=None
    )
    outputs, _, _, attention = made.decode(
        x,
        lengths,
        vocab_size=7,
        mode="eval",
        memory=memory,
        memory_sequence_length=others,
        return_alignment_history=True,
    )
    return [outputs, attention]


def encoder(name, *size, **options):
    def build(encoders, tf, x, lengths):
        made = getattr(encoders, name)(
            *size, cell_class=tf.nn.rnn_cell.LSTMCell, dropout=0.0, **options
        )
        outputs, state, lengths = made.encode(x, sequence_length=lengths, mode="eval")
        return [outputs, state, lengths]

    return build


def convolved(encoders, tf, x, lengths):
    made = encoders.ConvEncoder(2, 6, kernel_size=3, dropout=0.0, position_encoder=None)
    outputs, state, _ = made.encode(x, sequence_length=lengths, mode="eval")
    return [outputs, state]


def mean(encoders, tf, x, lengths):
    outputs, state, _ = encoders.MeanEncoder().encode(tf.layers.dense(x, 3), lengths, "eval")
    return [outputs, state]


def several(kind):
    def build(encoders, tf, x, lengths):
        def rnn(units):
            return encoders.UnidirectionalRNNEncoder(
                1, units, cell_class=tf.nn.rnn_cell.GRUCell, dropout=0.0
            )

        made = getattr(encoders, kind)([rnn(4), rnn(4)])
        return list(made.encode(x, sequence_length=lengths, mode="eval"))

    return build


def rnn_decoder(decoders, tf, x, lengths):
    made = decoders.RNNDecoder(1, 6, dropout=0.0)
    return list(made.decode(x, lengths, vocab_size=7, mode="eval")[:1])


def losses(losses, tf, logits, labels, lengths):
    logits = tf.layers.dense(logits, 7)
    return list(
        losses.cross_entropy_sequence_loss(
            logits, labels, lengths, label_smoothing=0.1, mode="train"
        )
    )


_SLICED = "the branch that tf.cond does not take slices by the value of a tensor"
_TENSORS = (images(2, 5, 8), _LENGTHS)
_ALL = [
    Model(
        TRANSFORMER, "attention", attention, (images(2, 5, 8), images(2, 5, 8, seed=1), _LENGTHS)
    ),
    Model(TRANSFORMER, "cumulative average", averaged, _TENSORS),
    Model(
        "opennmt.layers.reducer",
        "reducers",
        reduced,
        (images(2, 5, 4), images(2, 6, 4, seed=1), _LENGTHS, np.array([4, 6], np.int32)),
        fails=_SLICED,
    ),
    Model("opennmt.layers.common", "embedding_lookup", embedded, (numbers(10, 2, 5),)),
    Model("opennmt.layers.position", "positions", positions, (_LENGTHS,), compiled=False),
    Model("opennmt.encoders", "SelfAttentionEncoder", self_attention_encoder, _TENSORS),
    Model(
        "opennmt.decoders",
        "SelfAttentionDecoder",
        self_attention_decoder,
        (images(2, 5, 8), images(2, 6, 8, seed=1), _LENGTHS, np.array([4, 6], np.int32)),
    ),
    Model(
        "opennmt.encoders",
        "UnidirectionalRNNEncoder",
        encoder("UnidirectionalRNNEncoder", 2, 6),
        _TENSORS,
    ),
    Model(
        "opennmt.encoders",
        "BidirectionalRNNEncoder",
        encoder("BidirectionalRNNEncoder", 2, 6, residual_connections=True),
        _TENSORS,
    ),
    Model("opennmt.encoders", "ConvEncoder", convolved, _TENSORS),
    Model(
        "opennmt.encoders",
        "MeanEncoder",
        mean,
        _TENSORS,
        fails="it asks whether there are ragged tensors, and means over the padding where there are none",
    ),
    Model("opennmt.encoders", "SequentialEncoder", several("SequentialEncoder"), _TENSORS),
    Model(
        "opennmt.encoders", "ParallelEncoder", several("ParallelEncoder"), _TENSORS, fails=_SLICED
    ),
    Model("opennmt.decoders", "RNNDecoder", rnn_decoder, _TENSORS),
    Model(
        "opennmt.utils.losses",
        "cross entropy",
        losses,
        (images(2, 5, 4), numbers(7, 2, 5), _LENGTHS),
    ),
]

MODELS = mostly_heavy(_ALL, "attention")
