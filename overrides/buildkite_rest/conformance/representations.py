"""Representations of a resource: the same content as JSON, text, HTML, bytes of a range, or headers alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from .._base.json_values import as_object, is_object
from .comparison import Problem
from .header_rules import entry_problems, html_problems, media_type, range_problems, text_problems
from .json_pointers import resolve_pointer
from .objects import PathValues
from .spec import Operation, Spec
from .traffic import Response, Session

TYPE_CHECK, TYPE_CODE = "media_type_wrong", "BK213"
RANGE_CHECK, RANGE_CODE = "range_wrong", "BK214"
#: Smallest number of bytes of a range, and one that is larger than any text.
_RANGE: Final = 40
_EVERYTHING: Final = 50_000_000
_JSON, _TEXT, _HTML = "application/json", "text/plain", "text/html"


@frozen
class Representations:
    """The representations of one object, each of which is requested for each comparison."""

    session: Session
    spec: Spec
    operation: Operation
    values: PathValues

    @property
    def has_ranges(self) -> bool:
        """Whether the text can be requested in part."""
        return "206" in self.operation.statuses and _TEXT in self.operation.media_types

    def compare(self) -> list[Problem]:
        """Compare all of them, and the headers of `HEAD` if that is documented."""
        return [*self.compare_types(), *self.compare_suffixes(), *self.compare_bytes()]

    def compare_bytes(self) -> list[Problem]:
        """Compare the size in the headers of `HEAD`, and a range."""
        return [*(self.compare_range() if self.has_ranges else []), *self._compare_head()]

    def compare_types(self) -> list[Problem]:
        """Request each media type, and compare the bodies."""
        bodies = {name: self._get(Accept=name) for name in self.operation.media_types}
        refused = [
            Problem(f"a request for {name} gets {each.status}", each) for name, each in bodies.items() if not each.ok
        ]
        return refused or list(self._body_problems(bodies))

    def compare_suffixes(self) -> list[Problem]:
        """Request media types by the suffix of the path."""
        suffixes = as_object(self.spec.node(self.operation).get("x-suffixes"))
        return [problem for suffix, name in suffixes.items() for problem in self._compare_suffix(suffix, str(name))]

    def _get(self, **headers: str) -> Response:
        return self.session.send(self.operation, self.values, headers=headers)

    def _body_problems(self, bodies: Mapping[str, Response]) -> Iterator[Problem]:
        if _JSON not in bodies:
            return
        value = self._text_of(bodies[_JSON])
        before = [bodies[_JSON]]
        if (text := bodies.get(_TEXT)) is not None:
            content = text.content.decode("utf-8", "replace")
            if isinstance(value, str):
                yield from (Problem(each, text, before) for each in text_problems(content, value))
            if is_object(value):
                shown = {line.partition("=")[0] for line in content.splitlines()}
                if missing := sorted(value.keys() - shown):
                    yield Problem(f"the plain text does not have {missing[0]} of the JSON", text, before)
                yield from (Problem(each, text, before) for each in entry_problems(content, value))
        if (page := bodies.get(_HTML)) is not None and isinstance(value, str):
            content = page.content.decode("utf-8", "replace")
            yield from (Problem(each, page, before) for each in html_problems(content, value))

    def _text_of(self, described: Response) -> object:
        """Return the part of the JSON that the plain text consists of."""
        spec = self.spec
        for status, response in spec.node(self.operation)["responses"].items():
            if str(status).startswith("2"):
                plain = as_object(as_object(spec.resolve(response).get("content")).get(_TEXT))
                if (pointer := plain.get("x-pointer")) is not None:
                    return resolve_pointer(str(pointer), described.body)
        return None

    def _compare_suffix(self, suffix: str, name: str) -> list[Problem]:
        """Request a media type by the suffix of the path."""
        response = self.session.send(self.operation, self.values, suffix=suffix, is_raw=True)
        expected = self._get(Accept=name)
        found = media_type(response.headers.get("Content-Type", ""))
        if response.status != 200 or found != name:
            text = found if response.status == 200 else response.status
            return [Problem(f"the suffix {suffix} gets {text} instead of {name}", response)]
        if response.content != expected.content:
            return [Problem(f"the suffix {suffix} gets another body than Accept: {name}", response, [expected])]
        return []

    def compare_range(self) -> list[Problem]:
        """Request the end of a text. The whole is a range too, because a text without a range is valid UTF-8."""
        whole = self._get(Accept=_TEXT, Range=f"bytes=-{_EVERYTHING}")
        size = max(_RANGE, len(whole.content) // 2)
        part = self._get(Accept=_TEXT, Range=f"bytes=-{size}")
        if not self._get(Accept=_TEXT).content:
            is_right = part.status in {206, 416}
            return [] if is_right else [Problem(f"a range of an empty text gets {part.status} instead of 416", part)]
        if part.status != 206:
            return [Problem(f"a range gets {part.status} instead of 206", part)]
        if whole.status != 206:
            return [Problem(f"a range that is longer than the text gets {whole.status} instead of 206", whole)]
        parts = [(part, size), (whole, _EVERYTHING)]
        if inner := _inside_character(whole.content):
            parts.append((self._get(Accept=_TEXT, Range=f"bytes=-{inner}"), inner))
        return [
            Problem(problem, each, [whole])
            for each, length in parts
            for problem in range_problems(each.headers, each.content, whole.content, length)
        ]

    def _compare_head(self) -> list[Problem]:
        documented = self.spec.find("HEAD", self.operation.path)
        if documented is None:
            return []
        head, described = self.session.send(documented, self.values), self._get(Accept=_JSON)
        return [Problem(each, head, [described]) for each in related_problems(self.spec, head, described)]


def _inside_character(content: bytes) -> int | None:
    """Return the length of a tail that begins inside of the last character of several bytes."""
    return next((size for size, byte in enumerate(reversed(content), 1) if byte & 0xC0 == 0x80), None)


def related_problems(spec: Spec, response: Response, other: Response) -> Iterator[str]:
    """Compare the headers with `x-equals` to the properties of a body."""
    for name, header in declared_headers(spec, response).items():
        related = as_object(header.get("x-equals"))
        if not related or (str(related.get("method", response.operation.method)).upper() != other.operation.method):
            continue
        expected, value = resolve_pointer(str(related["pointer"]), other.body), response.headers.get(name)
        if expected is not None and str(expected) != value:
            yield f"{name} is {value!r}, but {related['pointer']} of {other.operation.id} is {str(expected)!r}"


def declared_headers(spec: Spec, response: Response) -> Mapping[str, Mapping[str, Any]]:
    """Return the documented headers of a response."""
    declared = as_object(spec.node(response.operation)["responses"]).get(str(response.status))
    headers = as_object(spec.resolve(declared).get("headers"))
    return {name: spec.resolve(header) for name, header in headers.items()}
