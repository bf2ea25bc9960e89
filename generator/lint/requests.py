"""Rules about what the client cannot send, or sends in another form than the spec states."""

import re
from collections.abc import Iterator
from typing import Any

from ..document import operations, resolve
from ..fragment import Finding

_CLIENT_HEADERS = {
    *("accept", "accept-encoding", "authorization", "connection", "content-encoding", "content-length"),
    *("content-type", "cookie", "host", "transfer-encoding", "user-agent"),
}
"""Headers that OpenAPI ignores as parameters, or that the client and its HTTP library set."""
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_WITHOUT_BODY = ("get", "head")


def parameter_style(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for index, parameter in enumerate(operation.parameters):
            pointer = (*operation.pointer, "parameters", str(index))
            kind = resolve(document, parameter["schema"]).get("type", ())
            location, name = parameter["in"], parameter["name"]
            is_object, is_array = "object" in kind, "array" in kind
            if (is_array or is_object) and location != "query":
                yield pointer, f"{name!r} has several values, which only a parameter of the query can have"
            style, form = parameter.get("style"), "form" if location == "query" else "simple"
            if style not in (None, form) and not is_object:  # array_parameter reports it
                yield pointer, f"{name!r} is sent with `style: {form}`, not {style}; remove style"
            if parameter.get("explode", True) is not True and (is_array or is_object):
                yield pointer, f"{name!r} is sent with `explode: true`"
            for key in ("allowReserved", "allowEmptyValue", "content"):
                if parameter.get(key):
                    yield pointer, f"{key} has no effect on the client; remove it"


def parameter_unique(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        seen = set[tuple[str, str]]()
        for index, parameter in enumerate(operation.parameters):
            name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
            if (key := (parameter["in"], name)) in seen:
                pointer = (*operation.pointer, "parameters", str(index))
                yield pointer, f"the operation already has the {parameter['in']} parameter {parameter['name']!r}"
            seen.add(key)


def header_name(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for index, parameter in enumerate(operation.parameters):
            pointer = (*operation.pointer, "parameters", str(index))
            if parameter["in"] != "header":
                continue
            if not _HEADER.fullmatch(parameter["name"]):
                yield pointer, f"{parameter['name']!r} is not the name of a header, which has letters, digits and `-`"
            elif parameter["name"].lower() in _CLIENT_HEADERS:
                yield pointer, f"the client sets the header {parameter['name']} itself; remove the parameter"


def body_method(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        if operation.method in _WITHOUT_BODY and "requestBody" in operation.node:
            yield (*operation.pointer, "requestBody"), f"a {operation.method.upper()} request has no body"
        if operation.method == "head":
            for status, response in operation.success_responses.items():
                if "content" in response:
                    yield (*operation.pointer, "responses", status), "a response to HEAD has headers only"


def root_servers(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        if "servers" in operation.node:
            yield (*operation.pointer, "servers"), "all operations are on the servers of the root; remove this key"


RULES = (parameter_style, parameter_unique, header_name, body_method, root_servers)
