"""Secrets of clusters. Their values are written and never read."""

from __future__ import annotations

import yaml

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.reply import Reply
from ..engine.routes import Routes
from ..errors import UnprocessableError, validation_failed
from ..ids import Kind
from ..loose import is_list, is_mapping
from ..render.cluster_credentials import secret as render
from ..world.clusters import Secret
from . import lookup

routes = Routes()
_secrets = Collection(
    noun="secret",
    path="/v2/organizations/{org}/clusters/{cluster_id}/secrets",
    key="secret_id",
    shelf=lambda call: lookup.cluster(call).secrets,
    render=lambda call, secret: render(lookup.view(call), lookup.organization(call), lookup.cluster(call), secret),
)
#: Bytes that a value must be shorter than, and characters of the longest policy that is parsed.
_TOO_LARGE = 8 << 10
_LONGEST_POLICY = 20_000


def _check(call: Call, _: Secret) -> None:
    """Refuse those who may not manage the cluster."""
    lookup.managed_cluster(call)


_secrets.lists(routes, scope="read_secrets_details")
_secrets.reads(routes, scope="read_secrets_details")
_secrets.deletes(routes, scope="write_secrets", before=_check)


@_secrets.creates(routes, scope="write_secrets")
def create_cluster_secret(call: Call) -> tuple[str, Secret]:
    """Create a secret. Its key is unique in the cluster."""
    key = call.body["key"]
    if any(secret.key == key for secret in lookup.managed_cluster(call).secrets.values()):
        raise validation_failed("Key has already been taken")
    value = _value(call.body["value"]) if "value" in call.body else None
    policy = _policy(call.body.get("policy"))
    identifier = call.world.new_id(Kind.CLUSTER_SECRET)
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


@_secrets.updates(routes, "PUT", scope="write_secrets")
def update_cluster_secret(call: Call, secret: Secret) -> None:
    """Change the description and the policy, and nothing else."""
    lookup.managed_cluster(call)
    if "key" in call.body:
        raise UnprocessableError("The key parameter cannot be updated.")
    if "value" in call.body:
        raise UnprocessableError("The value parameter cannot be updated on this endpoint.")
    if "policy" in call.body:
        secret.policy = _policy(call.body["policy"])
    if "description" in call.body:
        secret.description = call.body["description"]
    secret.updated_at, secret.updated_by = call.now, call.token.user


@routes.route("PUT", f"{_secrets.item_path}/value", scope="write_secrets")
def update_cluster_secret_value(call: Call) -> Reply:
    """Replace the value."""
    lookup.managed_cluster(call)
    secret = _secrets.find(call)
    secret.value = _value(call.body["value"])
    secret.updated_at, secret.updated_by = call.now, call.token.user
    return _secrets.answer(call, secret)


def _value(value: str) -> str:
    if not value.strip():
        raise validation_failed("Value can't be blank")
    if len(value.encode()) >= _TOO_LARGE:
        raise validation_failed("Value must be less than 8 kilobytes")
    return value


def _policy(policy: str | None) -> str | None:
    """Check that a policy is a list of rules, each with conditions that are one text or several."""
    if not policy:
        return policy
    if len(policy) > _LONGEST_POLICY:
        raise validation_failed("Policy is too long")
    try:
        rules = yaml.load(policy, Loader=yaml.BaseLoader)  # noqa: S506 - makes nothing but strings of scalars
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise validation_failed("Policy is not valid YAML") from error
    if not is_list(rules) or not all(is_mapping(rule) and rule and all(map(_met, rule.values())) for rule in rules):
        raise validation_failed("Policy must be a list of rules")
    return policy


def _met(condition: object) -> bool:
    """Tell whether there are texts that meet a condition."""
    texts = condition if is_list(condition) else [condition]
    return bool(texts) and all(isinstance(text, str) and text for text in texts)
