"""Responses of the server: the URL determines each of them.

The slug of an organization has its properties: `p3-l50` has three pages of builds, and each response takes 50 ms.
`organization` writes such a slug.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import attrs

from .paths import BUILDS

PER_PAGE = 100
USER = {
    "id": "01920000-0000-7002-8000-000000000002",
    "graphql_id": "VXNlci0tLTAxOTIwMDAwLTAwMDAtNzAwMi04MDAwLTAwMDAwMDAwMDAwMg==",
    "name": "Grace Hopper",
    "email": "grace@acme.example",
    "avatar_url": "https://www.gravatar.com/avatar/cfa79f82ab9b303d62805683035d1cf7",
    "created_at": "2024-04-01T09:00:02.000Z",
}
_PROPERTY = re.compile("([a-z])([0-9]+)")
_MAX_BYTES_AT_ONCE = 1 << 16


@attrs.frozen
class Organization:
    """Properties of an organization, by the first letter of each in its slug."""

    jobs: int = 10
    """Jobs of a build."""
    pages: int = 1
    """Pages of builds."""
    latency: int = 0
    """Milliseconds until a response."""
    artifacts: int = 0
    """Artifacts of a build."""
    size: int = 0
    """Bytes of each log and of each artifact."""

    @classmethod
    @cache
    def of(cls, slug: str) -> Organization:
        names = {field.name[0]: field.name for field in attrs.fields(cls)}
        return cls(**{names[letter]: int(value) for letter, value in _PROPERTY.findall(slug)})

    @property
    def slug(self) -> str:
        defaults = attrs.asdict(type(self)())
        changed = {name: value for name, value in attrs.asdict(self).items() if value != defaults[name]}
        return "-".join(f"{name[0]}{value}" for name, value in changed.items()) or "acme"


def organization(**properties: int) -> str:
    """Return the slug of an `Organization` with these properties."""
    return Organization(**properties).slug


@cache
def page(jobs: int, builds: int) -> bytes:
    """Return the body of a page, repeating the hundred prepared builds."""
    prepared = _prepared_builds()
    items = [{**prepared[index % len(prepared)], "number": index + 1} for index in range(builds)]
    return compact([{**item, "jobs": item["jobs"][:jobs]} for item in items])


@cache
def build(jobs: int) -> bytes:
    return compact(json.loads(page(jobs, 1))[0])


@cache
def _prepared_builds() -> list[Any]:
    builds: list[Any] = json.loads(BUILDS.read_bytes())
    return builds


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@cache
def log(size: int) -> bytes:
    """Return a log of about this size, with the times that the agent writes."""
    lines = (
        f"\x1b_bk;t={1767225600000 + index}\x07tests/test_{index}.py: 12 passed\r\n" for index in range(size // 50)
    )
    return "".join(lines).encode()


@cache
def sha1_of_zeros(size: int) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for start in range(0, size, 1 << 20):
        digest.update(bytes(min(1 << 20, size - start)))
    return digest.hexdigest()


@attrs.frozen
class Response:
    """Bytes and their latency. Pages share equal bodies."""

    head: bytes
    body: bytes = b""
    latency: float = 0.0
    zeros: int = 0

    @classmethod
    def of(cls, body: bytes, media: str = "application/json", more: str = "", status: str = "200 OK") -> Response:
        head = _head(len(body), media, more, status)
        return cls(head, body) if len(body) > _MAX_BYTES_AT_ONCE else cls(head + body)


class Site:
    """All resources of the server."""

    def __init__(self) -> None:
        self.url = ""
        self.response = cache(self._response)
        """Returns the response to a GET of a target."""

    def _response(self, target: str) -> Response:
        path, _, query = target.partition("?")
        parts = path.strip("/").split("/")
        if path == "/v2/user":
            return Response.of(compact(USER))
        if parts[0] == "storage":
            size, latency = int(parts[1]), int(parts[2]) / 1000
            return attrs.evolve(_zeros(size), latency=latency)
        properties = Organization.of(parts[2])
        parameters = {name: int(values[0]) for name, values in parse_qs(query).items() if values[0].isdecimal()}
        response = self._resource(path, parts, properties, parameters)
        return attrs.evolve(response, latency=properties.latency / 1000)

    def _resource(self, path: str, parts: list[str], properties: Organization, parameters: dict[str, int]) -> Response:
        if parts[-1] == "log":
            return Response.of(log(properties.size), "text/plain; charset=utf-8")
        if parts[-1] == "jobs":
            return self._jobs(path, properties, parameters.get("after", 0))
        number = max(parameters.get("page", 1), 1)  # pybuildkite counts from 0
        if parts[-1] == "artifacts":
            return self._artifacts(path, properties, number)
        if "artifacts" in parts:
            return self._artifact(parts, properties)
        if parts[-1] == "builds":
            more = self._link(path, number, properties.pages)
            return Response.of(page(properties.jobs, PER_PAGE), more=more)
        return Response.of(build(properties.jobs))

    def _link(self, path: str, number: int, pages: int) -> str:
        if number >= pages:
            return ""
        base = f"{self.url}{path}?page="
        return f'Link: <{base}{number + 1}&per_page=100>; rel="next", <{base}{pages}&per_page=100>; rel="last"\r\n'

    def _jobs(self, path: str, properties: Organization, start: int) -> Response:
        """Return a page of finished command jobs of a build. Its cursor is an index."""
        jobs = [job for build in _prepared_builds() for job in build["jobs"] if job["type"] == "script"]
        end = min(start + PER_PAGE, properties.jobs)
        items = [
            {
                **jobs[index % len(jobs)],
                "id": f"{index:08}-0000-7009-8000-000000000000",
                "state": "passed",
                "started_at": "2026-01-01T00:00:00.000Z",
                "finished_at": "2026-01-01T00:01:00.000Z",
            }
            for index in range(start, end)
        ]
        following = f"{self.url}{path}?per_page={PER_PAGE}&after={end}" if end < properties.jobs else None
        return Response.of(compact({"items": items, "links": {"self": f"{self.url}{path}", "next": following}}))

    def _artifacts(self, path: str, properties: Organization, number: int) -> Response:
        pages = -(-properties.artifacts // PER_PAGE)
        indices = range(PER_PAGE * (number - 1), min(PER_PAGE * number, properties.artifacts))
        base = path.rpartition("/pipelines/")[0]
        items = [self._known(f"{base}/jobs/job/artifacts/{index}-{properties.size}") for index in indices]
        return Response.of(compact(items), more=self._link(path, number, pages))

    def _artifact(self, parts: list[str], properties: Organization) -> Response:
        if parts[-1] != "download":
            return Response.of(compact(self._known(f"/{'/'.join(parts)}")))
        url = f"{self.url}/storage/{_size(parts[6])}/{properties.latency}"
        return Response.of(compact({"url": url}), more=f"Location: {url}\r\n", status="302 Found")

    def _known(self, path: str) -> dict[str, Any]:
        """Return the artifact at a path."""
        id_, size = path.rpartition("/")[2], _size(path)
        return {
            "id": id_,
            "job_id": "job",
            "url": f"{self.url}{path}",
            "download_url": f"{self.url}{path}/download",
            "state": "finished",
            "path": f"reports/{id_}",
            "dirname": "reports",
            "filename": id_,
            "mime_type": "application/octet-stream",
            "file_size": size,
            "sha1sum": sha1_of_zeros(size),
        }


def _size(identity: str) -> int:
    """Return the size of an artifact, with which its id ends."""
    return int(identity.rpartition("-")[2])


def _zeros(size: int) -> Response:
    """Return a file of zeros.

    Some of a large one is sent with the head. Otherwise chance would decide whether the chunks that a client reads and
    writes are aligned with pages of memory, which makes them a tenth faster.
    """
    first = size if size <= _MAX_BYTES_AT_ONCE else 777
    return Response(_head(size, "application/octet-stream", "", "200 OK") + bytes(first), zeros=size - first)


_LIMITS = "".join(
    f"{prefix}-Limit: 1000000\r\n{prefix}-Remaining: 999999\r\n{prefix}-Reset: 60\r\n{prefix}-Scope: {scope}\r\n"
    for prefix, scope in (("RateLimit", "rest"), ("RateLimit-User", "rest_user"))
)


def _head(length: int, media: str, more: str, status: str) -> bytes:
    fields = f"Content-Type: {media}\r\nContent-Length: {length}\r\n{_LIMITS}{more}"
    return f"HTTP/1.1 {status}\r\n{fields}\r\n".encode()
