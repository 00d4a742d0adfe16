"""Generated programs: two thousand different ones behave as in TensorFlow, on each of three passes."""

import contextlib
import itertools
import random

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings

import torchscope as ts
import torchscope.tf1
from oracle.observe import in_passes, in_tensorflow, in_torchscope
from oracle.programs import PROGRAMS, Failed, Run, case_of, text
from torchscope._core.passes import one_pass as passes


def check(program):
    """Fails, with the program as code, where torchscope does not do what TensorFlow does."""
    note(text(program))
    case = case_of(program)
    expected = in_tensorflow(case)
    assert in_torchscope(case) == expected
    for number, seen in enumerate(in_passes(case, 3), start=1):
        assert seen == expected, f"in pass {number}"


class Checked(set):
    """The programs that agreed, as text. The same program is drawn, and not run, a second time."""

    def __repr__(self):
        # Hypothesis says with what it calls a function.
        return f"<{len(self)} programs>"

    def __call__(self, program):
        written = text(program)
        if written not in self:
            check(program)
            self.add(written)


@pytest.mark.unmeasured
def test_two_thousand_programs_behave_as_in_tensorflow():
    checked = Checked()
    some = settings(
        max_examples=1100,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    first = 0 if settings.default.derandomize else random.getrandbits(32)
    for number in itertools.count(first):
        some(seed(number)(given(PROGRAMS)(checked.__call__)))()
        if len(checked) >= 2000:
            break


def state():
    """All that a refused request must leave as it was."""
    pass_ = passes.current()
    module = pass_.registry.module
    return (
        {name: id(v) for name, v in pass_.registry.variables.items()},
        {key: id(t) for key, t in module.state_dict(keep_vars=True).items()},
        [name for name, _ in module.named_modules()],
        dict(pass_.names),
        [(record.name, count) for record, count in pass_.claims.items()],
        list(pass_.partitioned),
        pass_.scope.name,
        pass_.name_scope,
    )


class Watched(Run):
    """A run that looks at the state around every statement without a body."""

    refused = 0
    looked = False

    def _look(self):
        # What the program's own functions did before the refusal stays done.
        self.looked = True
        super()._look()

    def step(self, step):
        before, self.looked = state(), False
        try:
            super().step(step)
        except (ValueError, TypeError):
            requests = {"get_variable", "get_local_variable", "Variable"}
            if step.kind in requests and not self.looked:
                assert state() == before
                Watched.refused += 1
            raise


@settings(
    max_examples=500,
    suppress_health_check=list(HealthCheck),
)
@given(PROGRAMS)
def run_watched(program):
    def run():
        with contextlib.suppress(Failed, ValueError, TypeError):
            Watched(torchscope.tf1).steps(program)

    net = ts.ScopedModule(run)
    net()
    net()
    ts.reset_default_registry()
    run()


def test_a_refused_request_leaves_everything_as_it_was():
    Watched.refused = 0
    run_watched()
    assert Watched.refused > 100
