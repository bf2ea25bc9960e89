"""The OpenAPI description, as far as the runner itself reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import field, frozen

from .._json import as_object, is_array, is_object
from .problems import CannotRunError

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")


@frozen
class Operation:
    """An operation of the description."""

    id: str
    method: str
    path: str
    tag: str
    sdk_method: str | None
    """Name of the client's method, in the resource that the tag names."""
    scopes: tuple[str, ...]
    needs_token: bool
    statuses: frozenset[str]
    media_types: tuple[str, ...]
    """What a successful answer may be, if there is a choice."""
    bodies: tuple[Mapping[str, Any], ...] = field(eq=False)
    """Examples of the body."""

    @property
    def label(self) -> str:
        """What schemathesis calls the operation."""
        return f"{self.method} {self.path}"

    @property
    def reads(self) -> bool:
        """Whether the operation changes nothing."""
        return self.method in {"GET", "HEAD"}

    @property
    def ends(self) -> bool:
        """Whether the operation puts an end to something, or may change the name by which it is found."""
        return (
            self.method in {"DELETE", "PATCH"}
            or (self.method in {"PUT", "POST"} and self.path.endswith("}"))
            or (bool(self.parameters) and self.path.endswith(("/archive", "/cancel", "/stop")))
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return parameters_of(self.path)

    def succeeds_with(self, status: int) -> bool:
        """Return whether a status is one that the description calls a success. A redirect is one."""
        return 200 <= status < 400 and str(status) in self.statuses


@frozen
class Description:
    """A whole description."""

    raw: dict[str, Any]
    version: str
    operations: tuple[Operation, ...]
    secret_keys: frozenset[str]
    """Keys whose values are credentials, `x-secret` in the description."""

    @classmethod
    def load(cls, path: Path | None) -> Description:
        """Read the description that comes with the package, or another one.

        Raises:
            CannotRunError: The file is no OpenAPI description.
        """
        source = files("_buildkite_rest") / "openapi.yaml" if path is None else path
        try:
            raw = yaml.load(source.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
        except OSError as error:
            raise CannotRunError(f"{source}: {error.strerror}") from None
        except (yaml.YAMLError, UnicodeDecodeError):
            raise CannotRunError(f"{source} is no YAML") from None
        if not is_object(raw) or "openapi" not in raw or not is_object(raw.get("paths")):
            raise CannotRunError(f"{source} is no OpenAPI description")
        return cls(raw, str(raw["info"]["version"]), tuple(_operations(raw)), _secret_keys(raw))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads times as text, as JSON would: they are values to send, not dates to calculate with."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - declared so by PyYAML
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def parameters_of(path: str) -> tuple[str, ...]:
    """Return the names in a path template."""
    return tuple(_PARAMETER.findall(path))


def _operations(raw: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in raw["paths"].items():
        for method in _METHODS:
            if (operation := item.get(method)) is not None:
                yield _operation(path, method.upper(), operation, raw)


def _operation(path: str, method: str, operation: Mapping[str, Any], raw: Mapping[str, Any]) -> Operation:
    return Operation(
        id=operation.get("operationId", f"{method} {path}"),
        method=method,
        path=path,
        tag=next(iter(operation.get("tags", ())), ""),
        sdk_method=operation.get("x-sdk-method"),
        scopes=tuple(operation.get("x-scopes", ())),
        needs_token=bool(operation.get("security", raw.get("security"))),
        statuses=frozenset(map(str, operation["responses"])),
        media_types=tuple(_choice(operation["responses"])),
        bodies=tuple(_bodies(operation.get("requestBody", {}))),
    )


def _choice(responses: Mapping[str, Any]) -> list[str]:
    types = sorted(
        {name for status, answer in responses.items() if status[0] == "2" for name in answer.get("content", ())}
    )
    return types if len(types) > 1 else []


def _bodies(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for content in body.get("content", {}).values():
        for example in content.get("examples", {}).values():
            if is_object(value := example.get("value")):
                yield value


def _secret_keys(raw: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of secret properties, without those that another object has in public, such as `url`."""
    properties = list(_properties(raw))
    secret = {name for name, schema in properties if schema.get("x-secret")}
    return frozenset(secret - {name for name, schema in properties if not schema.get("x-secret")})


def _properties(node: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if is_array(node):
        for item in node:
            yield from _properties(item)
    elif is_object(node):
        for name, schema in as_object(node.get("properties")).items():
            yield name, as_object(schema)
        for value in node.values():
            yield from _properties(value)
