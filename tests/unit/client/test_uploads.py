"""Files of a multipart form: what may be passed, what is sent, and when it can be sent again."""

import io

import httpx
import pytest

from buildkite_rest import APIConnectionError, RateLimitError

CONTENT = b"what is in the package"


class Pipe(io.RawIOBase):
    """A stream that can be read only once."""

    def __init__(self, content):
        self._content = content

    def readable(self):
        return True

    def read(self, size=-1):
        piece, self._content = self._content, b""
        return piece


class Storage:
    """Keeps what was uploaded and answers with the given responses, then with success."""

    def __init__(self, *first):
        self.bodies = []
        self._first = list(first)

    def __call__(self, request):
        self.bodies.append((request.headers["Content-Type"], request.content))
        answer = self._first.pop(0) if self._first else httpx.Response(200, json={"id": "p", "name": "core"})
        if isinstance(answer, Exception):
            raise answer
        return answer


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


def test_a_field_that_is_no_file_has_no_name_of_one(connect):
    storage = Storage()
    publish(connect, storage, package_url="https://storage.example/a")
    media_type, body = storage.bodies[0]
    assert media_type.startswith("multipart/form-data")
    assert b"filename" not in body
    assert b"https://storage.example/a" in body


WITHOUT_NAME = [CONTENT, io.BytesIO(CONTENT), Pipe(CONTENT), ("", CONTENT)]


@pytest.mark.parametrize(
    "value",
    ["core.gem", 7, None, io.StringIO("text"), ("name",), ("name", "text"), (1, b""), *WITHOUT_NAME],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused_before_it_is_sent(connect, value):
    storage = Storage()
    with pytest.raises(TypeError, match="file must be a Path, an open binary file, or a tuple"):
        publish(connect, storage, file=value)
    assert storage.bodies == []


def test_a_missing_file_is_told_before_anything_is_sent(connect, tmp_path):
    storage = Storage()
    with pytest.raises(FileNotFoundError):
        publish(connect, storage, file=tmp_path / "missing.gem")
    assert storage.bodies == []


def test_a_file_is_sent_whole_again(connect, package):
    storage = Storage(busy())
    publish(connect, storage, file=package)
    assert [CONTENT in body for _, body in storage.bodies] == [True, True]


def test_a_file_is_sent_whole_wherever_it_stood(connect, package):
    storage = Storage(busy())
    with package.open("rb") as file:
        file.seek(5)
        publish(connect, storage, file=file)
    assert [CONTENT in body for _, body in storage.bodies] == [True, True]


def test_what_cannot_be_read_again_is_not_sent_again(connect):
    storage = Storage(busy())
    with pytest.raises(RateLimitError):
        publish(connect, storage, file=("pipe", Pipe(CONTENT)))
    assert len(storage.bodies) == 1


def test_an_upload_that_may_have_arrived_is_not_sent_again(connect, package):
    storage = Storage(httpx.ReadError("gone"))
    with pytest.raises(APIConnectionError):
        publish(connect, storage, file=package)
    assert len(storage.bodies) == 1
