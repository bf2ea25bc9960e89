"""Test suites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from ... import lookup
from ...backend import DAY, Backend
from ...http.call import Call
from ...http.collection import Collection
from ...http.errors import BadRequestError, ForbiddenError
from ...http.routing import Routes
from ...ids import Ids, Kind, digest, graphql_id
from ...rendering import WEB, RenderContext
from ...undo import stored
from ...values import Json, derived_slug
from ..oidc_policies import policy_text
from ..pipelines.pipeline import Pipeline
from ..teams import TeamSuite
from ..users import User

if TYPE_CHECKING:
    from ..organizations import Organization
    from .runs import Execution
    from .tests import Test


TestState: TypeAlias = Literal["enabled", "muted", "skipped"]


@stored
class Suite:
    """A test suite, which runs in the builds of some pipelines."""

    id: str
    number: int
    organization: Organization
    slug: str
    name: str
    created_at: float
    default_branch: str
    api_token: str = attrs.field(repr=False)
    #: Generates the ids of runs and executions.
    ids: Ids = attrs.field(repr=False)
    application_name: str | None = None
    color: str | None = None
    emoji: str | None = None
    oidc_policy: str | None = None
    #: Test states that its settings allow.
    lifecycle: frozenset[TestState] = frozenset({"enabled", "muted", "skipped"})
    pipelines: tuple[Pipeline, ...] = ()
    #: Tags of all executions.
    tags: Mapping[str, str] = attrs.field(factory=dict[str, str])
    tests: dict[str, Test] = attrs.field(factory=dict[str, "Test"], repr=False)
    #: Changeable tags, by execution id.
    changeable_tags: dict[str, dict[str, str]] = attrs.field(factory=dict[str, dict[str, str]], repr=False)
    #: Test plans as JSON, by identifier.
    plans: dict[str, Json] = attrs.field(factory=dict[str, Json], repr=False)
    #: Executions of finished builds, created on first access.
    results: dict[tuple[int, float | None], tuple[Execution, ...]] = attrs.field(
        factory=dict[tuple[int, float | None], "tuple[Execution, ...]"], repr=False
    )

    def edited_by(self, user: User) -> bool:
        """Return whether a user has full access: as administrator, through a team, or because teams are off."""
        if self.organization.administered_by(user) or not self.organization.teams_enabled:
            return True
        teams = [team for team in self.organization.teams.values() if user.id in team.members]
        return any("edit" in team.suites[self.id].access_level for team in teams if self.id in team.suites)

    def test_id(self, index: int) -> str:
        """Return the id of the `index`-th test."""
        return self.ids.make(Kind.TEST, self.number << 16 | index)


def suite_url(context: RenderContext, suite: Suite) -> str:
    """Return the URL of a suite in the API."""
    return f"{context.base_url}/v2/analytics/organizations/{suite.organization.slug}/suites/{suite.slug}"


def suite_web_url(suite: Suite) -> str:
    """Return the URL of a suite's page."""
    return f"{WEB}/organizations/{suite.organization.slug}/analytics/suites/{suite.slug}"


def suite_json(context: RenderContext, suite: Suite, *, with_token: bool) -> Json:
    """Return a suite as JSON. Its token is included on request."""
    body: Json = {
        "id": suite.id,
        "graphql_id": graphql_id("Suite", suite.id),
        "organization_id": suite.organization.id,
        "slug": suite.slug,
        "name": suite.name,
        "url": suite_url(context, suite),
        "web_url": suite_web_url(suite),
        "default_branch": suite.default_branch,
        "application_name": suite.application_name,
        "color": suite.color,
        "emoji": suite.emoji,
        "oidc_policy": suite.oidc_policy,
    }
    return {**body, "api_token": suite.api_token} if with_token else body


def test_web_url(test: Test) -> str:
    """Return the URL of a test's page."""
    return f"{suite_web_url(test.suite)}/tests/{test.id}"


routes = Routes()
SUITES = "/v2/analytics/organizations/{org}/suites"
SUITE = f"{SUITES}/{{suite_slug}}"
_READ_AND_EDIT = ("read", "edit")


def _shows_token(call: Call, suite: Suite) -> bool:
    """Return whether the response includes the token of the suite, or raise 403 if the user may not see it."""
    if call.body.get("show_api_token"):
        return True
    shows_token = call.query.flag("show_api_token")
    if shows_token and not suite.edited_by(call.token.user):
        raise ForbiddenError("You do not have permission to view the API token of this suite")
    return shows_token


def _check_full_access(call: Call, suite: Suite) -> None:
    """Raise 403 unless the user has full access to the suite."""
    if not suite.edited_by(call.token.user):
        raise ForbiddenError("Only those with full access to the suite and organization administrators may do this")


suites = Collection(
    noun="suite",
    path=SUITES,
    key="suite_slug",
    objects=lambda call: lookup.organization(call).suites,
    render=lambda call, suite: suite_json(lookup.render_context(call), suite, with_token=_shows_token(call, suite)),
)
suites.add_list_route(routes, scope="read_suites")
suites.add_read_route(routes, scope="read_suites")


@suites.add_create_route(routes, scope="write_suites")
def create_suite(call: Call) -> tuple[str, Suite]:
    """Create a suite without tests, and give teams access to it."""
    organization, body = lookup.organization(call), call.body
    slug = derived_slug(body["name"])
    if not slug:
        raise BadRequestError("name must have letters or digits")
    if slug in organization.suites:
        raise BadRequestError("name is already used by another suite")
    teams, policy = lookup.named_teams(call), policy_text(body.get("oidc_policy"))
    number = call.backend.new_number(Kind.SUITE)
    suite = Suite(
        id=call.backend.ids.make(Kind.SUITE, number),
        number=number,
        organization=organization,
        slug=slug,
        name=body["name"],
        created_at=call.now,
        default_branch=body["default_branch"],
        api_token=digest("suite", call.backend.seed, number, length=24),
        ids=call.backend.ids,
        oidc_policy=policy,
        **{name: body[name] for name in ("application_name", "color", "emoji") if name in body},
    )
    for team in teams:
        team.suites[suite.id] = TeamSuite(suite=suite, access_level=_READ_AND_EDIT, created_at=call.now)
    return slug, suite


@suites.add_update_route(routes, "PATCH", scope="write_suites")
def update_suite(call: Call, suite: Suite) -> None:
    """Update the fields that the body names. The slug does not change."""
    _check_full_access(call, suite)
    if "oidc_policy" in call.body:
        suite.oidc_policy = policy_text(call.body["oidc_policy"])
    call.apply_body(suite, "name", "default_branch", "application_name", "color", "emoji")


def _remove_from_teams(call: Call, suite: Suite) -> None:
    """Remove the access of all teams to a suite."""
    _check_full_access(call, suite)
    for team in suite.organization.teams.values():
        team.suites.pop(suite.id, None)


suites.add_delete_route(routes, scope="write_suites", before=_remove_from_teams)
_SEEDED_POLICY = """\
- iss: https://agent.buildkite.com
  claims:
    organization_slug: acme
    pipeline_slug: ios
  scopes:
    - read_suites
    - write_uploads
"""


def add_suites(backend: Backend) -> None:
    """Add the test suites of both organizations, without tests. Needs pipelines."""
    _add_suite(
        backend, "acme", "RSpec", "web",
        application_name="Web", color="#CC342D", emoji=":rspec:",
        tags={"framework": "rspec", "language.name": "ruby", "language.version": "3.4.1"},
    )  # fmt: skip
    _add_suite(
        backend, "acme", "Jest", "web",
        application_name="Web", emoji="🃏", lifecycle=frozenset({"enabled", "muted"}),
        tags={"framework": "jest", "language.name": "typescript", "language.version": "5.7"},
    )  # fmt: skip
    _add_suite(backend, "acme", "Go", "api", "nightly", tags={"framework": "go test", "language.name": "go"})
    _add_suite(backend, "acme", "XCTest", application_name="iOS", color="#147EFB", oidc_policy=_SEEDED_POLICY)
    _add_suite(backend, "globex", "pytest", "rockets", tags={"framework": "pytest", "language.name": "python"})


def _add_suite(backend: Backend, owner: str, name: str, *pipelines: str, **attributes: Any) -> None:
    organization = backend.organizations[owner]
    number = backend.new_number(Kind.SUITE)
    suite = Suite(
        id=backend.ids.make(Kind.SUITE, number),
        number=number,
        organization=organization,
        slug=name.lower(),
        name=name,
        created_at=backend.epoch - (300 - number) * DAY,
        default_branch="main",
        api_token=digest("suite", backend.seed, number, length=24),
        ids=backend.ids,
        pipelines=tuple(organization.pipelines[slug] for slug in pipelines),
        **attributes,
    )
    organization.suites[suite.slug] = suite
