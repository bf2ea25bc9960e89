"""Conditional reads, and reads as a browser sends them: what has changed is returned, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..header_rules import media_type
from ..loopback import is_local
from ..representations import TYPE_CHECK, TYPE_CODE
from ..spec import Operation
from ..traffic import Response, Session

_CHECK: Final = "etag_wrong"
_CODE: Final = "BK216"
#: Conditions that hold for all objects, each of a kind that a server may support without the other.
_CHANGED: Final[Mapping[str, str]] = {
    "If-None-Match": '"another"',
    "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
}
#: What browsers accept. An API that has only JSON returns it.
_BROWSER: Final = "text/html, application/xhtml+xml, application/json;q=0.9, */*;q=0.8"
#: Validators in a response, with the condition that they are sent back in.
_VALIDATORS: Final[Mapping[str, str]] = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


def check_conditional(session: Session, operation: Operation, first: Response) -> None:
    """Send the validators of a response back, and conditions that it does not meet."""
    session.count(_CHECK)
    for name, condition in _VALIDATORS.items():
        if (value := first.headers.get(name)) is None:
            continue
        same = session.send(operation, first.values, headers={condition: value}, is_raw=True)
        if same.status == 304 and same.content:
            session.record_failure(_CHECK, _CODE, "a 304 has a body", same)
        elif same.status not in {200, 304}:
            session.record_failure(_CHECK, _CODE, f"{condition} gets {same.status}", same)
    is_on_this_machine = is_local(session.options.base_url)
    for condition, value in _CHANGED.items():
        accept = {"Accept": _BROWSER} if is_on_this_machine and not operation.media_types else {}
        other = session.send(operation, first.values, headers={condition: value, **accept}, is_raw=True)
        kind, expected = (media_type(each.headers.get("Content-Type", "")) for each in (other, first))
        if accept and other.status == 200 and kind != expected:
            message = f"Accept: {_BROWSER} gets the type {kind}"
            session.record_failure(TYPE_CHECK, TYPE_CODE, message, other, [first])
        if other.status == 304:
            shown = "with another ETag" if condition == "If-None-Match" else "with a time before all objects"
            session.record_failure(_CHECK, _CODE, f"{condition} {shown} gets 304", other)
