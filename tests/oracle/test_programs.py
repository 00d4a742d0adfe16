"""Generated programs: two thousand of them behave as in TensorFlow, on each of three passes."""

from hypothesis import HealthCheck, Phase, given, note, settings

from oracle.observe import in_passes, in_tensorflow, in_torchscope
from oracle.programs import PROGRAMS, case_of, text


def check(program):
    """Fails, with the program as code, where torchscope does not do what TensorFlow does."""
    note(text(program))
    case = case_of(program)
    expected = in_tensorflow(case)
    assert in_torchscope(case) == expected
    for number, seen in enumerate(in_passes(case, 3), start=1):
        assert seen == expected, f"in pass {number}"


@settings(
    max_examples=2000,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
@given(PROGRAMS)
def test_programs_behave_as_in_tensorflow(program):
    check(program)
