"""Requests whose path ends with a slash in the documentation."""

from __future__ import annotations

from typing import Any, Final

from ..objects import PathValues
from ..spec import Operation, Spec
from ..traffic import Response, Session

_CHECK: Final = "documented_path_not_found"


def send_as_documented(
    session: Session, spec: Spec, operation: Operation, values: PathValues, **request: Any
) -> Response:
    """Send a request, with a slash at the end of the path if the documentation has one.

    If it is not found, but is without the slash, that is a failure, and the second response is returned.
    """
    if not spec.has_trailing_slash(operation):
        return session.send(operation, values, **request)
    response = session.send(operation, values, suffix="/", **request)
    session.count(_CHECK)
    if not _is_unknown(response):
        return response
    plain = session.send(operation, values, **request)
    if not _is_unknown(plain):
        message = f"the documented path, which ends with a slash, gets {response.status}, and {plain.status} without it"
        session.record_failure(_CHECK, "BK225", message, response, [plain])
    return plain


def _is_unknown(response: Response) -> bool:
    """Return whether a server seems not to know the path."""
    return response.status in {404, 405} or 300 <= response.status < 400
