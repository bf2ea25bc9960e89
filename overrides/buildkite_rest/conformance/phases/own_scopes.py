"""Scopes that the API does not list for the token of the run, although the token has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..._base.json_values import as_array, as_object
from ..argument_tokens import NO_SCOPE_TOKEN
from ..loopback import is_local
from ..names import made_up
from ..objects import PathValues
from ..spec import Operation, Spec
from ..traffic import Session

_CHECK: Final = "responses_disagree"
_CODE: Final = "BK301"
_TOKEN: Final = "/v2/access-token"  # noqa: S105
_ORGANIZATIONS: Final = "/v2/organizations"
_ORG: Final = "org"


def check_own_scopes(session: Session, spec: Spec, operations: Sequence[Operation]) -> None:
    """Send a request for an unknown object with each scope that the token lacks: it must be refused.

    Only a server on this machine is sent changes. A token without scopes shows whether scopes are checked first.
    """
    describing = next((each for each in operations if (each.method, each.path) == ("GET", _TOKEN)), None)
    without, organizations = session.options.no_scope_auth, spec.find("GET", _ORGANIZATIONS)
    if describing is None or without is None or organizations is None or not is_local(session.options.base_url):
        return
    token = session.read(describing, {})
    known = as_array(session.read(organizations, {}).body)
    if not token.ok or not known:
        return
    session.secrets.add(without.authorization(), NO_SCOPE_TOKEN)
    org = str(as_object(known[0]).get("slug"))
    listed = as_array(as_object(token.body).get("scopes"))
    for scope, operation in _unknown_objects(spec, listed):
        values: PathValues = {
            name: org if name == _ORG else made_up(name, number) for number, name in enumerate(operation.parameters)
        }
        if not session.allows(operation, values):
            continue
        refused = session.send(operation, values, authorization=without.authorization(), is_raw=True)
        own = session.send(operation, values, is_raw=True)
        session.count(_CHECK)
        if refused.status == 403 and own.status != 403:
            message = f"the token is listed without the scope {scope}, but {operation.id} gets {own.status} with it"
            session.record_failure(_CHECK, _CODE, message, token, [refused, own])


def _unknown_objects(spec: Spec, listed: Sequence[str]) -> Iterator[tuple[str, Operation]]:
    """Yield a scope that is not listed, with an operation that needs only this one and whose object can be unknown."""
    found: dict[str, Operation] = {}
    for operation in spec.operations:
        scopes = tuple(operation.scopes)
        if len(scopes) == 1 and scopes[0] not in listed and {_ORG} < {*operation.parameters}:
            found.setdefault(scopes[0], operation)
    yield from found.items()
