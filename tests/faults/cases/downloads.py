"""Downloads from an origin that cannot be trusted."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..case import Action, Case, head, response, say, say_bomb, then_close, then_reset, then_stall
from ..server import Peer

_FILE = b"what the job made" * 100
_SIZE = len(_FILE)
_ARTIFACT = {
    "id": "a",
    "job_id": "j",
    "path": "f.txt",
    "filename": "f.txt",
    "file_size": _SIZE,
    "sha1sum": hashlib.sha1(_FILE, usedforsecurity=False).hexdigest(),
}
_FOUND = say(response(json.dumps(_ARTIFACT).encode()))
_WHOLE = say(response(_FILE))
_TAGGED = then_close(head(b"Accept-Ranges: bytes", b'ETag: "1"', b"Content-Length: %d" % _SIZE) + b"?" * 700)
_BROKEN = then_close(head(b"Accept-Ranges: bytes", b"Content-Length: %d" % _SIZE) + _FILE[:700])


def _download(client: Any) -> Any:
    with TemporaryDirectory() as folder:
        try:
            path = client.artifacts.download("acme", "j", "a", to=f"{folder}/")
            assert path.read_bytes() == _FILE
        finally:
            left = [file.name for file in Path(folder).iterdir()]
            assert left in ([], ["f.txt"]), left
        return path.name


def _at(url: bytes) -> Action:
    return say(response(json.dumps({"url": url.decode()}).encode(), "302 Found"))


_GIVEN = _at(b"{elsewhere}/f")


def _rest(start: int, stated: int, body: bytes, *headers: bytes) -> Action:
    content_range = b"Content-Range: bytes %d-%d/%d" % (stated, _SIZE - 1, _SIZE)
    return say(response(body, "206 Partial Content", content_range, *headers))


def _endless_file(peer: Peer) -> None:
    """Send far more than the disk of a test should hold, without a length."""
    peer.say(head(b"Connection: close"))
    for _ in range(400):
        peer.say(bytes(1 << 20))


def _endless_rest(peer: Peer) -> None:
    peer.say(head(b"Connection: close", b"Content-Range: bytes 700-%d/%d" % (_SIZE - 1, _SIZE), status="206 Partial"))
    for _ in range(400):
        peer.say(bytes(1 << 20))


def _download_in_little_space(client: Any) -> Any:
    """Download where no file may be larger than the artifact."""
    written = 0

    def progress(done: int, _total: int | None) -> None:
        nonlocal written
        written = max(written, done)

    with TemporaryDirectory() as folder:
        try:
            client.artifacts.download("acme", "j", "a", to=f"{folder}/", progress=progress)
        finally:
            assert written <= _SIZE, written
            assert not list(Path(folder).iterdir())


def oversized(name: str, *elsewhere: Action) -> Case:
    actions = [_FOUND, _GIVEN, _GIVEN, _GIVEN]
    return Case(
        name=f"download: {name}",
        actions=actions,
        elsewhere=elsewhere,
        call=_download_in_little_space,
        outcome="DownloadError",
    )


def stored(name: str, *elsewhere: Action, outcome: str = "result") -> Case:
    actions = [_FOUND, _GIVEN, _GIVEN, _GIVEN, _GIVEN]
    return Case(name=f"download: {name}", actions=actions, elsewhere=elsewhere, call=_download, outcome=outcome)


def _given(name: str, url: bytes, outcome: str) -> Case:
    return Case(
        name=f"download: {name}", actions=[_FOUND, _at(url)], elsewhere=[_WHOLE], call=_download, outcome=outcome
    )


def _streamed(client: Any) -> Any:
    with client.jobs.stream_log("acme", "j") as stream:
        return len(stream.read())


CASES = (
    stored("good", _WHOLE),
    stored("broken, then resumed", _BROKEN, _rest(700, 700, _FILE[700:])),
    stored("broken, range ignored", _BROKEN, _WHOLE),
    stored("broken, another range", _BROKEN, _rest(700, 600, _FILE[600:]), _WHOLE),
    stored("broken, rest is another file's", _BROKEN, _rest(700, 700, b"?" * (_SIZE - 700)), outcome="DownloadError"),
    stored("broken, rest is another file's, then whole", _BROKEN, _rest(700, 700, b"?" * (_SIZE - 700)), _WHOLE),
    stored("broken, then changed", _TAGGED, _rest(700, 700, _FILE[700:], b'ETag: "2"'), _WHOLE),
    stored("cut off without a length", then_close(head(b"Connection: close") + _FILE[:700]), _WHOLE),
    stored("broken three times", then_close(head(b"Content-Length: %d" % _SIZE) + _FILE[:70]), outcome="APIConnectionError"),
    stored("reset", then_reset(), outcome="APIConnectionError"),

    stored("stall", then_stall(head(b"Content-Length: %d" % _SIZE) + _FILE[:70]), outcome="APITimeoutError"),

    stored("too long", say(response(_FILE + b"x")), outcome="DownloadError"),
    oversized("400 MB without a length", _endless_file),
    oversized("gzip of 256 MB", say_bomb(1 << 28)),
    oversized("broken, then a rest of 400 MB", _BROKEN, _endless_rest, _endless_file),
    stored("broken, then a rest of 400 MB, then whole", _BROKEN, _endless_rest, _WHOLE),
    stored("other bytes", say(response(_FILE[::-1])), outcome="DownloadError"),
    stored("deflate cut off", say(response(zlib.compress(_FILE)[:-5], "200 OK", b"Content-Encoding: deflate")), outcome="DownloadError"),
    stored("gzip cut off", say(response(gzip.compress(_FILE)[:-5], "200 OK", b"Content-Encoding: gzip")), outcome="DownloadError"),
    stored("expired", say(response(b"<Error/>", "403 Forbidden")), outcome="DownloadError"),
    stored("expired once", say(response(b"<Error/>", "403 Forbidden")), _WHOLE),

    stored("503 once", say(response(b"", "503 Slow Down", b"Retry-After: 0")), _WHOLE),
    stored("503 for long", say(response(b"", "503 Slow Down", b"Retry-After: 99999")), _WHOLE, outcome="DownloadError"),

    stored("broken, 503, then resumed", _BROKEN, say(response(b"", "503 Slow Down")), _rest(700, 700, _FILE[700:])),
    stored("redirected in a circle", say(response(b"", "302 Found", b"Location: /again")), outcome="APIConnectionError"),
    stored("redirected to a file", say(response(b"", "302 Found", b"Location: file:///etc/passwd")), outcome="APIConnectionError"),

    stored("no HTTP", then_close(b"\0\0\0\0"), outcome="APIConnectionError"),
    _given("address is a file", b"file:///etc/passwd", "DownloadError"),

    _given("address is no URL", b"http://[::1", "DownloadError"),

    _given("address of nobody", b"http://127.0.0.1:1/", "APIConnectionError"),
    Case(name="stream: broken", actions=[then_close(head(b"Content-Length: 900") + b"x" * 90)], call=_streamed, outcome="APIConnectionError", sent=1),
    Case(name="stream: stall", actions=[then_stall(head(b"Content-Length: 900") + b"x" * 90)], call=_streamed, outcome="APITimeoutError", sent=1),
    Case(name="stream: deflate cut off", actions=[say(response(zlib.compress(b"line\n" * 5000)[:-9], "200 OK", b"Content-Encoding: deflate"))], call=_streamed, outcome="DecodeError", sent=1),
    Case(name="stream: empty", actions=[say(response(b""))], call=_streamed, outcome="result", sent=1),
    Case(name="stream: 502 once", actions=[say(response(b"", "502 No")), say(response(b"\xff\xfe\0"))], call=_streamed, outcome="result", sent=2),
)  # fmt: skip
