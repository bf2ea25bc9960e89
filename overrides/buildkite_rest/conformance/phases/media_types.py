"""Media types and byte ranges of resources that the API returns in several forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from ..._base.json_values import as_object
from ..comparison import report_settled
from ..header_rules import media_type
from ..loopback import is_local
from ..objects import ObjectSelector, PathValues
from ..representations import RANGE_CHECK, RANGE_CODE, TYPE_CHECK, TYPE_CODE, Representations
from ..spec import Operation
from ..traffic import Response, Session

#: Objects to try, and those of them with the largest bodies that are compared.
_OBJECTS: Final = 6
_COMPARED: Final = 2
#: Objects on this machine of which one may have bytes that are not text.
_MORE: Final = 24
#: Character in place of such bytes.
_REPLACED: Final = "\ufffd"
#: Ranges that the API documents as unsupported. Servers may also refuse them as unsatisfiable.
_UNSUPPORTED: Final = ("bytes=0-9", "bytes=10-", "bytes=-0", "bytes=0-1,3-4")
_JSON, _TEXT, _ANY = "application/json", "text/plain", "*/*"
#: Media type that no server has.
_UNKNOWN_TYPE: Final = "application/x-unknown"


@frozen
class MediaTypes:
    """Checks of the operations with several media types."""

    session: Session
    selector: ObjectSelector

    def check(self, operation: Operation, candidates: Sequence[PathValues]) -> None:
        """Request each media type of the largest objects, and compare the bodies."""
        if len(operation.media_types) < 2:
            return
        is_near = is_local(self.session.options.base_url)
        found = [self.session.read(operation, values) for values in candidates[: _MORE if is_near else _OBJECTS]]
        readable = [each for each in found if each.ok]
        self._check_bytes(operation, readable)
        largest = sorted(readable[:_OBJECTS], key=lambda each: len(each.content), reverse=True)
        for each in largest[:_COMPARED]:
            values = each.values
            if self.session.send(operation, values).content != each.content:
                continue  # it grows, as the log of a job that runs
            forms = Representations(self.session, self.selector.spec, operation, values)
            report_settled(self.session, TYPE_CHECK, TYPE_CODE, forms.compare_types)
            for accept in (_ANY, f"{operation.media_types[-1]};q=0.5", _UNKNOWN_TYPE):
                self._check_other_type(operation, values, accept)
            if is_local(self.session.options.base_url):
                self._check_preference(operation, values)
            report_settled(self.session, TYPE_CHECK, TYPE_CODE, forms.compare_suffixes)
            if forms.has_ranges:
                report_settled(self.session, RANGE_CHECK, RANGE_CODE, forms.compare_range)
                self._check_unsupported_ranges(operation, values)

    def _check_bytes(self, operation: Operation, readable: Sequence[Response]) -> None:
        """Compare sizes and ranges of a text that is not valid UTF-8, and of one with characters of several bytes."""
        broken = (each for each in readable if _REPLACED in each.text)
        wide = (each for each in readable if _REPLACED not in each.text and not str(each.body).isascii())
        for each in filter(None, (next(broken, None), next(wide, None))):
            forms = Representations(self.session, self.selector.spec, operation, each.values)
            report_settled(self.session, RANGE_CHECK, RANGE_CODE, forms.compare_bytes)

    def _check_other_type(self, operation: Operation, values: PathValues, accept: str) -> None:
        response = self.session.send(operation, values, headers={"Accept": accept}, is_raw=True)
        self.session.count(TYPE_CHECK)
        found, last = media_type(response.headers.get("Content-Type", "")), operation.media_types[-1]
        if accept == _UNKNOWN_TYPE and response.status in {400, 406}:
            return
        if not response.ok:
            message = f"Accept: {accept} gets {response.status}"
        elif found not in operation.media_types or (accept.startswith(last) and found != last):
            message = f"Accept: {accept} gets the type {found}"
        else:
            return
        self.session.record_failure(TYPE_CHECK, TYPE_CODE, message, response)

    def _check_preference(self, operation: Operation, values: PathValues) -> None:
        """Request two types, of which the second is preferred, and types by their suffix, which overrides `Accept`."""
        *_, other, preferred = operation.media_types
        accept = f"{other};q=0.2, {preferred};q=0.9"
        response = self.session.send(operation, values, headers={"Accept": accept}, is_raw=True)
        self.session.count(TYPE_CHECK)
        found = media_type(response.headers.get("Content-Type", ""))
        if found != preferred:
            message = f"Accept: {accept} gets {found or response.status} instead of {preferred}"
            self.session.record_failure(TYPE_CHECK, TYPE_CODE, message, response)
        for suffix, name in as_object(self.selector.spec.node(operation).get("x-suffixes")).items():
            response = self.session.send(operation, values, headers={"Accept": _JSON}, suffix=suffix, is_raw=True)
            if (found := media_type(response.headers.get("Content-Type", ""))) != name:
                message = f"the suffix {suffix} with Accept: {_JSON} gets {found or response.status} instead of {name}"
                self.session.record_failure(TYPE_CHECK, TYPE_CODE, message, response)

    def _check_unsupported_ranges(self, operation: Operation, values: PathValues) -> None:
        if "400" not in operation.statuses:
            return
        others = [each for each in (*operation.media_types, _ANY) if each != _TEXT]
        unsupported = [*((_TEXT, each) for each in _UNSUPPORTED), *((each, "bytes=-5") for each in others)]
        for accept, wanted in unsupported:
            response = self.session.send(operation, values, headers={"Accept": accept, "Range": wanted}, is_raw=True)
            self.session.count(RANGE_CHECK)
            if response.status not in {400, 416}:
                message = f"Range: {wanted} of {accept} gets {response.status} instead of 400"
                self.session.record_failure(RANGE_CHECK, RANGE_CODE, message, response)
