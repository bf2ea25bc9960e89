"""Portals: stored GraphQL documents. They are not parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import lookup
from ..http.call import Call
from ..http.errors import validation_failed
from ..ids import digest
from ..undo import stored
from ..values import derived_slug
from .resource import Resource, Values, checked_ip_ranges, field
from .users import User, user_json

if TYPE_CHECKING:
    from .organizations import Organization


@stored
class Portal:
    """A stored GraphQL document."""

    uuid: str
    organization: Organization = field(hidden=True)
    slug: str = field(settable=True)
    name: str = field(settable=True)
    query: str = field(settable=True)
    created_at: float
    #: The documentation has `id`; Terraform reads `uuid`.
    created_by: User = field(render=lambda user: {**user_json(user), "uuid": user.id})
    description: str | None = field(default=None, settable=True)
    allowed_ip_addresses: str | None = field(default=None, settable=True)
    user_invokable: bool = field(default=False, settable=True)


def _prepare(call: Call, values: Values, portal: Portal | None) -> None:
    """Check fields. The slug of a new portal is derived from its name by default."""
    for name in ("name", "query"):
        if name in values and not values[name].strip():
            raise validation_failed(f"{name.capitalize()} can't be blank")
    if portal is None:
        values.setdefault("slug", derived_slug(values["name"]))
    slug = values.get("slug")
    if slug is not None and (not slug or slug != derived_slug(slug)):
        raise validation_failed("Slug is invalid")
    if lookup.organization(call).portals.get(slug or "") not in (None, portal):
        raise validation_failed("Slug has already been taken")
    checked_ip_ranges(values.get("allowed_ip_addresses"))


portals = Resource(
    type=Portal,
    computed={"organization_uuid": lambda _, item: item.organization.id},
    path="/v2/organizations/{org}/portals",
    key="portal_slug",
    has_graphql_id=False,
    key_name="slug",
    has_url=False,
    objects=lambda call: lookup.organization(call).portals,
    scope="portals",
    update_methods=("PUT",),
    may_write=lookup.administered_organization,
    prepare=_prepare,
    extra_of_new=lambda call, portal: {"token": f"bkpt_{digest('portal', call.backend.seed, portal.uuid)}"},
)
