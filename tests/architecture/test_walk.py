"""A call is read from top to bottom: few functions in few modules, and few switches between them."""

from tests.architecture.walk import walk


def test_one_page_of_a_list():
    found = walk(200)
    assert len(found.functions) <= 50
    assert len(found.modules) <= 14
    assert found.switches <= 30


def test_a_page_after_a_retry():
    assert len(walk(503, 200).functions) <= 85
