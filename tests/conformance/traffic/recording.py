"""Recordings of the client's calls of the mock server, and changes of them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from buildkite_rest import Buildkite
from buildkite_rest.conformance.cli import main
from buildkite_rest.mock import MockServer

Document = dict[str, Any]


class RecordingTransport(httpx.HTTPTransport):
    """Records each exchange as an entry of a HAR."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Document] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.read()
        text, kinds = request.read().decode(), [each.headers.get("Content-Type", "") for each in (request, response)]
        sent = {"method": request.method, "url": str(request.url), "headers": records(request.headers)}
        content = {"size": len(response.content), "mimeType": kinds[1], "text": response.text}
        received = {"status": response.status_code, "headers": records(response.headers), "content": content}
        data = {"postData": {"mimeType": kinds[0], "text": text}} if text else {}
        self.entries.append({"request": {**sent, **data}, "response": received})
        response.headers.pop("Content-Encoding", None)
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)


def records(headers: httpx.Headers) -> list[Document]:
    return [{"name": name, "value": value} for name, value in headers.multi_items()]


def record() -> Document:
    """Return a HAR of calls of the client."""
    transport = RecordingTransport()
    with MockServer(builds=40) as server:
        client = httpx.Client(transport=transport)
        with Buildkite(server.token, base_url=server.url, http_client=client) as bk:
            list(bk.builds.list("acme", "web", state=["passed", "failed"], per_page=10))
            list(bk.builds.list_for_organization("acme", per_page=20, meta_data={"release": "1"}))
            list(bk.pipelines.list("acme"))
            build = bk.builds.create("acme", "web", commit="HEAD", branch="main", env={"DEPLOY_KEY": "hunter2"})
            bk.builds.get("acme", "web", build.number)
            for resource in (bk.agents, bk.audit_events, bk.clusters, bk.teams, bk.notification_services):
                list(resource.list("acme"))
    return {"log": {"version": "1.2", "entries": transport.entries}}


def check(tmp_path: Path, document: object, capsys: Any, *options: str) -> tuple[int, str, str]:
    """Return exit status and output of the command for a document."""
    path = tmp_path / "recording.har"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    status = main(["traffic", str(path), *options], "conf")
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
