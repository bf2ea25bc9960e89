"""Downloads from an origin that cannot be trusted, and uploads of files that change while they are sent."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..server import Peer
from . import Action, Call, Case, head, response, say, say_bomb, then_close, then_stall

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


def _streamed(client: Any) -> Any:
    with client.jobs.stream_log("acme", "j") as stream:
        return len(stream.read())


_UPLOADED_SIZE = 1 << 20
_PUBLISHED = say(response(b'{"id": "p", "name": "core"}'))


class _Changing(io.BytesIO):
    """A file whose size changes, or which fails, when its second chunk is read."""

    name = "build.log"

    def __init__(self, change: int | Exception) -> None:
        super().__init__(bytes(_UPLOADED_SIZE))
        self._change = change
        self._reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads == 2:
            if isinstance(self._change, Exception):
                raise self._change
            position = self.tell()
            self.truncate(min(_UPLOADED_SIZE, _UPLOADED_SIZE + self._change))
            self.seek(0, os.SEEK_END)
            self.write(bytes(max(0, self._change)))
            self.seek(position)
        return super().read(size)


def _publish(change: int | Exception) -> Call:
    def call(client: Any) -> Any:
        return client.packages.publish("acme", "gems", file=_Changing(change)).name

    return call


def _uploaded(name: str, change: int | Exception, outcome: str, sent: int = 0) -> Case:
    return Case(name=f"upload: {name}", actions=[_PUBLISHED], call=_publish(change), outcome=outcome, sent=sent)


def _build_downloaded(client: Any) -> Any:
    return client.artifacts.download_build("acme", "web", 1, to="/nonexistent/never-written")


def _unsigned(peer: Peer) -> None:
    """Respond, unless the request has credentials."""
    signed = b"authorization" in peer.server.heard[-1].head.lower()
    peer.say(response(b"a credential came along", "500 No") if signed else response(_FILE))


def _stored_at(name: str, location: bytes) -> Case:
    """The storage redirects to the API itself, by a name or another, where no credentials may come along."""
    return Case(
        name=f"download: redirected to {name}",
        actions=[_FOUND, _GIVEN, _unsigned],
        elsewhere=[say(response(b"", "307 Temporary", b"Location: " + location))],
        call=_download,
        outcome="result",
        sent=3,
    )


_NO_OBJECTS = (("null", b"null"), ("a list", b"[1]"), ("a number", b"7"), ("a text", b'"x"'))

CASES = (
    stored("good", _WHOLE),
    stored("broken, then resumed", _BROKEN, _rest(700, 700, _FILE[700:])),
    stored("broken, range ignored", _BROKEN, _WHOLE),
    stored("broken, another range", _BROKEN, _rest(700, 600, _FILE[600:]), _WHOLE),
    stored("broken, rest is another file's", _BROKEN, _rest(700, 700, b"?" * (_SIZE - 700)), outcome="DownloadError"),
    stored("broken, rest is another file's, then whole", _BROKEN, _rest(700, 700, b"?" * (_SIZE - 700)), _WHOLE),
    stored("cut off without a length", then_close(head(b"Connection: close") + _FILE[:700]), _WHOLE),
    stored("broken three times", then_close(head(b"Content-Length: %d" % _SIZE) + _FILE[:70]), outcome="APIConnectionError"),
    stored("stall", then_stall(head(b"Content-Length: %d" % _SIZE) + _FILE[:70]), outcome="APITimeoutError"),
    oversized("400 MB without a length", _endless_file),
    oversized("gzip of 256 MB", say_bomb(1 << 28)),
    oversized("broken, then a rest of 400 MB", _BROKEN, _endless_rest, _endless_file),
    stored("broken, then a rest of 400 MB, then whole", _BROKEN, _endless_rest, _WHOLE),
    stored("deflate cut off", say(response(zlib.compress(_FILE)[:-5], "200 OK", b"Content-Encoding: deflate")), outcome="DownloadError"),
    stored("redirected in a circle", say(response(b"", "302 Found", b"Location: /again")), outcome="APIConnectionError"),
    stored("redirected to a file", say(response(b"", "302 Found", b"Location: file:///etc/passwd")), outcome="APIConnectionError"),
    Case(name="stream: broken", actions=[then_close(head(b"Content-Length: 900") + b"x" * 90)], call=_streamed, outcome="APIConnectionError", sent=1),
    Case(name="stream: stall", actions=[then_stall(head(b"Content-Length: 900") + b"x" * 90)], call=_streamed, outcome="APITimeoutError", sent=1),
    _uploaded("good", 0, "result", sent=1),
    _uploaded("the file grows", 1 << 17, "!OSError"),
    _uploaded("the file shrinks", -(1 << 17), "!OSError"),
    _uploaded("the file takes too long", TimeoutError("disk"), "!TimeoutError"),
    _uploaded("the file is closed meanwhile", ValueError("I/O operation on closed file."), "!ValueError"),
    *(Case(name=f"download: the artifact is {name}", actions=[say(response(body))], call=_download, outcome="DecodeError", sent=1) for name, body in _NO_OBJECTS),
    *(Case(name=f"download: the address is in {name}", actions=[_FOUND, say(response(body, "302 Found"))], call=_download, outcome="DecodeError", sent=2) for name, body in _NO_OBJECTS),
    *(Case(name=f"download: an artifact of the build is {name}", actions=[say(response(b"[%s]" % body))], call=_build_downloaded, outcome="DecodeError", sent=1) for name, body in _NO_OBJECTS),
    stored("gzip of gzip of 256 MB", say_bomb(1 << 28, layers=2), outcome="DownloadError"),
    _stored_at("the API", b"{api}/v2/stolen"),
    _stored_at("the API by another name", b"http://localhost:{apiport}/v2/stolen"),
)  # fmt: skip
