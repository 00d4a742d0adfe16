"""What packages train with, in both libraries: their losses and update steps as they stand in the files."""

import ast
import importlib
import inspect
import textwrap
from types import SimpleNamespace

import numpy as np
import torch

import torchscope as ts
from packages.both import ours, quiet, theirs
from packages.models_stable_baselines import box, space
from tests.tensorflow1 import tf
from torchscope import tf1
from torchscope.port.engine import rewrite

STEPS = 6


class Trained:
    """What a run gave: the results of each step, and the variables at the end, in their order."""

    def __init__(self, results, variables):
        self.results, self.variables = results, variables


@quiet()
def in_tensorflow(module, build, feeds):
    """Runs ``build(module, tf)``, which gives results and an operation, once for each dict of arrays by name.

    Returns what it gave, and the first values of the variables.
    """
    loaded = theirs(module)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        *results, train_op = build(loaded, tf)
        session.run(tf.global_variables_initializer())
        begun = {v.op.name: session.run(v) for v in tf.global_variables()}
        given = []
        for feed in feeds:
            # What a step reads and what it writes to are not in order within a run: a value first.
            named = {f"{name}:0": array for name, array in feed.items()}
            given.append(session.run(results, named))
            session.run(train_op, named)
        return Trained(given, {v.op.name: session.run(v) for v in tf.global_variables()}), begun


@quiet()
def in_torchscope(module, build, feeds, begun):
    """The same by torchscope, from the same first values."""
    loaded = ours(module)
    net = ts.ScopedModule(lambda: build(loaded, tf1))
    as_tensors = [{name: torch.as_tensor(a) for name, a in feed.items()} for feed in feeds]
    ts.build(net, feeds=as_tensors[0])
    for name, value in begun.items():
        net.registry.variables[name].load(value)
    given = []
    for feed in as_tensors:
        *results, train_op = net(feeds=feed)
        given.append([each.detach().numpy() for each in results])
        train_op.run()
    variables = {v.op.name: v.detach().numpy() for v in net.registry.global_variables()}
    return Trained(given, variables)


def bert(optimization, tf):
    """A small BERT that is fine-tuned as run_classifier.py does."""
    library = theirs if tf is not tf1 else ours
    modeling = library("bert.modeling")
    config = modeling.BertConfig(
        50,
        16,
        2,
        2,
        32,
        max_position_embeddings=16,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    ids = tf.placeholder(tf.int32, [2, 8], name="ids")
    labels = tf.placeholder(tf.int32, [2], name="labels")
    pooled = modeling.BertModel(config, True, ids).get_pooled_output()
    logits = tf.layers.dense(pooled, 2, name="cls")
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    # So long a training that the rate hardly falls: TensorFlow reads the step while it writes to it.
    return loss, optimization.create_optimizer(loss, 1e-2, 10**9, 0, False)


def sentences():
    random = np.random.default_rng(0)
    return [
        {
            "ids": random.integers(0, 50, (2, 8)).astype("int32"),
            "labels": random.integers(0, 2, (2,)).astype("int32"),
        }
        for _ in range(STEPS)
    ]


def _update_steps(module, tf):
    """The lines of setup_model between those about the session, as a function of `self`."""
    (cls,) = [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and each.__module__ == module.__name__
        and hasattr(each, "setup_model")
    ]
    path = inspect.getsourcefile(cls)
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        text = file.read()
    lines = text.splitlines()
    tree = ast.parse(text)
    (setup,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "setup_model"
    ]
    of_session = ("make_session", "set_random_seed", "global_variables_initializer")
    (graph,) = [
        node
        for node in ast.walk(setup)
        if isinstance(node, ast.With) and "as_default" in ast.unparse(node.items[0])
    ]
    kept = [
        statement
        for statement in graph.body
        if not any(name in ast.unparse(statement) for name in of_session)
    ]
    taken = "\n".join(textwrap.dedent("\n".join(lines[s.lineno - 1 : s.end_lineno])) for s in kept)
    function = "import tensorflow as tf\ndef steps(self):\n" + textwrap.indent(taken, "    ")
    function = rewrite(function, path).text if tf is tf1 else function.partition("\n")[2]
    scope = dict(vars(module))
    exec(compile(function, path, "exec"), scope)
    return scope["steps"]


def actor_critic(**options):
    """A small policy that is trained as A2C or PPO2 does; gives its losses and its update."""

    def build(module, tf):
        library = theirs if tf is not tf1 else ours
        policies = library("stable_baselines.common.policies")
        discrete = space("Discrete", n=5, dtype=np.dtype("int64"), shape=())
        algorithm = SimpleNamespace(
            policy=policies.MlpPolicy,
            policy_kwargs={"net_arch": [7, {"pi": [6], "vf": [5]}]},
            observation_space=box(-9, 9, 4),
            action_space=discrete,
            n_envs=2,
            n_steps=3,
            n_batch=6,
            nminibatches=1,
            sess=None,
            ent_coef=0.01,
            vf_coef=0.25,
            max_grad_norm=0.5,
            full_tensorboard_log=False,
            **options,
        )
        _update_steps(module, tf)(algorithm)
        update = getattr(algorithm, "apply_backprop", None) or algorithm._train
        return algorithm.pg_loss, algorithm.vf_loss, algorithm.entropy, update

    return build


def experience(*extra):
    random = np.random.default_rng(0)

    def floats(*shape):
        return random.normal(size=shape).astype("float32")

    made = []
    for _ in range(STEPS):
        feed = {
            "input/Ob": floats(2, 4),
            "train_model/input/Ob": floats(6, 4),
            "loss/action_ph": random.integers(0, 5, 6),
            "loss/advs_ph": floats(6),
            "loss/rewards_ph": floats(6),
            "loss/learning_rate_ph": np.float32(0.01),
        }
        if extra:
            feed |= {
                "loss/old_neglog_pac_ph": abs(floats(6)) + 1,
                "loss/old_vpred_ph": floats(6),
                "loss/clip_range_ph": np.float32(0.2),
            }
        made.append(feed)
    return made


RUNS = {
    "bert": ("bert.optimization", bert, sentences),
    "A2C": (
        "stable_baselines.a2c.a2c",
        actor_critic(alpha=0.99, epsilon=1e-5, momentum=0.5),
        experience,
    ),
    "PPO2": (
        "stable_baselines.ppo2.ppo2",
        actor_critic(cliprange=0.2, cliprange_vf=None),
        lambda: experience("clipped"),
    ),
}


def both(name):
    """A run in both libraries."""
    module, build, feeds = RUNS[name]
    importlib.invalidate_caches()
    expected, begun = in_tensorflow(module, build, feeds())
    return expected, in_torchscope(module, build, feeds(), begun)
