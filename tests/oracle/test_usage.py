"""The count of coverage says what is there."""

from operator import attrgetter

import pytest

from oracle.usage import GROUPS, REFUSED, Use, facts, is_answered, report, shares
from torchscope import tf1

LEAST = {"a": 0.97, "c": 0.97, "e": 0.95}


def test_a_share_is_of_uses():
    uses = [Use("c", "tf.nn.relu", 30), Use("c", "tf.nothing", 4), Use("c", "tf.nn.no", 6)]
    assert shares(uses) == {"c": (0.75, [uses[2], uses[1]])}


@pytest.mark.parametrize(
    ("symbol", "answered"),
    [
        ("tf.float32", True),
        ("tf.GraphKeys.LOSSES", True),
        ("tf.layers.*", True),
        ("tf.zeros.*", False),
        ("tf.Session", False),
        ("slim.conv2d", True),
        ("slim.no_such_layer", False),
        ("moving_averages.nothing", False),
    ],
)
def test_a_symbol_is_answered_or_not(symbol, answered):
    assert is_answered(symbol) is answered


@pytest.mark.parametrize("symbol", sorted(REFUSED))
def test_what_is_refused_is_there_and_says_what_to_write(symbol):
    with pytest.raises(NotImplementedError, match=rf"(?s)^{symbol}\b.*ts\.ScopedModule\("):
        attrgetter(symbol.removeprefix("tf."))(tf1)()


def test_each_symbol_is_of_a_group_and_counted_once():
    uses = facts()
    assert {use.group for use in uses} == set(GROUPS)
    assert len({use.symbol for use in uses}) == len(uses)
    assert all(0 < use.repositories <= 71 for use in uses)


@pytest.mark.parametrize("group", LEAST)
def test_a_group_is_answered_nearly_wholly(group):
    assert shares(facts())[group][0] >= LEAST[group]


def test_the_report_has_each_group():
    text = report()
    assert all(f"({group}) {title}: " in text for group, title in GROUPS.items())
