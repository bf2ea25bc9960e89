"""Package registries and their tokens. All operations succeed with 200, and none documents a 422."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import lookup
from ..http.call import Call
from ..http.errors import BadRequestError
from ..http.routing import Routes
from ..ids import Kind, digest, graphql_id
from ..lookup import WEB
from ..undo import stored
from ..values import Json, derived_slug
from .resource import Resource, Values, field, shown
from .users import User
from .yaml_documents import policy_text

if TYPE_CHECKING:
    from .organizations import Organization
    from .packages import Package


@stored
class Registry:
    """A package registry of one ecosystem."""

    id: str
    organization: Organization = field(hidden=True)
    slug: str
    name: str = field(settable=True)
    ecosystem: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    emoji: str | None = field(default=None, settable=True)
    color: str | None = field(default=None, settable=True)
    public: bool = False
    oidc_policy: str | None = field(default=None, settable=True)
    teams: tuple[str, ...] = field(default=(), hidden=True)
    tokens: dict[str, RegistryToken] = field(factory=dict[str, "RegistryToken"], hidden=True)
    #: Oldest first.
    packages: dict[str, Package] = field(factory=dict[str, "Package"], hidden=True)


@stored
class RegistryToken:
    """A token for reading the packages of a registry."""

    id: str
    description: str = field(settable=True)
    created_at: float
    created_by: User

    @shown
    def organization(self, call: Call) -> Json:
        """The organization."""
        return lookup.organization_reference_json(call)


def registry_reference_json(call: Call, registry: Registry) -> Json:
    """Return the reference to a registry in its packages and tokens."""
    return {
        "id": registry.id,
        "graphql_id": graphql_id("Registry", registry.id),
        "slug": registry.slug,
        "url": registries.url(call, registry),
        "web_url": f"{WEB}/organizations/{call.params['org']}/packages/registries/{registry.slug}",
    }


def _prepare(call: Call, values: Values, registry: Registry | None) -> None:
    """Check fields. The slug is derived from the name, also from a new one."""
    organization = lookup.organization(call)
    if "name" in values:
        slug = values["slug"] = derived_slug(values["name"])
        if not slug:
            raise BadRequestError("name must have a letter or a digit")
        if organization.registries.get(slug) not in (None, registry):
            raise BadRequestError(f"A registry {slug} already exists")
    if "oidc_policy" in values:
        values["oidc_policy"] = policy_text(values["oidc_policy"])
    if registry is None:
        values["teams"] = tuple(team.id for team in lookup.named_teams(call))
    else:
        values.pop("ecosystem", None)


routes = Routes()
registries = Resource(
    routes=routes,
    type=Registry,
    computed={
        "team_ids": lambda _, item: [team_id for team_id in item.teams if team_id in item.organization.teams],
    },
    noun="registry",
    path="/v2/packages/organizations/{org}/registries",
    key="registry",
    key_name="slug",
    id_kind=Kind.REGISTRY,
    graphql_type="Registry",
    web_path="/organizations/{org}/packages/registries/{registry}",
    objects=lambda call: lookup.organization(call).registries,
    read="read_registries",
    write="write_registries",
    delete_scope="delete_registries",
    update_methods=("POST", "PATCH", "PUT"),
    statuses=(200, 200),
    paging="none",
    prepare=_prepare,
)
registry_tokens = Resource(
    routes=routes,
    type=RegistryToken,
    computed={
        "registry": lambda call, _: registry_reference_json(call, registries.find(call)),
    },
    noun="token",
    path=f"{registries.item_path}/tokens",
    key="token_id",
    id_kind=Kind.REGISTRY_TOKEN,
    graphql_type="RegistryToken",
    objects=lambda call: registries.find(call).tokens,
    read="read_registries",
    write="write_registries",
    update_methods=("POST",),
    statuses=(200, 200),
    paging="none",
    extra_of_new=lambda call, token: {"token": f"bkpr_{digest('registry', call.backend.seed, token.id)}"},
)
