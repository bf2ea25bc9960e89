"""A server of the library, on a free port."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlencode, urlsplit

BOOKS = [
    {"isbn": str(number), "title": title, "genre": genre, "added": "2026-03-02T09:15:00Z"}
    for number, (title, genre) in enumerate((("Emma", "novel"), ("Howl", "poetry"), ("Ulysses", "novel")))
]
COVER = b"\x89PNG\r\n\x1a\n"
READERS = ["Ada", "Grace", "Edsger"]


class _Handler(BaseHTTPRequestHandler):
    books: list[dict[str, str]]
    requests: list[str]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        limit = int(query.get("limit", 100))
        match parts.path.split("/")[1:]:
            case ["books"]:
                found = [book for book in self.books if query.get("genre") in (None, book["genre"])]
                start = int(query.get("offset", 0))
                rest = {**query, "offset": start + limit}
                host = "127.0.0.2" if query.get("genre") == "poetry" else self.headers["Host"]
                url = f"http://{host}/books?{urlencode(rest)}"
                link = {"Link": f'<{url}>; rel="next"'} if start + limit < len(found) or host == "127.0.0.2" else {}
                self._reply(200, found[start : start + limit], link)
            case ["books", isbn]:
                found = [book for book in self.books if book["isbn"] == isbn]
                title = f"{found[0]['title']} {self.headers.get('Title-Language', '')}".rstrip() if found else ""
                self._reply(
                    200 if found else 404, {**found[0], "title": title} if found else {"reason": "no such book"}
                )
            case ["books", _, "cover"]:
                self._send(200, COVER, {"Content-Type": "image/png"})
            case ["books", _, "loans"]:
                start = int(query.get("cursor", "c0")[1:])
                following = f"c{start + limit}" if start + limit < len(READERS) else None
                data = [{"reader": name} for name in READERS[start : start + limit]]
                self._reply(200, {"data": data, "paging": {"next": following}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        book = {"added": "2026-03-02T09:15:00Z", **body}
        self.books.append(book)
        self._reply(201, book)

    def _reply(self, status: int, value: object, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), headers or {})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.requests.append(f"{self.command} {self.path}")
        if self.headers["Authorization"] != "Bearer secret":
            status, content, headers = 401, b'{"reason": "no token"}', {}
        self.send_response(status)
        for name, text in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def serve() -> Iterator[tuple[str, list[str]]]:
    """Serve the library, and return its URL and the requests that it receives."""
    requests: list[str] = []
    handler = type("Handler", (_Handler,), {"books": list(BOOKS), "requests": requests})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()
        thread.join()
