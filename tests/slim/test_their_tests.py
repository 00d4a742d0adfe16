"""tf_slim's own unit tests pass over torchscope, but for those that are known to fail, with reasons."""

from slim.their_tests import FAILURES, MISSING, PAGE, outcomes, page, reason


def failing():
    return [each for each in outcomes() if each.kind == "fails"]


def test_every_test_that_fails_is_known_to_fail_and_why():
    assert [(each.test, each.why) for each in failing() if reason(each) is None] == []


def test_nothing_is_said_to_fail_that_passes():
    known = {reason(each) for each in failing()}
    assert {each.test for each in failing()} >= FAILURES.keys()
    assert known >= {f"there is no `{name}`" for name in MISSING}


def test_nine_in_ten_of_those_that_do_not_need_the_graph_pass():
    ran = [each for each in outcomes() if each.kind != "needs the graph"]
    assert len(ran) > 490
    assert sum(each.kind == "passes" for each in ran) >= 0.9 * len(ran)


def test_the_page_is_what_make_conformance_writes():
    assert PAGE.read_text() == page()
