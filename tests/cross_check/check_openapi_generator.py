"""Python client of OpenAPI Generator, against the mock server. `make test PART=cross-check` runs this.

Known bugs of that generator have tests at the end of this file, which fail when a release fixes the bug.
"""

import hashlib
import inspect
import json
from datetime import datetime
from functools import cache
from string import Formatter
from urllib.parse import parse_qs, urlsplit

import openapi_client as sdk
import pytest
from pydantic import ValidationError

ACME = "/v2/organizations/acme"
WEB = f"{ACME}/pipelines/web"
ANALYTICS = "/v2/analytics/organizations/acme"
PACKAGES = "/v2/packages/organizations/acme"

#: Sources of parameter values: the path of a list, and a property of its items.
SOURCES = {
    "agent_id": (f"{ACME}/agents", "id"),
    "artifact_id": (f"{WEB}/builds/{{number}}/artifacts", "id"),
    "build_id": (f"{ANALYTICS}/suites/{{suite_slug}}/runs", "build_id"),
    "cluster_id": (f"{ACME}/clusters", "id"),
    "event_uuid": (f"{ACME}/audit_events", "uuid"),
    "image_id": (f"{ACME}/clusters/{{cluster_id}}/agent-images", "id"),
    "invitation_uuid": (f"{ACME}/invitations", "id"),
    "job_id": (f"{WEB}/builds/{{number}}/artifacts", "job_id"),
    "maintainer_id": (f"{ACME}/clusters/{{cluster_id}}/maintainers", "id"),
    "package_id": (f"{PACKAGES}/registries/{{registry}}/packages", "id"),
    "pipeline_uuid": (f"{ACME}/teams/{{team_uuid}}/pipelines", "pipeline_id"),
    "portal_slug": (f"{ACME}/portals", "slug"),
    "queue_id": (f"{ACME}/clusters/{{cluster_id}}/queues", "id"),
    "registry": (f"{PACKAGES}/registries", "slug"),
    "repository_connection_id": (f"{ACME}/repository_connections", "id"),
    "rule_uuid": (f"{ACME}/rules", "uuid"),
    "run_id": (f"{ANALYTICS}/suites/{{suite_slug}}/runs", "id"),
    "schedule_id": (f"{WEB}/schedules", "id"),
    "secret_id": (f"{ACME}/clusters/{{cluster_id}}/secrets", "id"),
    "service_uuid": (f"{ACME}/services", "id"),
    "step_upload_uuid": (f"{WEB}/builds/{{number}}/step-uploads", "uuid"),
    "suite_slug": (f"{ANALYTICS}/suites", "slug"),
    "suite_uuid": (f"{ACME}/teams/{{team_uuid}}/suites", "suite_id"),
    "team_uuid": (f"{ACME}/teams", "id"),
    "template_uuid": (f"{ACME}/pipeline-templates", "uuid"),
    "test_id": (f"{ANALYTICS}/suites/{{suite_slug}}/tests", "id"),
    "token_id": (f"{ACME}/clusters/{{cluster_id}}/tokens", "id"),
    "user_uuid": (f"{ACME}/members", "id"),
}
FAILED = f"{WEB}/builds?state=failed"
#: Sources for one class of calls or for one method that differ from `SOURCES`.
OTHER_SOURCES = {
    ("annotations", "job_id"): (FAILED, "jobs.1.id"),
    ("annotations.list_job_annotations_in_build", "number"): (FAILED, "number"),
    ("registry_tokens", "token_id"): (f"{PACKAGES}/registries/{{registry}}/tokens", "id"),
}
#: Properties of the item to use, if the first item of the list has no objects to read.
ITEM_FILTERS = {
    ("cluster_agent_images", "cluster_id"): {"name": "Hosted"},
    ("cluster_cache_volumes", "cluster_id"): {"name": "Hosted"},
    ("cluster_network_ranges", "cluster_id"): {"name": "Hosted"},
    ("team_suites", "team_uuid"): {"name": "Frontend"},
    ("build_tests", "build_id"): {"state": "finished", "result": "failed"},
    ("test_runs", "run_id"): {"state": "finished", "result": "failed"},
}
CONSTANTS = {"org": "acme", "pipeline": "web", "number": 2}

#: Methods whose responses this client cannot decode, as the tests at the end show.
UNREADABLE = {
    "artifacts.get_artifact_download",
    "artifacts.get_artifact_download_in_build",
    "discovery.get_analytics_description",
}
#: Methods with a test of their own: one returns text, the other needs an object that is created first.
TESTED_ALONE = {"commit_metadata.list_suite_commits", "test_plans.get_test_plan"}


def apis():
    """Return the classes of calls by the names of their modules."""
    modules = {name: value for name, value in vars(sdk.api).items() if inspect.ismodule(value)}
    return {
        name.removesuffix("_api"): getattr(module, "".join(map(str.title, name.split("_"))))
        for name, module in modules.items()
        if name.endswith("_api")
    }


READ_METHODS = [
    f"{name}.{method}"
    for name, api in sorted(apis().items())
    for method in vars(api)
    if method.startswith(("get_", "list_")) and not method.endswith(("_with_http_info", "_without_preload_content"))
]


@pytest.fixture(scope="module")
def client(server):
    return sdk.ApiClient(sdk.Configuration(host=server.url, access_token=server.token))


@pytest.fixture(scope="module")
def find(server):
    """A function that returns the value of a parameter for a method."""

    @cache
    def find(method, parameter):
        keys = [(method, parameter), (method.partition(".")[0], parameter)]
        source = next((OTHER_SOURCES[key] for key in keys if key in OTHER_SOURCES), SOURCES.get(parameter))
        if source is None:
            return CONSTANTS[parameter]
        path, value = source
        parents = {name: find(method, name) for _, name, _, _ in Formatter().parse(path) if name}
        found = server.get(path.format(**parents))
        wanted = next((ITEM_FILTERS[key] for key in keys if key in ITEM_FILTERS), {})
        items = found if isinstance(found, list) else found["items"]
        item = next(item for item in items if item.items() >= wanted.items())
        for step in value.split("."):
            item = item[int(step) if step.isdigit() else step]
        return item

    return find


def required(function):
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.default is inspect.Parameter.empty]


def lost_values(sent, read, path=""):
    """Return a line for each value of a response that the client has not decoded, except null."""
    if isinstance(sent, dict) and isinstance(read, dict):
        return [each for key in sent for each in lost_values(sent[key], read.get(key), f"{path}.{key}")]
    if isinstance(sent, list) and isinstance(read, list) and len(sent) == len(read):
        pairs = enumerate(zip(sent, read, strict=True))
        return [each for index, (one, other) in pairs for each in lost_values(one, other, f"{path}[{index}]")]
    return [] if sent == read or is_same_time(sent, read) else [f"{path}: {sent!r} is decoded as {read!r}"]


def is_same_time(sent, read):
    try:
        return datetime.fromisoformat(sent) == datetime.fromisoformat(read)
    except (TypeError, ValueError):
        return False


@pytest.mark.filterwarnings("ignore:GET .* is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", [name for name in READ_METHODS if name not in UNREADABLE | TESTED_ALONE])
def test_a_response_is_decoded_without_loss(client, find, name):
    api, _, method = name.partition(".")
    call = getattr(apis()[api](client), f"{method}_with_http_info")
    response = call(**{parameter: find(name, parameter) for parameter in required(call)})
    sent = json.loads(response.raw_data)
    items = sent.get("items", sent) if isinstance(sent, dict) else sent
    assert items not in ([], {})
    assert lost_values(sent, client.sanitize_for_serialization(response.data)) == []


def test_a_text_is_returned(client, find):
    suite = find("commit_metadata", "suite_slug")
    response = sdk.CommitMetadataApi(client).list_suite_commits_with_http_info("acme", suite)
    assert response.headers["content-type"].startswith("text/plain")
    assert response.data == response.raw_data.decode()


def test_a_test_plan_is_created_and_read(mock, client, find):
    plans, suite = sdk.TestPlansApi(client), find("test_plans", "suite_slug")
    tests = {"files": [{"path": "./spec/a_spec.rb"}, {"path": "./spec/b_spec.rb"}]}
    wanted = sdk.PlanCreate.from_dict({"runner": "rspec", "identifier": "peers", "parallelism": 2, "tests": tests})
    created = plans.create_test_plan("acme", suite, wanted)
    read = plans.get_test_plan("acme", suite, "peers")
    assert client.sanitize_for_serialization(read) == client.sanitize_for_serialization(created)
    assert len(read.tasks) == 2


def test_a_build_is_created_canceled_and_rebuilt(mock, client):
    builds = sdk.BuildsApi(client)
    meta_data = {"release": sdk.Scalar("1.8.0"), "preview": sdk.Scalar(True)}
    wanted = sdk.BuildCreate(commit="HEAD", branch="main", message="From Python", meta_data=meta_data)
    build = builds.create_build("acme", "web", wanted)
    found = builds.get_build("acme", "web", build.number)
    assert (found.message, found.meta_data) == ("From Python", {"release": "1.8.0", "preview": "true"})
    assert builds.cancel_build("acme", "web", build.number).state in {"canceled", "canceling"}
    assert builds.rebuild_build("acme", "web", 1).rebuilt_from.number == 1


def test_builds_are_filtered_by_an_array_of_states(mock, client):
    builds = sdk.BuildsApi(client).list_builds("acme", "web", state2=["failed", "canceled"], per_page=100)
    assert {build.state for build in builds} == {"failed", "canceled"}


def test_a_pipeline_is_created_updated_and_deleted(mock, client):
    pipelines = sdk.PipelinesApi(client)
    cluster = sdk.ClustersApi(client).list_clusters("acme")[0].id
    steps = [
        sdk.StepInput(sdk.ScriptStepInput(type="script", command="make")),
        sdk.StepInput(sdk.WaiterStepInput(type="waiter")),
    ]
    wanted = sdk.PipelineCreate(
        name="Peers", repository="git@github.com:acme/peers.git", cluster_id=str(cluster), steps=steps
    )
    created = pipelines.create_pipeline("acme", wanted)
    assert [step.actual_instance.type for step in created.steps] == ["script", "waiter"]
    update = sdk.PipelineUpdate(description="From Python", tags=["peers"])
    updated = pipelines.update_pipeline("acme", created.slug, update)
    assert (updated.description, updated.tags, updated.name) == ("From Python", ["peers"], "Peers")
    assert pipelines.delete_pipeline("acme", created.slug) is None
    with pytest.raises(sdk.exceptions.NotFoundException) as caught:
        pipelines.get_pipeline("acme", created.slug)
    assert caught.value.data.message


def test_a_422_names_the_fields(mock, client):
    wanted = sdk.PipelineCreate(name="Web", repository="git@github.com:acme/peers.git", cluster_id="none")
    with pytest.raises(sdk.exceptions.UnprocessableEntityException) as caught:
        sdk.PipelinesApi(client).create_pipeline("acme", wanted)
    assert "name" in {error.var_field for error in caught.value.data.errors}


def test_a_cluster_queue_is_created_updated_and_deleted(mock, client):
    queues = sdk.ClusterQueuesApi(client)
    cluster = sdk.ClustersApi(client).list_clusters("acme")[0].id
    queue = queues.create_cluster_queue("acme", cluster, sdk.ClusterQueueCreate(key="peers", description="From Python"))
    update = sdk.ClusterQueueUpdate(description="Still from Python")
    assert queues.update_cluster_queue("acme", cluster, queue.id, update).description == "Still from Python"
    assert queue.id in {each.id for each in queues.list_cluster_queues("acme", cluster)}
    queues.delete_cluster_queue("acme", cluster, queue.id)
    with pytest.raises(sdk.exceptions.NotFoundException):
        queues.get_cluster_queue("acme", cluster, queue.id)


def test_a_package_is_uploaded_and_deleted(mock, client):
    packages = sdk.PackagesApi(client)
    package = packages.publish_package("acme", "gems", file=("peers-1.0.0.gem", b"a package"))
    assert package.id in {each.id for each in packages.list_packages("acme", "gems").items}
    packages.delete_package("acme", "gems", package.id)
    with pytest.raises(sdk.exceptions.NotFoundException):
        packages.get_package("acme", "gems", package.id)


def test_a_cursor_list_is_read_page_by_page(mock, client):
    jobs, number = sdk.JobsApi(client), mock.get(f"{WEB}/builds")[0]["number"]
    everything = [job.actual_instance.id for job in jobs.list_jobs("acme", "web", number).items]
    found, after = [], None
    while True:
        page = jobs.list_jobs("acme", "web", number, per_page=3, after=after)
        found += [job.actual_instance.id for job in page.items]
        if page.links.next is None:
            break
        after = parse_qs(urlsplit(page.links.next).query)["after"][0]
    assert found == everything
    assert len(found) > 3


def test_an_artifact_is_downloaded_as_bytes(mock, client):
    """The spec has a redirect and no 200. This client follows the redirect, and then has no type to decode."""
    artifacts = sdk.ArtifactsApi(client)
    [artifact, *_] = artifacts.list_build_artifacts("acme", "web", 1)
    arguments = ("acme", artifact.job_id, artifact.id)
    content = artifacts.get_artifact_download_without_preload_content(*arguments).read()
    assert hashlib.sha1(content).hexdigest() == artifact.sha1sum
    assert artifacts.get_artifact_download(*arguments) is None


def test_yaml_is_not_decoded(server, client):
    """This client decodes JSON, text and images alone (`response_deserialize` in api_client.py)."""
    discovery = sdk.DiscoveryApi(client)
    assert discovery.get_analytics_description_without_preload_content().read().startswith(b"openapi: ")
    with pytest.raises(sdk.exceptions.ApiException, match="Unsupported content type: application/openapi"):
        discovery.get_analytics_description()


def test_an_unknown_state_is_read(server):
    build = server.get(f"{WEB}/builds/1")
    assert sdk.Build.from_dict(build | {"state": "invented"}).state == "invented"


def test_a_map_in_the_query_cannot_be_sent(server, client):
    """The generator types a `deepObject` parameter as a map of its schema, which is a map already."""
    with pytest.raises(ValidationError, match=r"meta_data\.release"):
        sdk.BuildsApi(client).list_builds("acme", "web", meta_data={"release": "1.2"})
    with pytest.raises(sdk.exceptions.ApiException):
        sdk.BuildsApi(client).list_builds("acme", "web", meta_data={"release": {"is": "1.2"}})


def test_an_unknown_type_of_a_union_is_an_error(server):
    """Unions of this generator are closed, those of the API are not."""
    build = server.get(f"{WEB}/builds/1")
    assert len(sdk.Build.from_dict(build).jobs) == len(build["jobs"])
    with pytest.raises(ValueError, match="No match found when deserializing the JSON string into Job"):
        sdk.Build.from_dict(build | {"jobs": [{"type": "invented"}]})
