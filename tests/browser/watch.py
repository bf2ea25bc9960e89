"""What a page of Chromium asks for, and what it complains about."""

from contextlib import contextmanager
from urllib.parse import urlsplit

#: Chromium says so of its own accord, whatever the page makes of the answer.
UNAUTHORIZED = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"


class Watch:
    """Notes the requests and the complaints of all pages of a context."""

    def __init__(self, context):
        self.requests, self.complaints = [], []
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _listen(self, message):
        if message.type in {"error", "warning"} and message.text != UNAUTHORIZED:
            self.complaints.append(message.text)

    def strangers(self):
        """Return the addresses on other hosts."""
        return [url for url in self.requests if urlsplit(url).hostname not in {"127.0.0.1", "localhost", None}]


@contextmanager
def watched(chromium):
    """Open a page that knows of no other page, and give it and its watch."""
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(60_000)
        watch = Watch(context)
        yield context.new_page(), watch
