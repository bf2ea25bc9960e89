"""The path of a call from the method to the request and back is short, and its page in the docs is current."""

from docs.generate import call_path


def test_page_is_current():
    assert call_path.PAGE.read_text(encoding="utf-8") == call_path.page(), "run `python -m docs.generate.call_path`"


def test_path_is_short():
    hops, _ = call_path.trace()
    assert len(hops) <= 12
    assert call_path.returns(hops) <= 3
