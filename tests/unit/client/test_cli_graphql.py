"""`buildkite-rest api graphql`: documents, variables, output and exit status."""

import json
from types import SimpleNamespace

import pytest

from buildkite_rest._cli.main import main
from buildkite_rest.mock import MockServer

NEEDED = "graphql needs the text query, and accepts the object variables and the text operationName. Pass -f query=…"
QUERY = "query Name($slug: ID!) { organization(slug: $slug) { name } }"


@pytest.fixture(scope="module")
def server():
    with MockServer(builds=1) as server:
        yield server


@pytest.fixture
def graphql(server, monkeypatch, capsysbinary):
    """Run the command against the mock server; return its status, its output and its messages."""
    server.reset()
    monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)

    def run(*arguments, url=("--graphql-url", server.graphql_url)):
        status = main(["api", "graphql", "--base-url", server.url, *url, *arguments])
        captured = capsysbinary.readouterr()
        return SimpleNamespace(status=status, output=captured.out, error=captured.err.decode())

    return run


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


EXACT = b'{"n": 1.0000000000000000001, "z": [-0, 1E5], "o": {"a": 1, "a": 2}}'


def test_variables_of_a_file_are_sent_as_they_are(graphql, server, tmp_path):
    response = server.respond_graphql({"a": 1})
    (tmp_path / "body.json").write_bytes(b'{"variables": %s, "query": "{ a }", "operationName": null}' % EXACT)
    assert graphql("--input", str(tmp_path / "body.json")).status == 0
    assert response.requests[0].content == b'{"query": "{ a }", "variables": %s}' % EXACT


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
def test_a_mistake_is_one_line(graphql, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "body.json").write_text('{"query": "{ a }", "more": 1}')
    done = graphql(*arguments)
    assert (done.status, done.output, done.error.count("\n")) == (2, b"", 1)
    assert done.error.startswith(f"buildkite-rest api: {message}")
