"""Test suites."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import BadRequestError, ForbiddenError
from ..ids import Kind, digest
from ..render.suites import suite as render
from ..world.oidc_policy import policy_text
from ..world.pipeline_edits import derived_slug
from ..world.suites import Suite
from ..world.teams import TeamSuite
from . import lookup

routes = Routes()
SUITES = "/v2/analytics/organizations/{org}/suites"
SUITE = f"{SUITES}/{{suite_slug}}"

_PLAIN = ("name", "default_branch", "application_name", "color", "emoji")
_READ_AND_EDIT = ("read", "edit")


def _shows_token(call: Call, suite: Suite) -> bool:
    """Tell whether the answer holds the token of a suite, which only those see who may change the suite."""
    if call.body.get("show_api_token"):
        return True
    wanted = call.query.flag("show_api_token")
    if wanted and not suite.edited_by(call.token.user):
        raise ForbiddenError("You do not have permission to view the API token of this suite")
    return wanted


def _check_full_access(call: Call, suite: Suite) -> None:
    """Refuse to change a suite for those who do not have full access to it."""
    if not suite.edited_by(call.token.user):
        raise ForbiddenError("Only those with full access to the suite and organization administrators may do this")


suites = Collection(
    noun="suite",
    path=SUITES,
    key="suite_slug",
    shelf=lambda call: lookup.organization(call).suites,
    render=lambda call, suite: render(lookup.view(call), suite, with_token=_shows_token(call, suite)),
)
suites.lists(routes, scope="read_suites")
suites.reads(routes, scope="read_suites")


@suites.creates(routes, scope="write_suites")
def create_suite(call: Call) -> tuple[str, Suite]:
    """Create a suite, to which no pipeline sends results yet, and give it to teams."""
    organization, body = lookup.organization(call), call.body
    slug = derived_slug(body["name"])
    if not slug:
        raise BadRequestError("name must have letters or digits")
    if slug in organization.suites:
        raise BadRequestError("name is taken by another suite")
    teams, policy = lookup.named_teams(call), policy_text(body.get("oidc_policy"))
    number = call.world.new_number(Kind.SUITE)
    suite = Suite(
        id=call.world.ids.make(Kind.SUITE, number),
        number=number,
        organization=organization,
        slug=slug,
        name=body["name"],
        created_at=call.now,
        default_branch=body["default_branch"],
        api_token=digest("suite", call.world.seed, number, length=24),
        ids=call.world.ids,
        oidc_policy=policy,
        **{name: body[name] for name in ("application_name", "color", "emoji") if name in body},
    )
    for team in teams:
        team.suites[suite.id] = TeamSuite(suite=suite, access_level=_READ_AND_EDIT, created_at=call.now)
    return slug, suite


@suites.updates(routes, "PATCH", scope="write_suites")
def update_suite(call: Call, suite: Suite) -> None:
    """Change what the body names. The slug stays, whatever the name."""
    _check_full_access(call, suite)
    if "oidc_policy" in call.body:
        suite.oidc_policy = policy_text(call.body["oidc_policy"])
    for name in _PLAIN:
        if name in call.body:
            setattr(suite, name, call.body[name])


def _forget(call: Call, suite: Suite) -> None:
    """Take a suite away from all teams."""
    _check_full_access(call, suite)
    for team in suite.organization.teams.values():
        team.suites.pop(suite.id, None)


suites.deletes(routes, scope="write_suites", before=_forget)
