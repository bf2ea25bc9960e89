"""What the mock answers is what the description promises: for every object of the seed, whatever its state."""

from __future__ import annotations

import importlib.resources

import jsonschema_rs
import pytest
import yaml

from .caller import WEB

ACME = "/v2/organizations/acme"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@pytest.fixture(scope="session")
def problems():
    """Return a function that tells how an answer differs from what its operation promises."""
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
        ("/v2/organizations/{org}/agents", f"{ACME}/agents?per_page=100"),
        ("/v2/organizations/{org}/pipelines", f"{ACME}/pipelines"),
        ("/v2/organizations/{org}/pipelines/{pipeline}", WEB),
        ("/v2/organizations/{org}/pipelines/{pipeline}/github-webhooks", f"{WEB}/github-webhooks"),
        ("/v2/builds", "/v2/builds?page=0"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}", f"{WEB}/builds/42?include_test_engine=true"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}", f"{ACME}/pipelines/zoo/builds/1"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/jobs", f"{ACME}/pipelines/zoo/builds/1/jobs"),
        ("/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/artifacts", f"{WEB}/builds/42/artifacts"),
    ],
)
def test_answers(api, problems, operation, path):
    assert problems(api.get(path), operation) == []


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_builds(api, problems, page):
    response = api.get(f"{ACME}/builds?per_page=100&include_retried_jobs=true&page={page}")
    assert problems(response, "/v2/organizations/{org}/builds") == []


def test_agents_in_every_state(api, problems, world):
    for agent_id in world.organizations["acme"].agents:
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


def test_errors_of_fields(api, problems):
    response = api.post(f"{WEB}/builds", json={})
    assert response.status_code == 422
    assert problems(response, "/v2/organizations/{org}/pipelines/{pipeline}/builds") == []
