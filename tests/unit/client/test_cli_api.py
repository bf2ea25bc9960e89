"""`buildkite-rest api`: requests, output and exit status."""

import io
import json
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler
from importlib import resources
from types import SimpleNamespace
from typing import ClassVar

import httpx
import pytest
from tests.unit.client.support import Silent, serving

from buildkite_rest import Buildkite, RetryPolicy
from buildkite_rest._cli import output
from buildkite_rest._cli.main import main
from buildkite_rest.mock import MockServer

SPEC = resources.files("_buildkite_rest") / "openapi.json"
BUILDS = "/v2/organizations/{org}/pipelines/web/builds"


@pytest.fixture(scope="module")
def server():
    with MockServer(builds=30) as server:
        yield server


@pytest.fixture
def api(server, monkeypatch, capsysbinary):
    """Run the command against the mock server; return its status, its output and its messages."""
    monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")

    def run(*arguments, url=server.url):
        try:
            status = main(["api", "--base-url", url, *arguments])
        except SystemExit as end:
            status = end.code
        captured = capsysbinary.readouterr()
        return SimpleNamespace(status=status, output=captured.out, error=captured.err.decode())

    return run


def fetch(server, path):
    return httpx.get(f"{server.url}{path}", headers={"Authorization": f"Bearer {server.token}"}, trust_env=False)


def test_the_body_of_a_response_is_printed_as_it_is(api, server):
    done = api("/v2/organizations/{org}")
    assert (done.status, done.error) == (0, "")
    assert done.output == fetch(server, "/v2/organizations/acme").content


def test_fields_are_a_json_body(api, tmp_path):
    (tmp_path / "message").write_text("a\nb")
    strings = ("-f", "commit=HEAD", "-f", "branch=1", "-f", "env[A]=true", "-f", "env[B]=x=y")
    typed = ("-F", f"message=@{tmp_path / 'message'}", "-F", "clean_checkout=true", "-F", "author[name]=Ada")
    done = api(*strings, *typed, "-f", "author[email]=ada@acme.example", BUILDS)
    assert (done.status, done.error) == (0, "")
    build = json.loads(done.output)
    assert (build["commit"], build["branch"], build["message"]) == ("HEAD", "1", "a\nb")
    assert build["env"] == {"A": "true", "B": "x=y"}


def test_the_method_can_be_chosen_and_its_body_be_a_file(api, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b'{"description": "\xc3\xbc", "tags": ["a"]}')))
    done = api("-X", "patch", "--input", "-", "/v2/organizations/{org}/pipelines/web")
    assert (done.status, json.loads(done.output)["description"]) == (0, "ü")


def test_query_fields_are_encoded_repeated_and_added_to_those_of_the_path(api):
    with serving(Echo) as url:
        assert api(f"{BUILDS}?a=1", "-q", "state[]=x", "-q", "state[]=y z&", "-q", "é=", url=url).output.endswith(
            b"?a=1&state%5B%5D=x&state%5B%5D=y%20z%26&%C3%A9="
        )


def test_all_pages_are_one_array(api, server):
    done = api("--paginate", "-q", "per_page=7", BUILDS)
    numbers = [build["number"] for build in fetch(server, f"{BUILDS.format(org='acme')}?per_page=100").json()]
    assert [build["number"] for build in json.loads(done.output)] == numbers
    assert api("--paginate", "-q", "branch=none", BUILDS).output == b"[]\n"


def test_all_pages_are_json_lines(api):
    done = api("--paginate", "--jsonl", "-q", "per_page=7", "--max-items", "15", BUILDS)
    assert done.output.endswith(b"}\n")
    assert len([json.loads(line) for line in done.output.splitlines()]) == 15
    assert api("--paginate", "--jsonl", "-q", "branch=none", BUILDS).output == b""


def test_a_terminal_gets_indented_json(api, monkeypatch):
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    assert api("/v2/user").output.startswith(b'{\n  "id": "')
    assert api("/v2/user").output.endswith(b"}\n")
    assert b'\n  "number": ' in api("--paginate", "--max-items", "1", BUILDS).output


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["/v2/nothing"], 1, "404"),
        (["-X", "DELETE", "/v2/user"], 1, "405"),
        (["--paginate", "/v2/organizations/other/builds"], 1, "404"),
        (["--paginate", "/v2/user"], 3, "list"),
    ],
)
def test_the_outcome_decides_the_exit_status(api, arguments, status, message):
    done = api(*arguments)
    assert done.status == status
    assert (done.output != b"") == (status == 1 and "--paginate" not in arguments)
    assert done.error.startswith("buildkite-rest api: ")
    assert message in done.error
    assert done.error.count("\n") == 1


def test_no_response_is_3(api):
    with serving(Echo) as url:
        done = api("-X", "POST", "/close", url=url)  # not retried
    assert (done.status, done.output, done.error.count("\n")) == (3, b"", 1)


@pytest.mark.parametrize("token", ["", "not-a-token-of-anyone", "two words and\nlines"])
def test_no_or_an_unknown_token_is_4_and_not_shown(api, monkeypatch, token):
    monkeypatch.setenv("BUILDKITE_API_TOKEN", token)
    done = api("/v2/user")
    assert (done.status, done.error.count("\n")) == (4, 1)
    assert not token or token not in done.error + done.output.decode()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "PATH is missing. Pass a path such as /v2/user."),
        (["-q", "a-secret=\udcff", "/v2/user"], "argument -q/--query: a field must be UTF-8 text"),
        (["--timeout", "0", "/v2/user"], "timeout must be greater than 0 and at most 86400 seconds"),
        (["http://api.buildkite.com/v2/user"], "path is on another origin than --base-url"),
        (["POST", "/v2/user"], "there is more than one PATH. Pass the method as -X METHOD."),
        (["/v2/user", "--token", "a-secret"], "unknown options: --token"),
        (["-f", "a-secret", "/v2/user"], "argument -f/--raw-field: a field must be name=value"),
        (["-H", "Authorization: Bearer a-secret", "/v2/user"], "headers must not contain Authorization. "),
        (["-f", "a[=a-secret", "/v2/user"], "'a[' is not the name of a field. Use name, name[key] or name[]."),
        (["-f", "a=1", "-f", "a=2", "/v2/user"], "field 'a' has more than one value. For a list, use name[]."),
        (["--input", "nowhere", "/v2/user"], "argument --input: cannot read 'nowhere': No such file"),
        (["--input", str(SPEC), "-f", "a=1", "/v2/user"], "--input and -f and -F exclude each other."),
        (["--paginate", "--max-items", "-1", "/v2/user"], "--max-items must be at least 0"),
        (["--paginate", "-f", "a=1", "/v2/user"], "--paginate is for GET. Pass -X GET or remove --paginate."),
    ],
    ids=str,
)
def test_a_mistake_is_one_line_without_values_and_nothing_is_printed(api, arguments, message):
    done = api(*arguments)
    assert (done.status, done.output) == (2, b"")
    assert done.error.startswith("buildkite-rest api: ")
    assert message in done.error
    assert done.error.count("\n") == 1
    assert "a-secret" not in done.error


def test_placeholders_are_values_of_the_environment(api, monkeypatch):
    build = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{build}"
    monkeypatch.setenv("BUILDKITE_PIPELINE_SLUG", "web")
    monkeypatch.setenv("BUILDKITE_BUILD_NUMBER", "7")
    assert json.loads(api(build).output)["number"] == 7
    monkeypatch.setenv("BUILDKITE_BUILD_NUMBER", "")
    message = (
        "buildkite-rest api: PATH contains {build}. Set BUILDKITE_BUILD_NUMBER, or write the value in its place.\n"
    )
    assert (api(build).status, api(build).error) == (2, message)
    monkeypatch.setenv("BUILDKITE_BUILD_NUMBER", "..")
    assert "would change the path" in api(build).error


@pytest.mark.parametrize("path", ["user", "/user?a=b"])
def test_a_path_without_the_version_has_a_hint(api, path):
    done = api(path)
    assert (done.status, done.error.count("\n")) == (1, 1)
    assert done.error.endswith(". Did you mean /v2/user?\n")
    assert "Did you mean" not in api("/v2/nothing").error


class Echo(Silent, BaseHTTPRequestHandler):
    """Responds with the token in headers and body, with bytes that are not UTF-8, and with the path; or not at all."""

    received, over = threading.Event(), threading.Event()

    def do_GET(self):
        if self.path == "/close":
            return
        if self.path == "/hang":
            self.received.set()
            self.over.wait(60)
            return
        token = self.headers["Authorization"].partition(" ")[2]
        body = b"\x00\xff\x1b[31m%" + token.upper().encode() + b"\r\n" + self.path.encode()
        self.send_response(500 if "fail" in self.path else 200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Set-Cookie", "session=a-secret")
        self.send_header("X-Echo", f"<{token}>")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name is that of the library


def test_bytes_are_printed_unchanged_and_the_token_never(api):
    with serving(Echo) as url:
        done = api("-i", "/log", url=url)
        failed = api("-i", "-X", "POST", "/fail", url=url)
    head, _, body = done.output.partition(b"\n\n")
    assert body == b"\x00\xff\x1b[31m%***\r\n/log"
    assert head.startswith(b"HTTP/1.1 200 OK\n")
    assert {b"x-echo: <***>", b"set-cookie: ***"} <= {line.lower() for line in head.splitlines()}
    assert failed.status == 1
    assert failed.output.startswith(b"HTTP/1.1 500 Internal Server Error\n")
    assert failed.output.endswith(b"***\r\n/fail")


class Limited(Echo):
    """Has a rate limit for the first request."""

    pauses: ClassVar = ["7", "1"]

    def do_GET(self):
        if not self.pauses:
            super().do_GET()
            return
        self.send_response(429)
        self.send_header("Retry-After", self.pauses.pop(0))
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_a_long_pause_is_one_line(api, clock, monkeypatch):
    client = partial(Buildkite, timing=clock.timing, retries=RetryPolicy(random=lambda: 0.0))
    monkeypatch.setattr("buildkite_rest._cli.api.Buildkite", client)
    with serving(Limited) as url:
        done = api("/log", url=url)
    assert (done.status, done.output[-4:]) == (0, b"/log")
    assert done.error.startswith("buildkite-rest api: retrying in 7 s: GET /log: 429: ")
    assert done.error.count("\n") == 1


class Canned(Silent, BaseHTTPRequestHandler):
    """Responds with what the test has set, and stores the body of the request."""

    status, headers_sent, body, received, path_received = 200, {}, b"", b"", ""

    def do_GET(self):
        Canned.path_received = self.path
        Canned.received = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        for name, value in {**self.headers_sent, "Content-Length": str(len(self.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    do_HEAD = do_POST = do_GET  # noqa: N815 - the name is that of the library


@pytest.fixture
def respond(monkeypatch):
    """Return a function that sets the response, and the URL of its server."""

    def respond(body, status=200, **headers):
        monkeypatch.setattr(Canned, "body", body)
        monkeypatch.setattr(Canned, "status", status)
        monkeypatch.setattr(Canned, "headers_sent", {name.replace("_", "-"): value for name, value in headers.items()})
        return url

    monkeypatch.setenv("BUILDKITE_API_TOKEN", "a-token-of-somebody")
    with serving(Canned) as url:
        yield respond


def test_tokens_are_masked_wherever_they_are_in_a_long_body(api, respond):
    token = b"a-TOKEN-of-somebody"
    body = b"".join(bytes(size) + token * 2 for size in (0, (1 << 20) - 60, 5, (1 << 20) - 45, 0))
    done = api("/any", url=respond(body))
    assert done.output == body.replace(token, b"***")


HOSTILE = "\x1b[2J\x7f\x9b\u202e\u200d\u00e9".encode()
ESCAPED = "\\x1b[2J\\x7f\\x9b\\u202e\\u200d\u00e9".encode()


STARTS = [
    b"<",
    b'["',
    b'[NaN, "',
    b'["\xff',
]


@pytest.mark.parametrize("start", STARTS, ids=["text", "json", "nan", "bytes"])
def test_no_response_controls_a_terminal(api, respond, monkeypatch, start):
    body = start + HOSTILE + b'\t"]'
    url = respond(body, X_Hostile="\x9b2J")
    assert api("/any", url=url).output == body
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    done = api("-i", "/any", url=url)
    assert ESCAPED + b"\t" in done.output
    assert done.output.decode().replace("\n", "").replace("\t", "").isprintable()


DIGITS = b"9" * 5000
EXACT = b'[1e400,0.12345678901234567890123,{"a":1,"a":2},%s]' % DIGITS


@pytest.mark.parametrize("page", [EXACT, b'{"links":{}, "items":%s}' % EXACT])
def test_items_of_lists_are_printed_as_they_are(api, respond, page):
    url = respond(page)
    assert api("--paginate", "/list", url=url).output.replace(b",\n", b",") == EXACT + b"\n"


def test_an_input_file_is_sent_as_it_is(api, respond, tmp_path):
    url, file = respond(b"{}"), tmp_path / "input"
    content = b' {"a": 1e400, "a": %s, "b": "\\ud800"}\n' % DIGITS
    file.write_bytes(b"\xef\xbb\xbf" + content)
    assert api("--input", str(file), "/any", url=url).status == 0
    assert Canned.received == content


def test_fields_may_be_in_objects_and_lists(api, respond, tmp_path):
    url = respond(b"{}")
    (tmp_path / "text").write_bytes(b"\xef\xbb\xbftext")
    names = ("a[b]=1", "a[c][d]=2", "a[c][e][]=4", "a[c][e][]=5", "n[]")
    fields = (word for name in names for word in ("-f", name))
    assert api(*fields, "-F", "x=12345678901234567890123", "-F", f"y=@{tmp_path / 'text'}", "/any", url=url).status == 0
    assert json.loads(Canned.received) == {
        "a": {"b": "1", "c": {"d": "2", "e": ["4", "5"]}},
        "n": [],
        "x": 12345678901234567890123,
        "y": "text",
    }


def test_next_urls_can_be_rewritten(api, respond):
    url = respond(b"[1]", Link='<http://gateway.example/list?page=2>; rel="next"')
    assert "--rewrite-next-urls" in api("--paginate", "/list", url=url).error
    done = api("--paginate", "--rewrite-next-urls", "--max-items", "2", "/list", url=url)
    assert (done.status, done.output) == (0, b"[1,\n1]\n")


def test_nothing_is_sent_if_standard_output_is_closed(respond, monkeypatch):
    url = respond(b"{}")
    monkeypatch.setattr(Canned, "received", None)
    with monkeypatch.context() as context:
        context.setattr(sys, "stdout", None)
        status = main(["api", "--base-url", url, "-X", "POST", "/any"])
    assert (status, Canned.received) == (2, None)


NEEDED = "graphql needs the text query, and accepts the object variables and the text operationName. Pass -f query=…"
QUERY = "query Name($slug: ID!) { organization(slug: $slug) { name } }"


@pytest.fixture
def graphql(api, server):
    """Run `api graphql` against the mock server."""
    server.reset()
    return lambda *arguments: api("graphql", "--graphql-url", server.graphql_url, *arguments)


def test_fields_are_the_document_and_its_variables(graphql, server, tmp_path):
    (tmp_path / "document").write_text(QUERY)
    response = server.respond_graphql({"organization": {"name": "Acme"}}, operation_name="Name")
    fields = ("-f", "slug=acme", "-F", "first=5", "-f", "in[a]=b", "-f", "operationName=Name")
    done = graphql("-i", "-H", "X-Team: web", "-F", f"query=@{tmp_path / 'document'}", *fields)
    assert (done.status, done.error) == (0, "")
    head, _, body = done.output.partition(b"\n\n")
    assert head.startswith(b"HTTP/1.1 200 OK\n")
    assert json.loads(body) == {"data": {"organization": {"name": "Acme"}}}
    [sent] = response.requests
    variables = {"slug": "acme", "first": 5, "in": {"a": "b"}}
    assert sent.json == {"query": QUERY, "variables": variables, "operationName": "Name"}
    assert sent.headers["x-team"] == "web"


EXACT_VARIABLES = b'{"n": 1.0000000000000000001, "z": [-0, 1E5], "o": {"a": 1, "a": 2}}'


def test_variables_of_a_file_are_sent_as_they_are(graphql, server, tmp_path):
    response = server.respond_graphql({"a": 1})
    (tmp_path / "body.json").write_bytes(
        b'{"variables": %s, "query": "{ a }", "operationName": null}' % EXACT_VARIABLES
    )
    assert graphql("--input", str(tmp_path / "body.json")).status == 0
    assert response.requests[0].content == b'{"query": "{ a }", "variables": %s}' % EXACT_VARIABLES


def test_errors_are_printed_and_end_with_1(graphql, server):
    server.respond_graphql({"a": None}, errors=["No\nbuild"])
    done = graphql("-f", "query={ a }")
    assert (done.status, done.error) == (1, "buildkite-rest api: graphql: POST /graphql/v1: No\\nbuild\n")
    assert json.loads(done.output) == {"data": {"a": None}, "errors": [{"message": "No\nbuild"}]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], NEEDED),
        (["-f", "query={ a }", "-F", "operationName=5"], NEEDED),
        (["-f", "query={ a }", "-f", "operationName=-"], "operation_name is not a name"),
        (["-X", "GET", "-f", "query={ a }"], "graphql is sent by POST with -f, -F or --input. Remove -X,"),
        (["--input", "body.json", "-f", "query={ a }"], "--input and -f and -F exclude each other."),
        (["--input", "body.json"], NEEDED),
    ],
    ids=str,
)
def test_a_mistake_in_a_document_is_one_line(graphql, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "body.json").write_text('{"query": "{ a }", "more": 1}')
    done = graphql(*arguments)
    assert (done.status, done.output, done.error.count("\n")) == (2, b"", 1)
    assert done.error.startswith(f"buildkite-rest api: {message}")
