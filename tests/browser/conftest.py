"""Mock server, and pages of Chromium on another origin."""

import shutil
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.unit.client.support import Silent, serving

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


class Files(Silent, SimpleHTTPRequestHandler):
    """Responds with files, and logs nothing."""


def served(folder: Path) -> AbstractContextManager[str]:
    """Serve the files of a folder, and yield the origin."""
    return serving(partial(Files, directory=folder))


#: Chromium logs this even if the page handles the response.
UNAUTHORIZED = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"


class Watch:
    """Records the requests, errors and warnings of all pages of a context."""

    def __init__(self, context):
        self.requests, self.errors = [], []
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _listen(self, message):
        if message.type in {"error", "warning"} and message.text != UNAUTHORIZED:
            self.errors.append(message.text)

    def external_requests(self):
        """Return the URLs of requests to other hosts."""
        return [url for url in self.requests if urlsplit(url).hostname not in {"127.0.0.1", "localhost", None}]


@contextmanager
def watched(chromium):
    """Open a page in a new context, and yield it with its watch."""
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(60_000)
        watch = Watch(context)
        yield context.new_page(), watch
