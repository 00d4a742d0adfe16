"""TensorFlow trains the model of examples/port_checkpoint.py, and saves it with its Saver.

python tests/oracle/train_for_porting.py FOLDER
"""

import argparse
import importlib.util
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.tensorflow1 import tf

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "port_checkpoint.py"


def example():
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("port_checkpoint", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def train(folder, steps):
    """Trains and saves.

    Gives the path of the checkpoint, and the logits of the images that are held out.
    """
    port = example()
    (images, labels), held_out = port.digits()
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.set_random_seed(0)
        step = tf.train.get_or_create_global_step()
        chosen = tf.random.uniform([port.BATCH], maxval=len(labels), dtype=tf.int32)
        with tf.variable_scope("", reuse=tf.AUTO_REUSE):
            logits = port.classifier(tf, tf.gather(images.numpy(), chosen))
            of_held_out = port.classifier(tf, tf.constant(held_out.images.numpy()))
        loss = tf.losses.sparse_softmax_cross_entropy(tf.gather(labels.numpy(), chosen), logits)
        update = tf.train.AdamOptimizer(3e-3).minimize(loss, global_step=step)
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            session.run(update)
        path = tf.train.Saver().save(session, str(Path(folder) / "model.ckpt"), global_step=step)
        return path, session.run(of_held_out)


def outputs(checkpoint):
    """The step and the logits that TensorFlow gives for a checkpoint."""
    port = example()
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.train.get_or_create_global_step()
        logits = port.classifier(tf, tf.constant(port.digits()[1].images.numpy()))
        tf.train.Saver().restore(session, str(checkpoint))
        return session.run([step, logits])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    print(train(arguments.folder, arguments.steps)[0])
