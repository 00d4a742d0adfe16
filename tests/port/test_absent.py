"""What stands for what torchscope has not: named by files, inherited from, and refused when it is used."""

import pytest

from torchscope._core.ops.errors import UnimplementedError
from torchscope.port.helpers import absent, absent_decorator

Layer = absent("tensorflow.keras.layers.Layer")
REFUSED = r"tensorflow\.keras\.layers\.Layer was used, and torchscope has none\. It is named at .*test_absent"


class Mine(Layer):
    default = 3

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def doubled(self):
        return self.size * 2

    def applied(self, x):
        return self(x)


def test_what_a_class_has_itself_runs():
    made = Mine(4, name="mine")
    assert (made.size, made.default, made.doubled()) == (4, 3, 8)
    assert isinstance(made, Layer)
    assert not isinstance(4, Layer)


@pytest.mark.parametrize(
    "use",
    [
        Layer,
        lambda: Mine(4)(1),
        lambda: Mine(4).applied(1),
        lambda: Mine(4).weights,
        lambda: Mine(4).build([2]),
    ],
)
def test_what_it_would_inherit_is_refused(use):
    with pytest.raises(UnimplementedError, match=REFUSED):
        use()


def test_a_part_of_it_is_as_absent():
    with pytest.raises(
        UnimplementedError, match=r"tensorflow\.keras\.layers\.Layer\.Wrapper was used"
    ):
        Layer.Wrapper(1)


def test_a_decorator_leaves_a_stand_in():
    @absent_decorator("tensorflow.RegisterGradient")
    def gradient(op, dy):
        return dy

    with pytest.raises(UnimplementedError, match=r"tensorflow\.RegisterGradient was used"):
        gradient(None, 1)
