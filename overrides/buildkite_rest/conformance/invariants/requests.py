"""The request of a response, and the path templates that URLs in the response belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from attrs import field, frozen

from ..spec import parameters_of
from ..urls import url_parts

#: Path prefix of the API's URLs.
_PREFIX: Final = "/v2/"
_CACHED: Final = 20_000


@frozen
class ApiUrl:
    """A URL of the API, and the path template that it belongs to."""

    template: str
    values: Mapping[str, str]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path parameters, in order."""
        return parameters_of(self.template)

    @property
    def is_object(self) -> bool:
        """Whether the last segment identifies an object."""
        return self.template.endswith("}")


class Templates:
    """The path templates of a spec.

    Args:
        paths: The templates.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        by_length: dict[int, list[list[str]]] = {}
        for path in sorted(paths, key=lambda each: each.count("{")):  # fixed segments before parameters
            segments = path.split("/")
            by_length.setdefault(len(segments), []).append(segments)
        self._by_length = by_length
        self.find = lru_cache(_CACHED)(self._find)

    def _find(self, path: str) -> ApiUrl | None:
        """Return the template of a path with its values. An extension, as in `log.txt`, may be added."""
        segments = path.split("/")
        for template in self._by_length.get(len(segments), ()):
            pairs = list(zip(template, segments, strict=True))
            if all(a == b or a.startswith("{") or b.startswith(f"{a}.") for a, b in pairs):
                values = {a[1:-1]: unquote(b) for a, b in pairs if a.startswith("{")}
                return ApiUrl("/".join(template), values)
        return None


@frozen
class Request:
    """The request of a response."""

    method: str
    template: str
    values: Mapping[str, str]
    """Path parameters."""
    origin: str
    """Scheme, host and port, or empty if any will do."""
    templates: Templates = field(eq=False)
    base_path: str = ""
    """Path before `/v2/…`."""
    time: datetime | None = field(default=None, eq=False)
    """Time of the response."""
    has_query: bool = True
    """Whether query parameters may have changed the response."""

    @classmethod
    def of(cls, method: str, url: str, template: str, templates: Templates, time: datetime | None = None) -> Request:
        """Return the request of a URL."""
        parts = url_parts(url)
        pairs = list(zip(reversed(template.split("/")), reversed(parts.path.split("/")), strict=False))
        values = {name[1:-1]: unquote(value) for name, value in pairs if name.startswith("{")}
        base = "/".join(parts.path.split("/")[: -len(pairs) + 1]) if len(pairs) > 1 else ""
        origin = f"{parts.scheme}://{parts.netloc}"
        return cls(method, template, values, origin, templates, base, time, has_query=bool(parts.query))

    def is_api(self, url: object) -> bool:
        """Whether a value is a URL of the API."""
        return isinstance(url, str) and self._path(url).startswith(_PREFIX)

    def is_same_origin(self, url: str) -> bool:
        """Whether a URL has the origin of the request."""
        parts = url_parts(url)
        return not self.origin or f"{parts.scheme}://{parts.netloc}" == self.origin

    def find(self, url: object) -> ApiUrl | None:
        """Return the template of a URL, or None if it is not one of the API."""
        return self.templates.find(self._path(url)) if isinstance(url, str) and self.is_api(url) else None

    def _path(self, url: str) -> str:
        path = url_parts(url).path
        return path.removeprefix(self.base_path) if self.base_path else path
