"""Checks of a profile: of its values, and of the names in it that must be in the spec."""

import keyword
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .document import operations, parameter_names
from .schema_messages import did_you_mean

if TYPE_CHECKING:
    from .profile import Profile

_IMPORTED = {*sys.stdlib_module_names, "msgspec", "typing_extensions"}


def value_problems(profile: "Profile") -> Iterator[str]:
    """Yield a message for each key whose value cannot be used."""
    yield from _name_problems(profile)
    yield from _text_problems(profile)
    yield from _error_problems(profile)
    for name, kind in profile.pagination.items():
        if not kind.parameters:
            yield f"pagination.{name}.parameters must not be empty"
        if "" in (*kind.parameters, *kind.envelope, kind.header):
            yield f"pagination.{name} has an empty name"


def reference_problems(profile: "Profile", document: dict[str, Any]) -> Iterator[str]:
    """Yield a message for each name that `document` lacks, so that it has no effect."""
    in_paths = {name for path in document["paths"] for name in parameter_names(path)}
    if profile.organization and profile.organization not in in_paths:
        yield f"organization: no path has the parameter {profile.organization}"
    of_lists = {
        parameter["name"].removesuffix("[]")
        for operation in operations(document)
        if operation.node.get("x-pagination") != "none"
        for parameter in operation.parameters
    }
    for name in sorted(profile.parameter_notes.keys() - of_lists):
        yield f"parameter-notes: no paginated operation has the parameter {name}"
    yield from _missing_responses(profile, document)
    yield from _missing_pagination(profile, document)


def _missing_responses(profile: "Profile", document: dict[str, Any]) -> Iterator[str]:
    responses = document["components"].get("responses", {})
    for status, name in profile.errors.responses.items():
        if name not in responses:
            message = f"errors.responses.{status}: the components have no response {name}"
            yield f"{message}{did_you_mean(name, responses)}"


def _missing_pagination(profile: "Profile", document: dict[str, Any]) -> Iterator[str]:
    """Yield a message for each parameter and header that no operation has, for the kinds that are used."""
    nodes = list(operations(document))
    used = [operation.node.get("x-pagination") for operation in nodes]
    parameters = {parameter["name"] for operation in nodes for parameter in operation.parameters}
    headers = {
        name
        for operation in nodes
        for response in operation.success_responses.values()
        for name in response.get("headers", {})
    }
    for kind, pagination in profile.pagination.items():
        if kind in used:
            for name in sorted(set(pagination.parameters) - parameters):
                found = did_you_mean(name, parameters)
                yield f"pagination.{kind}.parameters: no operation has the parameter {name}{found}"
            if pagination.header and pagination.header not in headers:
                found = did_you_mean(pagination.header, headers)
                yield f"pagination.{kind}.header: no response has the header {pagination.header}{found}"


def _name_problems(profile: "Profile") -> Iterator[str]:
    if not _is_name(profile.package) or profile.package in _IMPORTED:
        yield f"package must be a Python name that no imported module has, such as _library, not {profile.package!r}"
    public = profile.public_package.split(".")
    if not all(map(_is_name, public)) or public[0] in _IMPORTED or profile.public_package == profile.package:
        yield f"public-package must be another Python name, such as library, not {profile.public_package!r}"
    organization, path = profile.organization, profile.organization_path
    if organization is not None and not re.fullmatch(r"[a-z_]+", organization):
        yield f"organization must be the snake_case name of a path parameter, not {organization!r}"
    elif path and (not path.startswith("/") or organization not in parameter_names(path)):
        yield f"organization-path must be a path with the parameter that `organization` names, not {path!r}"
    for name in sorted(each for each in profile.client_attributes if not _is_name(each)):
        yield f"client-attributes must be Python names, not {name!r}"


def _text_problems(profile: "Profile") -> Iterator[str]:
    if not re.fullmatch(r"https?://[^/\s]+/(?:\S*/)?", profile.documentation):
        message = "documentation must be the URL of a folder, such as https://example.com/docs/"
        yield f"{message}, not {profile.documentation!r}"
    try:
        re.compile(profile.scope)
    except re.error as error:
        yield f"scope is not a regular expression: {error}"
    notes = {f"parameter-notes.{name}": note for name, note in profile.parameter_notes.items()}
    for key, text in {"undocumented": profile.undocumented, **notes}.items():
        if '"""' in text or "\\" in text or not text.isprintable():
            yield f'{key} must be one line without `"""` and backslashes; it is in docstrings'


def _error_problems(profile: "Profile") -> Iterator[str]:
    errors = profile.errors
    for status, name in errors.responses.items():
        if not re.fullmatch(r"[45][0-9]{2}", status) or not name:
            yield f"errors.responses.{status} must be an error status with the name of a shared response"
    for status, name in errors.exceptions.items():
        if not re.fullmatch(r"4[0-9]{2}", status) or not all(map(_is_name, name.split("."))):
            yield f"errors.exceptions.{status} must be a status between 400 and 499 with the name of a class"
    listed = {
        "errors.required": errors.required,
        "errors.required-with-path-parameter": errors.required_with_path_parameter,
        "errors.required-with-input": errors.required_with_input,
        "status-without-headers": [profile.status_without_headers] if profile.status_without_headers else (),
    }
    for key, statuses in listed.items():
        for status in statuses:
            if status not in errors.responses:
                yield f"{key}: {status} is not in errors.responses"


def _is_name(text: str) -> bool:
    return text.isidentifier() and text.isascii() and not keyword.iskeyword(text)
