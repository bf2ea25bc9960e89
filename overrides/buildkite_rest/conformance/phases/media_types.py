"""Media types and byte ranges of resources that the API returns in several forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from attrs import frozen

from ..._base.json_values import as_object, is_object
from ..comparison import Problem, report_settled
from ..header_rules import html_problems, media_type, range_problems, text_problems
from ..json_pointers import resolve_pointer
from ..objects import ObjectSelector, PathValues
from ..spec import Operation
from ..traffic import Response, Session

#: Objects to try, and those of them with the largest bodies that are compared.
_OBJECTS: Final = 6
_COMPARED: Final = 2
#: Bytes of a requested range, and of one that is larger than any text.
_RANGE: Final = 40
_EVERYTHING: Final = 50_000_000
#: Ranges that the API documents as unsupported. Servers may also refuse them as unsatisfiable.
_UNSUPPORTED: Final = ("bytes=0-9", "bytes=-0", "bytes=0-1,3-4")
_JSON, _TEXT, _HTML = "application/json", "text/plain", "text/html"
#: Media type that no server has.
_UNKNOWN_TYPE: Final = "application/x-unknown"
_TYPE_CHECK, _TYPE_CODE = "media_type_wrong", "BK213"
_RANGE_CHECK, _RANGE_CODE = "range_wrong", "BK214"


@frozen
class MediaTypes:
    """Checks of the operations with several media types."""

    session: Session
    selector: ObjectSelector

    def check(self, operation: Operation, candidates: Sequence[PathValues]) -> None:
        """Request each media type of the largest objects, and compare the bodies."""
        if len(operation.media_types) < 2:
            return
        found = [self.session.read(operation, values) for values in candidates[:_OBJECTS]]
        readable = sorted((each for each in found if each.ok), key=lambda each: len(each.content), reverse=True)
        for each in readable[:_COMPARED]:
            values = each.values
            report_settled(self.session, _TYPE_CHECK, _TYPE_CODE, partial(self._compare, operation, values))
            for accept in ("*/*", f"{operation.media_types[-1]};q=0.5", _UNKNOWN_TYPE):
                self._check_other_type(operation, values, accept)
            for suffix, name in as_object(self.selector.spec.node(operation).get("x-suffixes")).items():
                compare = partial(self._compare_suffix, operation, values, suffix, str(name))
                report_settled(self.session, _TYPE_CHECK, _TYPE_CODE, compare)
            if "206" in operation.statuses and _TEXT in operation.media_types:
                report_settled(self.session, _RANGE_CHECK, _RANGE_CODE, partial(self._compare_range, operation, values))
                self._check_unsupported_ranges(operation, values)

    def _get(self, operation: Operation, values: PathValues, **headers: str) -> Response:
        return self.session.send(operation, values, headers=headers)

    def _compare(self, operation: Operation, values: PathValues) -> list[Problem]:
        bodies = {name: self._get(operation, values, Accept=name) for name in operation.media_types}
        refused = [
            Problem(f"a request for {name} gets {each.status}", each) for name, each in bodies.items() if not each.ok
        ]
        return refused or list(self._body_problems(operation, bodies))

    def _body_problems(self, operation: Operation, bodies: Mapping[str, Response]) -> Iterator[Problem]:
        if _JSON not in bodies:
            return
        value = self._text_of(operation, bodies[_JSON])
        before = [bodies[_JSON]]
        if (text := bodies.get(_TEXT)) is not None:
            content = text.content.decode("utf-8", "replace")
            if isinstance(value, str):
                yield from (Problem(each, text, before) for each in text_problems(content, value))
            if is_object(value):
                shown = {line.partition("=")[0] for line in content.splitlines()}
                if missing := sorted(value.keys() - shown):
                    yield Problem(f"the plain text does not have {missing[0]} of the JSON", text, before)
        if (page := bodies.get(_HTML)) is not None and isinstance(value, str):
            content = page.content.decode("utf-8", "replace")
            yield from (Problem(each, page, before) for each in html_problems(content, value))

    def _text_of(self, operation: Operation, described: Response) -> object:
        """Return the part of the JSON that the plain text consists of."""
        spec = self.selector.spec
        for status, response in spec.node(operation)["responses"].items():
            if str(status).startswith("2"):
                plain = as_object(as_object(spec.resolve(response).get("content")).get(_TEXT))
                if (pointer := plain.get("x-pointer")) is not None:
                    return resolve_pointer(str(pointer), described.body)
        return None

    def _check_other_type(self, operation: Operation, values: PathValues, accept: str) -> None:
        response = self.session.send(operation, values, headers={"Accept": accept}, is_raw=True)
        self.session.count(_TYPE_CHECK)
        found, last = media_type(response.headers.get("Content-Type", "")), operation.media_types[-1]
        if accept == _UNKNOWN_TYPE and response.status in {400, 406}:
            return
        if not response.ok:
            message = f"Accept: {accept} gets {response.status}"
        elif found not in operation.media_types or (accept.startswith(last) and found != last):
            message = f"Accept: {accept} gets the type {found}"
        else:
            return
        self.session.record_failure(_TYPE_CHECK, _TYPE_CODE, message, response)

    def _compare_suffix(self, operation: Operation, values: PathValues, suffix: str, name: str) -> list[Problem]:
        """Request a media type by the suffix of the path."""
        response = self.session.send(operation, values, suffix=suffix, is_raw=True)
        expected = self._get(operation, values, Accept=name)
        found = media_type(response.headers.get("Content-Type", ""))
        if response.status != 200 or found != name:
            text = found if response.status == 200 else response.status
            return [Problem(f"the suffix {suffix} gets {text} instead of {name}", response)]
        if response.content != expected.content:
            return [Problem(f"the suffix {suffix} gets another body than Accept: {name}", response, [expected])]
        return []

    def _compare_range(self, operation: Operation, values: PathValues) -> list[Problem]:
        """Request the end of a text. The whole is a range too, because a text without a range is valid UTF-8."""
        part = self._get(operation, values, Accept=_TEXT, Range=f"bytes=-{_RANGE}")
        whole = self._get(operation, values, Accept=_TEXT, Range=f"bytes=-{_EVERYTHING}")
        if not self._get(operation, values, Accept=_TEXT).content:
            is_right = part.status in {206, 416}
            return [] if is_right else [Problem(f"a range of an empty text gets {part.status} instead of 416", part)]
        if part.status != 206:
            return [Problem(f"a range gets {part.status} instead of 206", part)]
        found = range_problems(part.headers, part.content, whole.content, _RANGE)
        return [Problem(each, part, [whole]) for each in found]

    def _check_unsupported_ranges(self, operation: Operation, values: PathValues) -> None:
        if "400" not in operation.statuses:
            return
        unsupported = [*((_TEXT, each) for each in _UNSUPPORTED), (_JSON, "bytes=-5")]
        for accept, wanted in unsupported:
            response = self.session.send(operation, values, headers={"Accept": accept, "Range": wanted}, is_raw=True)
            self.session.count(_RANGE_CHECK)
            if response.status not in {400, 416}:
                message = f"Range: {wanted} of {accept} gets {response.status} instead of 400"
                self.session.record_failure(_RANGE_CHECK, _RANGE_CODE, message, response)
