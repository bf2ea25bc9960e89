"""Secrets of clusters. Their values are written and never read."""

from __future__ import annotations

from .. import lookup
from ..http.call import Call, Reply
from ..http.errors import UnprocessableError, validation_failed
from ..http.routing import routes
from ..undo import stored
from ..values import Json
from .clusters import CLUSTER_URL, clusters
from .resource import Resource, Values, field, shown
from .users import User, brief_user_json

#: Values must have fewer bytes.
_TOO_LARGE = 8 << 10


@stored
class Secret:
    """A secret. Its value is written and never read."""

    id: str
    key: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    policy: str | None = field(default=None, settable=True)
    created_at: float
    created_by: User = field(render=brief_user_json)
    updated_at: float
    updated_by: User | None = field(default=None, render=brief_user_json)
    last_read_at: float | None = None

    @shown
    def organization(self, call: Call) -> Json:
        """The organization."""
        return lookup.organization_reference_json(call)


def _prepare_secret(call: Call, values: Values, secret: Secret | None) -> None:
    """Check fields. Only the description and the policy of a secret can be updated."""
    if secret is not None:
        if "key" in values:
            raise UnprocessableError("The key parameter cannot be updated.")
        if "value" in call.body:
            raise UnprocessableError("The value parameter cannot be updated on this endpoint.")
    else:
        if any(each.key == values["key"] for each in lookup.cluster(call).secrets.values()):
            raise validation_failed("Key has already been taken")
        if "value" in call.body:
            _check_value(call.body["value"])
        values["updated_by"] = None


def _check_value(value: str) -> None:
    if not value.strip():
        raise validation_failed("Value can't be blank")
    if len(value.encode()) >= _TOO_LARGE:
        raise validation_failed("Value must be less than 8 kilobytes")


secrets = Resource(
    may_write=lookup.managed_cluster,
    type=Secret,
    computed=CLUSTER_URL,
    path=f"{clusters.item_path}/secrets",
    key="secret_id",
    objects=lambda call: lookup.cluster(call).secrets,
    scope="secrets",
    update_methods=("PUT",),
    read="read_secrets_details",
    prepare=_prepare_secret,
)


@routes.route("PUT", f"{secrets.item_path}/value", scope="write_secrets", event=("SecretValueUpdatedEvent", "Secret"))
def update_cluster_secret_value(call: Call) -> Reply:
    lookup.managed_cluster(call)
    secret = secrets.find(call)
    _check_value(call.body["value"])
    secret.updated_at, secret.updated_by = call.now, call.token.user
    return secrets.respond(call, secret)
