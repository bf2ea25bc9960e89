"""A mock server, a documentation site on another origin, and pages of Chromium that are watched."""

import shutil

import pytest
from tests.browser.static import served
from tests.browser.watch import watched

from buildkite_rest.mock import MockServer

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever should ask for another host after all finds none.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def log():
    """The lines that the mock server writes, which tell of preflights too: pages are not told of those."""
    return []


@pytest.fixture
def mock(log):
    with MockServer(builds=100, log=log.append) as server:
        yield server


@pytest.fixture
def site(mock, tmp_path):
    """The address of the documentation's API browser, on an origin of its own."""
    from docs.generate.__main__ import write_browser

    write_browser(tmp_path / "openapi", mock.url)
    with served(tmp_path) as origin:
        yield f"{origin}/openapi/index.html"


@pytest.fixture
def elsewhere(tmp_path):
    """The address of a page on an origin of its own, with nothing on it."""
    (tmp_path / "index.html").write_text('<!DOCTYPE html><title>Elsewhere</title><link rel="icon" href="data:,">')
    with served(tmp_path) as origin:
        yield f"{origin}/"


@pytest.fixture
def page(chromium):
    """A page that in the end must have asked nothing of another host, and must have complained of nothing."""
    with watched(chromium) as (page, watch):
        yield page
        assert watch.requests, "the page has loaded nothing"
        assert watch.strangers() == []
        assert watch.complaints == []
