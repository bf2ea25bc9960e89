"""Mock server, and pages of Chromium on another origin."""

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
    # No other host name resolves.
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
    """Log of the mock server. It has preflight requests, which pages cannot see."""
    return []


@pytest.fixture
def mock(log):
    with MockServer(builds=100, log=log.append) as server:
        yield server


@pytest.fixture
def other_origin(tmp_path):
    """URL of an empty page on an origin of its own."""
    (tmp_path / "index.html").write_text('<!DOCTYPE html><title>Elsewhere</title><link rel="icon" href="data:,">')
    with served(tmp_path) as origin:
        yield f"{origin}/"


@pytest.fixture
def page(chromium):
    """A page, which must not send requests to other hosts or log errors."""
    with watched(chromium) as (page, watch):
        yield page
        assert watch.requests, "the page has sent no request"
        assert watch.external_requests() == []
        assert watch.errors == []
