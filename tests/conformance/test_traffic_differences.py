"""Traffic of the client is judged by the rules of a run: planted differences are found, and no value is shown."""

import json

import httpx
import pytest
from attrs import evolve, frozen

from buildkite_rest import Buildkite
from buildkite_rest.conformance import traffic
from buildkite_rest.conformance.traffic import TrafficCheck
from buildkite_rest.mock import MockServer

BUILDS = "GET /pipelines/web/builds"
AGENTS = "GET /agents"
SECRETS = ("hunter2", "DEPLOY_KEY", "bkua_", "acme", "Ada", "ada@", "127.0.0.1", "01920000-", "passed ")
MARK = "Geheim-4711"


@frozen
class Recorded:
    """An exchange of the client with the mock server."""

    method: str
    url: str
    status: int
    headers: dict[str, str]
    body: bytes | None
    sent: bytes

    def is_of(self, part):
        method, _, path = part.partition(" ")
        return self.method == method and path in self.url


class RecordingTransport(httpx.HTTPTransport):
    def __init__(self):
        super().__init__()
        self.recorded = []

    def handle_request(self, request):
        response = super().handle_request(request)
        content = response.read()
        response.headers.pop("Content-Encoding", None)
        headers = dict(response.headers)
        recorded = Recorded(request.method, str(request.url), response.status_code, headers, content, request.read())
        self.recorded.append(recorded)
        return httpx.Response(response.status_code, headers=response.headers, content=content)


@pytest.fixture(scope="module")
def recorded():
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
    return transport.recorded


def check(exchanges, base_url=None):
    """Return the report of exchanges."""
    found = TrafficCheck()
    for each in exchanges:
        url = base_url or f"{each.url.partition('/v2/')[0]}"
        found.observe(each.method, each.url, each.status, each.headers, each.body, request_body=each.sent, base_url=url)
    return found.report()


def changed(recorded, change, part="GET /v2/organizations"):
    return [change(each) if each.is_of(part) else each for each in recorded]


def having(**parts):
    return lambda each: evolve(each, **parts)


def with_header(name, value):
    def change(each):
        others = {key: other for key, other in each.headers.items() if key.lower() != name.lower()}
        return evolve(each, headers=others if value is None else {**others, name: value})

    return change


def with_link(end):
    return lambda each: with_header("Link", f'<{each.url.partition("?")[0]}{end}>; rel="next"')(each)


def of_first_build(edit):
    def change(each):
        body = json.loads(each.body)
        edit(body[0] if isinstance(body, list) else body)
        return evolve(each, body=json.dumps(body).encode())

    return change


def set_in(name, value):
    return of_first_build(lambda build: build.__setitem__(name, value))


def test_the_traffic_of_the_client_is_clean(recorded):
    report = check(recorded)
    assert "no difference from the spec" in report
    assert f"checked: {len(recorded)} exchanges" in report


PLANTED = {
    "a property": (BUILDS, set_in("deployed_by", "Ada"), "undescribed_property: /*/deployed_by: str ["),
    "a value of an enum": (BUILDS, set_in("state", "on_hold"), "undescribed_value: /*/state: on_hold"),
    "a name in place of a value": (BUILDS, set_in("state", "Ada Lovelace"), "undescribed_value: /*/state: str"),
    "a variant": (BUILDS, set_in("jobs", [{"id": "x", "type": "approval"}]), "_value: /*/jobs/*/type: approval"),
    "a type": (BUILDS, set_in("number", "7"), 'response_schema_conformance: /*/number: "7" is not of type "integer"'),
    "a missing property": (
        BUILDS,
        of_first_build(lambda build: build.pop("number")),
        "is a required property",
    ),
    "a format": (BUILDS, set_in("created_at", "yesterday"), '/*/created_at: … is not a "date-time"'),
    "a key of a map": (BUILDS, set_in("env", {"DEPLOY_KEY": ["hunter2"]}), "undescribed_value: /*/env/…: list"),
    "an order of times": (
        BUILDS,
        set_in("finished_at", "2001-01-01T00:00:00Z"),
        "time_consistency: finished_at is less than started_at: … < …",
    ),
    "a URL of another object": (
        BUILDS,
        set_in("url", "https://api.buildkite.com/v2/organizations/acme/pipelines/ada/builds/1"),
        "url_consistency: url ",
    ),
    "a status": (AGENTS, having(status=207), "the status 207 is not documented"),
    "a server error": (AGENTS, having(status=503), "the server fails with 503"),
    "a missing header": (AGENTS, with_header("RateLimit-Limit", None), "the header RateLimit-Limit is missing"),
    "a header": (AGENTS, with_header("RateLimit-Limit", "Ada"), 'RateLimit-Limit: … is not of type "integer"'),
    "a media type": (AGENTS, with_header("Content-Type", "text/html"), "the Content-Type is text/html instead of"),
    "text": (AGENTS, having(body=b"{Ada"), "media_type_conformance: the body is not JSON, although its Content-Type"),
    "a method": (AGENTS, having(method="PATCH"), "undescribed_operation: status 200"),
    "a link of another list": (BUILDS, with_link("/x?page=2"), "the link next has another path"),
    "a lost filter": (BUILDS, with_link("?page=2&per_page=10&state[]=failed"), "the link next has the parameters"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_is_found_without_values(name, recorded):
    part, change, expected = PLANTED[name]
    report = check(changed(recorded, change, part))
    assert expected in report
    assert [secret for secret in SECRETS if secret in report] == []


@pytest.mark.parametrize("url", ["https://proxy.example:8443/ci", "https://proxy.example", "https://api.buildkite.com"])
@pytest.mark.parametrize("is_rewritten", [True, False], ids=["rewritten", "unchanged"])
def test_a_proxy_may_rewrite_urls_or_not(url, is_rewritten, recorded):
    host = recorded[0].url.partition("/v2/")[0]
    shown = url if is_rewritten else "https://api.buildkite.com"
    moved = [
        evolve(
            each,
            url=each.url.replace(host, url),
            body=each.body.replace(host.encode(), shown.encode()),
            headers={name: value.replace(host, shown) for name, value in each.headers.items()},
        )
        for each in recorded
    ]
    report = check(moved, url)
    assert "no difference from the spec" in report
    assert "ignored" not in report


COUNTED = {
    "no body": (having(body=None), "the body is not known"),
    "no headers": (having(headers={}), "the headers of the response are not known"),
    "an operation that nobody has": (
        having(method="PATCH", status=405),
        "neither the spec nor the API has the operation",
    ),
}


@pytest.mark.parametrize("name", COUNTED)
def test_what_cannot_be_judged_is_counted(name, recorded):
    change, reason = COUNTED[name]
    report = check(changed(recorded, change, AGENTS))
    assert "no difference from the spec" in report
    assert f"not checked: 1, because {reason}" in report


def test_other_apis_are_ignored_and_counted(recorded):
    urls = ("https://acme.example/", "https://api.buildkite.com.example/v2/user", "http://[")
    other = [evolve(recorded[0], url=url) for url in urls]
    preflight = evolve(recorded[0], url="https://api.buildkite.com/v2/user", method="OPTIONS")
    assert "ignored: 4 exchanges with other APIs" in check([*other, preflight], "https://api.buildkite.com")


PATHS = {
    "/v2/organizations/acme/ada-lovelace": "/v2/organizations/{org}/…",
    "/v2/organizations/acme/pipelines/web/secret_launch": "/v2/organizations/{org}/pipelines/{pipeline}/…",
    "/v2/geheim": "/v2/…",
    "/v3/organizations/acme/v2": "/…/…/…/…",
}


@pytest.mark.parametrize("path", PATHS)
def test_only_the_described_part_of_a_path_is_shown(path, recorded):
    report = check([evolve(recorded[0], url=f"https://api.buildkite.com{path}")], "https://api.buildkite.com")
    assert f"\nGET {PATHS[path]} (1 exchange)\n  undescribed_operation: status 200 [" in report


def marked(node):
    """Return JSON in which each text is a secret, and each object has a secret key."""
    if isinstance(node, dict):
        return {**{name: marked(value) for name, value in node.items()}, f"{MARK}@acme.example": MARK}
    if isinstance(node, list):
        return [marked(value) for value in node]
    return f"{MARK} {node}" if isinstance(node, str) else node


def of_secrets(each):
    path, _, query = each.url.partition("?")
    path = path.replace("/acme", f"/{MARK}").replace("/web", f"/{MARK}")
    pairs = "&".join(f"{pair.partition('=')[0]}={MARK}" for pair in query.split("&") if pair)
    link = f'<https://{MARK}.example/{MARK}?{MARK}={MARK}&page={MARK}>; {MARK}="{MARK}"; rel="next"'
    values = {"link": link, "content-type": each.headers.get("content-type", "")}
    return evolve(
        each,
        url=f"{path}?{pairs}&{MARK}={MARK}&meta_data[{MARK}]={MARK}",
        headers={MARK: MARK, **{name: values.get(name, MARK) for name in each.headers}},
        body=json.dumps(marked(json.loads(each.body))).encode(),
        sent=json.dumps(marked(json.loads(each.sent))).encode() if each.sent else b"",
    )


@pytest.mark.parametrize("method", [None, MARK, "PROPFIND"])
@pytest.mark.parametrize("status", [None, 422, 500])
def test_no_report_has_a_value(status, method, recorded):
    secret = [of_secrets(each) for each in recorded]
    report = check([evolve(each, method=method or each.method, status=status or each.status) for each in secret])
    assert "no difference" not in report
    assert not [word for word in ("Geheim", "geheim", "4711", "acme") if word in report]


DEEP = "[" * 200 + "]" * 200


@pytest.mark.parametrize(
    "text", [DEEP, "[" * 200_000, "9" * 10_000, "[1e999]", '["\\ud800"]', "[" + "{}," * 9999 + "{}]"]
)
def test_hostile_bodies_are_differences(text, recorded):
    report = check(changed(recorded, having(body=text.encode()), AGENTS))
    assert "from the spec" in report
    assert "no difference" not in report
    assert "check failed" not in report


def test_free_text_and_names_of_known_words_are_hidden():
    for text, shown in {
        "state is 'reason for a canceled build', but": "state is …, but",
        'url: "page name" is not of type "object"': 'url: … is not of type "object"',
        "builds/10.0.0.1/my-build/12": "builds/…/12",
        "jobs.agent: number is 4711 instead of 12": "jobs.agent: number is … instead of 12",
    }.items():
        assert traffic.TrafficCheck()._masked(text) == shown
