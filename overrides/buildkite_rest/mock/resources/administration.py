"""What administrators manage: invitations, pipeline templates, rules and repository connections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import lookup
from ..backend import Backend
from ..clock import iso_or_none
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, UnprocessableError
from ..http.routing import routes
from ..ids import Kind
from ..undo import stored
from ..values import Json, is_email
from .resource import Resource, Values, field, no_values, settable_values, shown
from .steps import from_configuration
from .teams import Team, team_reference_json
from .users import User, brief_user_json

if TYPE_CHECKING:
    from .organizations import Organization
    from .pipelines import Pipeline

#: Seconds after which a pending invitation expires.
LIFETIME = 7 * 86_400.0


@stored
class Invitation:
    """An invitation to an email address."""

    id: str
    email: str
    role: str = field(default="member", settable=True)
    sso_mode: str = field(default="required", settable=True)
    #: Teams of the new member.
    assigned: tuple[Team, ...] = field(default=(), hidden=True)
    created_at: float
    created_by: User = field(render=brief_user_json)
    #: Expiry time. None for some of the seeded ones.
    expires_at: float | None = field(default=None, hidden=True)
    accepted_at: float | None = None
    accepted_by: User | None = field(default=None, render=brief_user_json)
    revoked_at: float | None = None
    revoked_by: User | None = field(default=None, render=brief_user_json)

    @shown
    def teams(self, call: Call) -> list[Json]:
        """Teams of the new member that still exist."""
        present = lookup.organization(call).teams
        return [team_reference_json(team) for team in self.assigned if team.id in present]

    @shown
    def state(self, call: Call) -> str:
        """`pending`, `accepted`, `revoked` or `expired`."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "pending" if self.expires_at is None or self.expires_at > call.now else "expired"

    @shown
    def expired_at(self, call: Call) -> str | None:
        """When the invitation expired, or None if it has not."""
        return iso_or_none(self.expires_at if self.state(call) == "expired" else None)


invitations = Resource(
    type=Invitation,
    noun="invitation",
    path="/v2/organizations/{org}/invitations",
    key="invitation_uuid",
    name="OrganizationInvitation",
    objects=lambda call: dict(reversed(lookup.administered_organization(call).invitations.items())),
    scope="organization_invitations",
    operations=("list", "get"),
    paging="bounded cursor",
    select=lambda call, items: [item for item in items if item.state(call) == "pending"],
)


@routes.route("POST", invitations.path, scope=invitations.write, event=invitations.event("create"))
def create_organization_invitations(call: Call) -> Reply:
    """Create invitations for all emails, or for none if one is invalid."""
    organization = lookup.administered_organization(call)
    emails: dict[str, str] = {}
    for email in call.body["emails"]:
        emails.setdefault(email.lower(), email)
    members = {user.email.lower() for user in organization.members}
    for lowered, email in emails.items():
        if not is_email(email):
            raise UnprocessableError(f"{email} is not a valid email address")
        if lowered in members:
            raise UnprocessableError(f"{email} is already a member of the organization")
    team_ids = [team["id"].lower() for team in call.body.get("teams", ())]
    if len({*team_ids}) < len(team_ids):
        raise UnprocessableError("Each team may be assigned only once")
    if not organization.teams.keys() >= {*team_ids}:
        raise UnprocessableError("A team does not exist")
    if "sso_mode" not in call.body and organization.sso_enabled:
        raise UnprocessableError("sso_mode is required when single sign-on is enabled")
    assigned = tuple(organization.teams[team_id] for team_id in team_ids)
    values = {**settable_values(Invitation, call.body), "assigned": assigned, "expires_at": call.now + LIFETIME}
    created = [invitations.new(call, {**values, "email": email}) for email in emails.values()]
    organization.invitations |= {item.id: item for item in created}
    return json([invitations.json(call, item) for item in created], 201)


_REVOKED = ("OrganizationInvitationRevokedEvent", "OrganizationInvitation")


@routes.route("DELETE", invitations.item_path, scope=invitations.write, event=_REVOKED)
def revoke_organization_invitation(call: Call) -> Reply:
    item = invitations.find(call)
    if (state := item.state(call)) != "pending":
        raise UnprocessableError(f"The invitation is already {state}")
    item.revoked_at, item.revoked_by = call.now, call.token.user
    return Reply(204, value=invitations.json(call, item))


@stored
class PipelineTemplate:
    """A pipeline template: named steps. It is available to administrators only, unless it is `available`."""

    uuid: str
    name: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    configuration: str = field(settable=True)
    available: bool = field(default=False, settable=True, convert=bool)
    created_at: float
    created_by: User
    updated_at: float
    updated_by: User

    def assignable_by(self, organization: Organization, user: User) -> bool:
        """Return whether a user may assign the template. Unavailable templates need an administrator."""
        return self.available or organization.administered_by(user)


def assign(backend: Backend, template: PipelineTemplate, pipeline: Pipeline) -> None:
    """Replace the steps of a pipeline with those of a template."""
    pipeline.pipeline_template_uuid, pipeline.configuration = template.uuid, template.configuration
    pipeline.steps, pipeline.env = from_configuration(template.configuration, lambda: backend.new_id(Kind.STEP))


def _pipelines_with(template: PipelineTemplate, organization: Organization) -> Iterator[Pipeline]:
    return (each for each in organization.pipelines.values() if each.pipeline_template_uuid == template.uuid)


def _visible(call: Call) -> dict[str, PipelineTemplate]:
    """Return the templates that the user may see: all, or the available ones."""
    organization = lookup.organization(call)
    templates = organization.pipeline_templates
    if organization.administered_by(call.token.user):
        return templates
    return {uuid: template for uuid, template in templates.items() if template.available}


def _prepare_template(_call: Call, values: Values, _: PipelineTemplate | None) -> None:
    if "configuration" in values:
        from_configuration(values["configuration"], str)


def _assign_again(call: Call, template: PipelineTemplate) -> None:
    """Assign new steps to all pipelines that use the template."""
    if "configuration" in call.body:
        for pipeline in _pipelines_with(template, lookup.organization(call)):
            assign(call.backend, template, pipeline)


def _check_unassigned(call: Call, template: PipelineTemplate) -> None:
    pipeline = next(_pipelines_with(template, lookup.organization(call)), None)
    if pipeline is not None:
        raise UnprocessableError(f"The pipeline template is assigned to the pipeline {pipeline.slug}")


pipeline_templates = Resource(
    type=PipelineTemplate,
    path="/v2/organizations/{org}/pipeline-templates",
    key="template_uuid",
    web_path="/organizations/{org}/pipeline-templates/{template_uuid}",
    objects=_visible,
    scope="pipeline_templates",
    may_write=lookup.administered_organization,
    prepare=_prepare_template,
    changed=_assign_again,
    before_delete=_check_unassigned,
)


@stored
class Rule:
    """A permission of one pipeline, the source, on another one, the target. Its conditions are not shown."""

    uuid: str
    organization: Organization = field(hidden=True)
    type: str = field(settable=True)
    source: Pipeline = field(hidden=True)
    target: Pipeline = field(hidden=True)
    created_at: float
    created_by: User
    source_type: str = "pipeline"
    target_type: str = "pipeline"
    effect: str = "allow"


def remove_rules(pipeline: Pipeline) -> None:
    """Remove the rules of a pipeline that is deleted."""
    rules = pipeline.organization.rules
    for rule in [rule for rule in rules.values() if pipeline in (rule.source, rule.target)]:
        del rules[rule.uuid]


def _prepare_rule(call: Call, values: Values, _: Rule | None) -> None:
    """Find the two pipelines, which are given by slug or UUID."""
    pipelines = lookup.organization(call).pipelines
    names = {**pipelines, **{pipeline.id: pipeline for pipeline in pipelines.values()}}
    for end in ("source", "target"):
        name = call.body["value"][f"{end}_pipeline"]
        values[end] = names.get(name) or names.get(name.lower())
        if values[end] is None:
            raise UnprocessableError(f"{end}_pipeline is not a pipeline of this organization")


rules = Resource(
    type=Rule,
    computed={
        "organization_uuid": lambda _, item: item.organization.id,
        "source_uuid": lambda _, item: item.source.id,
        "target_uuid": lambda _, item: item.target.id,
        "action": lambda _, item: item.type.split(".")[1],
    },
    path="/v2/organizations/{org}/rules",
    key="rule_uuid",
    objects=lambda call: lookup.organization(call).rules,
    scope="rules",
    operations=("list", "get", "create", "delete"),
    may_write=lookup.administered_organization,
    prepare=_prepare_rule,
)


@stored
class RepositoryConnection:
    """A connection to a repository provider, which is created in a browser."""

    id: str
    type: str
    display_name: str
    #: Account, host and rate limit at the provider, which lists leave out.
    service_account: Json | None = field(default=None, hidden=True)
    host: Json | None = field(default=None, hidden=True)
    rate_limit: Json | None = field(default=None, hidden=True)
    #: Empty if the type of the connection does not support listing them.
    repositories: tuple[Mapping[str, Any], ...] = field(default=(), hidden=True)


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def _connections(call: Call) -> dict[str, RepositoryConnection]:
    connections = lookup.administered_organization(call).repository_connections
    uuid = call.params.get("repository_connection_id")
    if uuid is not None and not _UUID.fullmatch(uuid):
        raise BadRequestError("The id of the connection is not a UUID")
    return connections


repository_connections = Resource(
    type=RepositoryConnection,
    path="/v2/organizations/{org}/repository_connections",
    key="repository_connection_id",
    has_graphql_id=False,
    objects=_connections,
    scope="organization_repository_connections",
    operations=("list", "get"),
    paging="none",
    extra=lambda _, item: {name: getattr(item, name) for name in ("service_account", "host", "rate_limit")},
    extra_of_item=no_values,
)


@routes.route("GET", f"{repository_connections.item_path}/repositories", scope=repository_connections.read)
def list_connected_repositories(call: Call) -> Reply:
    """List the repositories of a connection, optionally by name."""
    name = call.query.scalar("repository")
    connection = repository_connections.find(call)
    if not connection.repositories:
        raise UnprocessableError("Listing repositories is not supported for this type of connection")
    return json(
        [one for one in connection.repositories if name is None or one["full_name"].casefold() == name.casefold()]
    )
