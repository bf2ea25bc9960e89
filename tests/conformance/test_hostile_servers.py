"""Responses that are invalid on purpose: nothing of a token is shown, and no error ends the run with a traceback."""

import json
import os
import re
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.conformance.runner_support import Request, conform, mock_with

from buildkite_rest import TokenAuth
from buildkite_rest.conformance.cleanup_cli import main as clean_up
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.connection_errors import reason_of
from buildkite_rest.conformance.credentials import Secrets, register
from buildkite_rest.conformance.exchange import query_of
from buildkite_rest.conformance.options import Options
from buildkite_rest.conformance.output_files import check_distinct
from buildkite_rest.conformance.page_links import ListRequest, page_problems
from buildkite_rest.conformance.spec import CannotRunError, Spec
from buildkite_rest.conformance.urls import is_url, url_parts
from buildkite_rest.mock import MockServer
from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES_TOKEN, LIMITED_TOKENS, NO_SCOPES_TOKEN

TOKEN = "bkua_0123456789abcdefghijklmnopqrstuvwxyzABCD"
BAD_URL = "http://[::1:bad/v2/organizations?page=2"

SCOPES = {"scopes": ["read_organizations", "read_user"]}


@contextmanager
def serving(
    access_token: object, body: object = (), status: int = 200, headers: Mapping[str, str] | None = None
) -> Generator[str]:
    """Return the URL of a server with these responses to `/v2/access-token` and to everything else.

    The status 0 closes the connection, unless the client of the runner has sent the request.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if status == 0 and "buildkite-rest" not in self.headers["User-Agent"]:
                self.close_connection = True
                return
            shown, code = (access_token, 200) if self.path == "/v2/access-token" else (body, status or 200)
            content = json.dumps({"webhook_ips": []} if self.path == "/v2/meta" and code == 200 else shown).encode()
            self.send_response(code)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def secrets() -> Secrets:
    known = Secrets({"token"})
    known.add(f"Bearer {TOKEN}")
    return known


@pytest.mark.parametrize(
    "end", ["...", " ...", "…", "", "\n next line", '"', " // Output truncated...", " is on page 2"]
)
@pytest.mark.parametrize("length", [12, 30, len(TOKEN) - 1])
def test_hides_truncated_tokens(length: int, end: str) -> None:
    hidden = secrets().hide(f'    "AAAA {TOKEN[:length]}{end}')
    assert hidden == f'    "AAAA $TOKEN{end}'


@pytest.mark.parametrize("text", ["bkua_012...", "bkua_0123…\nmore"])
def test_hides_short_prefixes_before_an_ellipsis(text: str) -> None:
    assert "bkua" not in secrets().hide(text)


@pytest.mark.parametrize("text", ["bkua_012 and more", "bkua_0123456789abcdefXYZ", "bkua_...", "bkua_mock_no_scopes"])
def test_shows_other_words(text: str) -> None:
    assert secrets().hide(text) == text


@pytest.mark.parametrize(
    "text",
    [
        TOKEN.upper(),
        "".join(f"%{each:02x}" for each in TOKEN.encode()),
        TOKEN.replace("1", "%31"),
        TOKEN.replace("1", "%252531"),
    ],
)
def test_hides_other_spellings(text: str) -> None:
    assert secrets().hide(f"/v2/100%/{text}/%41") == "/v2/100%/$TOKEN/%41"


def test_hides_the_longer_of_two_tokens() -> None:
    known = secrets()
    known.add(f"Bearer {TOKEN}_2", "$LIMITED_TOKEN")
    assert known.hide(f"{TOKEN}_2 {TOKEN}") == "$LIMITED_TOKEN $TOKEN"


def test_hides_repeated_prefixes() -> None:
    assert secrets().hide(f"{TOKEN[:20]}{TOKEN[:30]}... {TOKEN}") == "$TOKEN$TOKEN... $TOKEN"


@pytest.mark.parametrize("text", ['{"token": "abc"}', '"token": "abc...\n}', '"token": "a\\"b'])
def test_hides_truncated_properties(text: str) -> None:
    hidden = secrets().hide(text)
    assert "***" in hidden
    assert "a" not in hidden


def test_registers_the_tokens_of_all_options() -> None:
    names = ["main", "none", "limited", "expired", "foreign"]
    main, none, limited, expired, foreign = (TokenAuth(f"bkua_{name}_secret") for name in names)
    options = Options(
        base_url="http://127.0.0.1:9",
        auth=main,
        seed=1,
        no_scope_auth=none,
        limited_auths=(limited,),
        expired_auth=expired,
        foreign_auth=foreign,
    )
    known = Secrets()
    register(options, known)
    shown = known.hide(" ".join(f"bkua_{name}_secret" for name in names))
    assert shown == "$TOKEN $NO_SCOPE_TOKEN $LIMITED_TOKEN $EXPIRED_TOKEN $FOREIGN_TOKEN"


@pytest.mark.parametrize("url", [BAD_URL, "http://a:b/", "http://a:99999/", "http://\u2100/"])
def test_splits_invalid_urls(url: str) -> None:
    assert not is_url(url)
    assert url_parts(url).geturl() == ""
    assert query_of(url) == {}


def test_reports_invalid_urls() -> None:
    request = ListRequest("http://127.0.0.1/v2/organizations", lambda _: True)
    assert list(page_problems(request, f'<{BAD_URL}>; rel="next"', 1)) == [f"Link rel='next' is not a URL: {BAD_URL}"]


def run(url: str, *options: str) -> int:
    return main(["--base-url", url, "--token", TOKEN, "--include-operation", "listOrganizations", *options], "conf")


def test_shows_no_token_when_a_run_cannot_start(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(SCOPES, {"message": f"you sent {TOKEN}\x1b[31m"}, status=404) as url:
        assert run(url) == 2
    shown = capsys.readouterr()
    assert TOKEN[:12] not in shown.out + shown.err
    assert shown.err.count("\n") == 1
    assert "\x1b" not in shown.err


@pytest.mark.parametrize("option", ["phases", "seed", "rate-limit", "max-time", "budget", "unknown-fields"])
def test_shows_no_token_that_is_the_value_of_another_option(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("http://127.0.0.1:9", f"--{option}", TOKEN)
    err = capsys.readouterr().err
    assert err.startswith(f"conf: argument --{option}: ")
    assert "'$TOKEN'" in err


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        ([], "$TOKEN"),
        ([f"--token={TOKEN}"], "$TOKEN"),
        (["--limited-token", TOKEN], "$LIMITED_TOKEN"),
        ([f"--no-scope-token={TOKEN}"], "$NO_SCOPE_TOKEN"),
        (["--revocable-token", TOKEN], "$REVOCABLE_TOKEN"),
    ],
)
def test_shows_no_token_of_another_option_or_the_environment(
    arguments: list[str], variable: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDKITE_API_TOKEN", TOKEN)
    with pytest.raises(SystemExit):
        main([*arguments, "--base-url", "http://127.0.0.1:9", "--seed", TOKEN], "conf")
    assert capsys.readouterr().err == f"conf: argument --seed: '{variable}' is not a whole number\n"


def test_shows_no_token_that_is_the_journal_of_a_cleanup(capsys: pytest.CaptureFixture[str]) -> None:
    assert clean_up(["--token", TOKEN, TOKEN], "conf cleanup") == 2
    with pytest.raises(SystemExit):
        clean_up(["--token", TOKEN, "--rate-limit", TOKEN, "journal"], "conf cleanup")
    assert capsys.readouterr().err.splitlines() == [
        "conf cleanup: $TOKEN cannot be read: No such file or directory",
        "conf cleanup: argument --rate-limit: '$TOKEN' is not a rate such as 5/s or 40/m",
    ]


@pytest.mark.parametrize("phases", ["lists", "fuzzing"])
def test_a_run_without_a_response_was_not_possible(phases: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The client of the runner reaches the server, and nothing else does."""
    with serving(SCOPES, [], 0) as url:
        assert run(url, "--phases", phases) == 2
    assert "no response checked" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["[1]", "1", "null", *(f'{{"scopes": {it}}}' for it in ("5", "[1, null, {}]", "{}", "null"))]
)
def test_rejects_other_types_of_scopes(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(json.loads(text)) as url:
        assert run(url) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.exhaustive
def test_a_list_with_an_invalid_link_fails(capsys: pytest.CaptureFixture[str]) -> None:
    item = {"id": "01920000-0000-7000-8000-000000000001", "slug": "acme", "name": "Acme"}
    with serving(SCOPES, [item], headers={"Link": f'<{BAD_URL}>; rel="next"'}) as url:
        assert run(url, "--phases", "lists,headers,errors") == 1
    out = capsys.readouterr().out
    assert "is not a URL" in out
    assert "Please report it" not in out


@pytest.mark.exhaustive
def test_a_redirect_to_an_invalid_url_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(SCOPES, [], status=302, headers={"Location": BAD_URL}) as url:
        assert run(url, "--phases", "lists,errors") in {1, 2}
    assert "Please report it" not in capsys.readouterr().out


@pytest.mark.parametrize("location", [BAD_URL, "http://[", "//[x"])
def test_a_redirect_to_an_invalid_url_ends_neither_a_phase_nor_the_cleanup(location: str, tmp_path: Path) -> None:
    async def bug(request: Request, call: Any) -> Any:
        response = await call(request)
        is_team = re.fullmatch("/v2/organizations/acme/teams(/[^/]+)?", request.path)
        if request.method == "GET" and response.status == 200 and is_team:
            response.status, response.headers = 302, [(b"location", location.encode())]
        return response

    with mock_with(bug) as url:
        options = ("--write", "--include-tag", "teams", "--phases", "effects,refusals", "--seed", "1")
        found = conform(tmp_path, url, *options)

    left = found.report["left_behind"]
    assert left
    assert len(re.findall("^(?:may be )?left behind: /", found.out, re.MULTILINE)) == left, found.out
    assert not any(each in found.everything for each in ("Traceback", "Runtime Error", "Please report it"))
    assert found.junit


@pytest.mark.parametrize("seconds", ["31536001", "10000000000", "9" * 5000])
def test_rejects_a_time_limit_that_the_system_does_not_have(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        run("http://127.0.0.1:9", "--max-time", seconds)
    assert error.value.code == 2
    assert "--max-time" in capsys.readouterr().err


REMOTE = "http://127.0.0.1:9/schema.json"


@pytest.mark.parametrize("key", ["$ref", "operationRef"])
def test_refuses_a_spec_with_references_to_other_documents(key: str, tmp_path: Path) -> None:
    document = {"openapi": "3.1.0", "info": {"version": "1"}, "paths": {}, "components": {"a": [{key: REMOTE}]}}
    (tmp_path / "spec.json").write_text(json.dumps(document))
    with pytest.raises(CannotRunError, match=r"refers to another document: .http://127\.0\.0\.1:9/schema\.json"):
        Spec.load(tmp_path / "spec.json")


def test_reads_a_spec_with_references_in_examples(tmp_path: Path) -> None:
    start = "openapi: 3.1.0\ninfo: {version: 1}\npaths: {}\n"
    (tmp_path / "spec.yaml").write_text(f"{start}x-a: {{example: {{$ref: other}}, c: {{$ref: '#/paths'}}}}\n")
    assert Spec.load(tmp_path / "spec.yaml").version == "1"

    (tmp_path / "spec.yaml").write_text(f"{start}x-a: &a {{b: [*a]}}\n")
    with pytest.raises(CannotRunError, match="a node contains itself"):
        Spec.load(tmp_path / "spec.yaml")


@pytest.mark.parametrize("phases", [(), ("--phases", "lists")])
@pytest.mark.parametrize("option", ["--limited-token", "--no-scope-token", "--foreign-token"])
def test_names_the_option_of_a_token_that_is_rejected(
    option: str, phases: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with MockServer() as server:
        status = main(["--base-url", server.url, "--token", ALL_SCOPES_TOKEN, option, TOKEN, *phases], "conf")
    assert status == 2
    assert capsys.readouterr().err == f"conf: {option}: the server rejects this token. Pass one that is valid.\n"


@pytest.mark.parametrize("option", ["expired", "foreign", "limited", "no-scope", "revocable"])
def test_a_further_token_is_not_that_of_the_run(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--write", "--token", ALL_SCOPES_TOKEN, f"--{option}-token", ALL_SCOPES_TOKEN]
    with MockServer() as server:
        assert main(["--base-url", server.url, *arguments], "conf") == 2
        assert not server.requests
    message = f"--{option}-token: this is the token of the run. Pass another one."
    assert capsys.readouterr().err == f"conf: {message}\n"


def test_revokes_no_token_that_the_run_needs(capsys: pytest.CaptureFixture[str]) -> None:
    other = "bkua_mock_read_only"
    arguments = ["--token", ALL_SCOPES_TOKEN, "--revocable-token", other, "--limited-token", other]
    with MockServer() as server:
        assert main(["--base-url", server.url, *arguments], "conf") == 2
        assert "--revocable-token requires --write." in capsys.readouterr().err
        assert main(["--base-url", server.url, *arguments, "--write"], "conf") == 2
        assert "--revocable-token: the run needs this token" in capsys.readouterr().err
        assert main([*arguments, "--base-url", server.url, "--write", "--phases", "lists"], "conf") == 2
        assert "--revocable-token: the run needs this token" in capsys.readouterr().err
        assert not server.requests_to("DELETE", "/v2/access-token")


def test_an_expired_token_that_is_accepted_is_refused_if_no_phase_reports_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--token", ALL_SCOPES_TOKEN, "--include-operation", "listTeams", "--expired-token"]
    with MockServer() as server:
        options = ["--base-url", server.url, *arguments, NO_SCOPES_TOKEN]
        assert main([*options, "--phases", "lists"], "conf") == 2
        message = "--expired-token: the server accepts this token. Pass one that has expired."
        assert capsys.readouterr().err == f"conf: {message}\n"
        assert main([*options, "--phases", "access"], "conf") == 1


def test_rejects_a_foreign_token_of_the_same_organization(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--token", ALL_SCOPES_TOKEN, "--foreign-token", "bkua_mock_read_only"]
    with MockServer() as server:
        assert main(["--base-url", server.url, *arguments], "conf") == 2
    assert "--foreign-token: the token of the run has access to its organization" in capsys.readouterr().err


@pytest.mark.parametrize("token", [NO_SCOPES_TOKEN, LIMITED_TOKENS[1]])
def test_rejects_a_foreign_token_of_unknown_organizations(token: str, capsys: pytest.CaptureFixture[str]) -> None:
    with MockServer() as server:
        assert main(["--base-url", server.url, "--token", ALL_SCOPES_TOKEN, "--foreign-token", token], "conf") == 2
    assert capsys.readouterr().err == (
        "conf: --foreign-token: the server does not list the organizations of this token. "
        "Pass one with the scope read_organizations.\n"
    )


@pytest.mark.parametrize("options", [("--json", "--log-requests"), ("--junit", "--spec"), ("--json", "--junit")])
def test_refuses_equal_paths(options: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    pairs = [(option, tmp_path / "file") for option in options]
    with pytest.raises(CannotRunError, match=f"{options[0]} and {options[1]} name the same file"):
        check_distinct(*pairs)
    (tmp_path / "link").hardlink_to(tmp_path / "file")
    with pytest.raises(CannotRunError, match="name the same file"):
        check_distinct(("--spec", tmp_path / "file"), (options[0], tmp_path / "link"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no FIFOs")
@pytest.mark.parametrize("option", ["--json", "--junit", "--log-requests"])
def test_refuses_to_write_to_a_fifo(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "fifo")
    path = f"{tmp_path}/fifo"
    assert run("http://127.0.0.1:9", option, path) == 2
    assert capsys.readouterr().err == f"conf: {option} '{path}' is not a regular file. Name another file.\n"


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (429, {"RateLimit-Reset": "99999", "RateLimit-Remaining": "0"}, "limits the rate of requests. Repeat the"),
        (429, {"RateLimit-Reset": "99999"}, "command in 99999 s."),
        (429, {}, "Repeat the command later."),
        (302, {"Location": "/v2/meta"}, "is not followed. Check --base-url"),
    ],
)
def test_a_server_that_refuses_the_first_request(
    status: int, headers: Mapping[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(SCOPES, [], status, headers) as url:
        assert main(["--base-url", url, "--token", TOKEN], "conf") == 2
    err = capsys.readouterr().err
    assert message in err
    assert ("is not the Buildkite REST API" in err) == (status == 302)


def test_the_reason_of_a_connection_error_is_in_words() -> None:
    """A server that has ended, and one that closes connections."""
    reasons: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def close() -> None:
            listening.accept()[0].close()

        closing = threading.Thread(target=close)
        closing.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        for _ in range(2):
            with pytest.raises(requests.ConnectionError) as raised:
                requests.get(url, timeout=5)
            reasons.append(reason_of(raised.value))
            closing.join()
            listening.close()
    assert reasons[0] in {"connection closed without a response", "connection reset"}
    assert reasons[1] == "connection refused"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ReadTimeout(), "timed out"),
        (requests.exceptions.ProxyError("http://user:secret@proxy"), "cannot connect to the proxy"),
        (requests.exceptions.InvalidURL("http://user:secret@host"), "invalid URL"),
        (requests.RequestException("unknown"), "the request failed"),
    ],
)
def test_reasons_of_errors_show_no_text_of_a_library(error: requests.RequestException, reason: str) -> None:
    assert reason_of(error) == reason
