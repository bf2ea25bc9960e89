"""Test suites, and test plans. Plans are undocumented; made as test-engine-client expects them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from statistics import median
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .. import lookup
from ..backend import Backend
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, ForbiddenError, UnprocessableError, require
from ..http.routing import Routes
from ..ids import Ids, Kind, digest
from ..lookup import WEB
from ..undo import stored
from ..values import Json, derived_slug
from .pipelines import Pipeline
from .resource import Resource, Values, field
from .teams import TeamSuite
from .users import User
from .yaml_documents import policy_text

if TYPE_CHECKING:
    from .organizations import Organization
    from .test_runs import Execution
    from .tests import Test


TestState: TypeAlias = Literal["enabled", "muted", "skipped"]


@stored
class Suite:
    """A test suite, which runs in the builds of some pipelines. Its slug does not change."""

    id: str
    organization: Organization = field(hidden=True)
    slug: str
    name: str = field(settable=True)
    created_at: float = field(hidden=True)
    default_branch: str = field(settable=True)
    #: Generates the ids of runs and executions.
    ids: Ids = field(hidden=True)
    application_name: str | None = field(default=None, settable=True)
    color: str | None = field(default=None, settable=True)
    emoji: str | None = field(default=None, settable=True)
    oidc_policy: str | None = field(default=None, settable=True)
    #: Test states that its settings allow.
    lifecycle: frozenset[TestState] = field(default=frozenset({"enabled", "muted", "skipped"}), hidden=True)
    pipelines: tuple[Pipeline, ...] = field(default=(), hidden=True)
    #: Tags of all executions.
    tags: Mapping[str, str] = field(factory=dict[str, str], hidden=True)
    tests: dict[str, Test] = field(factory=dict[str, "Test"], hidden=True)
    #: Changeable tags, by execution id.
    changeable_tags: dict[str, dict[str, str]] = field(factory=dict[str, dict[str, str]], hidden=True)
    #: Test plans as JSON, by identifier.
    plans: dict[str, Json] = field(factory=dict[str, Json], hidden=True)
    #: Executions of finished builds, created on first access.
    results: dict[tuple[int, float | None], tuple[Execution, ...]] = field(
        factory=dict[tuple[int, float | None], "tuple[Execution, ...]"], hidden=True
    )

    @property
    def number(self) -> int:
        """Number in the id."""
        return self.ids.number(Kind.SUITE, self.id) or 0

    @property
    def api_token(self) -> str:
        """Token with which collectors upload results."""
        return digest("suite", self.ids.seed, self.number, length=24)

    def edited_by(self, user: User) -> bool:
        """Return whether a user has full access: as administrator, through a team, or because teams are off."""
        if self.organization.administered_by(user) or not self.organization.teams_enabled:
            return True
        teams = [team for team in self.organization.teams.values() if user.id in team.members]
        return any("edit" in team.suites[self.id].access_level for team in teams if self.id in team.suites)

    def test_id(self, index: int) -> str:
        """Return the id of the `index`-th test."""
        return self.ids.make(Kind.TEST, self.number << 16 | index)


def suite_web_url(suite: Suite) -> str:
    """Return the URL of a suite's page."""
    return f"{WEB}/organizations/{suite.organization.slug}/analytics/suites/{suite.slug}"


def test_web_url(test: Test) -> str:
    """Return the URL of a test's page."""
    return f"{suite_web_url(test.suite)}/tests/{test.id}"


def _token(call: Call, suite: Suite) -> dict[str, object]:
    """Return the token of the suite if it is requested, or raise 403 if the user may not see it."""
    shows_token = call.query.flag("show_api_token")
    if shows_token and not suite.edited_by(call.token.user):
        raise ForbiddenError("You do not have permission to view the API token of this suite")
    return {"api_token": suite.api_token} if shows_token or call.body.get("show_api_token") else {}


def _check_full_access(call: Call) -> None:
    """Raise 403 unless the user has full access to the suite in the path."""
    if "suite_slug" in call.params and not suites.find(call).edited_by(call.token.user):
        raise ForbiddenError("Only those with full access to the suite and organization administrators may do this")


def _prepare(call: Call, values: Values, suite: Suite | None) -> None:
    if suite is None:
        slug = values["slug"] = derived_slug(values["name"])
        if not slug:
            raise BadRequestError("name must have letters or digits")
        if slug in lookup.organization(call).suites:
            raise BadRequestError("name is already used by another suite")
        lookup.named_teams(call)
    if "oidc_policy" in values:
        values["oidc_policy"] = policy_text(values["oidc_policy"])


def _give_access(call: Call, suite: Suite) -> None:
    """Give the teams of the body access to a new suite."""
    for team in lookup.named_teams(call) if "suite_slug" not in call.params else ():
        team.suites[suite.id] = TeamSuite(suite=suite, access_level=("read", "edit"), created_at=call.now)


def _remove_from_teams(_: Call, suite: Suite) -> None:
    """Remove the access of all teams to a suite."""
    for team in suite.organization.teams.values():
        team.suites.pop(suite.id, None)


routes = Routes()
suites = Resource(
    routes=routes,
    type=Suite,
    computed={
        "organization_id": lambda _, item: item.organization.id,
    },
    noun="suite",
    path="/v2/analytics/organizations/{org}/suites",
    key="suite_slug",
    key_name="slug",
    id_kind=Kind.SUITE,
    graphql_type="Suite",
    web_path="/organizations/{org}/analytics/suites/{suite_slug}",
    objects=lambda call: lookup.organization(call).suites,
    read="read_suites",
    write="write_suites",
    update_methods=("PATCH",),
    may_write=_check_full_access,
    prepare=_prepare,
    changed=_give_access,
    before_delete=_remove_from_teams,
    extra=_token,
)
SUITE = suites.item_path
#: Assumed milliseconds of a test or file that is not known.
_DEFAULT_DURATION = 1_000
_MOST_JOBS = 1_000
#: Milliseconds from which a file is slow.
_SLOW = 5_000
#: Properties of an example that a plan returns.
_OF_EXAMPLE = ("path", "identifier", "name", "scope")
_SPLIT = "BUILDKITE_TEST_ENGINE_SPLIT_BY_EXAMPLE"


def _file_durations(suite: Suite) -> dict[str, int]:
    """Return the milliseconds that each file of a suite usually runs."""
    durations: dict[str, int] = {}
    for test in suite.tests.values():
        durations[test.file_name] = durations.get(test.file_name, 0) + round(1_000 * test.seconds)
    return durations


def _plan_json(suite: Suite, body: Mapping[str, Any]) -> Json:
    """Distribute the tests of a request among its jobs: each, longest first, to the job with the least to do."""
    known = _file_durations(suite)
    tests = list(_planned_tests(body["tests"], known))
    jobs = max(int(body["parallelism"]), 1)  # 2.0 is an integer in JSON
    if jobs > _MOST_JOBS:
        raise UnprocessableError("parallelism is too large")
    tasks: list[list[Json]] = [[] for _ in range(jobs)]
    totals = [0] * jobs
    for test in sorted(tests, key=itemgetter("estimated_duration"), reverse=True):
        job = totals.index(min(totals))
        totals[job] += test["estimated_duration"]
        tasks[job].append(test)
    states = [test for test in suite.tests.values() if test.state != "enabled"]
    return {
        "identifier": body["identifier"],
        "parallelism": jobs,
        "experiment": "",
        "tasks": {str(number): {"node_number": number, "tests": each} for number, each in enumerate(tasks)},
        "muted_tests": [_example_json(test) for test in states if test.state == "muted"],
        "skipped_tests": [_example_json(test) for test in states if test.state == "skipped"],
        "timing_metadata": {
            "file": {
                "median_duration": float(median(known.values())) if known else None,
                "default_duration": float(_DEFAULT_DURATION),
            }
        },
    }


def _planned_tests(tests: Mapping[str, Any], known: Mapping[str, int]) -> Iterable[Json]:
    for file in tests.get("files", ()):
        yield {"path": file["path"], "format": "file", **_timing(known.get(file["path"]))}
    for example in tests.get("examples", ()):
        known_properties = {name: example[name] for name in _OF_EXAMPLE if name in example}
        yield {**known_properties, "format": "example", **_timing(None)}
    for selector in tests.get("selectors", ()):
        yield {"value": selector.get("value"), "format": "selector", **_timing(None)}


def _timing(duration: int | None) -> Json:
    if duration is None:
        return {"estimated_duration": _DEFAULT_DURATION, "timing_sample_size": 0}
    return {"estimated_duration": duration, "timing_sample_size": 1}


def _example_json(test: Test) -> Json:
    return {
        "path": test.location,
        "format": "example",
        "identifier": test.id,
        "name": test.name,
        "scope": test.scope,
        "estimated_duration": round(1_000 * test.seconds),
    }


#: Routes that the document of Test Engine leaves out.
unlisted = Routes()


@unlisted.route("GET", f"{SUITE}/test_plan", scope="read_test_plan")
def get_test_plan(call: Call) -> Reply:
    return json(require(suites.find(call).plans.get(call.query.text("identifier") or ""), "test plan"))


@unlisted.route("POST", f"{SUITE}/test_plan", scope="write_test_plan")
def create_test_plan(call: Call) -> Reply:
    """Create a plan, or return the one with this identifier, so that all jobs have the same."""
    suite = suites.find(call)
    return json(suite.plans.setdefault(call.body["identifier"], _plan_json(suite, call.body)))


@unlisted.route("POST", f"{SUITE}/test_plan/filter_tests", scope="read_test_plan")
def filter_planned_tests(call: Call) -> Reply:
    """Return the files with skipped tests, and on request the slow ones."""
    suite = suites.find(call)
    split = {test.file_name for test in suite.tests.values() if test.state == "skipped"}
    if call.body.get("env", {}).get(_SPLIT):
        split |= {name for name, duration in _file_durations(suite).items() if duration >= _SLOW}
    return json({"tests": [{"path": file["path"]} for file in call.body["files"] if file["path"] in split]})


@unlisted.route("POST", f"{SUITE}/test_plan_metadata", scope="write_test_plan")
def create_plan_metadata(call: Call) -> Reply:
    suites.find(call)
    return Reply(200)


@unlisted.route("POST", f"{SUITE}/test_files", scope="read_suites")
def find_file_durations(call: Call) -> Reply:
    """Return the durations of the given files that are known."""
    known = _file_durations(suites.find(call))
    return json({path: known[path] for path in call.body["paths"] if path in known})


def add_plans(backend: Backend) -> None:
    """Add a plan of all files to each suite."""
    for organization in backend.organizations.values():
        for suite in organization.suites.values():
            files = [{"path": path} for path in _file_durations(suite)]
            body: dict[str, Any] = {"identifier": "build-42", "parallelism": 2, "tests": {"files": files}}
            suite.plans[body["identifier"]] = _plan_json(suite, body)
