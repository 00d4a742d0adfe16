"""stable-baselines: layers, and the networks of policies."""

import importlib

import numpy as np

from packages.model import Model, images, mostly_heavy, numbers


def extractor(policies, tf, x):
    return policies.mlp_extractor(x, [12, {"pi": [7, 6], "vf": [5]}], tf.nn.tanh)


def with_layer_norm(layers, tf, x):
    return layers.mlp(x, [8, 5], layer_norm=True)


def convolutions(layers, tf, x):
    x = tf.nn.relu(
        layers.conv(x, "c1", n_filters=6, filter_size=5, stride=2, init_scale=np.sqrt(2))
    )
    x = layers.conv(
        x, "c2", n_filters=4, filter_size=(3, 2), stride=1, pad="SAME", one_dim_bias=True
    )
    return layers.linear(layers.conv_to_fc(x), "fc1", 7, init_bias=0.5)


def lstm(name):
    def build(layers, tf, x, masks, state):
        steps = [tf.squeeze(each, [0]) for each in tf.split(x, 3, axis=0)]
        stops = [tf.squeeze(each, [0]) for each in tf.split(masks, 3, axis=0)]
        outputs, state = getattr(layers, name)(steps, stops, state, "lstm1", 5)
        return [*outputs, state]

    return build


def nature(policies, tf, x):
    return policies.nature_cnn(x)


def space(name, **of_it):
    """One of gym's, as far as the networks ask: gym is not installed."""
    made = getattr(importlib.import_module("gym.spaces"), name)()
    vars(made).update(of_it)
    return made


def box(low, high, *shape):
    return space(
        "Box",
        shape=shape,
        dtype=np.dtype("float32"),
        low=np.full(shape, low, np.float32),
        high=np.full(shape, high, np.float32),
    )


def policy(name, observed, action, **options):
    def build(policies, tf):
        made = getattr(policies, name)(None, observed(), action(), 2, 3, 6, **options)
        state = [made.snew] if made.recurrent else []
        return [made.deterministic_action, made.value_flat, made.policy, made.policy_proba, *state]

    return build


def q_network(policies, tf):
    made = policies.FeedForwardPolicy(
        None,
        box(-9, 9, 5),
        space("Discrete", n=3, dtype=np.dtype("int64"), shape=()),
        1,
        1,
        6,
        layers=[8, 7],
        feature_extraction="mlp",
        layer_norm=True,
    )
    return made.q_values


def actor(policies, tf):
    made = policies.FeedForwardPolicy(
        None, box(-9, 9, 5), box(-1, 1, 2), 1, 1, 6, layers=[8, 7], feature_extraction="mlp"
    )
    mean = made.make_actor(made.processed_obs)[0]
    return [mean, *made.make_critics(made.processed_obs, mean)]


def _sensors():
    return box(-9, 9, 4)


def _pixels():
    return box(0, 255, 36, 36, 2)


def _discrete():
    return space("Discrete", n=5, dtype=np.dtype("int64"), shape=())


_LAYERS = "stable_baselines.common.tf_layers"
_POLICIES = "stable_baselines.common.policies"
_STEPS = (
    images(3, 2, 4),
    np.array([[[0], [0]], [[1], [0]], [[0], [1]]], np.float32),
    images(2, 10, seed=1),
)
_SEEN = {"input/Ob": images(6, 4)}
_DONE = {"input_1/dones_ph": np.array([0, 0, 1, 0, 1, 0], np.float32)}
_STATE = {"input_1/states_ph": images(2, 16, seed=2)}
_ALL = [
    Model(_LAYERS, "mlp with layer_norm", with_layer_norm, (images(3, 6),)),
    Model(_LAYERS, "convolutions", convolutions, (images(2, 13, 12, 3),)),
    Model(_LAYERS, "lstm", lstm("lstm"), _STEPS),
    Model(_LAYERS, "lnlstm", lstm("lnlstm"), _STEPS),
    Model(_POLICIES, "mlp_extractor", extractor, (images(3, 6),)),
    Model(_POLICIES, "nature_cnn", nature, (images(2, 36, 36, 1),)),
    Model(_POLICIES, "MlpPolicy", policy("MlpPolicy", _sensors, _discrete), (), feeds=_SEEN),
    Model(
        _POLICIES,
        "MlpPolicy of a vector of actions",
        policy("MlpPolicy", _sensors, lambda: box(-1, 1, 3)),
        (),
        feeds=_SEEN,
    ),
    Model(
        _POLICIES,
        "CnnPolicy",
        policy("CnnPolicy", _pixels, _discrete),
        (),
        feeds={"input/Ob": numbers(256, 6, 36, 36, 2).astype(np.float32)},
        fails="a tensor minus an array: torch hands both to numpy, which computes no gradients",
    ),
    Model(
        _POLICIES,
        "MlpLnLstmPolicy",
        policy("MlpLnLstmPolicy", _sensors, _discrete, n_lstm=8),
        (),
        feeds=_SEEN | _DONE | _STATE,
    ),
    Model(
        "stable_baselines.deepq.policies",
        "q_network",
        q_network,
        (),
        feeds={"input/Ob": images(6, 5)},
    ),
    Model(
        "stable_baselines.sac.policies",
        "actor and critics",
        actor,
        (),
        feeds={"input/Ob": images(6, 5)},
    ),
]

MODELS = mostly_heavy(_ALL, "MlpPolicy")
