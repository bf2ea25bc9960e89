"""Other forms of a request, which need the same credentials: `HEAD`, other media types, invalid bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ..._base.json_values import as_array, as_object
from ..objects import PathValues
from ..spec import Operation, Spec
from ..traffic import Response, Session
from .errors import unknown

_JSON: Final = "application/json"


@frozen
class Form:
    """A form of a request to an operation."""

    name: str
    values: PathValues
    body: Any = None
    method: str | None = None
    accept: str = ""
    range: str = ""
    suffix: str = ""
    is_found: bool = True
    """Whether the object of the path exists."""
    is_alias: bool = False
    """Whether a server need not know the path, so that any error is right."""


def forms(spec: Spec, operation: Operation, values: PathValues, *, is_thorough: bool = False) -> Iterator[Form]:
    """Yield the other forms of a valid request."""
    if operation.method == "GET":
        if is_thorough:
            yield Form("a slash at the end of the path", values, suffix="/", is_alias=True)
        if spec.find("HEAD", operation.path) is None:
            yield Form("HEAD", values, method="HEAD")
        for media_type in operation.media_types:
            if media_type != _JSON:
                yield Form(f"Accept: {media_type}", values, accept=media_type)
        if "206" in as_object(spec.node(operation).get("responses")):
            yield Form("a range", values, accept="text/plain", range="bytes=-1")
        for suffix in as_object(spec.node(operation).get("x-suffixes")):
            yield Form(f"the suffix {suffix}", values, suffix=suffix)
        if operation.parameters:
            last = operation.parameters[-1]
            yield Form(f"an unknown {last}", {**values, last: unknown(values[last])}, is_found=False)
    elif operation.has_body and _required(spec, operation):
        yield Form("an invalid body", values, body={})


def check_forms(
    session: Session,
    spec: Spec,
    operation: Operation,
    values: PathValues,
    without_scope: str | None,
    *,
    expired: str | None = None,
    is_thorough: bool = False,
) -> None:
    """Check that other forms of a request are refused without a credential, and without a scope.

    Args:
        session: The session.
        spec: The spec.
        operation: The operation.
        values: Path parameters of an object that the token of the run can read.
        without_scope: The `Authorization` of a token without scopes.
        expired: The `Authorization` of an expired token, which is sent with `HEAD`.
        is_thorough: Whether to send the forms that are the same for all operations of a resource.
    """
    for form in forms(spec, operation, values, is_thorough=is_thorough):
        session.count("credential_accepted")
        response = _send(session, operation, form, "")
        if response.status != 401 and (response.ok or not form.is_alias):
            message = f"{form.name} without a credential gets {response.status} instead of 401"
            session.record_failure("credential_accepted", "BK205", message, response)
        if form.method == "HEAD" and expired is not None:
            session.count("credential_accepted")
            response = _send(session, operation, form, expired)
            if response.status != 401:
                message = f"HEAD with an expired token gets {response.status} instead of 401"
                session.record_failure("credential_accepted", "BK205", message, response)
        if without_scope is None or not operation.scopes or not form.is_found:
            continue
        session.count("scope_not_enforced")
        response = _send(session, operation, form, without_scope)
        if response.status != 403 and (response.ok or not form.is_alias):
            scopes = ", ".join(operation.scopes)
            message = f"{form.name} with a token without the scope {scopes} gets {response.status} instead of 403"
            session.record_failure("scope_not_enforced", "BK202", message, response)


def _send(session: Session, operation: Operation, form: Form, authorization: str) -> Response:
    headers: Mapping[str, str] = {
        name: value for name, value in (("Accept", form.accept), ("Range", form.range)) if value
    }
    return session.send(
        operation,
        form.values,
        body=form.body,
        method=form.method,
        headers=headers,
        authorization=authorization or None,
        suffix=form.suffix,
        is_raw=True,
        is_signed=False,
    )


def _required(spec: Spec, operation: Operation) -> Sequence[Any]:
    body = spec.resolve(spec.node(operation)["requestBody"])
    schema = as_object(as_object(body.get("content")).get(_JSON)).get("schema")
    return as_array(spec.resolve(schema).get("required")) if schema is not None else ()
