"""Model functions in TF1's spelling, as they were written for TensorFlow: each gets `tf` and its inputs.

They are written for these tests, in the manner of well-known models, and use no method that TensorFlow's
tensors have and PyTorch's have not.
"""


def transformer(tf, tokens, mask, heads=2, width=8, vocabulary=11):
    """An encoder of two layers with a classifier on its first token."""
    batch, length = tf.shape(tokens)[0], tf.shape(tokens)[1]

    def project(x, size, name):
        x = tf.reshape(x, [-1, width])
        x = tf.layers.dense(
            x, size, kernel_initializer=tf.truncated_normal_initializer(stddev=0.5), name=name
        )
        return tf.reshape(x, [batch, length, size])

    def split_heads(x):
        return tf.transpose(tf.reshape(x, [batch, length, heads, width // heads]), [0, 2, 1, 3])

    def norm(x, name):
        with tf.variable_scope(name):
            gain = tf.get_variable("gamma", [width], initializer=tf.ones_initializer())
            shift = tf.get_variable("beta", [width], initializer=tf.zeros_initializer())
        mean, variance = tf.nn.moments(x, axes=[-1], keep_dims=True)
        return (x - mean) * tf.rsqrt(variance + 1e-6) * gain + shift

    with tf.variable_scope("embeddings"):
        table = tf.get_variable(
            "words", [vocabulary, width], initializer=tf.random_normal_initializer()
        )
        places = tf.get_variable(
            "positions", [16, width], initializer=tf.random_normal_initializer()
        )
        x = tf.gather(table, tokens) + tf.expand_dims(tf.slice(places, [0, 0], [length, -1]), 0)
        one_hot = tf.one_hot(tf.reshape(tf.cast(mask, tf.int32), [-1]), depth=2)
        kinds = tf.get_variable("kinds", [2, width])
        x += tf.reshape(tf.matmul(one_hot, kinds), [batch, length, width])
    penalty = (1.0 - tf.to_float(tf.reshape(mask, [batch, 1, 1, length]))) * -10000.0
    for number in range(2):
        with tf.variable_scope(f"layer_{number}"):
            query, key, value = (split_heads(project(x, width, each)) for each in ("q", "k", "v"))
            scores = tf.matmul(query, key, transpose_b=True) * tf.pow(float(width // heads), -0.5)
            weights = tf.nn.softmax(scores + penalty)
            mixed = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
            x = norm(
                x + project(tf.reshape(mixed, [batch, length, width]), width, "output"), "norm_1"
            )
            hidden = tf.nn.relu(tf.layers.dense(x, 16, name="in"))
            x = norm(x + tf.layers.dense(hidden, width, name="out"), "norm_2")
    first = tf.squeeze(x[:, 0:1, :], axis=1)
    return tf.layers.dense(tf.tanh(first), 3, name="classifier")


def autoencoder(tf, images, noise):
    """A variational autoencoder, with its two losses."""
    x = tf.reshape(images, [-1, 36])
    with tf.variable_scope("encoder"):
        hidden = tf.nn.softplus(tf.layers.dense(x, 10))
        mean = tf.layers.dense(hidden, 4)
        log_square = tf.clip_by_value(tf.layers.dense(hidden, 4), -5.0, 5.0)
    z = tf.add(mean, tf.multiply(tf.sqrt(tf.exp(log_square)), noise))
    with tf.variable_scope("decoder"):
        logits = tf.layers.dense(tf.nn.elu(tf.layers.dense(z, 10)), 36)
        output = tf.nn.sigmoid(logits)
    likelihood = -tf.reduce_sum(
        x * tf.log(1e-8 + output) + (1 - x) * tf.log(1e-8 + 1 - output), reduction_indices=1
    )
    divergence = -0.5 * tf.reduce_sum(
        1 + log_square - tf.square(mean) - tf.exp(log_square), axis=1, keepdims=True
    )
    return tf.reduce_mean(likelihood) + tf.reduce_mean(divergence), output


def critic(tf, real, fake, mix):
    """A Wasserstein critic with a gradient penalty, shared by reuse."""

    def score(x, reuse=False):
        with tf.variable_scope("critic", reuse=reuse):
            x = tf.reshape(x, [-1, 6, 6, 1])
            for number, size in enumerate([4, 8]):
                x = tf.layers.conv2d(x, size, 3, strides=2, padding="same", name=f"conv{number}")
                x = tf.maximum(0.2 * x, x)
            return tf.layers.dense(tf.layers.flatten(x), 1, name="score")

    of_real, of_fake = score(real), score(fake, reuse=True)
    between = mix * real + (1.0 - mix) * fake
    (slopes,) = tf.gradients(score(between, reuse=True), [between])
    norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=[1, 2]) + 1e-12)
    penalty = tf.reduce_mean(tf.square(norms - 1.0))
    return tf.reduce_mean(of_fake) - tf.reduce_mean(of_real) + 10.0 * penalty


def sentences(tf, tokens, lengths):
    """Convolutions of several widths over words, the largest of each, beside a recurrent summary."""
    table = tf.get_variable("words", [11, 6], initializer=tf.random_uniform_initializer(-1.0, 1.0))
    embedded = tf.nn.embedding_lookup(table, tokens)
    pooled = []
    for size in (2, 3):
        with tf.name_scope(f"conv-{size}"):
            kernel = tf.Variable(
                lambda size=size: tf.truncated_normal([size, 6, 1, 3], stddev=0.5), name="W"
            )
            bias = tf.Variable(tf.constant(0.1, shape=[3]), name="b")
            conv = tf.nn.conv2d(
                tf.expand_dims(embedded, -1), kernel, strides=[1, 1, 1, 1], padding="VALID"
            )
            # The whole width of a kernel is used up: (N, length, 4, 3).
            hidden = tf.nn.relu(tf.nn.bias_add(tf.reduce_mean(conv, 2, keep_dims=True), bias))
            pooled.append(tf.reduce_max(hidden, axis=1))
    flat = tf.reshape(tf.concat(pooled, 2), [-1, 6])
    valid = tf.sequence_mask(lengths, tf.shape(tokens)[1], dtype=tf.float32)
    mean = tf.div(
        tf.reduce_sum(embedded * tf.expand_dims(valid, -1), 1),
        tf.maximum(tf.expand_dims(tf.to_float(lengths), 1), 1.0),
    )
    logits = tf.nn.xw_plus_b(
        tf.concat([flat, mean], 1), tf.get_variable("W", [12, 2]), tf.get_variable("b", [2])
    )
    best = tf.argmax(logits, 1)
    with tf.control_dependencies([tf.no_op()]):
        regular = tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables() if "W" in v.name])
    return logits, tf.cast(tf.equal(best, tf.zeros_like(best)), tf.float32), regular


def unrolled(tf, inputs, start):
    """A recurrent cell by hand in `while_loop`, `scan` and `map_fn`, and a choice by `cond`."""

    def cell(state, x):
        with tf.variable_scope("cell", reuse=tf.AUTO_REUSE):
            both = tf.concat([state, x], axis=1)
            gates = tf.layers.dense(both, 8, activation=tf.nn.sigmoid, name="gates")
            update, reset = tf.split(gates, 2, axis=1)
            candidate = tf.layers.dense(
                tf.concat([reset * state, x], 1), 4, tf.nn.tanh, name="candidate"
            )
        return update * state + (1.0 - update) * candidate

    steps = tf.transpose(inputs, [1, 0, 2])
    states = tf.scan(cell, steps, initializer=start)
    _, last = tf.while_loop(
        lambda i, s: tf.less(i, 3),
        lambda i, s: (i + 1, tf.nn.tanh(s) * 0.5 + s),
        [tf.constant(0), states[-1]],
    )
    squared = tf.map_fn(lambda row: tf.square(row) - tf.reduce_mean(row), last)
    chosen = tf.cond(
        tf.greater(tf.reduce_sum(squared), 0.0),
        lambda: tf.layers.dense(squared, 2, name="positive"),
        lambda: tf.layers.dense(squared, 2, name="negative"),
    )
    return tf.unstack(chosen, axis=1)


def patches(tf, images):
    """Segments of an image: crops, strides, gathers and scatters of what is picked."""
    batch = tf.shape(images)[0]
    rows = tf.range(batch)
    columns = tf.mod(rows * 2 + 1, 6)
    picked = tf.gather_nd(images, tf.stack([rows, columns, tf.zeros_like(columns)], axis=1))
    blocks = tf.space_to_depth(tf.expand_dims(images, -1), 2)
    kernel = tf.get_variable("kernel", [4, 5], initializer=tf.orthogonal_initializer())
    energy = tf.tensordot(blocks, kernel, axes=[[3], [0]])
    value, index = tf.nn.top_k(tf.reshape(energy, tf.stack([batch, -1])), k=3)
    tiled = tf.tile(tf.expand_dims(picked, 1), [1, 3])
    chosen = tf.where(tf.less(tiled, value), tiled, value)
    summed = tf.unsorted_segment_sum(tf.reshape(chosen, [-1]), tf.reshape(index, [-1]) % 5, 5)
    return tf.einsum("bi,j->bij", chosen, tf.reverse(summed, axis=[0])), tf.cumsum(
        summed, exclusive=True
    )
