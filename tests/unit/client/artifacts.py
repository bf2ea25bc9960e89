"""Artifacts, and a server that lists and stores them."""

import hashlib

import httpx
from tests.unit.client.support import Chunks, Script, response

CONTENT = b"what the job made"
SHA1 = hashlib.sha1(CONTENT).hexdigest()
STORAGE = "https://storage.example/"
RANGES = {"Accept-Ranges": "bytes"}


def artifact(number, path, **fields):
    return {"id": f"a{number}", "job_id": "j", "path": path, "file_size": len(CONTENT), "sha1sum": SHA1, **fields}


def server(storage, *artifacts):
    """Return a script that serves the artifacts, with their contents from `storage`."""

    def reply(request):
        if request.url.host == "storage.example":
            return storage(request)
        *_, number, last = request.url.path.split("/")
        if last == "download":
            return response({"url": STORAGE + number}, 302)
        return response([*artifacts] if last == "artifacts" else artifacts[0])

    return Script(reply)


def broken(headers=RANGES):
    """Return a response whose body breaks off after five bytes."""
    return lambda _: httpx.Response(200, headers=headers, stream=Chunks(CONTENT[:5], httpx.ReadError("reset")))


def rest(start=5):
    """Return a response with the rest of the file."""
    return httpx.Response(206, headers={"Content-Range": f"bytes {start}-16/17"}, content=CONTENT[start:])


def whole(_request=None):
    return httpx.Response(200, content=CONTENT)


def download(client, tmp_path, **options):
    return client.artifacts.download("acme", "j", "a0", to=tmp_path / "f", **options).read_bytes()


def later(status, seconds):
    """Return a response with a `Retry-After`."""
    return httpx.Response(status, headers={"Retry-After": seconds})
