"""All methods of pybuildkite, with their defaults, against the mock server. `make test PART=peers` runs this.

`covers` lists the methods that a test calls. The last tests compare them with the methods of the installed release.
"""

import datetime as dt
import hashlib
import inspect
import json
import pkgutil
import subprocess
from functools import partial
from importlib import import_module

import pybuildkite
import pytest
import requests
from pybuildkite.buildkite import Buildkite, BuildState, LogFormat
from pybuildkite.client import Client

COVERED = set()
ACME = "/v2/organizations/acme"
WEB = f"{ACME}/pipelines/web"
REPOSITORY = "git@github.com:acme/peers.git"

#: The lists of builds and the arguments that they require.
BUILD_LISTS = {"list_all": (), "list_all_for_org": ("acme",), "list_all_for_pipeline": ("acme", "web")}

#: The methods that accept `with_pagination`, and the arguments that they require.
PAGINATED = {
    "agents.list_all": ("acme",),
    "annotations.list_annotations": ("acme", "web", 2),
    "artifacts.list_artifacts_for_build": ("acme", "web", 1),
    "artifacts.list_artifacts_for_job": ("acme", "web", 1, "{job_id}"),
    "builds.list_all": (),
    "builds.list_all_for_org": ("acme",),
    "builds.list_all_for_pipeline": ("acme", "web"),
    "emojis.list_emojis": ("acme",),
    "organizations.list_all": (),
    "pipelines.list_pipelines": ("acme",),
    "teams.list_teams": ("acme",),
}

#: Lists that Buildkite documents as not paginated: their responses have no `Link` header.
UNPAGINATED = {"emojis.list_emojis"}


def covers(*methods):
    """List the methods that a test calls."""
    COVERED.update(methods)
    return lambda test: test


def make_client(mock, *options):
    client = Buildkite(*options)
    client.base_url = f"{mock.url}/v2/"  # cannot be set otherwise
    client.set_access_token(mock.token)
    return client


@pytest.fixture(scope="module", autouse=True)
def recording():
    """The exchanges of all tests before."""
    exchanges = []
    with pytest.MonkeyPatch.context() as patch:
        send = requests.Session.send

        def record(session, request, **options):
            response = send(session, request, **options)
            for each in () if options.get("stream") else (*response.history, response):
                body = each.request.body or ""
                text = body if isinstance(body, str) else body.decode()
                sent = [text, each.request.method, each.request.url]
                exchanges.append([*sent, each.status_code, dict(each.headers), each.text])
            return response

        patch.setattr(requests.Session, "send", record)
        yield exchanges


@pytest.fixture
def client(mock):
    return make_client(mock)


@pytest.fixture
def builds(client):
    return client.builds()


def method(client, name):
    resource, _, function = name.partition(".")
    return getattr(getattr(client, resource)(), function)


def ids(items):
    return [item["id"] for item in items]


def numbers(items):
    return [item["number"] for item in items]


def refused(status):
    return pytest.raises(requests.HTTPError, match=rf"^{status} ")


@covers("organizations.list_all", "organizations.get_org")
def test_organizations(client):
    assert [each["slug"] for each in client.organizations().list_all()] == ["acme"]
    assert client.organizations().get_org("acme")["name"] == "Acme Inc"


@covers("agents.list_all")
def test_agents_are_listed_and_filtered(client, mock):
    agents = client.agents().list_all("acme")
    assert ids(agents) == ids(mock.get(f"{ACME}/agents", per_page=100))
    last = agents[-1]
    for name in ("name", "hostname", "version"):
        found = client.agents().list_all("acme", **{name: last[name]})
        assert last["id"] in ids(found)
        assert {each[name] for each in found} == {last[name]}


@covers("agents.get_agent", "agents.stop_agent")
def test_an_agent_is_stopped(client, mock):
    agent = mock.get(f"{ACME}/agents")[0]["id"]
    assert client.agents().get_agent("acme", agent)["connection_state"] == "connected"
    assert client.agents().stop_agent("acme", agent) is True
    assert client.agents().get_agent("acme", agent)["connection_state"] != "connected"


@covers("annotations.list_annotations")
def test_annotations_of_a_build(client):
    annotations = client.annotations().list_annotations("acme", "web", 2)
    assert [each["context"] for each in annotations] == ["coverage"]


@covers("artifacts.list_artifacts_for_build", "artifacts.list_artifacts_for_job", "artifacts.get_artifact")
def test_artifacts_of_a_build_and_of_a_job(client, mock):
    artifacts = client.artifacts()
    of_build = artifacts.list_artifacts_for_build("acme", "web", 1)
    assert ids(of_build) == ids(mock.get(f"{WEB}/builds/1/artifacts")) != []
    job = of_build[0]["job_id"]
    of_job = artifacts.list_artifacts_for_job("acme", "web", 1, job)
    assert of_job == [each for each in of_build if each["job_id"] == job]
    assert artifacts.get_artifact("acme", "web", 1, job, of_job[0]["id"]) == of_job[0]


@covers("artifacts.download_artifact")
@pytest.mark.parametrize("as_stream", [False, True])
def test_an_artifact_is_downloaded_from_storage(client, mock, as_stream):
    [artifact, *_] = mock.get(f"{WEB}/builds/1/artifacts")
    options = {"as_stream": True} if as_stream else {}
    content = client.artifacts().download_artifact("acme", "web", 1, artifact["job_id"], artifact["id"], **options)
    content = content if isinstance(content, bytes) else b"".join(content)
    assert (len(content), hashlib.sha1(content).hexdigest()) == (artifact["file_size"], artifact["sha1sum"])


@covers("emojis.list_emojis")
def test_emojis(client):
    assert {"tada", "acme"} <= {each["name"] for each in client.emojis().list_emojis("acme")}


@covers("teams.list_teams")
def test_teams_are_listed_and_filtered(client, mock):
    teams = client.teams().list_teams("acme")
    assert ids(teams) == ids(mock.get(f"{ACME}/teams")) != []
    user = mock.get("/v2/user")["id"]
    of_user = [each for each in teams if mock.status(f"{ACME}/teams/{each['id']}/members/{user}") == 200]
    assert client.teams().list_teams("acme", user_id=user) == of_user != []


@covers("users.get_current_user")
def test_the_user_of_the_token(client):
    assert client.users().get_current_user()["name"] == "Ada Lovelace"


@covers("meta.get_meta_information")
def test_meta_needs_no_token(client):
    client.set_access_token("")
    assert client.meta().get_meta_information()["webhook_ips"]


@covers("access_tokens.get_token", "access_tokens.revoke_token")
def test_a_token_is_read_and_revoked(client):
    assert "read_builds" in client.access_tokens().get_token()["scopes"]
    assert client.access_tokens().revoke_token() is True
    with refused(401):
        client.access_tokens().get_token()


@covers("builds.list_all", "builds.list_all_for_org", "builds.list_all_for_pipeline")
@pytest.mark.parametrize("name", BUILD_LISTS)
def test_builds_are_listed_newest_first(builds, mock, name):
    path = WEB if name == "list_all_for_pipeline" else ACME
    found = getattr(builds, name)(*BUILD_LISTS[name])
    assert ids(found) == ids(mock.get(f"{path}/builds", per_page=100))
    assert len(found) == 100


@pytest.fixture(params=BUILD_LISTS)
def list_builds(request, builds):
    """Each list of builds, as a function of its filters."""
    return partial(getattr(builds, request.param), *BUILD_LISTS[request.param])


@pytest.mark.parametrize("states", [[BuildState.FAILED], [BuildState.FAILED, BuildState.CANCELED], list(BuildState)])
def test_builds_are_filtered_by_states(list_builds, states):
    values = {state.value for state in states}
    found = {build["state"] for build in list_builds(states=states)}
    assert "failed" in found
    assert found <= (values | {"passed", "failed", "blocked", "canceled"} if "finished" in values else values)


@pytest.mark.parametrize("branch", ["feature/login", ["feature/login", "release/1.2"], "release/*"])
def test_builds_are_filtered_by_branches(list_builds, branch):
    wanted = {"release/1.2"} if branch == "release/*" else {branch} if isinstance(branch, str) else set(branch)
    assert {build["branch"] for build in list_builds(branch=branch)} == wanted


def test_builds_are_filtered_by_creator_commit_and_meta_data(list_builds):
    build = next(build for build in list_builds() if build["meta_data"] and build["creator"])
    filters = {"creator": build["creator"]["id"], "commit": build["commit"], "meta_data": build["meta_data"]}
    for filter_ in ({name: value} for name, value in filters.items()):
        assert build["id"] in ids(list_builds(**filter_))
    assert {each["commit"] for each in list_builds(**filters)} == {build["commit"]}


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        (dt.date(2026, 3, 1), "2026-03-01T00:00:00.000Z"),
        (dt.datetime(2026, 3, 1, 12, 30), "2026-03-01T12:30:00.000Z"),  # noqa: DTZ001 - what most callers pass
        (dt.datetime(2026, 3, 1, 12, 30, 0, 250000), "2026-03-01T12:30:00.250Z"),  # noqa: DTZ001
    ],
)
def test_builds_are_filtered_by_dates_without_a_zone(list_builds, moment, first):
    everything = list_builds()
    found = list_builds(created_from=moment)
    assert ids(found) == ids(build for build in everything if build["created_at"] >= first)
    assert 0 < len(found) < len(everything)
    assert all(build["created_at"] < first for build in list_builds(created_to=moment))
    assert all(build["finished_at"] >= first for build in list_builds(finished_from=moment))


@pytest.mark.parametrize("filter_", ["created_from", "created_to", "finished_from"])
def test_a_date_with_a_zone_is_refused(list_builds, filter_):
    """`+` in a query is a space (pybuildkite/client.py encodes no value). Buildkite responds with 422 as well."""
    with refused(422):
        list_builds(**{filter_: dt.datetime(2026, 3, 1, tzinfo=dt.UTC)})


@covers("builds.get_build_by_number")
def test_retried_jobs_are_included_on_request(builds, list_builds):
    build = next(each for each in list_builds(include_retried_jobs=True) if any(map(is_retried, each["jobs"])))
    slug, number = build["pipeline"]["slug"], build["number"]
    assert any(map(is_retried, builds.get_build_by_number("acme", slug, number, include_retried_jobs=True)["jobs"]))
    last_only = builds.get_build_by_number("acme", slug, number)
    assert (last_only["id"], any(map(is_retried, last_only["jobs"]))) == (build["id"], False)


def is_retried(job):
    return job.get("retried", False)


@covers("builds.create_build", "builds.cancel_build", "builds.rebuild_build")
def test_a_build_is_created_canceled_and_rebuilt(builds):
    build = builds.create_build("acme", "web", "HEAD", "main")
    found = builds.get_build_by_number("acme", "web", build["number"])
    assert (found["commit"], found["branch"], found["source"]) == ("HEAD", "main", "api")
    assert builds.cancel_build("acme", "web", build["number"])["state"] in {"canceled", "canceling"}
    assert builds.rebuild_build("acme", "web", 1)["rebuilt_from"]["number"] == 1


def test_a_build_is_created_with_every_argument(builds):
    fields = {
        "author": {"name": "Ada Lovelace", "email": "ada@acme.example"},
        "clean_checkout": True,
        "env": {"RAILS_ENV": "test"},
        "ignore_pipeline_branch_filters": True,
        "message": "From pybuildkite",
        "meta_data": {"release": "1.8.0"},
        "pull_request_base_branch": "main",
        "pull_request_id": 17,
        "pull_request_repository": "git@github.com:acme/web.git",
        "pull_request_labels": ["bug", "ui"],
    }
    assert fields.keys() == defaults(builds.create_build)
    build = builds.create_build("acme", "web", "HEAD", "feature/peers", **fields)
    assert (build["message"], build["meta_data"], build["env"]) == (
        "From pybuildkite",
        {"release": "1.8.0"},
        {"RAILS_ENV": "test"},
    )
    assert (str(build["pull_request"]["id"]), build["pull_request"]["base"]) == ("17", "main")


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {each.name for each in parameters if each.default is not inspect.Parameter.empty}


@covers("jobs.get_job_log", "jobs.delete_job_log")
def test_a_log_is_read_in_each_format_and_deleted(client, mock):
    slug, number, job = mock.job("script", "passed")
    arguments = ("acme", slug, number, job["id"])
    html = client.jobs().get_job_log(*arguments)
    assert isinstance(html, bytes)
    assert html == client.jobs().get_job_log(*arguments, log_format=LogFormat.HTML)
    text = client.jobs().get_job_log(*arguments, log_format=LogFormat.TEXT)
    assert b"~~~ Preparing working directory" in text
    log = client.jobs().get_job_log(*arguments, log_format=LogFormat.JSON)
    assert (log["content"].encode(), log["size"]) == (text, len(text))
    assert client.jobs().delete_job_log(*arguments) is True
    assert client.jobs().get_job_log(*arguments, log_format=LogFormat.TEXT) != text


@covers("jobs.get_job_environment_variables")
def test_the_environment_of_a_job(client, mock):
    slug, number, job = mock.job("script", "passed")
    environment = client.jobs().get_job_environment_variables("acme", slug, number, job["id"])
    assert environment["env"]["BUILDKITE_BUILD_NUMBER"] == str(number)


@covers("jobs.retry_job")
def test_a_failed_job_is_retried(client, mock):
    slug, number, job = mock.job("script", "failed")
    retry = client.jobs().retry_job("acme", slug, number, job["id"])
    assert (retry["type"], retry["step_key"]) == ("script", job["step_key"])
    assert retry["id"] != job["id"]


@covers("jobs.unblock_job")
def test_a_job_is_unblocked(client, mock):
    slug, number, job = mock.job("manual", "blocked")
    unblocked = client.jobs().unblock_job("acme", slug, number, job["id"], fields={})
    assert (unblocked["id"], unblocked["state"]) == (job["id"], "unblocked")


@covers("pipelines.list_pipelines", "pipelines.get_pipeline")
def test_pipelines(client, mock):
    pipelines = client.pipelines().list_pipelines("acme")
    assert ids(pipelines) == ids(mock.get(f"{ACME}/pipelines")) != []
    assert client.pipelines().get_pipeline("acme", "web")["id"] in ids(pipelines)


@covers("pipelines.create_pipeline", "pipelines.create_yaml_pipeline")
@pytest.mark.parametrize("name", ["create_pipeline", "create_yaml_pipeline"])
def test_a_pipeline_is_not_created_without_a_cluster(client, name):
    """pybuildkite cannot send `cluster_id`, which Buildkite documents as required since pipelines run in clusters."""
    configuration = {"configuration": "steps:\n  - command: make"} if name == "create_yaml_pipeline" else {}
    with refused(422) as caught:
        getattr(client.pipelines(), name)("acme", "Peers", REPOSITORY, **configuration)
    assert [error["field"] for error in caught.value.response.json()["errors"]] == ["cluster_id"]


@covers("pipelines.update_pipeline")
def test_a_pipeline_is_updated(client):
    update = client.pipelines().update_pipeline
    assert update("acme", "web") == client.pipelines().get_pipeline("acme", "web")
    of_steps = {"steps": [{"type": "script", "command": "make"}], "env": {"RAILS_ENV": "test"}}
    fields = {
        "branch_configuration": "main release/*",
        "cancel_running_branch_builds": True,
        "cancel_running_branch_builds_filter": "!main",
        "configuration": "steps:\n  - command: make\n",
        "default_branch": "trunk",
        "description": "From pybuildkite",
        "name": "Web shop",
        "provider_settings": {"publish_commit_status": False},
        "repository": REPOSITORY,
        "skip_queued_branch_builds": True,
        "skip_queued_branch_builds_filter": "!main",
        "visibility": "public",
    }
    assert fields.keys() | of_steps.keys() == defaults(update)
    updated = update("acme", "web", **fields)
    assert updated["provider"]["settings"].items() >= fields.pop("provider_settings").items()
    assert {name: updated[name] for name in fields} == fields
    updated = update("acme", "docs", **of_steps)  # its steps are not YAML
    assert ([step["command"] for step in updated["steps"]], updated["env"]) == (["make"], of_steps["env"])


@covers("pipelines.archive_pipeline", "pipelines.unarchive_pipeline", "pipelines.delete_pipeline")
def test_a_pipeline_is_archived_and_deleted(client):
    pipelines = client.pipelines()
    assert pipelines.archive_pipeline("acme", "docs")["archived_at"] is not None
    assert pipelines.unarchive_pipeline("acme", "docs")["archived_at"] is None
    assert pipelines.delete_pipeline("acme", "docs") is True
    with refused(404):
        pipelines.get_pipeline("acme", "docs")


@pytest.mark.parametrize("name", PAGINATED)
def test_a_list_is_read_page_by_page(mock, name):
    [artifact, *_] = mock.get(f"{WEB}/builds/1/artifacts")
    arguments = [str(argument).format(**artifact) for argument in PAGINATED[name]]
    everything = method(make_client(mock), name)(*arguments)
    call = method(make_client(mock, 40 if "builds.list" in name else 2), name)
    found, page = [], 0
    while page is not None:
        response = call(*arguments, page=page, with_pagination=True)
        found += response.body
        if page == 0 and name not in UNPAGINATED and len(everything) > 2:
            assert (response.previous_page, response.next_page) == (None, 2)
        page = response.next_page
    assert found[: len(everything)] == everything
    assert len({str(each) for each in found}) == len(found)


def resources():
    """Return the classes of calls by the name of the method of `Buildkite` that creates them."""
    client = Buildkite()
    client.set_access_token("token")
    found = {}
    for name, function in inspect.getmembers(client, inspect.ismethod):
        if list(inspect.signature(function).parameters) in ([], ["args", "kwargs"]):
            found[name] = type(function())
    return found


def test_all_methods_are_called():
    methods = {
        f"{name}.{function}"
        for name, resource in resources().items()
        for function, value in vars(resource).items()
        if inspect.isfunction(value) and function[0] != "_"
    }
    assert methods == COVERED
    paginated = {name for name in methods if "with_pagination" in defaults(method_of_class(name))}
    assert paginated == PAGINATED.keys()


def method_of_class(name):
    resource, _, function = name.partition(".")
    return getattr(resources()[resource], function)


def test_all_classes_of_calls_are_known():
    modules = [import_module(f"pybuildkite.{module.name}") for module in pkgutil.iter_modules(pybuildkite.__path__)]
    classes = {value for module in modules for value in vars(module).values() if inspect.isclass(value)}
    assert {each for each in classes if issubclass(each, Client)} == {Client, *resources().values()}


CHECK = """
import json, sys
from buildkite_rest.conformance.traffic import TrafficCheck
check = TrafficCheck()
base_url, exchanges = json.load(sys.stdin)
for sent, method, url, *parts, text in exchanges:
    if "/_mock/" in url:
        continue
    check.observe(method, url, *parts, text.encode(), request_body=sent.encode(), base_url=base_url)
print(check.report())
"""


def check_traffic(request, mock, exchanges):
    """Return the report of a check of recorded exchanges."""
    python, text = request.config.getoption("--mock-python"), json.dumps([mock.url, exchanges])
    command = [python, "-c", CHECK]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=120).stdout


def test_the_recorded_traffic_matches_the_spec(request, mock, recording):
    report = check_traffic(request, mock, recording)
    assert "\nno difference from the spec" in report, report

    found = next(each for each in recording if each[2].partition("?")[0].endswith(ACME))
    changed = [*found[:-1], json.dumps({**json.loads(found[-1]), "tier": 3})]
    report = check_traffic(request, mock, [*recording, changed])
    assert "undescribed_property: /tier: int [1 time" in report
