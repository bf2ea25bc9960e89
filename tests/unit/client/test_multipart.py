"""Files of a multipart form: what may be passed, what is sent, and when it can be sent again."""

import io
import os
import re

import httpx
import pytest

from buildkite_rest import RateLimitError

CONTENT = b"what is in the package"


class Pipe(io.RawIOBase):
    """A stream that can be read only once."""

    def __init__(self, content):
        self._content = content

    def readable(self):
        return True

    def read(self, size=-1):
        chunk, self._content = self._content, b""
        return chunk


class Storage:
    """Stores what was uploaded, and responds as given, then with success."""

    def __init__(self, *first):
        self.bodies = []
        self._first = list(first)

    def __call__(self, request):
        self.bodies.append((request.headers["Content-Type"], request.content))
        response = self._first.pop(0) if self._first else httpx.Response(200, json={"id": "p", "name": "core"})
        if isinstance(response, Exception):
            raise response
        return response


def busy():
    return httpx.Response(429, json={"message": "slow down", "scope": "rest", "reset": 1})


def publish(connect, storage, **arguments):
    return connect(storage).packages.publish("acme", "gems", **arguments)


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "core-1.0.gem"
    path.write_bytes(CONTENT)
    return path


def test_a_path_is_sent_under_its_name(connect, package):
    storage = Storage()
    assert publish(connect, storage, file=package).name == "core"
    [(media_type, body)] = storage.bodies
    assert media_type.startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="core-1.0.gem"' in body
    assert CONTENT in body


def test_an_open_file_is_sent_under_its_name_and_stays_open(connect, package):
    storage = Storage()
    with package.open("rb") as file:
        publish(connect, storage, file=file)
        assert not file.closed
    assert b'filename="core-1.0.gem"' in storage.bodies[0][1]


@pytest.mark.parametrize("content", [CONTENT, io.BytesIO(CONTENT)], ids=["bytes", "stream"])
def test_content_is_sent_under_the_name_beside_it(connect, content):
    storage = Storage()
    publish(connect, storage, file=("other.gem", content))
    assert b'filename="other.gem"' in storage.bodies[0][1]
    assert CONTENT in storage.bodies[0][1]


REFUSED = {
    "str": ("core.gem", "must be a Path"),
    "bytes": (CONTENT, "must be a Path, an open binary file that has a name"),
    "stream": (io.BytesIO(CONTENT), "must be a Path, an open binary file that has a name"),
    "pipe": (Pipe(CONTENT), "must be a Path"),
    "empty-name": (("", CONTENT), "must be a Path"),
}


@pytest.mark.parametrize(("value", "reason"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_before_it_is_sent(connect, value, reason):
    storage = Storage()
    with pytest.raises(TypeError, match=f"^file {re.escape(reason)}"):
        publish(connect, storage, file=value)
    assert storage.bodies == []


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ({}, "file or package_url"),
        (
            {"file": ("a.gem", CONTENT), "package_url": "https://storage.example/a"},
            "either file or package_url, not both",
        ),
    ],
    ids=["neither", "both"],
)
def test_a_file_or_a_url_is_published_and_not_both(connect, arguments, advice):
    storage = Storage()
    with pytest.raises(ValueError, match=f"^pass {advice}$"):
        publish(connect, storage, **arguments)
    assert storage.bodies == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no FIFOs")
@pytest.mark.timeout(60)
def test_a_fifo_is_not_opened_by_its_path(connect, tmp_path):
    os.mkfifo(tmp_path / "core.gem")
    storage = Storage()
    with pytest.raises(OSError, match="not a regular file; pass a tuple") as raised:
        publish(connect, storage, file=tmp_path / "core.gem")
    assert raised.value.filename == str(tmp_path / "core.gem")
    assert storage.bodies == []


def test_a_file_is_sent_whole_wherever_it_stood(connect, package):
    storage = Storage(busy())
    with package.open("rb") as file:
        file.seek(5)
        publish(connect, storage, file=file)
    assert [CONTENT in body for _, body in storage.bodies] == [True, True]


def test_an_upload_that_cannot_be_reread_is_not_retried(connect):
    storage = Storage(busy())
    with pytest.raises(RateLimitError):
        publish(connect, storage, file=("pipe", Pipe(CONTENT)))
    assert len(storage.bodies) == 1
