"""docs/conformance.md says something true of every symbol."""

import pytest

from oracle import operations
from oracle.conformance import (
    DIFFERENT,
    NOT_APPLICABLE,
    PAGE,
    differing_arguments,
    page,
    row,
    symbols,
)

SYMBOLS = sorted(set(symbols()))


def test_the_page_is_what_make_conformance_writes():
    assert PAGE.read_text() == page()


def test_nothing_is_said_of_what_tensorflow_does_not_have():
    assert {*DIFFERENT, *NOT_APPLICABLE} <= set(SYMBOLS)


def test_an_operation_that_is_not_as_tensorflows_says_how():
    listed = set(operations.symbols())
    assert set(operations.DIFFERENT) <= listed
    kinds = {symbol: operations.row(symbol)[1] for symbol in listed - set(SYMBOLS)}
    assert "different arguments" not in kinds.values()
    with pytest.raises(LookupError, match=r"Nothing is said of tf\.no_such_operation"):
        operations.row("tf.no_such_operation")


@pytest.mark.parametrize("symbol", [s for s in SYMBOLS if s not in {*DIFFERENT, *NOT_APPLICABLE}])
def test_what_is_the_same_takes_the_same_arguments(symbol):
    assert differing_arguments(symbol) is None


def test_what_no_case_uses_is_not_called_the_same():
    with pytest.raises(
        LookupError, match=r"No case of tests/oracle shows that tf\.assign is the same"
    ):
        row("tf.assign", [])
    with pytest.raises(LookupError, match=r"Nothing is said of tf\.no_such_thing"):
        row("tf.no_such_thing", ["names-a_case"])
