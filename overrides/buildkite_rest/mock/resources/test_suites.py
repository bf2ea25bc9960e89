"""Test suites and their tests: lifecycle, labels, quarantine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from .. import lookup
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, ForbiddenError, require
from ..http.routing import routes
from ..ids import Ids, Kind, digest
from ..lookup import WEB
from ..undo import stored
from ..values import Json
from .pipelines import Pipeline
from .resource import Resource, Values, derive_slug, field
from .teams import TeamSuite, remove_from_teams
from .yaml_documents import policy_text

if TYPE_CHECKING:
    from .organizations import Organization


TestState: TypeAlias = Literal["enabled", "muted", "skipped"]


@stored
class Test:
    """A test of a suite, with the shares of its executions that fail or are flaky."""

    id: str
    suite: Suite
    index: int
    scope: str
    name: str
    file_name: str
    line: int
    seconds: float
    failure_share: float = 0.0
    flaky_share: float = 0.0
    labels: list[str] = attrs.field(factory=list[str])
    #: Slugs of the teams that own it.
    owners: tuple[str, ...] = ()
    #: Its state since `changed_at`. Before, it was enabled.
    state: TestState = "enabled"
    changed_at: float = 0.0
    last_resolved_at: float | None = None
    #: Times at which it was flaky on `main`, in runs that are no longer known.
    flakes: tuple[float, ...] = ()

    @property
    def location(self) -> str:
        """File and line."""
        return f"{self.file_name}:{self.line}"


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
    oidc_policy: str | None = field(default=None, settable=True, convert=policy_text)
    #: Test states that its settings allow.
    lifecycle: frozenset[TestState] = field(default=frozenset({"enabled", "muted", "skipped"}), hidden=True)
    pipelines: tuple[Pipeline, ...] = field(default=(), hidden=True)
    #: Tags of all executions.
    tags: Mapping[str, str] = field(factory=dict[str, str], hidden=True)
    tests: dict[str, Test] = field(factory=dict[str, Test], hidden=True)
    #: Changeable tags, by execution id.
    changeable_tags: dict[str, dict[str, str]] = field(factory=dict[str, dict[str, str]], hidden=True)
    #: Test plans as JSON, by identifier.
    plans: dict[str, Json] = field(factory=dict[str, Json], hidden=True)

    @property
    def number(self) -> int:
        """Number in the id."""
        return self.ids.number(Kind.SUITE, self.id) or 0

    @property
    def api_token(self) -> str:
        """Token with which collectors upload results."""
        return digest("suite", self.ids.seed, self.number, length=24)

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
    if shows_token and not suite.organization.gives_full_access(call.token.user, suite.id):
        raise ForbiddenError("You do not have permission to view the API token of this suite")
    return {"api_token": suite.api_token} if shows_token or call.body.get("show_api_token") else {}


def _check_full_access(call: Call) -> None:
    """Raise 403 unless the user has full access to the suite in the path."""
    owner = lookup.organization(call)
    if "suite_slug" in call.params and not owner.gives_full_access(call.token.user, suites.find(call).id):
        raise ForbiddenError("Only those with full access to the suite and organization administrators may do this")


def _prepare(call: Call, values: Values, suite: Suite | None) -> None:
    if suite is None:
        derive_slug(values, lookup.organization(call).suites.values(), None, BadRequestError)
        lookup.named_teams(call)


def _give_access(call: Call, suite: Suite) -> None:
    """Give the teams of the body access to a new suite."""
    for team in lookup.named_teams(call) if "suite_slug" not in call.params else ():
        team.suites[suite.id] = TeamSuite(suite=suite, access_level=("read", "edit"), created_at=call.now)


suites = Resource(
    type=Suite,
    computed={"organization_id": lambda _, item: item.organization.id},
    path="/v2/analytics/organizations/{org}/suites",
    key="suite_slug",
    key_name="slug",
    id_kind=Kind.SUITE,
    web_path="/organizations/{org}/analytics/suites/{suite_slug}",
    objects=lambda call: lookup.organization(call).suites,
    scope="suites",
    may_write=_check_full_access,
    prepare=_prepare,
    changed=_give_access,
    before_delete=lambda _, suite: remove_from_teams(suite.organization, suite.id),
    extra=_token,
)
SUITE = suites.item_path


TESTS = f"{SUITE}/tests"
TEST = f"{TESTS}/{{test_id}}"


def find_test_in_path(call: Call) -> Test:
    return require(suites.find(call).tests.get(call.params["test_id"]), "test")


def test_json(call: Call, test: Test) -> Json:
    """Return a test as JSON, without its labels."""
    return {
        "id": test.id,
        "url": f"{suites.url(call, test.suite)}/tests/{test.id}",
        "web_url": test_web_url(test),
        "scope": test.scope,
        "name": test.name,
        "location": test.location,
        "file_name": test.file_name,
    }


def labeled_test_json(call: Call, test: Test) -> Json:
    """Return a test as JSON, with its labels."""
    return {**test_json(call, test), "labels": list(test.labels)}


@routes.route("POST", f"{TESTS}/find", scope="read_suites")
def find_test(call: Call) -> Reply:
    """Find a test by its scope and name."""
    scope, name = call.body["scope"], call.body["name"]
    tests = suites.find(call).tests.values()
    test = require(next((test for test in tests if (test.scope, test.name) == (scope, name)), None), "test")
    return json(test_json(call, test))


@routes.route("PATCH", f"{TEST}/labels", scope="write_suites")
def update_labels(call: Call) -> Reply:
    """Add labels to a test or remove them. Idempotent."""
    test, labels = find_test_in_path(call), call.body["labels"]
    others = [label for label in test.labels if label not in labels]
    test.labels = list(dict.fromkeys([*test.labels, *labels])) if call.body["operator"] == "add" else others
    return json(labeled_test_json(call, test))


def _declare_state(action: str, state: TestState) -> None:
    """Declare the operation that sets the state of a test, which is idempotent, and that which lists such tests."""

    @routes.route("PUT", f"{TEST}/{action}", scope="write_suites")
    def set_state(call: Call) -> Reply:
        test = find_test_in_path(call)
        if state not in test.suite.lifecycle:
            raise ForbiddenError(f"The settings of the suite do not allow {state} tests")
        if state != test.state:
            test.state, test.changed_at = state, call.now
        return json(test_json(call, test))

    if state != "enabled":

        @routes.route("GET", f"{TESTS}/{state}", scope="read_suites")
        def list_in_state(call: Call) -> Reply:
            return json([test_json(call, test) for test in suites.find(call).tests.values() if test.state == state])


_declare_state("skip", "skipped")
_declare_state("mute", "muted")
_declare_state("enable", "enabled")
