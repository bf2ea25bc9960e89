"""Rules for the URLs of other pages."""

import pytest

from buildkite_rest.conformance.page_links import ListRequest, cursor_problems, page_problems

LIST = "https://api.example/v2/agents"


def request(query: str = "") -> ListRequest:
    declared = {"page", "per_page", "after", "before", "name", "state[]", "meta_data"}
    return ListRequest(f"{LIST}{query}", lambda name: name.partition("[")[0] in declared or name in declared)


def link(**pages: str) -> str:
    return ", ".join(f'<{LIST}?{query}>; rel="{relation}"' for relation, query in pages.items())


@pytest.mark.parametrize(
    ("query", "header", "items"),
    [
        ("", "", 0),
        ("", "", 30),
        ("", link(next="page=2", last="page=9"), 30),
        ("?page=2", link(first="page=1", prev="page=1", next="page=3"), 30),
        ("?page=9", link(first="page=1", prev="page=8"), 3),
        ("?page=9", link(first="page=1", prev="page=8", last="page=9"), 3),
        ("?page=50", link(first="page=1", prev="page=9"), 0),
        ("?per_page=5&name=x", link(next="name=x&page=2&per_page=5"), 5),
        ("", link(next="page=2&per_page=30"), 30),
        ("?state[]=a&state[]=b", link(next="state%5B%5D=b&state%5B%5D=a&page=2"), 30),
        ("?meta_data[a]=1", link(next="meta_data%5Ba%5D=1&page=2"), 30),
        ("?unknown=1", link(next="page=2"), 30),
        ("?page=zero", "nonsense", 30),
    ],
)
def test_valid_page(query: str, header: str, items: int) -> None:
    assert list(page_problems(request(query), header, items)) == []


@pytest.mark.parametrize(
    ("query", "header", "items", "problem"),
    [
        ("", "", 31, "31 items, more than the requested 30"),
        ("?per_page=5", "", 6, "6 items, more than the requested 5"),
        ("", "<nonsense>", 30, "one relation per URL: '<nonsense>'"),
        ("", f"{link(next='page=2')}, {link(next='page=3')}", 30, "one relation per URL"),
        ("", f"nonsense, {link(next='page=2')}", 30, "malformed: 'nonsense, <"),
        ("", f"{link(next='page=2')}, nonsense", 30, "malformed"),
        ("", '<https://api.example/v2/agents?page=2>; rel="next"; <x', 30, "malformed"),
        ("", link(up="page=2"), 30, "the unknown relation 'up'"),
        ("", '</v2/agents?page=2>; rel="next"', 30, "is not absolute"),
        ("", '<http://api.example/v2/agents?page=2>; rel="next"', 30, "another origin"),
        ("", '<https://api.example:8443/v2/agents?page=2>; rel="next"', 30, "another origin"),
        ("", '<https://api.example/v2/builds?page=2>; rel="next"', 30, "another path"),
        ("?name=x", link(next="page=2"), 30, "the parameters (none) instead of name=x"),
        ("", link(next="page=2&name=x"), 30, "the parameters name=x instead of (none)"),
        ("?per_page=5", link(next="page=2"), 5, "the parameters (none) instead of per_page=5"),
        ("?per_page=5", link(next="page=2&per_page=6"), 5, "per_page=6 instead of per_page=5"),
        ("", link(next="per_page=30"), 30, "has no page number"),
        ("", link(next="page=two"), 30, "has no page number"),
        ("", link(next="page=3"), 30, "rel='next' on page 1 leads to page 3"),
        ("?page=4", link(prev="page=2"), 30, "rel='prev' on page 4 leads to page 2"),
        ("?page=4", link(prev="page=4"), 0, "rel='prev' on page 4 leads to page 4"),
        ("?page=4", link(first="page=2"), 30, "rel='first' leads to page 2"),
        ("", link(next="page=2"), 0, "page 1 is empty and has a next page"),
        ("?page=2", link(next="page=3", last="page=2"), 30, "page 2 has a next page, but the last page is 2"),
        ("?page=2", link(last="page=5"), 30, "page 2 has no next page, but the last page is 5"),
    ],
)
def test_invalid_page(query: str, header: str, items: int, problem: str) -> None:
    problems = list(page_problems(request(query), header, items))

    assert len(problems) == 1
    assert problem in problems[0]


def envelope(items: int = 30, **links: object) -> dict[str, object]:
    return {"items": [{}] * items, "links": links}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", envelope(self=LIST)),
        ("", envelope(self=LIST, next=f"{LIST}?after=x")),
        ("", envelope(self=LIST, next=None)),
        ("?after=x", envelope(self=f"{LIST}?after=x", prev=f"{LIST}?before=y", first=LIST)),
        ("?per_page=5&name=x", envelope(5, next=f"{LIST}?per_page=5&name=x&after=z")),
        ("", {"items": []}),
        ("", {}),
    ],
)
def test_valid_envelope(query: str, body: dict[str, object]) -> None:
    assert list(cursor_problems(request(query), body)) == []


@pytest.mark.parametrize(
    ("query", "body", "problem"),
    [
        ("", envelope(31), "31 items, more than the requested 30"),
        ("", envelope(self="/v2/agents"), "links.self is not absolute"),
        ("", envelope(next="https://evil.example/v2/agents?after=x"), "links.next has another origin"),
        ("", envelope(prev="https://api.example/v2/builds?before=x"), "links.prev has another path"),
        ("?name=x", envelope(next=f"{LIST}?after=x"), "links.next has the parameters (none) instead of name=x"),
        ("", envelope(next=f"{LIST}?before=x"), "links.next has no cursor"),
        ("", envelope(0, next=f"{LIST}?after=x"), "the page is empty and has a next page"),
    ],
)
def test_invalid_envelope(query: str, body: dict[str, object], problem: str) -> None:
    problems = list(cursor_problems(request(query), body))

    assert len(problems) == 1
    assert problem in problems[0]
