"""The built site has no broken link and loads nothing from another host. `make docs` runs this on `site/`."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(__file__).parents[2] / "site"
PAGES = sorted(SITE.rglob("*.html"))
#: Attributes whose URLs a browser loads by itself.
LOADING = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("use", "href")}


class Reader(HTMLParser):
    """Collects anchors, links and loaded URLs."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded, self.titles = set(), set(), set(), 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids |= {attributes.get("id"), attributes.get("name")} - {None}
        self.titles += tag == "title"
        for name, value in attributes.items():
            if (tag, name) in LOADING and attributes.get("rel") not in ("canonical", "prev", "next"):
                self.loaded.add(value)
            elif tag == "a" and name == "href":
                self.links.add(value)


@cache
def read(path):
    return Reader(path.read_text(encoding="utf-8"))


def target(page, link):
    """Return the file that a link leads to."""
    path = unquote(urlsplit(link).path)
    found = (SITE / path.lstrip("/") if path.startswith("/") else page.parent / path).resolve() if path else page
    return found / "index.html" if found.is_dir() else found


def is_external(link):
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)


def test_the_site_is_built():
    assert len(PAGES) >= 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(SITE)))
def test_page(page):
    found = read(page)
    assert found.titles >= 1
    assert [link for link in found.loaded if is_external(link) and not link.startswith("data:")] == []
    broken = []
    for link in found.links | found.loaded:
        if is_external(link) or page.name == "404.html":
            continue
        there, anchor = target(page, link), unquote(urlsplit(link).fragment)
        if not there.is_file() or (anchor and there.suffix == ".html" and anchor not in read(there).ids):
            broken.append(link)
    assert broken == []


def test_styles_load_nothing_from_another_host():
    for path in SITE.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        urls = re.findall(r"(?:url\(|@import\s*)[\"']?([^\"')\s;]+)", text)
        assert [url for url in urls if is_external(url) and not url.startswith("data:")] == []


def test_no_path_of_this_machine_is_on_a_page():
    for page in PAGES:
        assert str(SITE.parent) not in page.read_text(encoding="utf-8"), page
