"""Requests and errors of a page of Chromium."""

from contextlib import contextmanager
from urllib.parse import urlsplit

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
