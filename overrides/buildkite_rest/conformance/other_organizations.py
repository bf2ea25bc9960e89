"""The organization that only another token belongs to."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from .._base.json_values import as_array, as_object
from .spec import Spec
from .traffic import Response, Session

_ORGANIZATIONS: Final = "/v2/organizations"


@frozen
class OtherOrganization:
    """An organization that the token of the run does not belong to."""

    slug: str
    authorization: str
    """The `Authorization` of a token for it."""


def other_organization(session: Session, spec: Spec) -> OtherOrganization | None:
    """Return an organization of the foreign token, or None without such a token or such an organization."""
    foreign, listing = session.options.foreign_auth, spec.find("GET", _ORGANIZATIONS)
    if foreign is None or listing is None:
        return None
    authorization = foreign.authorization()
    own = _slugs(session.read(listing, {}))
    others = sorted(_slugs(session.send(listing, {}, authorization=authorization)) - own)
    return OtherOrganization(others[0], authorization) if others else None


def _slugs(response: Response) -> set[str]:
    """Return the organizations of a list."""
    return {str(as_object(each).get("slug")) for each in as_array(response.body)}
