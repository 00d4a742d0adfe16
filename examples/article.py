"""The snippets of TensorFlow 1's guide to variables and sharing, with one line changed: the import.

Each prints what its comment says it gives; the two mistakes that the guide shows are caught and
printed. Every snippet is a TF1 graph of its own.
"""

from __future__ import annotations

import torchscope.tf1 as tf


def creating_variables():
    """Variables by name, shape, dtype and initializer."""
    my_variable = tf.get_variable("my_variable", [1, 2, 3])
    print(my_variable.name, tuple(my_variable.shape))  # my_variable:0 (1, 2, 3)

    my_int_variable = tf.get_variable(
        "my_int_variable", [1, 2, 3], dtype=tf.int32, initializer=tf.zeros_initializer
    )
    print(my_int_variable.name, my_int_variable.dtype)  # my_int_variable:0 torch.int32

    other_variable = tf.get_variable(
        "other_variable", dtype=tf.int32, initializer=tf.constant([23, 42])
    )
    print(other_variable.name, other_variable.tolist())  # other_variable:0 [23, 42]


def collections():
    """Which variables train, which are local, and a collection of one's own."""
    my_local = tf.get_variable("my_local", shape=(), collections=[tf.GraphKeys.LOCAL_VARIABLES])
    my_non_trainable = tf.get_variable("my_non_trainable", shape=(), trainable=False)
    print([v.name for v in tf.local_variables()])  # ['my_local:0']
    print(my_non_trainable.trainable, tf.trainable_variables())  # False []

    tf.add_to_collection("my_collection_name", my_local)
    print([v.name for v in tf.get_collection("my_collection_name")])  # ['my_local:0']


def conv_relu(input, kernel_shape, bias_shape):
    """A layer as a function: it asks for its variables by name."""
    # Create variable named "weights".
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    # Create variable named "biases".
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(input, weights, strides=[1, 1, 1, 1], padding="SAME")
    return tf.nn.relu(conv + biases)


def sharing_by_mistake():
    """The second call asks for the same names, and nobody said whether it means to share."""
    input1 = tf.random_normal([1, 10, 10, 32])
    x = conv_relu(input1, kernel_shape=[5, 5, 32, 32], bias_shape=[32])
    try:
        x = conv_relu(x, kernel_shape=[5, 5, 32, 32], bias_shape=[32])  # This fails.
    except ValueError as error:
        print(first_sentence(error))  # Variable weights already exists, disallowed.


def my_image_filter(input_images):
    """Two layers, each in a scope of its own."""
    with tf.variable_scope("conv1"):
        # Variables created here will be named "conv1/weights", "conv1/biases".
        relu1 = conv_relu(input_images, [5, 5, 32, 32], [32])
    with tf.variable_scope("conv2"):
        # Variables created here will be named "conv2/weights", "conv2/biases".
        return conv_relu(relu1, [5, 5, 32, 32], [32])


def sharing_by_reuse():
    """The same filter over two inputs: reuse=True says that sharing is meant."""
    input1 = tf.random_normal([1, 10, 10, 32])
    input2 = tf.random_normal([1, 20, 20, 32])
    with tf.variable_scope("model"):
        output1 = my_image_filter(input1)
    with tf.variable_scope("model", reuse=True):
        output2 = my_image_filter(input2)
    report(output1, output2)


def sharing_by_reuse_variables():
    """The same, said in the middle of a scope."""
    input1 = tf.random_normal([1, 10, 10, 32])
    input2 = tf.random_normal([1, 20, 20, 32])
    with tf.variable_scope("model") as scope:
        output1 = my_image_filter(input1)
        scope.reuse_variables()
        output2 = my_image_filter(input2)
    report(output1, output2)


def report(output1, output2):
    """Prints the variables, and whether the gradient of both outputs reaches each of them."""
    variables = tf.global_variables()
    # ['model/conv1/weights:0', 'model/conv1/biases:0',
    #  'model/conv2/weights:0', 'model/conv2/biases:0']
    print([v.name for v in variables])
    for output in (output1, output2):
        for v in variables:
            v.grad = None
        output.sum().backward()
        print(all(bool(v.grad.abs().sum() > 0) for v in variables))  # True


def variables_in_variable_scopes():
    """tf.Variable takes its name from the scope."""
    with tf.variable_scope("conv1"):
        a = tf.Variable(tf.random_normal([2]), name="a")
    print(a.name)  # conv1/a:0
    with tf.variable_scope("conv2"):
        a = tf.Variable(tf.random_normal([2]), name="a")
    print(a.name)  # conv2/a:0


def get_variable_in_variable_scopes():
    """So does get_variable."""
    with tf.variable_scope("conv1"):
        a = tf.get_variable("a", [2])
    print(a.name)  # conv1/a:0
    with tf.variable_scope("conv2"):
        a = tf.get_variable("a", [2])
    print(a.name)  # conv2/a:0


def get_variable_twice():
    """Twice in one scope is a mistake, unless the second time says reuse."""
    with tf.variable_scope("conv1"):
        a1 = tf.get_variable("a", [2])
    try:
        with tf.variable_scope("conv1"):
            tf.get_variable("a", [2])
    except ValueError as error:
        print(first_sentence(error))  # Variable conv1/a already exists, disallowed.
    with tf.variable_scope("conv1", reuse=True):
        a2 = tf.get_variable("a", [2])
    print(a1 is a2)  # True


def get_variable_in_name_scopes():
    """get_variable does not see name scopes: the second name is the first one again."""
    with tf.name_scope("conv1"):
        tf.get_variable("a", [2])
    try:
        with tf.name_scope("conv2"):
            tf.get_variable("a", [2])
    except ValueError as error:
        print(first_sentence(error))  # Variable a already exists, disallowed.


def get_variable_in_one_name_scope():
    """And the name scope is not in the variable's name."""
    with tf.name_scope("conv1"):
        a = tf.get_variable("a", [2])
    print(a.name)  # a:0


def first_sentence(error):
    """What TensorFlow's message begins with."""
    return str(error).split(". ", 1)[0] + "."


SNIPPETS = (
    creating_variables,
    collections,
    sharing_by_mistake,
    sharing_by_reuse,
    sharing_by_reuse_variables,
    variables_in_variable_scopes,
    get_variable_in_variable_scopes,
    get_variable_twice,
    get_variable_in_name_scopes,
    get_variable_in_one_name_scope,
)

if __name__ == "__main__":
    for snippet in SNIPPETS:
        tf.reset_default_graph()
        print(f"-- {snippet.__name__}: {snippet.__doc__}")
        snippet()
