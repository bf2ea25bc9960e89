"""The two clients: their arguments, their environment, and event loops."""

import asyncio
import traceback

import httpx
import httpx2
import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import AsyncBuildkite, Buildkite, ConfigurationError, TokenAuth, __version__
from buildkite_rest.mock import MockServer

both = pytest.mark.parametrize("kind", [Buildkite, AsyncBuildkite])


@both
@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
def test_a_missing_token_is_an_error_before_anything_is_sent(kind, value, monkeypatch):
    if value is not None:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", value)
    with pytest.raises(ConfigurationError, match=r"^No token is configured\. "):
        kind()


@pytest.mark.parametrize("auth", ["passed", TokenAuth("passed")], ids=["text", "object"])
def test_a_token_that_is_passed_wins(connect, monkeypatch, auth):
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "from-environment")
    script = Script(response(build()))
    connect(script, auth=auth).builds.get("acme", "web", 1)
    assert script.requests[0].headers["Authorization"] == "Bearer passed"


@both
@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.buildkite.com",
        "ftp://api.buildkite.com",
        "https://ada:secret@api.buildkite.com",
        "https://api.buildkite.com:70000",
        "https://api.buildkite.com\n",
        "https://api.buildkite.com\\@evil.example",
    ],
    ids=ascii,
)
def test_a_bad_url_is_an_error_before_anything_is_sent(kind, url):
    with pytest.raises(ConfigurationError, match="base_url must be a URL such as") as caught:
        kind("token", base_url=url)
    assert "secret" not in str(caught.value)


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", __file__),
        ("HTTP_PROXY", "ftp://ada:s3cret@proxy.example"),
        ("https_proxy", "http://ada:s3cret@proxy.example:notaport"),
        ("ALL_PROXY", "socks5://ada:s3cret@proxy.example"),
    ],
)
def test_an_environment_that_the_library_cannot_use_is_an_error(kind, name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(
        ConfigurationError, match=rf"^the HTTP client cannot be created: .*\. Check .*\${name}"
    ) as caught:
        kind("token")
    text = "".join(traceback.format_exception(caught.value))
    assert "s3" not in text
    assert "cret" not in text


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v2/user"),
        ("https://proxy.example/buildkite/", "https://proxy.example/buildkite/v2/user"),
        ("https://api.buildkite.com", "https://api.buildkite.com/v2/user"),
    ],
)
def test_urls_start_with_the_base_url(connect, base_url, address):
    script = Script(response({"id": "1"}))
    connect(script, base_url=base_url).user.get()
    assert str(script.requests[0].url) == address
    assert script.requests[0].headers["Authorization"] == "Bearer secret-token"


def test_the_default_client_sends_each_header_once():
    with MockServer() as server, Buildkite(server.token, base_url=server.url) as client:
        for headers in ({}, {"user-agent": "other"}, {"Range": "bytes=0-1"}):
            client.with_options(headers=headers).user.get()
        plain, other, partial = (request.headers for request in server.requests)
    agent = f"buildkite-rest/{__version__}"
    assert [each["User-Agent"] for each in (plain, other, partial)] == [agent, "other", agent]
    assert [each["Accept-Encoding"] for each in (plain, other, partial)] == ["gzip", "gzip", "identity"]
    assert [each["Accept"] for each in (plain, other, partial)] == ["application/json"] * 3


def test_the_repr_has_the_url_and_the_kind_of_credentials(connect):
    client = connect(auth="secret-token", base_url="https://proxy.example/buildkite")
    assert repr(client).endswith("Buildkite(base_url='https://proxy.example/buildkite', auth=TokenAuth)")


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_second_event_loop_is_refused_and_nothing_is_sent(module):
    def respond(request):
        requests.append(request)
        return module.Response(200, json=build())

    async def get():
        return await client.builds.get("acme", "web", 1)

    requests = []
    client = AsyncBuildkite("token", http_client=module.AsyncClient(transport=module.MockTransport(respond)))
    with asyncio.Runner() as runner:
        runner.run(get())
        for call in (get, client.aclose):
            with pytest.raises(
                ConfigurationError, match=r"^the client belongs to another event loop; make one in each"
            ):
                asyncio.run(call())
        runner.run(get())
        runner.run(client.aclose())
    assert len(requests) == 2


def test_a_client_that_was_not_used_is_closed_in_any_event_loop():
    asyncio.run(AsyncBuildkite("token").aclose())
