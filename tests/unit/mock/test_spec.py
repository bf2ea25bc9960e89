"""Responses match the spec, for every seeded object in every state."""

from __future__ import annotations

import importlib.resources

import jsonschema_rs
import pytest
import yaml

from .caller import WEB

ACME = "/v2/organizations/acme"
REGISTRIES = "/v2/packages/organizations/{org}/registries"
GEMS = "/v2/packages/organizations/acme/registries/gems"
ANALYTICS = "/v2/analytics/organizations/acme"
SUITES = "/v2/analytics/organizations/{org}/suites"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@pytest.fixture(scope="session")
def problems():
    """Return a function that lists the differences of a response from its operation in the spec."""
    source = importlib.resources.files("_buildkite_rest").joinpath("openapi.yaml").read_bytes()
    document = yaml.load(source, Loader=LOADER)
    registry = jsonschema_rs.Registry([("urn:d", document)], draft=jsonschema_rs.Draft202012)
    validators = {}

    def problems(response, path):
        method, status = response.request.method.lower(), response.status_code
        promised = document["paths"][path][method]["responses"][str(status)]
        where = f"#/paths/{path.replace('/', '~1').replace('{', '%7B').replace('}', '%7D')}/{method}/responses/{status}"
        where = promised.get("$ref", where)
        if where not in validators:
            ref = {"$ref": f"urn:d{where}/content/application~1json/schema"}
            validators[where] = jsonschema_rs.Draft202012Validator(ref, registry=registry, validate_formats=True)
        errors = validators[where].iter_errors(response.json())
        return [f"{'.'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in errors]

    return problems


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("/", "/"),
        ("/v2/meta", "/v2/meta"),
        ("/v2/user", "/v2/user"),
        ("/v2/access-token", "/v2/access-token"),
        ("/v2/organizations", "/v2/organizations"),
        ("/v2/organizations/{org}", ACME),
        ("/v2/organizations/{org}", "/v2/organizations/nope"),
        ("/v2/organizations/{org}/rate_limit", f"{ACME}/rate_limit"),
        ("/v2/organizations/{org}/pipeline-templates", f"{ACME}/pipeline-templates"),
        ("/v2/organizations/{org}/emojis", f"{ACME}/emojis"),
        ("/v2/organizations/{org}/clusters", f"{ACME}/clusters"),
        ("/v2/organizations/{org}/services", f"{ACME}/services"),
        ("/v2/organizations/{org}/audit_events", f"{ACME}/audit_events?per_page=100"),
        ("/v2/organizations/{org}/api-settings", f"{ACME}/api-settings"),
        ("/v2/organizations/{org}/pipeline-settings", f"{ACME}/pipeline-settings"),
        ("/v2/organizations/{org}/repository_connections", f"{ACME}/repository_connections"),
        ("/v2/organizations/{org}/members", f"{ACME}/members"),
        ("/v2/organizations/{org}/invitations", f"{ACME}/invitations"),
        ("/v2/organizations/{org}/teams", f"{ACME}/teams"),
        ("/v2/organizations/{org}/agents", f"{ACME}/agents?per_page=100"),
        ("/v2/organizations/{org}/pipelines", f"{ACME}/pipelines"),
        ("/v2/organizations/{org}/pipelines/{pipeline}", WEB),
        ("/v2/organizations/{org}/pipelines/{pipeline}/github-webhooks", f"{WEB}/github-webhooks"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/schedules", f"{WEB}/schedules"),
        ("/v2/builds", "/v2/builds?page=0"),
        ("/.well-known/api-catalog", "/.well-known/api-catalog"),
        (SUITES, f"{ANALYTICS}/suites?show_api_token=true"),
        (f"{SUITES}/{{suite_slug}}", f"{ANALYTICS}/suites/xctest"),
        (f"{SUITES}/{{suite_slug}}/runs", f"{ANALYTICS}/suites/rspec/runs?per_page=100"),
        (f"{SUITES}/{{suite_slug}}/tests", f"{ANALYTICS}/suites/rspec/tests"),
        (f"{SUITES}/{{suite_slug}}/tests/muted", f"{ANALYTICS}/suites/rspec/tests/muted"),
        (f"{SUITES}/{{suite_slug}}/tests/skipped", f"{ANALYTICS}/suites/rspec/tests/skipped"),
        (f"{SUITES}/{{suite_slug}}/flaky-tests", f"{ANALYTICS}/suites/rspec/flaky-tests"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}", f"{WEB}/builds/42?include_test_engine=true"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}", f"{ACME}/pipelines/zoo/builds/1"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/step-uploads", f"{WEB}/builds/42/step-uploads"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/jobs", f"{ACME}/pipelines/zoo/builds/1/jobs"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/artifacts", f"{WEB}/builds/42/artifacts"),
        ("/v2/organizations/{org}/portals", f"{ACME}/portals"),
        ("/v2/organizations/{org}/portals/{portal_slug}", f"{ACME}/portals/status-board"),
        ("/v2/organizations/{org}/rules", f"{ACME}/rules"),
        (REGISTRIES, GEMS.removesuffix("/gems")),
        (f"{REGISTRIES}/{{registry}}", GEMS),
        (f"{REGISTRIES}/{{registry}}/tokens", f"{GEMS}/tokens"),
        (f"{REGISTRIES}/{{registry}}/packages", f"{GEMS}/packages"),
    ],
)
def test_responses(api, problems, operation, path):
    assert problems(api.get(path), operation) == []


def test_clusters_and_their_contents(api, problems):
    parts = {
        "maintainers": "maintainer_id",
        "queues": "queue_id",
        "tokens": "token_id",
        "secrets": "secret_id",
        "agent-images": "image_id",
        "cache_volumes": None,
        "network_ranges": None,
    }
    path = "/v2/organizations/{org}/clusters/{cluster_id}"
    seen = set()
    for cluster in api.get(f"{ACME}/clusters").json():
        assert problems(api.get(cluster["url"]), path) == []
        for part, parameter in parts.items():
            listed = api.get(f"{cluster['url']}/{part}")
            assert problems(listed, f"{path}/{part}") == []
            for item in listed.json():
                seen.add(part)
                if parameter is not None:
                    found = api.get(f"{cluster['url']}/{part}/{item['id']}")
                    assert problems(found, f"{path}/{part}/{{{parameter}}}") == []
    assert seen == parts.keys()


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_builds(api, problems, page):
    response = api.get(f"{ACME}/builds?per_page=100&include_retried_jobs=true&page={page}")
    assert problems(response, "/v2/organizations/{org}/builds") == []


def test_a_step_upload_with_its_definition(api, problems):
    path = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/step-uploads"
    upload = api.get(f"{WEB}/builds/42/step-uploads").json()["items"][0]
    assert problems(api.get(upload["url"]), f"{path}/{{step_upload_uuid}}") == []


def test_packages_and_uploads(api, problems):
    package = f"{REGISTRIES}/{{registry}}/packages"
    published = api.post(f"{GEMS}/packages", files={"file": ("new-1.0.gem", b"x")})
    assert problems(published, package) == []
    assert problems(api.get(published.json()["url"]), f"{package}/{{package_id}}") == []
    copied = api.post(f"{published.json()['url']}/copy?to=gems-stable")
    assert problems(copied, f"{package}/{{package_id}}/copy") == []
    assert problems(api.post(f"{GEMS}/packages/upload"), f"{package}/upload") == []
    assert problems(api.post(f"{GEMS}/packages", files={"x": b""}), package) == []


def test_secrets_match_the_spec(api, problems):
    token = api.post(f"{GEMS}/tokens", json={"description": "x"})
    assert problems(token, f"{REGISTRIES}/{{registry}}/tokens") == []
    assert problems(api.get(token.json()["url"]), f"{REGISTRIES}/{{registry}}/tokens/{{token_id}}") == []
    portal = api.post(f"{ACME}/portals", json={"name": "x", "query": "{ viewer }"})
    assert problems(portal, "/v2/organizations/{org}/portals") == []
    rule = api.get(api.get(f"{ACME}/rules").json()[0]["url"])
    assert problems(rule, "/v2/organizations/{org}/rules/{rule_uuid}") == []


def test_members_and_invitations_in_every_state(api, problems, backend):
    acme = backend.organizations["acme"]
    for kind, keys in (("members/{user_uuid}", acme.memberships), ("invitations/{invitation_uuid}", acme.invitations)):
        for key in keys:
            path = f"{ACME}/{kind.partition('/')[0]}/{key}"
            assert problems(api.get(path), f"/v2/organizations/{{org}}/{kind}") == []


def test_teams_and_their_contents(api, problems, backend):
    operation = "/v2/organizations/{org}/teams/{team_uuid}"
    parts = {"members": "user_uuid", "pipelines": "pipeline_uuid", "suites": "suite_uuid"}
    for team in backend.organizations["acme"].teams.values():
        path = f"{ACME}/teams/{team.id}"
        assert problems(api.get(path), operation) == []
        for part, key in parts.items():
            assert problems(api.get(f"{path}/{part}"), f"{operation}/{part}") == []
            for found in getattr(team, part):
                assert problems(api.get(f"{path}/{part}/{found}"), f"{operation}/{part}/{{{key}}}") == []


def test_agents_in_every_state(api, problems, backend):
    for agent_id in backend.organizations["acme"].agents:
        assert problems(api.get(f"{ACME}/agents/{agent_id}"), "/v2/organizations/{org}/agents/{agent_id}") == []


def test_jobs_in_every_state(api, problems):
    for job in api.get(f"{ACME}/pipelines/zoo/builds/1").json()["jobs"]:
        assert problems(api.get(f"{ACME}/jobs/{job['id']}"), "/v2/organizations/{org}/jobs/{job_id}") == []


def test_annotations(api, problems):
    failed = api.get(f"{WEB}/builds?state=failed").json()[0]
    response = api.get(f"{failed['url']}/annotations?scope=all")
    assert response.json()
    assert problems(response, "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/annotations") == []


@pytest.mark.parametrize("pipeline", ["web", "api", "nightly", "ios", "docs"])
def test_builds_under_way(api, problems, clock, pipeline):
    operation = "/v2/organizations/{org}/pipelines/{pipeline}/builds"
    body = {
        "commit": "HEAD",
        "branch": "main",
        "message": "x",
        "pull_request_id": 1,
        "author": {"name": "Ada"},
        "meta_data": {"a": 1},
    }
    created = api.post(f"{ACME}/pipelines/{pipeline}/builds", json=body)
    assert problems(created, operation) == []
    for _ in range(5):
        clock.advance(0.4)
        assert problems(api.get(created.json()["url"]), f"{operation}/{{number}}") == []


def test_results_of_tests(api, problems):
    version = {"Buildkite-Version": "2026-08-01"}
    for build in api.get(f"{WEB}/builds?per_page=30").json():
        tests = api.get(f"{ANALYTICS}/builds/{build['id']}/tests")
        assert problems(tests, "/v2/analytics/organizations/{org}/builds/{build_id}/tests") == []
        for run in api.get(f"{ANALYTICS}/suites/rspec/runs?build_id={build['id']}").json():
            failed = api.get(f"{run['url']}/failed_executions?include_failure_expanded=true")
            assert problems(failed, f"{SUITES}/{{suite_slug}}/runs/{{run_id}}/failed_executions") == []
    tests = api.get(f"{ANALYTICS}/suites/rspec/tests", headers=version)
    assert problems(tests, f"{SUITES}/{{suite_slug}}/tests") == []
    for test in tests.json():
        assert problems(api.put(f"{test['url']}/mute"), f"{SUITES}/{{suite_slug}}/tests/{{test_id}}/mute") == []
        for period in ("28days", "1hour"):
            found = api.get(f"{test['url']}?period={period}", headers=version)
            assert problems(found, f"{SUITES}/{{suite_slug}}/tests/{{test_id}}") == []


def test_errors_of_fields(api, problems):
    response = api.post(f"{WEB}/builds", json={})
    assert response.status_code == 422
    assert problems(response, "/v2/organizations/{org}/pipelines/{pipeline}/builds") == []


def test_services_of_every_provider(api, problems):
    for service in api.get(f"{ACME}/services").json()["items"]:
        assert problems(api.get(service["url"]), "/v2/organizations/{org}/services/{service_uuid}") == []


def test_audit_events_of_every_kind(api, problems):
    for event in api.get(f"{ACME}/audit_events?per_page=20").json()["items"]:
        assert problems(api.get(event["url"]), "/v2/organizations/{org}/audit_events/{event_uuid}") == []


def test_repository_connections_of_every_type(api, problems):
    operation = "/v2/organizations/{org}/repository_connections/{repository_connection_id}"
    for connection in api.get(f"{ACME}/repository_connections").json():
        assert problems(api.get(connection["url"]), operation) == []
        assert problems(api.get(f"{connection['url']}/repositories"), f"{operation}/repositories") == []
