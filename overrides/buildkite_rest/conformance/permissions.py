"""Permissions: which requests may change something on the server.

A run changes only what it has created, unless the options name a tag whose existing objects it may change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from attrs import define, field

from .._base.json_values import as_object, is_array, is_object, loads_or_none
from .identities import identity_of
from .names import has_other_name, is_made_up
from .response_times import parse_time
from .slug_references import slugs_in
from .spec import Operation, Spec, object_path, parameters_of

#: Methods without side effects. In a read-only run, only the first two are sent.
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
#: Revokes the token that signs the request, which everything else that uses the token needs.
REVOCATION: Final = ("DELETE", "/v2/access-token")
#: The value of `--write-existing` that stands for all tags.
ALL: Final = "all"
#: Collections of an organization whose new objects have effects that their deletion does not undo, and those effects.
PROTECTED_COLLECTIONS: Final[Mapping[str, str]] = {
    "invitations": "an invitation sends e-mails",
    "services": "a notification service reports builds that the run did not create",
}
#: Actions on own objects with effects outside Buildkite, by the last segment of the path.
PROTECTED_ACTIONS: Final[Mapping[str, str]] = {
    "webhook": "a webhook is created in the repository, outside Buildkite",
}
#: Properties of request bodies with effects outside the objects of the run.
PROTECTED_PROPERTIES: Final[Mapping[str, str]] = {
    "hostedAgents": "a hosted queue may start machines",
}
#: Path templates of objects that also have a longer path, below a single parent.
_SHORT_PATHS: Final[Mapping[str, str]] = {"jobs": "/v2/organizations/{org}/jobs/{job_id}"}
_ORGANIZATION: Final = {"org"}
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
#: All but the first part of a UUID. A pattern that starts with a fixed character is many times as fast.
_REST: Final = re.compile(r"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_START: Final = 8
#: Slashes in the path of an object of an organization.
_DEPTH: Final = 5
#: Seconds by which the clocks of a server may differ.
_SKEW: Final = 60
EXISTED: Final = "the run did not create this object"
_NOT_OWN: Final = "the request refers to an object that the run did not create"
_INVALID: Final = "the path may lead to another object"


@define
class OwnObjects:
    """The objects that a run has created, by their paths.

    An object that was seen before it was created is not own, whatever a response says.
    """

    ids: set[str] = field(factory=set[str])
    """UUIDs, in lower case, that requests may refer to."""
    _paths: dict[str, str | None] = field(factory=dict[str, "str | None"])
    """Ids by path."""
    start: float | None = field(default=None, init=False)
    """Time of the first response by the clock of the server, in seconds since 1970."""
    creations: int = field(default=0, init=False)
    """Number of the last request that creates an object."""
    seen_ids: dict[str, int] = field(factory=dict[str, int], init=False)
    """UUIDs of objects that existed before, with the number of the last request before they were seen."""
    seen_paths: dict[str, int] = field(factory=dict[str, int], init=False)
    """Their paths, with the same number."""
    _confirmed: set[str] = field(factory=set[str], init=False)
    """Paths that a later request has used successfully, or of objects above such a path."""

    def see(self, content: str, paths: Iterable[str] = ()) -> None:
        """Remember that all UUIDs in a response and some paths existed before, unless they are own."""
        for each in set(_uuids(content)) - self.ids:
            self.seen_ids.setdefault(each, self.creations)
        for each in paths:
            if each not in self._paths:
                self.seen_paths.setdefault(each, self.creations)

    def existed(self, path: str, body: object = None, *, creation: float = inf) -> bool:
        """Return whether an object with this path or JSON was there before a creation, and is not own.

        Args:
            path: Path of the object.
            body: Its JSON.
            creation: Number of the request. What was seen only after it may be the object that it has created.
        """
        keys = {path.rpartition("/")[2].lower(), identity_of(body) or ""} - self.ids
        seen = [self.seen_paths.get(path, inf), *(self.seen_ids.get(key, inf) for key in keys)]
        return path not in self._paths and (min(seen) < creation or self.is_older(body))

    def is_older(self, body: object) -> bool:
        """Return whether an object was created before the run, according to its JSON and the clock of the server."""
        created = parse_time(as_object(body).get("created_at"))
        return created is not None and self.start is not None and created.timestamp() < self.start - _SKEW

    def add(self, path: str, body: object = None) -> None:
        """Add an object with its path, and its JSON."""
        self._paths[path] = identity_of(body) or self._paths.get(path)
        ids = {*_uuids(path.rpartition("/")[2])}
        ids |= {value.lower() for name in ("id", "uuid") if isinstance(value := as_object(body).get(name), str)}
        self.ids |= ids - self.seen_ids.keys()

    def confirm(self, path: str) -> None:
        """Remember that a request for a path has succeeded, so that the objects in it had their paths."""
        segments = path.split("/")
        self._confirmed.update("/".join(segments[:end]) for end in range(_DEPTH, len(segments) + 1))

    def is_confirmed(self, path: str) -> bool:
        """Return whether a path is that of an object, not only according to the response that created it."""
        return path in self._confirmed

    def remove(self, path: str) -> None:
        """Remove an object that turns out to be one of others, with those below it."""
        for each in [each for each in self._paths if each == path or each.startswith(f"{path}/")]:
            identity = self._paths.pop(each)
            keys = {*_uuids(each.rpartition("/")[2]), *([] if identity is None else [identity])}
            self.ids -= keys
            self.seen_paths[each] = 0
            self.seen_ids.update(dict.fromkeys(keys, 0))

    def identity(self, path: str) -> str | None:
        """Return the id of an own object."""
        return self._paths.get(path)

    def is_object(self, path: str) -> bool:
        """Return whether the path is that of an own object."""
        return path in self._paths

    def contains(self, path: str) -> bool:
        """Return whether the path leads to an own object or below one."""
        segments = path.split("/")
        return any("/".join(segments[:end]) in self._paths for end in range(len(segments), 3, -1))

    def is_in(self, text: str) -> bool:
        """Return whether a text contains the id of an own object."""
        return not self.ids.isdisjoint(_uuids(text))

    def names(self, reference: str) -> bool:
        """Return whether an id is that of an own object, or a slug that of an own object of an organization."""
        if reference.lower() in self.ids:
            return True
        return any(path.endswith(f"/{reference}") and path.count("/") == _DEPTH for path in self._paths)

    def learn(self, path: str, body: object) -> None:
        """Add the objects in the response for an own path that also have a path outside it: the jobs of a build."""
        if not self.contains(path):
            return
        organization = path.split("/")[3:4]
        for key, template in _SHORT_PATHS.items():
            for item in as_object(body).get(key) or ():
                if isinstance(value := as_object(item).get("id"), str) and _UUID.fullmatch(value):
                    short = filled(template, {"org": "".join(organization), parameters_of(template)[-1]: value})
                    if not self.existed(short, item):
                        self.add(short)


@define
class Permissions:
    """Decides which requests may be sent."""

    spec: Spec
    write: bool = True
    existing: frozenset[str] = frozenset()
    """Tags whose existing objects may be changed."""
    own: OwnObjects = field(factory=OwnObjects)
    harmless: set[str] = field(factory=set[str])
    """Ids in lower case that a request may refer to: that of the user of the token."""
    organizations: set[str] = field(factory=set[str])
    """Organizations in which objects may be created. Empty for all."""
    revocable: str | None = None
    """The value of the `Authorization` header of the token that may be revoked."""

    def may_change_existing(self, operation: Operation) -> bool:
        """Return whether the options allow an operation on objects that the run did not create."""
        return operation.method in _SAFE or (self.write and self._is_existing_allowed({operation.tag}))

    def is_possible(self, operation: Operation) -> bool:
        """Return whether any request of an operation may be sent, be it for an object that does not exist."""
        if (operation.method, operation.path) == REVOCATION:
            return False
        if self.may_change_existing(operation):
            return True
        return self.write and (bool({*operation.parameters} - _ORGANIZATION) or self._creates(operation) is None)

    def refusal_of(self, operation: Operation) -> str:
        """Return why no request of an operation may be sent."""
        return self._creates(operation) or EXISTED if self.write else "the run only reads"

    def refusal(
        self, method: str, path: str, query: str = "", content: bytes = b"", authorization: str = ""
    ) -> str | None:
        """Return why a request must not be sent, or None if it may be."""
        if (method, path) == REVOCATION:
            is_revocable = self.revocable is not None and authorization == self.revocable
            return None if is_revocable else "it would revoke the token of the run"
        if method in _SAFE:
            return None if self.write or method in {"GET", "HEAD"} else "the run only reads"
        if not self.write:
            return "the run only reads"
        if ALL in self.existing:
            return None
        matching = list(self.spec.operations_at(path))
        if self._is_existing_allowed({each.tag for each in matching}):
            return None
        segments = [unquote(segment) for segment in path.split("/")[1:]]
        if any(segment in {"", ".", ".."} or "/" in segment for segment in segments):
            return _INVALID
        if any(map(is_made_up, segments)):
            return None
        decoded = "/" + "/".join(segments)
        if self.own.contains(decoded):
            reason = PROTECTED_ACTIONS.get(segments[-1])
        else:
            operation = next((each for each in matching if each.method == method), None)
            reason = EXISTED if operation is None else self._creates(operation)
            if reason is None and self.organizations and self._organization(decoded) not in self.organizations:
                reason = "the organization is not the one of the run"
            if reason is None and has_other_name(loads_or_none(content)):
                reason = "the new object would not have a name of the run"
        return reason or self._reference(query, content)

    def needs_own(self, path: str) -> bool:
        """Return whether only own objects may be changed at a path."""
        if ALL in self.existing:
            return False
        return not self._is_existing_allowed({each.tag for each in self.spec.operations_at(path)})

    def permits_reference(self, value: str) -> bool:
        """Return whether a request may name an object by its id or slug."""
        return bool(self.existing) or self.own.names(value) or value.lower() in self.harmless

    def _is_existing_allowed(self, tags: set[str]) -> bool:
        return ALL in self.existing or (bool(tags) and tags <= self.existing)

    def _creates(self, operation: Operation) -> str | None:
        """Return why an operation must not create objects of the organization, or None if it may."""
        path = operation.path
        is_collection = any(
            object_path(each.path).rpartition("/")[0] == path for each in self.spec.operations if each.parameters
        )
        if operation.method != "POST" or not is_collection or {*operation.parameters} != _ORGANIZATION:
            return EXISTED
        return PROTECTED_COLLECTIONS.get(path.rpartition("/")[2])

    @staticmethod
    def _organization(path: str) -> str:
        segments = path.split("/")
        position = segments.index("organizations") + 1 if "organizations" in segments else len(segments)
        return segments[position] if position < len(segments) else ""

    def _reference(self, query: str, content: bytes) -> str | None:
        """Return why the parameters of a request must not be sent."""
        text = f"{unquote(query)}\n{content.decode(errors='replace')}"
        for value in _uuids(text):
            if value not in self.own.ids and value not in self.harmless and not is_made_up(value):
                return _NOT_OWN
        parameters, body = parse_qsl(query), loads_or_none(content)
        for name, _ in [*parameters, *_properties(body)]:
            if name in PROTECTED_PROPERTIES:
                return PROTECTED_PROPERTIES[name]
        for slug in slugs_in([[{name: value} for name, value in parameters], body]):
            if not (self.own.names(slug) or is_made_up(slug)):
                return _NOT_OWN
        return None


def references_in(query: str, content: bytes) -> Iterator[str]:
    """Yield the ids and slugs by which a request refers to objects."""
    yield from _uuids(f"{unquote(query)}\n{content.decode(errors='replace')}")
    yield from slugs_in([[{name: value} for name, value in parse_qsl(query)], loads_or_none(content)])


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Return a path with the values of its parameters, not encoded."""
    for name in parameters_of(template):
        template = template.replace(f"{{{name}}}", str(values[name]))
    return template


def _uuids(text: str) -> list[str]:
    found = (text[max(match.start() - _START, 0) : match.end()] for match in _REST.finditer(text))
    return [each.lower() for each in found if _UUID.fullmatch(each)]


def _properties(value: object) -> Iterator[tuple[str, object]]:
    if is_array(value):
        for item in value:
            yield from _properties(item)
    elif is_object(value):
        for name, item in value.items():
            yield name, item
            yield from _properties(item)
