"""`Link` headers."""

import itertools
import time

import httpx
import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest._pagination.links import has_unparsed_next, parse_links

NEXT = {
    "plain": '<u>; rel="next"',
    "token": "<u>;rel=next",
    "upper-case-value": '<u>; rel="NEXT"',
    "several-relations": '<u>; rel="prev next"',
    "escaped": '<u>; rel="\\n\\ext"',
    "spaces": '  <u>  ;  rel  =  "next"  ',
    "other-parameters": '<u>; title="a, b; rel=last>"; rel="next"; foo; bar=1',
    "single-quotes": "<u>; rel='next'",
}


@pytest.mark.parametrize("header", NEXT.values(), ids=NEXT)
def test_the_next_page_is_found(header):
    links = parse_links(header)
    assert links["next"] == "u"
    assert "last" not in links


def test_a_url_may_hold_commas_and_semicolons():
    header = '<https://a.example/?x=1,2;rel=last>; rel="next", <z>; rel="last"'
    assert parse_links(header) == {"next": "https://a.example/?x=1,2;rel=last", "last": "z"}


NONE = {
    "empty": "",
    "garbage": "garbage",
    "unfinished-url": '<u; rel="next"',
    "unfinished-quote": '<u>; rel="next',
    "in-a-title": '<u>; title="rel=next"',
}


@pytest.mark.parametrize("header", NONE.values(), ids=NONE)
def test_there_is_no_next_page(header):
    assert "next" not in parse_links(header)


UNPARSED = {
    '<u; rel="next"': True,
    '<u>; rel="last", v; rel="prev next"': True,
    "<https://a.example/?page=2": True,
    '<u>; rel="last", <v>; rel="': True,
    '<u>; rel="last"; title="\\"': True,
    "garbage": False,
    'u; rel="up-next"': False,
    '<u>; title="rel=next"': False,
    '<u>; rel="next"': False,
}


@pytest.mark.parametrize(("header", "expected"), UNPARSED.items(), ids=ascii)
def test_a_next_page_in_what_cannot_be_parsed_is_noticed(header, expected):
    assert has_unparsed_next(header) is expected


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit", [*'<;,=" \\a\t', "<a>", "<a>;", '<a>;b="', '<a>;b="\\', "<a> ", "<>;=", "rel=", "rel "]
)
def test_a_long_header_takes_linear_time(unit):
    start = time.perf_counter()
    for before, after in itertools.product(["", "<u>", '<u>;rel="'], ["", "x", '"']):
        has_unparsed_next(before + unit * 200_000 + after)
    assert time.perf_counter() - start < 30


def test_several_headers_are_one_list(connect):
    headers = [("Link", '<?page=9>; rel="prev"'), ("Link", '<?page=2>; rel="next"')]
    first = httpx.Response(200, json=[{"number": 1}], headers=headers)
    pages = Script(lambda request: response([build(2)]) if "page=2" in str(request.url) else first)
    assert [item.number for item in connect(pages).builds.list("acme", "web")] == [1, 2]
