"""The other users whose tokens a run has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, as_object
from ..spec import Spec
from ..traffic import Session

_TOKEN: Final = "/v2/access-token"  # noqa: S105
_USER: Final = "/v2/user"
#: Scope without which a token cannot read its user.
_SCOPE: Final = "read_user"


@frozen
class Account:
    """Another user."""

    authorization: str
    user: Mapping[str, Any]
    scopes: frozenset[str]


def other_accounts(session: Session, spec: Spec, user: str) -> list[Account]:
    """Return the users of the further tokens except for one, those with the most scopes first."""
    found = sorted(_accounts(session, spec), key=lambda each: -len(each.scopes))
    distinct = {str(each.user.get("id")): each for each in reversed(found)}
    return [each for each in found if each in distinct.values() and each.user.get("id") not in {user, None}]


def _accounts(session: Session, spec: Spec) -> Iterator[Account]:
    options = session.options
    about, reading = spec.find("GET", _TOKEN), spec.find("GET", _USER)
    others = (options.foreign_auth, options.revocable_auth, *options.limited_auths)
    for auth in others if about is not None and reading is not None else ():
        if auth is None or about is None or reading is None:
            continue
        authorization = auth.authorization()
        scopes = as_array(as_object(session.send(about, {}, authorization=authorization).body).get("scopes"))
        if _SCOPE in scopes:
            user = as_object(session.send(reading, {}, authorization=authorization).body)
            yield Account(authorization, user, frozenset(map(str, scopes)))
