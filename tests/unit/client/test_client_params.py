"""A client of the HTTP library may add parameters of its own, which must not take the place of ours."""

import httpx
from tests.unit.client.support import Script, answer, build

API = "https://api.buildkite.com"


def test_they_go_beside_those_of_a_call(connect):
    script = Script(answer([build(1)]))
    client = connect(script, http={"params": {"trace": "1 2"}})
    assert [item.number for item in client.builds.list("acme", "web", state=["failed"], per_page=5)] == [1]
    assert script.paths == ["/v2/organizations/acme/pipelines/web/builds?state%5B%5D=failed&per_page=5&trace=1+2"]


def test_parameters_are_added_to_a_url_without_any(connect):
    script = Script(answer(build()))
    connect(script, http={"params": {"trace": "1"}}).builds.get("acme", "web", 1)
    assert script.paths == ["/v2/organizations/acme/pipelines/web/builds/1?trace=1"]


def test_those_of_a_call_win(connect):
    script = Script(answer([]))
    list(connect(script, http={"params": {"per_page": "7"}}).builds.list("acme", "web", per_page=5))
    assert script.paths == ["/v2/organizations/acme/pipelines/web/builds?per_page=5"]


def test_a_next_page_is_requested_unchanged(connect):
    following = f"{API}/v2/organizations/acme/pipelines/web/builds?page=2&x=%2F"
    script = Script(answer([build(1)], Link=f'<{following}>; rel="next"'), answer([build(2)]))
    client = connect(script, http={"params": {"trace": "1"}})
    assert [item.number for item in client.builds.list("acme", "web")] == [1, 2]
    assert script.paths[1] == "/v2/organizations/acme/pipelines/web/builds?page=2&x=%2F&trace=1"


def test_the_artifact_storage_gets_no_parameters(connect, tmp_path):
    def reply(request):
        if request.url.host == "storage.example":
            return httpx.Response(200, content=b"x")
        address = {"url": "https://storage.example/x?Signature=a%2Fb"}
        return answer(address, 302) if request.url.path.endswith("/download") else answer({"id": "a", "path": "x"})

    script = Script(reply)
    client = connect(script, http={"params": {"trace": "1"}})
    client.artifacts.download("acme", "job", "a", to=tmp_path / "x")
    assert script.paths[-1] == "/x?Signature=a%2Fb"
