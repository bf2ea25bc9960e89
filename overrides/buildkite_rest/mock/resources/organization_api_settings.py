"""Restrictions of the API. The mock keeps them and does not enforce them."""

from __future__ import annotations

from ipaddress import ip_network

from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import ForbiddenError, UnprocessableError
from ..render.settings import api_settings
from . import lookup

routes = Routes()
_SETTINGS = "/v2/organizations/{org}/api-settings"
_DAYS = frozenset({30, 60, 90, 180, 365})
_OF_THE_PLAN = ("allowed_ip_addresses", "revoke_inactive_tokens_after_days")


@routes.route("GET", _SETTINGS, scope="read_organization_settings")
def get_organization_api_settings(call: Call) -> Reply:
    """Return the restrictions."""
    return json(api_settings(lookup.view(call), lookup.administered(call)))


@routes.route("PATCH", _SETTINGS, scope="write_organization_settings")
def update_organization_api_settings(call: Call) -> Reply:
    """Change what the body names, as far as the plan allows."""
    organization, body = lookup.administered(call), call.body
    if not organization.enterprise and not body.keys().isdisjoint(_OF_THE_PLAN):
        raise ForbiddenError("The plan of the organization does not include this setting")
    settings = organization.api_settings
    addresses = settings.allowed_ip_addresses
    if "allowed_ip_addresses" in body:
        addresses = _ranges(body["allowed_ip_addresses"])
    if "revoke_inactive_tokens_after_days" in body:
        days = body["revoke_inactive_tokens_after_days"]
        if days is not None and days not in _DAYS:
            raise UnprocessableError("revoke_inactive_tokens_after_days must be 30, 60, 90, 180 or 365")
        settings.revoke_inactive_tokens_after_days = None if days is None else int(days)
    settings.allowed_ip_addresses = addresses
    if "restrict_user_api_token_creation" in body:
        settings.restrict_user_api_token_creation = body["restrict_user_api_token_creation"]
    return json(api_settings(lookup.view(call), organization))


def _ranges(text: str | None) -> str | None:
    """Return ranges of addresses separated by single spaces, or None if there are none."""
    ranges = (text or "").split()
    for item in ranges:
        try:
            ip_network(item, strict=False)
        except ValueError as error:
            raise UnprocessableError("allowed_ip_addresses must be in CIDR notation") from error
        if "/" not in item:
            raise UnprocessableError("allowed_ip_addresses must be in CIDR notation")
    return " ".join(ranges) or None
