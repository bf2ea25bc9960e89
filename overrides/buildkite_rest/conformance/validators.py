"""Rules for validators: a changed representation has another `ETag`, and a later `Last-Modified`."""

from __future__ import annotations

import marshal
import re
from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from attrs import define, field

from .bodies import decoded

#: Representations and validators to remember.
_REMEMBERED: Final = 20_000
#: Precision of times in headers.
_SECOND: Final = timedelta(seconds=1)
#: Headers of a request that do not select a representation.
_UNRELATED: Final = frozenset({"connection", "user-agent", "x-schemathesis-testcaseid"})
#: A format of `marshal` in which equal values are equal bytes.
_VERSION: Final = 2
_TAG: Final = re.compile(r'(W/)?"[^"\s]*"')
_DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


@define
class Validators:
    """Remembers the validators of all representations."""

    _contents: dict[Hashable, int] = field(factory=dict[Hashable, int], init=False)
    """A hash of the content of each representation, by its request and its `ETag`."""
    _latest: dict[Hashable, tuple[int, datetime]] = field(factory=dict[Hashable, tuple[int, datetime]], init=False)
    """A hash of the latest content of each request, and the time of the response."""

    def problems(
        self, url: str, request: Mapping[str, Any], headers: Mapping[str, str], content: bytes
    ) -> Iterator[str]:
        """Compare the response to a GET with those to earlier requests with the same URL and headers."""
        yield from _form_problems(headers)
        tag, modified, date = headers.get("ETag"), _time(headers.get("Last-Modified")), _time(headers.get("Date"))
        if tag is None and modified is None:
            return
        selecting = sorted((name.lower(), str(value)) for name, value in request.items())
        key = (url, *(pair for pair in selecting if pair[0] not in _UNRELATED))
        body = decoded(content)
        found = hash(content if body is None else marshal.dumps(body, _VERSION))
        if max(len(self._contents), len(self._latest)) > _REMEMBERED:
            self._contents.clear()
            self._latest.clear()
        if tag is not None and self._contents.setdefault((key, tag), found) != found:
            yield f"the ETag is {tag}, as it was with another content"
        if modified is not None and date is not None:
            if modified > date + _SECOND:
                yield f"Last-Modified is {headers['Last-Modified']}, after the Date {headers['Date']}"
            known, seen = self._latest.get(key, (found, modified))
            if known != found and modified < seen - _SECOND:
                yield f"Last-Modified is {headers['Last-Modified']}, but the content has changed since {seen}"
            self._latest[key] = found, date


def _form_problems(headers: Mapping[str, str]) -> Iterator[str]:
    """Check the forms of validators: caches ignore others."""
    tag, modified = headers.get("ETag"), headers.get("Last-Modified")
    if tag is not None and not _TAG.fullmatch(tag):
        yield f"the ETag is {tag}, without quotation marks around it"
    if modified is not None and not _DATE.fullmatch(modified):
        yield f"Last-Modified is {modified}, not in the form of {headers.get('Date', 'a header Date')}"


def _time(header: str | None) -> datetime | None:
    """Return the time in a header, or None."""
    try:
        found = None if header is None else parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else None
