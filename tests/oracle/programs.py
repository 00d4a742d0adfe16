"""Whole scope programs, made by hypothesis and run in TensorFlow and in torchscope alike.

A program is a tree of steps. It is plain data, so that hypothesis can shrink it, and `text` writes
it as the TF1 code that it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from oracle.observe import as_seen

SCOPES = st.sampled_from(["a", "b", "A", "a/b", "", "a_1", "d"])
NAMES = st.sampled_from(["v", "w", "V", "a", "v_1", "a/v", "_x"])
KEYS = st.sampled_from(["mine", "other", "variables", "trainable_variables"])
FILTERS = st.sampled_from([None, None, "a", "a/", "b", "v"])
REUSE = st.sampled_from([None, False, True, "AUTO_REUSE"])


@dataclass(frozen=True)
class Step:
    """One statement: its kind, its arguments, and the steps inside it."""

    kind: str
    arguments: dict[str, Any] = field(default_factory=dict)
    body: tuple[Step, ...] = ()


def _step(kind: str, body: Any = None, **arguments: Any) -> Any:
    return st.builds(
        Step,
        st.just(kind),
        st.fixed_dictionaries(arguments),
        st.just(()) if body is None else body.map(tuple),
    )


LEAVES = st.one_of(
    _step(
        "get_variable",
        name=NAMES,
        shape=st.sampled_from([[1], [2], [], None, [None, 2]]),
        initializer=st.sampled_from([None, None, "zeros", [1.0, 2.0], 3]),
        dtype=st.sampled_from([None, None, None, "float64", "int32"]),
        trainable=st.sampled_from([None, None, True, False]),
        collections=st.sampled_from([None, None, ["mine"], ["other", "variables"], []]),
        partitions=st.sampled_from([None, None, None, None, 2]),
    ),
    _step("get_variable", name=NAMES, shape=st.just([2])),
    _step(
        "get_variable",
        # TF1 makes the variable of a name that only a creator made valid, and then fails at its regularizer.
        name=NAMES.filter(lambda name: not name.startswith("_")),
        shape=st.just([1]),
        regularized=st.just(True),
    ),
    _step("get_local_variable", name=NAMES, shape=st.just([1])),
    _step(
        "Variable",
        name=st.one_of(st.none(), NAMES),
        value=st.sampled_from([1.0, [1.0, 2.0], 2]),
        trainable=st.sampled_from([None, False]),
    ),
    _step("collect", key=KEYS, value=st.integers(0, 3)),
    _step("collect_last", key=KEYS),
    _step("read", key=KEYS, scope=FILTERS),
    _step("list", key=KEYS, effect=st.sampled_from([None, None, "append", "clear"])),
    _step("losses", scope=FILTERS),
    _step("reuse_variables"),
    _step("set_dtype", dtype=st.sampled_from(["float64", "float32"])),
    _step("fail"),
    _step("call", template=st.integers(0, 2)),
)


def _blocks(children: Any) -> Any:
    body = st.lists(children, max_size=4)
    return st.one_of(
        _step(
            "variable_scope",
            body,
            name=SCOPES,
            reuse=REUSE,
            dtype=st.sampled_from([None, None, "float64"]),
            auxiliary=st.sampled_from([True, True, True, False]),
            getter=st.sampled_from([None, None, None, "rename", "freeze", "share", "look"]),
        ),
        _step("variable_scope", body, name=SCOPES, reuse=REUSE),
        _step("default_scope", body, default=st.sampled_from(["a", "d"]), reuse=REUSE),
        _step("again", body, which=st.integers(0, 3), reuse=REUSE, auxiliary=st.booleans()),
        _step("root_again", body, reuse=REUSE),
        _step("current_again", body, reuse=REUSE),
        _step(
            "name_scope", body, name=st.sampled_from(["n", "a", "N", None, "", "n/", "a/b", "_n"])
        ),
        _step("creator", body, effect=st.sampled_from(["none", "freeze", "rename", "look"])),
        _step("caught", body),
        _step(
            "template",
            body,
            name=st.sampled_from(["a", "t"]),
            now=st.booleans(),
            unique=st.sampled_from([None, None, "u"]),
        ),
    )


STEPS = st.recursive(LEAVES, _blocks, max_leaves=12)
PROGRAMS = st.lists(STEPS, min_size=1, max_size=6).map(tuple)


class Failed(Exception):  # noqa: N818 - it is no error that it is raised
    """What a program raises of its own."""


class Run:
    """One run of a program: the scopes and templates that it holds, and what it has seen."""

    def __init__(self, tf: Any) -> None:
        self.tf = tf
        self.seen: list[Any] = []
        self.scopes: list[Any] = []
        self.templates: list[Any] = []
        self.last: Any = None
        self.depth = 0

    def steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            self.step(step)

    def step(self, step: Step) -> None:
        getattr(self, f"do_{step.kind}")(step, **step.arguments)

    def _reuse(self, reuse: Any) -> Any:
        return self.tf.AUTO_REUSE if reuse == "AUTO_REUSE" else reuse

    def _dtype(self, dtype: Any) -> Any:
        return None if dtype is None else getattr(self.tf, dtype)

    def do_get_variable(self, step: Step, name: str, shape: Any, **rest: Any) -> None:
        initializer = rest.get("initializer")
        partitions = rest.get("partitions")
        variable = self.tf.get_variable(
            name,
            shape,
            dtype=self._dtype(rest.get("dtype")),
            initializer=self.tf.zeros_initializer() if initializer == "zeros" else initializer,
            trainable=rest.get("trainable"),
            collections=rest.get("collections"),
            partitioner=partitions and self.tf.fixed_size_partitioner(partitions),
            regularizer=self.tf.nn.l2_loss if rest.get("regularized") else None,
        )
        self._saw(variable)

    def do_get_local_variable(self, step: Step, name: str, shape: Any) -> None:
        self._saw(self.tf.get_local_variable(name, shape))

    def do_Variable(self, step: Step, name: Any, value: Any, trainable: Any) -> None:  # noqa: N802
        if value == 2:
            # On purpose: what is an integer is never trainable here.
            trainable = False
        self._saw(self.tf.Variable(value, name=name, trainable=trainable))

    def _saw(self, variable: Any) -> None:
        if hasattr(variable, "op"):
            self.last = variable
        self.seen += [variable.name, variable.shape, variable.dtype]

    def do_collect(self, step: Step, key: str, value: int) -> None:
        self.tf.add_to_collection(key, value)

    def do_collect_last(self, step: Step, key: str) -> None:
        if self.last is not None:
            self.tf.add_to_collection(key, self.last)

    def do_read(self, step: Step, key: str, scope: Any) -> None:
        self.seen.append(as_seen(key, self.tf.get_collection(key, scope)))

    def do_list(self, step: Step, key: str, effect: Any) -> None:
        items = self.tf.get_collection_ref(key)
        if effect == "append":
            items.append(7)
        elif effect == "clear":
            del items[:]
        self.seen.append(as_seen(key, self.tf.get_collection_ref(key)))

    def do_losses(self, step: Step, scope: Any) -> None:
        losses = self.tf.get_collection(self.tf.GraphKeys.REGULARIZATION_LOSSES, scope)
        self.seen.append(len(losses))

    def do_reuse_variables(self, step: Step) -> None:
        self.tf.get_variable_scope().reuse_variables()

    def do_set_dtype(self, step: Step, dtype: str) -> None:
        self.tf.get_variable_scope().set_dtype(self._dtype(dtype))

    def do_fail(self, step: Step) -> None:
        raise Failed

    def do_call(self, step: Step, template: int) -> None:
        # A template may call itself, but not for ever.
        if self.templates and self.depth < 3:
            self.depth += 1
            try:
                self.templates[template % len(self.templates)]()
            finally:
                self.depth -= 1

    def _inside(self, scope: Any, step: Step) -> None:
        with scope as opened:
            self.scopes.append(opened)
            self.seen += [opened.name, opened.original_name_scope, opened.reuse, opened.dtype]
            self.steps(step.body)

    def _getter(self, effect: Any) -> Any:
        def getter(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
            self.seen.append(("getter", effect, name))
            if effect == "rename":
                name += "_g"
            elif effect == "freeze":
                kwargs["trainable"] = False
            elif effect == "look":
                self._look()
                self._saw(self.tf.Variable(1.0, name="v", trainable=False))
            else:
                kwargs["reuse"] = self.tf.AUTO_REUSE
            return getter(name, *args, **kwargs)

        return getter if effect else None

    def _look(self) -> None:
        """Opens scopes where a function of the program runs, and sees what they are called."""
        with self.tf.name_scope("n") as opened, self.tf.variable_scope("b") as scope:
            self.seen += [opened, scope.name, scope.original_name_scope]

    def do_variable_scope(self, step: Step, name: str, reuse: Any, **rest: Any) -> None:
        dtype = self._dtype(rest.get("dtype"))
        scope = self.tf.variable_scope(
            name,
            reuse=self._reuse(reuse),
            dtype=dtype,
            auxiliary_name_scope=rest.get("auxiliary", True),
            custom_getter=self._getter(rest.get("getter")),
        )
        self._inside(scope, step)

    def do_default_scope(self, step: Step, default: str, reuse: Any) -> None:
        self._inside(self.tf.variable_scope(None, default, reuse=self._reuse(reuse)), step)

    def do_again(self, step: Step, which: int, reuse: Any, auxiliary: bool) -> None:
        if self.scopes:
            scope = self.scopes[which % len(self.scopes)]
            again = self.tf.variable_scope(
                scope, reuse=self._reuse(reuse), auxiliary_name_scope=auxiliary
            )
            self._inside(again, step)

    def do_root_again(self, step: Step, reuse: Any) -> None:
        scope = self.tf.VariableScope(False, name="")
        self._inside(self.tf.variable_scope(scope, reuse=self._reuse(reuse)), step)

    def do_current_again(self, step: Step, reuse: Any) -> None:
        scope = self.tf.get_variable_scope()
        self._inside(self.tf.variable_scope(scope, reuse=self._reuse(reuse)), step)

    def do_name_scope(self, step: Step, name: Any) -> None:
        with self.tf.name_scope(name) as opened:
            self.seen.append(opened)
            self.steps(step.body)

    def do_creator(self, step: Step, effect: str) -> None:
        def creator(next_creator: Any, **kwargs: Any) -> Any:
            self.seen.append(("creator", effect, kwargs["name"]))
            if effect == "freeze":
                kwargs["trainable"] = False
            elif effect == "rename":
                kwargs["name"] = "c"
            elif effect == "look":
                self._look()
            return next_creator(**kwargs)

        with self.tf.variable_creator_scope(creator):
            self.steps(step.body)

    def do_caught(self, step: Step) -> None:
        try:
            self.steps(step.body)
        except (Failed, ValueError, TypeError) as error:
            self.seen.append(type(error).__name__)

    def do_template(self, step: Step, name: str, now: bool, unique: Any) -> None:
        def function() -> None:
            self.steps(step.body)

        template = self.tf.make_template(name, function, create_scope_now_=now, unique_name_=unique)
        self.templates.append(template)
        template()


def case_of(program: tuple[Step, ...]) -> Any:
    """The program as a case: a function of one argument, tf."""

    def case(tf: Any) -> list[Any]:
        run = Run(tf)
        try:
            run.steps(program)
        except (Failed, ValueError, TypeError) as error:
            run.seen.append(("raised", error))
        return run.seen

    return case


def text(steps: tuple[Step, ...], indent: str = "") -> str:
    """A program as a listing, one step a line."""
    lines = []
    for step in steps:
        arguments = ", ".join(f"{k}={v!r}" for k, v in step.arguments.items())
        lines.append(f"{indent}{step.kind}({arguments})" + (":" if step.body else ""))
        if step.body:
            lines.append(text(step.body, indent + "    "))
    return "\n".join(lines)
