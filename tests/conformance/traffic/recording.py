"""Recordings of the client's calls of the mock server, and changes of them."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import harfile
import httpx

from buildkite_rest import Buildkite
from buildkite_rest.conformance.traffic.cli import main
from buildkite_rest.mock import MockServer

Document = dict[str, Any]


class RecordingTransport(httpx.HTTPTransport):
    """Records each exchange in a HAR."""

    def __init__(self, har: harfile.HarFile) -> None:
        super().__init__()
        self._har = har

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.read()
        kind = response.headers.get("Content-Type", "")
        form = {"mimeType": request.headers.get("Content-Type", ""), "text": request.read().decode()}
        self._har.add_entry(
            startedDateTime=datetime.now(UTC),
            time=1,
            request=harfile.Request(
                method=request.method,
                url=str(request.url),
                httpVersion="HTTP/1.1",
                headers=records(request.headers),
                postData=harfile.PostData(**form) if form["text"] else None,
            ),
            response=harfile.Response(
                status=response.status_code,
                statusText=response.reason_phrase,
                httpVersion="HTTP/1.1",
                headers=records(response.headers),
                content=harfile.Content(size=len(response.content), mimeType=kind, text=response.text),
            ),
            timings=harfile.Timings(send=0, wait=0, receive=0),
        )
        response.headers.pop("Content-Encoding", None)
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)


def records(headers: httpx.Headers) -> list[harfile.Record]:
    return [harfile.Record(name=name, value=value) for name, value in headers.multi_items()]


def record(path: Path) -> None:
    """Write a HAR of calls of the client."""
    with MockServer(builds=40) as server, harfile.HarFile.open(path) as har:
        client = httpx.Client(transport=RecordingTransport(har))
        with Buildkite(server.token, base_url=server.url, http_client=client) as bk:
            list(bk.builds.list("acme", "web", state=["passed", "failed"], per_page=10))
            list(bk.builds.list_for_organization("acme", per_page=20, meta_data={"release": "1"}))
            list(bk.pipelines.list("acme"))
            build = bk.builds.create("acme", "web", commit="HEAD", branch="main", env={"DEPLOY_KEY": "hunter2"})
            bk.builds.get("acme", "web", build.number)
            for resource in (bk.agents, bk.audit_events, bk.clusters, bk.teams, bk.notification_services):
                list(resource.list("acme"))


def check(tmp_path: Path, document: object, capsys: Any, *options: str) -> tuple[int, str, str]:
    """Return exit status and output of the command for a document."""
    path = tmp_path / "recording.har"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    status = main([str(path), *options], "traffic")
    output = capsys.readouterr()
    return status, output.out, output.err


def changed(document: Document, change: Callable[[Document], None], part: str = "GET /v2/organizations") -> Document:
    """Return a copy whose matching entries are changed."""
    document = copy.deepcopy(document)
    for entry in entries(document, part):
        change(entry)
    return document


def entries(document: Document, part: str) -> list[Document]:
    """Return the entries whose method and URL contain `part`."""
    method, _, path = part.partition(" ")
    return [
        entry
        for entry in document["log"]["entries"]
        if entry["request"]["method"] == method and path in entry["request"]["url"]
    ]


def with_body(change: Callable[[Any], object]) -> Callable[[Document], None]:
    """Return a change of the JSON in a response body, in place."""

    def apply(entry: Document) -> None:
        content = entry["response"]["content"]
        body = json.loads(content["text"])
        change(body)
        content["text"] = json.dumps(body)
        content["size"] = len(content["text"])

    return apply


def with_header(name: str, value: str | None) -> Callable[[Document], None]:
    """Return a change of a response header."""

    def apply(entry: Document) -> None:
        headers = [each for each in entry["response"]["headers"] if each["name"].lower() != name.lower()]
        entry["response"]["headers"] = [*headers, *([] if value is None else [{"name": name, "value": value}])]

    return apply
