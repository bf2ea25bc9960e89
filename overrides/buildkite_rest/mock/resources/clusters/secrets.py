"""Cluster secrets. Their values are written and never read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import yaml

from ...._base.arguments import is_mapping
from ...._base.json_values import is_array
from ... import lookup
from ...backend import DAY, Backend
from ...clock import iso, iso_or_none
from ...http.call import Call, Reply
from ...http.collection import Collection
from ...http.errors import UnprocessableError, validation_failed
from ...http.routing import Routes
from ...ids import Kind, digest, graphql_id
from ...rendering import WEB, RenderContext
from ...undo import stored
from ...values import Json
from ..organizations import Organization
from ..users import User, brief_user_json_or_none

if TYPE_CHECKING:
    from .cluster import Cluster


@stored
class Secret:
    """A secret. Only jobs can read its value."""

    id: str
    key: str
    value: str | None = attrs.field(repr=False)
    created_at: float
    created_by: User | None
    updated_at: float
    description: str | None = None
    policy: str | None = None
    updated_by: User | None = None
    last_read_at: float | None = None


def secret_json(context: RenderContext, organization: Organization, cluster: Cluster, secret: Secret) -> Json:
    """Return a secret as JSON, without its value."""
    url = context.cluster_url(organization, cluster)
    return {
        "id": secret.id,
        "graphql_id": graphql_id("Secret", secret.id),
        "key": secret.key,
        "description": secret.description,
        "policy": secret.policy,
        "created_at": iso(secret.created_at),
        "created_by": brief_user_json_or_none(secret.created_by),
        "updated_at": iso(secret.updated_at),
        "updated_by": brief_user_json_or_none(secret.updated_by),
        "last_read_at": iso_or_none(secret.last_read_at),
        "url": f"{url}/secrets/{secret.id}",
        "cluster_url": url,
        "organization": {
            "id": organization.id,
            "slug": organization.slug,
            "url": context.organization_url(organization),
            "web_url": f"{WEB}/{organization.slug}",
        },
    }


routes = Routes()
_secrets = Collection(
    noun="secret",
    path="/v2/organizations/{org}/clusters/{cluster_id}/secrets",
    key="secret_id",
    objects=lambda call: lookup.cluster(call).secrets,
    render=lambda call, secret: secret_json(
        lookup.render_context(call), lookup.organization(call), lookup.cluster(call), secret
    ),
)
#: Values must have fewer bytes, and policies at most so many characters.
_TOO_LARGE = 8 << 10
_LONGEST_POLICY = 20_000


_secrets.add_list_route(routes, scope="read_secrets_details")
_secrets.add_read_route(routes, scope="read_secrets_details")
_secrets.add_delete_route(routes, scope="write_secrets", before=lambda call, _: lookup.managed_cluster(call))


@_secrets.add_create_route(routes, scope="write_secrets")
def create_cluster_secret(call: Call) -> tuple[str, Secret]:
    """Create a secret. Its key is unique in the cluster."""
    key = call.body["key"]
    if any(secret.key == key for secret in lookup.managed_cluster(call).secrets.values()):
        raise validation_failed("Key has already been taken")
    value = _checked_value(call.body["value"]) if "value" in call.body else None
    policy = _checked_policy(call.body.get("policy"))
    identifier = call.backend.new_id(Kind.CLUSTER_SECRET)
    return identifier, Secret(
        id=identifier,
        key=key,
        value=value,
        description=call.body.get("description"),
        policy=policy,
        created_at=call.now,
        created_by=call.token.user,
        updated_at=call.now,
    )


@_secrets.add_update_route(routes, "PUT", scope="write_secrets")
def update_cluster_secret(call: Call, secret: Secret) -> None:
    """Update the description and the policy. Other fields cannot be changed."""
    lookup.managed_cluster(call)
    if "key" in call.body:
        raise UnprocessableError("The key parameter cannot be updated.")
    if "value" in call.body:
        raise UnprocessableError("The value parameter cannot be updated on this endpoint.")
    if "policy" in call.body:
        secret.policy = _checked_policy(call.body["policy"])
    if "description" in call.body:
        secret.description = call.body["description"]
    secret.updated_at, secret.updated_by = call.now, call.token.user


@routes.route("PUT", f"{_secrets.item_path}/value", scope="write_secrets")
def update_cluster_secret_value(call: Call) -> Reply:
    lookup.managed_cluster(call)
    secret = _secrets.find(call)
    secret.value = _checked_value(call.body["value"])
    secret.updated_at, secret.updated_by = call.now, call.token.user
    return _secrets.respond(call, secret)


def _checked_value(value: str) -> str:
    if not value.strip():
        raise validation_failed("Value can't be blank")
    if len(value.encode()) >= _TOO_LARGE:
        raise validation_failed("Value must be less than 8 kilobytes")
    return value


def _checked_policy(policy: str | None) -> str | None:
    """Validate that a policy is a list of rules, whose conditions are one string or several."""
    if not policy:
        return policy
    if len(policy) > _LONGEST_POLICY:
        raise validation_failed("Policy is too long")
    try:
        rules = yaml.load(policy, Loader=yaml.BaseLoader)  # noqa: S506 - makes nothing but strings of scalars
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise validation_failed("Policy is not valid YAML") from error
    if not is_array(rules) or not all(
        is_mapping(rule) and rule and all(map(_is_satisfiable, rule.values())) for rule in rules
    ):
        raise validation_failed("Policy must be a list of rules")
    return policy


def _is_satisfiable(condition: object) -> bool:
    """Return whether a condition has non-empty strings only."""
    texts = condition if is_array(condition) else [condition]
    return bool(texts) and all(isinstance(text, str) and text for text in texts)


#: Key, description, policy, days since it was read.
_SEEDED_SECRETS = (
    ("DEPLOY_KEY", "Lets the deploy pipeline push", "- pipeline_slug: deploy\n  build_branch: main\n", 1.0),
    ("NPM_TOKEN", None, None, None),
    ("signing_key_2", "Signs releases", "- build_source: [api, ui]\n- pipeline_slug: [ios, web]\n", 12.0),
)


def add_secrets(backend: Backend) -> None:
    for organization in backend.organizations.values():
        for cluster in list(organization.clusters.values())[:2]:
            _add_secrets(backend, organization, cluster)


def _add_secrets(backend: Backend, organization: Organization, cluster: Cluster) -> None:
    for position, (key, description, policy, days_since_read) in enumerate(_SEEDED_SECRETS):
        identifier = backend.new_id(Kind.CLUSTER_SECRET)
        created_at = backend.epoch - (150 - position) * DAY
        cluster.secrets[identifier] = Secret(
            id=identifier,
            key=key,
            value=digest("secret", identifier),
            description=description,
            policy=policy,
            created_at=created_at,
            created_by=organization.members[0],
            updated_at=created_at + position * DAY,
            updated_by=organization.members[1] if position else None,
            last_read_at=None if days_since_read is None else backend.epoch - days_since_read * DAY,
        )
