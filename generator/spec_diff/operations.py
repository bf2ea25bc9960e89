"""Changes of operations and webhooks: parameters, bodies, responses and scopes."""

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import evolve

from ..changes import OPERATION, Change, Severity
from ..document import OperationNode, operations, parameter_names, resolve, without_parameter_names
from .schemas import Direction, SchemaDiff, deprecation, required_change


def document_changes(base: dict[str, Any], revision: dict[str, Any]) -> Iterator[Change]:
    """Yield the changes from the document `base` to `revision`, some of them more than once."""
    yield from _member_changes("the server `{}`", _urls(base), _urls(revision))
    before, after = _operations(base), _operations(revision)
    for key in before.keys() - after.keys():
        yield Change("Removed", Severity.BREAKING, _title(before[key]))
    for key in after.keys() - before.keys():
        yield Change("Added", Severity.MINOR, _title(after[key]))
    schemas = SchemaDiff(base, revision)
    for key in before.keys() & after.keys():
        for change in _operation_changes(schemas, before[key], after[key]):
            yield evolve(change, operation=_title(after[key])) if OPERATION in change.text else change
    yield from _webhook_changes(schemas)
    yield from schemas.deprecations()


def _operation_changes(schemas: SchemaDiff, base: OperationNode, revision: OperationNode) -> Iterator[Change]:
    before, after = base.node, revision.node
    if before["operationId"] != after["operationId"]:
        text = f"`{after['operationId']}` is the `operationId` of {OPERATION}, no longer `{before['operationId']}`"
        yield Change("Changed", Severity.BREAKING, text)
    yield from deprecation(OPERATION, before, after)
    if _own_servers(base) or _own_servers(revision):
        servers = _own_servers(base) or _urls(base.document), _own_servers(revision) or _urls(revision.document)
        yield from _member_changes(f"the server `{{}}` of {OPERATION}", *servers)
    yield from _access_changes(base, revision)
    yield from _parameter_changes(schemas, _parameters(base), _parameters(revision))
    yield from _request_changes(schemas, before.get("requestBody"), after.get("requestBody"))
    yield from _response_changes(schemas, before["responses"], after["responses"])


def _access_changes(base: OperationNode, revision: OperationNode) -> Iterator[Change]:
    if revision.needs_token and not base.needs_token:
        yield Change("Changed", Severity.BREAKING, f"a token is needed by {OPERATION}")
    elif base.needs_token and not revision.needs_token:
        yield Change("Changed", Severity.MINOR, f"no token is needed by {OPERATION}")
    before, after = (set(each.node.get("x-scopes", ())) for each in (base, revision))
    for scope in after - before:
        yield Change("Changed", Severity.BREAKING, f"the scope `{scope}` is needed by {OPERATION}")
    for scope in before - after:
        yield Change("Changed", Severity.MINOR, f"the scope `{scope}` is no longer needed by {OPERATION}")


def _parameter_changes(
    schemas: SchemaDiff, before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any]
) -> Iterator[Change]:
    for key in before.keys() | after.keys():
        base, revision = before.get(key), after.get(key)
        name = (before | after)[key]["name"]
        subject = f"the {key[0]} parameter `{name}` of {OPERATION}"
        if base is None or revision is None:
            yield from _presence_change(subject, base, revision)
            continue
        yield from _required_changes(subject, base, revision)
        if any(base.get(name) != revision.get(name) for name in ("style", "explode")):
            yield Change("Changed", Severity.BREAKING, f"the encoding of {subject}")
        yield from deprecation(subject, base, revision)
        yield from schemas.compare(subject, base["schema"], revision["schema"], "request")


def _request_changes(schemas: SchemaDiff, base: Any, revision: Any) -> Iterator[Change]:
    subject = f"the request body of {OPERATION}"
    if base and revision:
        yield from _required_changes(subject, base, revision)
        yield from _content_changes(schemas, subject, base, revision, "request")
    elif base or revision:
        yield from _presence_change(subject, base, revision)


def _response_changes(schemas: SchemaDiff, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    yield from _member_changes(f"the response {{}} of {OPERATION}", before, after)
    for status in before.keys() & after.keys():
        base, revision = resolve(schemas.base, before[status]), resolve(schemas.revision, after[status])
        headers = base.get("headers", {}), revision.get("headers", {})
        yield from _member_changes(f"the header `{{}}` in responses of {OPERATION}", *headers)
        yield from _content_changes(schemas, f"the response {status} of {OPERATION}", base, revision, "response")


def _webhook_changes(schemas: SchemaDiff) -> Iterator[Change]:
    before, after = schemas.base.get("webhooks", {}), schemas.revision.get("webhooks", {})
    yield from _member_changes("the webhook `{}`", before, after)
    for name in before.keys() & after.keys():
        for method in before[name].keys() & after[name].keys():
            base, revision = (webhooks[name][method].get("requestBody", {}) for webhooks in (before, after))
            yield from _content_changes(schemas, f"the webhook `{name}`", base, revision, "response")


def _content_changes(
    schemas: SchemaDiff, subject: str, base: dict[str, Any], revision: dict[str, Any], direction: Direction
) -> Iterator[Change]:
    before, after = base.get("content", {}), revision.get("content", {})
    yield from _member_changes(f"the media type `{{}}` of {subject}", before, after)
    for media_type in before.keys() & after.keys():
        yield from schemas.compare(subject, before[media_type]["schema"], after[media_type]["schema"], direction)


def _presence_change(subject: str, base: dict[str, Any] | None, revision: dict[str, Any] | None) -> Iterator[Change]:
    """Yield the change of a part of a request that only one of two revisions has."""
    if revision is None:
        yield Change("Removed", Severity.BREAKING, subject)
    elif revision.get("required"):
        yield Change("Added", Severity.BREAKING, f"{subject}, which is required")
    else:
        yield Change("Added", Severity.MINOR, subject)


def _required_changes(subject: str, base: dict[str, Any], revision: dict[str, Any]) -> Iterator[Change]:
    is_required = bool(revision.get("required"))
    if bool(base.get("required")) != is_required:
        yield required_change(subject, is_required=is_required, direction="request")


def _member_changes(text: str, base: Iterable[str], revision: Iterable[str]) -> Iterator[Change]:
    """Yield what only one of two collections has. `{}` in the text is the member."""
    before, after = set(base), set(revision)
    for member in before - after:
        yield Change("Removed", Severity.BREAKING, text.replace("{}", member))
    for member in after - before:
        yield Change("Added", Severity.MINOR, text.replace("{}", member))


def _urls(node: dict[str, Any]) -> list[str]:
    return [server["url"] for server in node.get("servers", ())]


def _own_servers(operation: OperationNode) -> list[str]:
    """Return the servers of an operation or of its path, which replace those of the document."""
    return _urls(operation.node) or _urls(operation.document["paths"][operation.path])


def _operations(document: dict[str, Any]) -> dict[tuple[str, str], OperationNode]:
    return {(each.method, without_parameter_names(each.path)): each for each in operations(document)}


def _title(operation: OperationNode) -> str:
    return f"`{operation.method.upper()} {operation.path}`"


def _parameters(operation: OperationNode) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the parameters by source and name. Those of the path are numbered, because their names are not sent."""
    path = parameter_names(operation.path)
    return {
        (node["in"], str(path.index(node["name"])) if node["in"] == "path" else node["name"]): node
        for node in operation.parameters
    }
