"""An optimizer of torchscope.optim and TensorFlow's own, moved by the same gradients."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch

from tests.tensorflow1 import plain_session, tf

# Of each dtype a scalar, a matrix, and a matrix whose gradients are sparse, of rows that repeat.
SHAPES = {"scalar": (), "matrix": (3, 4), "table": (5, 2)}
DTYPES = {"float32": torch.float32, "float64": torch.float64}
ROWS = 4


@dataclass(frozen=True)
class Pair:
    """What is compared with what.

    Attributes:
        ours: a class of torchscope.optim.
        theirs: makes TensorFlow's, from our arguments under TF1's names, and the global step.
        arguments: a strategy for each of our arguments.
        dtypes: which an optimizer of TensorFlow's takes together.
    """

    ours: Any
    theirs: Callable[..., Any]
    arguments: dict[str, Any]
    dtypes: tuple[tuple[str, ...], ...] = (tuple(DTYPES),)

    def make_theirs(self, arguments, step, dtypes):
        """TensorFlow's optimizer."""
        named = {k: v for k, v in arguments.items() if v is not None and k != "lr"}
        named["learning_rate"] = arguments["lr"]
        if len(dtypes) == 1:
            # It takes numbers for float32 alone.
            of_tensors = (
                k for k, v in named.items() if isinstance(v, float) and "initial" not in k
            )
            named |= {k: tf.constant(named[k], dtypes[0]) for k in of_tensors}
        return self.theirs(step, **named)


def gradients(seed, steps, scale):
    """For each step the gradients of each kind of parameter, some of which are 0; those of tables with their rows."""
    draw = np.random.default_rng(seed)
    made = []
    for _ in range(steps):
        values = {name: scale * draw.standard_normal(shape) for name, shape in SHAPES.items()}
        values["matrix"] *= draw.random(SHAPES["matrix"]) < 0.8
        rows = draw.integers(0, SHAPES["table"][0], ROWS)
        values["table"] = scale * draw.standard_normal((ROWS, SHAPES["table"][1]))
        made.append((values, rows))
    return made


def start(seed):
    """What parameters are at first."""
    draw = np.random.default_rng(seed + 1)
    return {name: draw.standard_normal(shape) for name, shape in SHAPES.items()}


def by_tensorflow(make, first, moves, dtypes=tuple(DTYPES)):
    """The parameters after each step, the slots at the end, and what each slot is called in a checkpoint."""
    with tf.Graph().as_default(), plain_session() as session:
        step = tf.train.get_or_create_global_step()
        variables, fed, pairs = {}, {}, []
        rows = tf.placeholder(tf.int64, [ROWS])
        for dtype in dtypes:
            for name, value in first.items():
                key = f"{name}_{dtype}"
                variables[key] = tf.Variable(value.astype(dtype), name=key)
                shape = (ROWS, *value.shape[1:]) if name == "table" else value.shape
                fed[key] = gradient = tf.placeholder(dtype, shape)
                if name == "table":
                    gradient = tf.IndexedSlices(gradient, rows, value.shape)
                pairs.append((gradient, variables[key]))
        optimizer = make(step)
        train = optimizer.apply_gradients(pairs, global_step=step)
        session.run(tf.global_variables_initializer())
        after = []
        for values, which in moves:
            feed = {place: values[key.partition("_")[0]] for key, place in fed.items()}
            session.run(train, {rows: which, **feed})
            after.append(session.run(variables))
        slots = {
            key: {name: optimizer.get_slot(v, name) for name in optimizer.get_slot_names()}
            for key, v in variables.items()
        }
        names = {
            key: {name: slot.op.name for name, slot in of_one.items() if slot is not None}
            for key, of_one in slots.items()
        }
        kept = {
            key: {n: slot for n, slot in of_one.items() if slot is not None}
            for key, of_one in slots.items()
        }
        return after, session.run(kept) if any(kept.values()) else kept, names


def parameters_of(first, dtypes=tuple(DTYPES)):
    """PyTorch's parameters."""
    return {
        f"{name}_{dtype}": torch.nn.Parameter(torch.tensor(value, dtype=DTYPES[dtype]))
        for dtype in dtypes
        for name, value in first.items()
    }


def give_gradients(parameters, values, rows):
    """Has parameters have gradients."""
    for key, parameter in parameters.items():
        gradient = torch.tensor(values[key.partition("_")[0]], dtype=parameter.dtype)
        if key.startswith("table"):
            with warnings.catch_warnings():
                # PyTorch says once that it does not look at indices.
                warnings.simplefilter("ignore")
                gradient = torch.sparse_coo_tensor(
                    torch.tensor(rows)[None], gradient, parameter.shape
                )
        parameter.grad = gradient


def by_torchscope(make, first, moves, dtypes=tuple(DTYPES)):
    """The same of ours."""
    parameters = parameters_of(first, dtypes)
    optimizer = make(list(parameters.values()))
    after = []
    for values, rows in moves:
        give_gradients(parameters, values, rows)
        optimizer.step()
        after.append({key: p.detach().numpy().copy() for key, p in parameters.items()})
    kept, names = {}, {}
    for key, p in parameters.items():
        kept[key] = {name: slot.numpy() for name, slot in optimizer.state[p].items()}
        group = optimizer.param_groups[0]
        names[key] = {n: f"{key}/{s}" for n, s in optimizer.slot_names(group, p).items()}
    return after, kept, names


def joined(*runs):
    """Runs of some dtypes each as one."""
    steps = zip(*(run[0] for run in runs), strict=True)
    after = [dict(chain.from_iterable(map(dict.items, each))) for each in steps]
    return after, *(dict(chain.from_iterable(r[n].items() for r in runs)) for n in (1, 2))


def assert_near(ours, theirs, what):
    """Numbers over time, for each dtype, are as near as the dtype is to be, relative to the largest of all.

    In float32 what is hardly farther from TensorFlow's float64 than TensorFlow's float32 is will do.
    """
    ours, theirs = ({dtype: np.array(v[dtype]) for dtype in DTYPES} for v in (ours, theirs))
    exact = theirs["float64"]
    size = max(np.abs(exact).max(), 1e-30)
    distances = {dtype: np.abs(ours[dtype] - theirs[dtype]).max() / size for dtype in DTYPES}
    assert distances["float64"] <= 1e-10, f"{what}: {distances} of {size}"
    if distances["float32"] > 2e-5:
        own, other = (np.abs(each["float32"] - exact).max() / size for each in (ours, theirs))
        assert own <= 2 * other, f"{what}: {distances}; {own} from float64, TensorFlow {other}"


def assert_equal_runs(ours, theirs):
    """All steps, the slots and their names."""
    (after, kept, names), (expected, slots, slot_names) = ours, theirs
    assert names == slot_names
    for name in SHAPES:
        keys = {dtype: f"{name}_{dtype}" for dtype in DTYPES}
        of_time = (
            {dtype: [values[key] for values in each] for dtype, key in keys.items()}
            for each in (after, expected)
        )
        assert_near(*of_time, name)
        for slot in slots[keys["float32"]]:
            pair = ({d: each[key][slot] for d, key in keys.items()} for each in (kept, slots))
            assert_near(*pair, f"{name}/{slot}")
