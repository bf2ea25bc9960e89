"""Checks of what the API returns about tokens: each has an id of its own, and its own user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..._base.json_values import as_array, as_object
from ..agreement.differences import difference
from ..spec import Operation, Spec
from ..traffic import Response, Session

_CHECK: Final = "responses_disagree"
_CODE: Final = "BK301"
_USER: Final = "/v2/user"
#: Scope without which a token cannot read its user.
_SCOPE: Final = "read_user"


def check_owners(
    session: Session, spec: Spec, operations: Sequence[Operation], tokens: Sequence[tuple[str, Response]]
) -> None:
    """Compare the descriptions of tokens with each other, and their users with those that the tokens read.

    Args:
        session: The session.
        spec: The spec.
        operations: The operations to test.
        tokens: Values of the header `Authorization`, each with the response about the token.
    """
    reading = spec.find("GET", _USER)
    tested = {each.path for each in operations}
    known: dict[str, Response] = {}
    for authorization, response in tokens:
        if not {_USER, response.operation.path} & tested or not response.ok:
            continue
        token = as_object(response.body)
        session.count(_CHECK)
        uuid = str(token.get("uuid"))
        if uuid in known:
            message = f"two tokens have the same uuid {uuid}"
            session.record_failure(_CHECK, _CODE, message, response, [known[uuid]])
        known[uuid] = response
        if reading is None or _SCOPE not in as_array(token.get("scopes")):
            continue
        user = session.send(reading, {}, authorization=authorization)
        found = difference(token.get("user"), user.body) if user.ok else None
        if found is not None:
            text = f"the user of a token differs from {reading.id} with that token: {found}"
            for one, other in ((response, user), (user, response)):
                session.record_failure(_CHECK, _CODE, text, one, [other])
