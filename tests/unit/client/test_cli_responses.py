"""`buildkite-rest api`: what is sent and printed for unusual requests and responses."""

import json
import sys
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import pytest
from tests.unit.client.support import Silent, serving

from buildkite_rest._cli import output
from buildkite_rest._cli.main import main


@pytest.fixture
def api(monkeypatch, capsysbinary):
    """Run the command; return its status, its output and its messages."""
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "a-token-of-somebody")

    def run(*arguments, url):
        status = main(["api", "--base-url", url, *arguments])
        captured = capsysbinary.readouterr()
        return SimpleNamespace(status=status, output=captured.out, error=captured.err.decode())

    return run


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


@pytest.mark.parametrize("arguments", [["--paginate"], ["--paginate", "--jsonl"]])
@pytest.mark.parametrize("body", [b'["%s"]' % HOSTILE[4:], b'[NaN, "%s"]' % HOSTILE[4:]], ids=["standard", "nan"])
def test_items_of_lists_do_not_control_a_terminal(api, respond, monkeypatch, arguments, body):
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    done = api(*arguments, "/any", url=respond(body))
    assert ESCAPED[7:] in done.output
    assert done.output.decode().replace("\n", "").isprintable()


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


@pytest.mark.parametrize(
    "headers", [{}, {"RateLimit_Remaining": "0", "RateLimit_Reset": "10"}], ids=["alone", "longer"]
)
def test_a_long_pause_has_its_seconds(headers, api, respond):
    done = api("/any", url=respond(b'{"message": "limit", "reset": 3000}', 429))
    assert (done.status, done.error.partition("429: ")[2]) == (1, "limit. Retry in 3000 s.\n")
    done = api("/any", url=respond(b'{"message": "slow"}', 429, Retry_After="500", **headers))
    assert (done.status, done.error.partition("429: ")[2]) == (1, "slow. Retry in 500 s.\n")


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
