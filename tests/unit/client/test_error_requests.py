"""The request that an error is about: operation, method, URL, request id and number of attempts."""

import copy
import pickle

import httpx
import pytest
from tests.unit.client.support import API, Chunks, Script, response

from buildkite_rest import (
    APIConnectionError,
    APIError,
    DecodeError,
    NotFoundError,
    PaginationError,
    RetryPolicy,
    ServerError,
)

BUILD = f"{API}/v2/organizations/acme/pipelines/web/builds/1"
STORED = "https://storage.example/file"
COPIES = [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]


def request_of(error):
    return error.operation_id, error.method, error.url, error.request_id, error.attempts


def failure_of(client, kind=APIError, **arguments):
    with pytest.raises(kind) as caught:
        client.builds.get("acme", "web", 1, **arguments)
    return caught.value


def test_an_error_status_has_its_request(connect):
    error = failure_of(connect(Script(response({}, 404, X_Request_Id="r-1"))), NotFoundError)
    assert request_of(error) == ("getBuild", "GET", BUILD, "r-1", 1)


def test_attempts_include_retries(connect):
    responses = [response({}, 503, X_Request_Id=f"r-{number}") for number in range(3)]
    error = failure_of(connect(Script(*responses), retries=RetryPolicy(max_retries=2)), ServerError)
    assert request_of(error) == ("getBuild", "GET", BUILD, "r-2", 3)


def test_a_body_that_is_cut_off_has_the_id_of_its_response(connect):
    def cut(_):
        return httpx.Response(200, headers={"X-Request-Id": "r-1"}, stream=Chunks(b"{", httpx.ReadError("reset")))

    error = failure_of(connect(cut, retries=RetryPolicy(max_retries=0)), APIConnectionError)
    assert request_of(error) == ("getBuild", "GET", BUILD, "r-1", 1)


@pytest.mark.parametrize("redirects", [0, 1])
def test_a_download_has_the_request_to_the_storage(connect, tmp_path, redirects):
    def respond(request):
        if request.url.host == "api.buildkite.com":
            artifact = {"id": "a", "filename": "f", "path": "f", "file_size": 1, "url": f"{STORED}?sig=s3cret"}
            return response(artifact)
        if redirects and request.url.path == "/file":
            return httpx.Response(302, headers={"Location": f"{STORED}/moved?sig=s3cret"})
        return httpx.Response(200, headers={"X-Request-Id": "s-1"}, stream=Chunks(httpx.ReadError("reset")))

    with pytest.raises(APIConnectionError) as caught:
        connect(respond).artifacts.download("acme", "job", "a", to=tmp_path / "f")
    url = f"{STORED}/moved?…" if redirects else f"{STORED}?…"
    assert request_of(caught.value) == ("getArtifactDownload", "GET", url, "s-1", 3)
    assert caught.value.host == "storage.example"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.builds.get("acme", "web", 1),
        lambda client: list(client.pipelines.list("acme")),
        lambda client: list(client.paginate("/v2/things")),
        lambda client: client.graphql("{ x }"),
    ],
    ids=["single", "list", "paginate", "graphql"],
)
@pytest.mark.parametrize("coding", [None, "br"])
def test_a_decode_error_has_its_response(connect, call, coding):
    headers = {"X-Request-Id": "r-1"} | ({} if coding is None else {"Content-Encoding": coding})
    client = connect(lambda _: httpx.Response(201, headers=headers, stream=Chunks(b"<html>")))
    with pytest.raises(DecodeError) as caught:
        call(client)
    for error in (caught.value, *(copied(caught.value) for copied in COPIES)):
        assert (error.status, error.request_id) == (201, "r-1")
        assert error.url.startswith("https://")


def test_a_pagination_error_has_its_operation(connect):
    client = connect(Script(response([], Link='<https://other.example/>; rel="next"')))
    for call, id_ in (
        (client.pipelines.list("acme"), "listPipelines"),
        (client.paginate("/v2/things"), "GET /v2/things"),
    ):
        label = "listPipelines: GET /v2/organizations/acme/pipelines" if id_ == "listPipelines" else id_
        with pytest.raises(PaginationError, match=f"^{label}: the URL of the next page is on another origin") as caught:
            list(call)
        assert [error.operation_id for error in (caught.value, *(copied(caught.value) for copied in COPIES))] == [
            id_
        ] * 4
