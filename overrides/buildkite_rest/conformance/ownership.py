"""What a run has created, and which requests it may therefore send.

A run changes only what it has created, unless the options name a tag whose existing objects it may change. An object
that was there before a request is not own, whatever the response to the request says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote, urlencode

from attrs import define, field

from .._base.json_values import as_array, as_object, is_array, loads_or_none
from .api import Api, Operation, parameters_of
from .creations import Created, Creation, Creations
from .exchange import NO_BODY, Exchange, Request
from .names import has_other_name, is_made_up, unique_name_in
from .objects import identifier_of, identity_of, names_in
from .options import ALL, REVOCATION
from .slug_references import slugs_in
from .values import moment

EXISTED: Final = "the run did not create this object"
#: Last segments of paths, and properties of bodies, with effects that the deletion of an object does not undo.
_PROTECTED: Final[Mapping[str, str]] = {
    "invitations": "an invitation sends e-mails",
    "services": "a notification service reports builds that the run did not create",
    "webhook": "a webhook is created in the repository, outside Buildkite",
    "hostedAgents": "a hosted queue may start machines",
}
#: Path templates of the objects in a property that also have a path outside their parent.
_SHORT_PATHS: Final[Mapping[str, str]] = {"jobs": "/v2/organizations/{org}/jobs/{job_id}"}
_NOT_OWN: Final = "the request refers to an object that the run did not create"
_READS: Final = frozenset({"GET", "HEAD"})
_RENAMING: Final = frozenset({"PATCH", "PUT", "POST"})
_UUID: Final = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE | re.ASCII)
#: Segments of the path of an object of an organization.
_DEPTH: Final = 5
#: The longest part of a path that may identify an object.
_LONGEST_KEY: Final = 255
#: Seconds by which the clocks of a server may differ.
_SKEW: Final = timedelta(seconds=60)


class ForbiddenRequestError(Exception):
    """The run may not send a request."""


@define
class Ownership:
    """The objects that a run has created.

    Args:
        api: The API.
        write: Whether the run changes anything.
        existing: Tags whose existing objects may be changed, too.
        organization: The only organization in which objects may be created, or None for all.
        revocable: The value of the header `Authorization` of the token that may be revoked.
    """

    api: Api
    write: bool = True
    existing: frozenset[str] = frozenset()
    organization: str | None = None
    revocable: str | None = None
    creations: Creations = field(factory=Creations, init=False)
    """What exists of what the run has created."""
    harmless: set[str] = field(factory=set[str], init=False)
    """Ids in lower case that a request may refer to: that of the user of the token."""
    _own: dict[str, str | None] = field(factory=dict[str, "str | None"], init=False)
    """Ids by path."""
    _ids: set[str] = field(factory=set[str], init=False)
    """Those that are UUIDs, in lower case."""
    _seen: set[str] = field(factory=set[str], init=False)
    """Paths and UUIDs in responses, of objects that are not own."""
    _start: datetime | None = field(default=None, init=False)
    """Time of the first response."""

    def may_change_existing(self, operation: Operation) -> bool:
        """Return whether an operation may be sent for objects that the run did not create."""
        return operation.is_read or (self.write and self._is_allowed({operation.tag}))

    def refusal_of(self, operation: Operation) -> str | None:
        """Return why no request of an operation may be sent, or None if there may be one."""
        if operation.id == REVOCATION:
            return "it would revoke the token of the run"
        if self.may_change_existing(operation):
            return None
        if not self.write:
            return "the run only reads"
        return None if {*operation.parameters} - {"org"} else self._creates(operation)

    def refusal(self, request: Request, authorization: str = "") -> str | None:
        """Return why a request must not be sent, or None if it may be."""
        operation, method = request.operation, request.sent_method
        if operation.id == REVOCATION and method == operation.method:
            is_revocable = self.revocable is not None and authorization == self.revocable
            return None if self.write and is_revocable else "it would revoke the token of the run"
        if request.is_read:
            return None if self.write or method in _READS else "the run only reads"
        if not self.write:
            return "the run only reads"
        matching = list(self.api.templates_of(request.path))
        if self._is_allowed({each.tag for each in matching}):
            return None
        segments = [unquote(segment) for segment in request.path.split("/")[1:]]
        if any(segment in {"", ".", ".."} or "/" in segment for segment in segments):
            return "the path may lead to another object"
        if any(map(is_made_up, segments)):
            return None
        if self.contains("/" + "/".join(segments)):
            reason = _PROTECTED.get(segments[-1])
        else:
            meant = next((each for each in matching if each.method == method), None)
            reason = EXISTED if meant is None else self._creates(meant)
            if reason is None and self.organization not in {None, request.values.get("org")}:
                reason = "the organization is not the one of the run"
            if reason is None and has_other_name(_sent(request)):
                reason = "the new object would not have a name of the run"
        return reason or self._reference_problem(request)

    def permits_reference(self, key: str) -> bool:
        """Return whether a request may name an object by its id or slug."""
        return bool(self.existing) or self._names(key) or key.lower() in self.harmless

    def contains(self, path: str) -> bool:
        """Return whether the path leads to an own object or below one."""
        segments = path.split("/")
        return any("/".join(segments[:end]) in self._own for end in range(len(segments), 3, -1))

    def add(self, path: str, body: object = None) -> None:
        """Add an object with its path, and its JSON."""
        self._own[path] = identity_of(body) or self._own.get(path)
        keys = {path.rpartition("/")[2], *(str(as_object(body).get(name)) for name in ("id", "uuid"))}
        self._ids |= {key.lower() for key in keys if _UUID.fullmatch(key)} - self._seen

    def begin(self, request: Request) -> None:
        """Record that a request may create an object, as long as it has no usable response."""
        if self._is_creation(request):
            self.creations.unresolved.append(_creation(request))

    def _is_creation(self, request: Request) -> bool:
        return request.sent_method == "POST" and request.operation.path in self.api.created_templates

    def observe(self, exchange: Exchange) -> str | None:
        """Remember the objects in a response. Return a problem if it presents one as new that existed before."""
        if not self.write:
            return None
        self._start = self._start or exchange.time
        request = exchange.request
        path, is_success = unquote(request.path), 200 <= exchange.status < 300
        if self._is_creation(request):
            if is_success:
                return self._created(exchange, path)
            if 400 <= exchange.status < 500:
                self.creations.unresolved.pop()
        elif request.is_read:
            if is_success and not self.contains(path):
                self._seen |= {path, *(each.lower() for each in _UUID.findall(exchange.text))} - self._ids
            elif is_success:
                self._learn(path, exchange.body)
        elif is_success and path in self._own:
            if request.sent_method == "DELETE":
                self.creations.delete(path)
            elif request.sent_method in _RENAMING:
                self._rename(exchange, path)
        return None

    def _created(self, exchange: Exchange, collection: str) -> str | None:
        parameter = parameters_of(self.api.created_templates[exchange.operation.path])[-1]
        creation, found = self.creations.unresolved.pop(), False
        for item in exchange.body if is_array(exchange.body) else [exchange.body]:
            key = identifier_of(parameter, item)
            if key is None or "/" in str(key) or not str(key).isprintable() or len(str(key)) > _LONGEST_KEY:
                continue
            path = f"{collection}/{key}"
            if path not in self._own and not self.contains(collection) and self._existed(path, item):
                return creation.name and f"the response to a new object is about an existing one, {key}"
            self.creations.add(Created(path, identity_of(item), creation))
            self.add(path, item)
            self._learn(path, item)
            found = True
        if not found:  # the cleanup searches for the object by its name
            self.creations.unresolved.append(creation)
        return None

    def _existed(self, path: str, item: object) -> bool:
        """Return whether an object was there before the run created it."""
        created = moment(as_object(item).get("created_at"))
        is_older = created is not None and self._start is not None and created < self._start - _SKEW
        return is_older or not self._seen.isdisjoint({path, identity_of(item) or path})

    def _learn(self, path: str, body: object) -> None:
        """Add the objects in the response for an own path that also have a path outside it: the jobs of a build."""
        for name, template in _SHORT_PATHS.items():
            for item in as_array(as_object(body).get(name)):
                if isinstance(key := as_object(item).get("id"), str):
                    organization = path.split("/")[3]
                    self.add(filled(template, {"org": organization, parameters_of(template)[-1]: key}))

    def _rename(self, exchange: Exchange, path: str) -> None:
        """Follow an object to the path that a change has given it, if the response shows that it is the same one."""
        operation, identity = exchange.operation, self._own[path]
        key = identifier_of(operation.parameters[-1], exchange.body) if operation.path.endswith("}") else None
        if key is None or identity is None or identity_of(exchange.body) != identity:
            return
        renamed = f"{path.rpartition('/')[0]}/{key}"
        if renamed != path and renamed not in self._seen and "/" not in str(key):
            self.creations.rename(path, renamed)
            self.add(renamed, exchange.body)

    def _names(self, reference: str) -> bool:
        """Return whether an id is that of an own object, or a slug that of an own object of an organization."""
        is_id = reference.lower() in self._ids
        return is_id or any(path.endswith(f"/{reference}") and path.count("/") == _DEPTH for path in self._own)

    def _is_allowed(self, tags: set[str]) -> bool:
        return ALL in self.existing or (bool(tags) and tags <= self.existing)

    def _creates(self, operation: Operation) -> str | None:
        """Return why an operation must not create objects of the organization, or None if it may."""
        if operation.method != "POST" or operation.path not in self.api.created_templates:
            return EXISTED
        if {*operation.parameters} != {"org"}:
            return EXISTED
        return _PROTECTED.get(operation.path.rpartition("/")[2])

    def _reference_problem(self, request: Request) -> str | None:
        """Return why the parameters and the body of a request must not be sent."""
        body = _sent(request)
        text = f"{unquote(urlencode(request.query, doseq=True))}\n{body}"
        for value in _UUID.findall(text):
            if value.lower() not in self._ids | self.harmless and not is_made_up(value.lower()):
                return _NOT_OWN
        for name in [*request.query, *names_in(body)]:
            if name in _PROTECTED:
                return _PROTECTED[name]
        for slug in slugs_in([request.query, body]):
            if not (self._names(slug) or is_made_up(slug)):
                return _NOT_OWN
        return None


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Return a path with the values of its parameters, not encoded."""
    for name in parameters_of(template):
        template = template.replace(f"{{{name}}}", str(values[name]))
    return template


def _creation(request: Request) -> Creation:
    return Creation(request.operation.id, unquote(request.path), unique_name_in(str(_sent(request))))


def _sent(request: Request) -> Any:
    """Return the body of a request: its JSON, or its text."""
    if request.content is not None:
        return loads_or_none(request.content) or request.content.decode(errors="replace")
    return None if request.body is NO_BODY else request.body
