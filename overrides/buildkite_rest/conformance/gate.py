"""The gate that all requests of a run pass: permissions, the budget, the journal and the log.

An object is own only if its id was unknown before. Responses are not trusted: a wrong one may name an existing object.

The runner, the engine of schemathesis and its checks have sessions of their own, so the gate is in the adapter of
`requests`, below all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from threading import Lock, get_ident
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import requests
from attrs import define, field, frozen
from requests.adapters import HTTPAdapter
from requests.sessions import SessionRedirectMixin

from .._base.dates import http_date
from .._base.json_values import as_object, is_array, loads_or_none
from .._base.safe_text import safe_excerpt
from .bodies import decoded
from .certificates import trusted_certificates
from .connection_errors import may_have_been_sent
from .identities import identity_of, is_segment, is_uuid, name_within
from .invalid_bodies import property_names
from .journal import Journal, Unresolved
from .names import sent_name, unique_name_in
from .objects import created_templates, identifier_of
from .page_items import items_of
from .permissions import Permissions, filled, references_in
from .proofs import Creation, Proofs
from .request_log import RequestLog
from .response_sizes import MAX_BYTES, read_limited
from .spec import Operation, object_path, parameters_of

_READ: Final = frozenset({"GET", "HEAD"})
_GONE: Final = frozenset({404, 410})
#: Characters of a response that a conflict keeps.
_TEXT: Final = 1_000
#: Conflicts that are reported.
_CONFLICTS: Final = 20


@frozen
class Check:
    """A check as reports name it."""

    name: str
    code: str


EXISTED_BEFORE: Final = Check("created_object_existed", "BK302")
VALUE: Final = Check("value_not_persisted", "BK106")
TOO_LARGE: Final = Check("response_too_large", "BK303")
REPEATED: Final = Check("creation_repeated", "BK304")
IN_SPITE_OF_REFUSAL: Final = Check("refused_request_has_effect", "BK234")
#: Seconds after the response to a change before the next one, so that their times differ, which have milliseconds.
_BETWEEN_CHANGES: Final = 0.002
#: Methods that may give an object another path.
_RENAMING: Final = frozenset({"PATCH", "PUT", "POST"})


class ForbiddenRequestError(requests.RequestException):
    """The permissions of the run do not allow a request.

    Args:
        request: The request.
        reason: Why it is not allowed.
    """

    def __init__(self, request: requests.PreparedRequest, reason: str) -> None:
        super().__init__(f"{request.method} {safe_excerpt(request.url or '', 200)} is not allowed: {reason}")
        self.method, self.url = request.method or "", request.url or ""
        self.reason = reason


@frozen
class Conflict:
    """A response that no check can report: it presents an object of others as created, for example."""

    method: str
    path: str
    status: int
    text: str
    message: str
    check: Check
    phase: str = "preparation"


class ClosedGateError(requests.RequestException):
    """The run has ended."""


@define
class Gate:
    """Sends, logs and records requests, or refuses them.

    Args:
        permissions: The requests that may be sent.
        log: The log of all requests.
        base_url: URL of the API.
        journal: The journal of objects that the run creates, or None if it creates none.
    """

    permissions: Permissions
    log: RequestLog
    base_url: str
    journal: Journal | None = None
    _cleaner: int | None = field(default=None, init=False)
    """The only thread that may send requests, after the end of the run."""
    in_flight: int = field(default=0, init=False)
    """Number of requests without a response yet."""
    _lock: Lock = field(factory=Lock, init=False)
    conflicts: list[Conflict] = field(factory=list[Conflict], init=False)
    _unverified: set[str] = field(factory=set[str], init=False)
    """Paths of own objects whose deletion was accepted."""
    _new: dict[tuple[str, str], str] = field(factory=dict[tuple[str, str], str], init=False)
    """Paths of the objects that have been created, by their collection and id."""
    proofs: Proofs = field(init=False)
    _next_change: float = field(default=0.0, init=False)
    """When the next change may be sent."""
    _large: set[str] = field(factory=set[str], init=False)
    """Ids of the operations that had a response that is too large."""
    _templates: dict[str, str] = field(init=False)
    """Path templates of new objects by the path of the POST that creates them."""
    _returned: dict[str, frozenset[str]] = field(factory=dict[str, "frozenset[str]"], init=False)
    """Names of the properties of responses, by operation."""

    def __attrs_post_init__(self) -> None:
        self.proofs = Proofs(self.permissions.own)
        self._templates = created_templates(self.permissions.spec)

    @contextmanager
    def installed(self) -> Generator[None]:
        """Pass all requests of the library `requests` through the gate, in all threads.

        They trust the same certificates as those of the client. No redirect is followed: it is the response to check,
        and its URL may be invalid, for which `requests` raises `ValueError` even if it must not follow redirects.

        Raises:
            CannotRunError: The environment names certificates that cannot be read.
        """
        send, redirect_target = HTTPAdapter.send, SessionRedirectMixin.get_redirect_target
        gate = self
        certificates = trusted_certificates()
        trust = {} if certificates is None else {"verify": certificates}

        def gated(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
            options |= trust
            return gate.send(lambda: send(adapter, request, *args, **options), request)

        HTTPAdapter.send = gated  # type: ignore[method-assign,assignment]
        SessionRedirectMixin.get_redirect_target = lambda *_: None  # type: ignore[method-assign]
        try:
            yield
        finally:
            HTTPAdapter.send = send  # type: ignore[method-assign]
            SessionRedirectMixin.get_redirect_target = redirect_target  # type: ignore[method-assign]

    def close(self) -> None:
        """Allow requests of this thread only: the cleanup. Other threads may not have noticed the end of the run."""
        self._cleaner = get_ident()
        self.log.finish()

    def send(self, send: Any, request: requests.PreparedRequest) -> requests.Response:
        """Send a request, and read its response. schemathesis reads streams, but without a limit.

        Raises:
            ForbiddenRequestError: The permissions do not allow it.
            ClosedGateError: The run has ended.
            BudgetSpentError: The budget allows no further request.
            KeyboardInterrupt: The journal cannot be written, which ends the run.
        """
        method, url = request.method or "", request.url or ""
        if self._cleaner not in {None, get_ident()}:
            raise ClosedGateError(request=request)
        parts = urlsplit(url)
        path = parts.path.removeprefix(urlsplit(self.base_url).path)
        path = self.permissions.spec.without_trailing_slash(method, path)
        content = _content(request.body)
        authorization = str(request.headers.get("Authorization", ""))
        if method not in _READ and self._cleaner is None and self.permissions.needs_own(path):
            self.proofs.require(unquote(path), references_in(parts.query, content))
        if (reason := self.permissions.refusal(method, path, parts.query, content, authorization)) is not None:
            raise ForbiddenRequestError(request, reason)
        self.log.claim()
        announced = self._announce(method, path, content)
        if (
            self.journal is not None
            and self.journal.error is not None
            and self._cleaner is None
            and method not in _READ
        ):
            raise KeyboardInterrupt
        if method not in _READ:
            sleep(max(self._next_change - monotonic(), 0.0))
        status: int | None = None
        with self._lock:
            self.in_flight += 1
        try:
            response: requests.Response = send()
            status = response.status_code
            self._read(request, path, response)
            if self.permissions.own.start is None:
                self.permissions.own.start = http_date(response.headers.get("Date"))
            if method not in _READ:
                self._next_change = monotonic() + _BETWEEN_CHANGES
                # Errors while the body is read leave the result of the request unknown.
                self._record(announced, request, path, response)
            elif method == "GET":
                self.observe(path, status, lambda: response.content)
        except (requests.RequestException, KeyboardInterrupt) as error:
            self._record_error(announced, error)
            raise
        finally:
            with self._lock:
                self.in_flight -= 1
            self.log.record(method, url, status)
        return response

    def _read(self, request: requests.PreparedRequest, path: str, response: requests.Response) -> None:
        """Read a response, and report one that is too large, once per operation."""
        if read_limited(response):
            return
        operation = self.permissions.spec.find(request.method or "", unquote(path))
        if operation is not None and operation.id not in self._large:
            self._large.add(operation.id)
            message = f"the response has more than {MAX_BYTES >> 20} MiB"
            method, status, text = request.method or "", response.status_code, response.text
            self.conflicts.append(Conflict(method, path, status, text, message, TOO_LARGE, "requests"))

    def observe(self, path: str, status: int, content: Callable[[], bytes]) -> None:
        """Remember the objects in the response of a GET: they are not those that the run creates later."""
        if self.journal is None:
            return
        own, path = self.permissions.own, unquote(path)
        if 200 <= status < 300:
            own.confirm(path)
        if status in _GONE and path in self._unverified:
            self._unverified.discard(path)
            self.journal.deleted(path)
        elif 200 <= status < 300 and self.proofs.is_pending(path):
            is_other = self.proofs.is_other(path, content())
            if (creation := self.proofs.discard(path)) is not None and is_other:
                self._disown(path, creation)
        elif 200 <= status < 300 and not own.contains(path):
            body, paths = content(), [path]
            if (operation := self.permissions.spec.find("POST", path)) is not None:
                parameter = parameters_of(self._templates.get(operation.path, ""))[-1:]
                items = (items_of(decoded(body)) or ()) if parameter else ()
                paths += [f"{path}/{identifier_of(parameter[0], item)}" for item in items]
            own.see(body.decode(errors="replace"), paths)

    def _announce(self, method: str, path: str, content: bytes) -> int | None:
        operation = self.permissions.spec.find(method, path)
        if self.journal is not None and method in _RENAMING and self.permissions.own.is_object(unquote(path)):
            self.journal.changing(unquote(path))
            self.proofs.discard(unquote(path))  # it may have another name from now on
        if self.journal is None or operation is None or method != "POST" or operation.path not in self._templates:
            return None
        name = unique_name_in(content.decode(errors="replace"))
        other = sent_name(loads_or_none(content)) if name is None else None
        number = self.permissions.own.creations = self.journal.creating(operation.id, unquote(path), name, other)
        return number

    def _record(
        self, announced: int | None, request: requests.PreparedRequest, path: str, response: requests.Response
    ) -> None:
        if self.journal is None:
            return
        own, status, body = self.permissions.own, response.status_code, loads_or_none(response.content)
        method, path = request.method or "", unquote(path)
        is_success = 200 <= status < 300
        if announced is not None:
            if is_success:
                if self._is_about_existing(path, request, body):
                    self.journal.failed(announced, status)
                    return
                name = unique_name_in(_content(request.body).decode(errors="replace"))
                found = list(self._created(path, request, response))
                if not found:
                    self.journal.accepted(announced, status)
                    self._report_unknown(request, path, response, name)
                for item_path, item in found:
                    named = None if name is None else name_within(item, [name])
                    self.journal.created(announced, item_path, identity_of(item), named)
                    if name is not None and self._is_provable(item_path, name, request):
                        creation = Creation(path, name, status, response.text[:_TEXT])
                        self.proofs.expect(item_path, identity_of(item), creation)
                    if (identity := identity_of(item)) is not None:
                        self._new[path, identity] = item_path
                    own.add(item_path, item)
                    own.learn(item_path, item)
            else:
                (self.journal.failed if 400 <= status < 500 else self.journal.unclear)(announced, status)
        elif is_success and own.contains(path):
            own.confirm(path)
            own.learn(path, body)
            if method == "DELETE" and own.is_object(path):
                self._unverified.add(path)
            elif method in _RENAMING and own.is_object(path):
                self._record_new_path(path, response)

    def _record_error(self, announced: int | None, error: BaseException) -> None:
        """Record a creation without a response: nothing was sent, the run did not wait for it, or it was lost."""
        if self.journal is None or announced is None:
            return
        if not isinstance(error, requests.RequestException):
            self.journal.unclear(announced, 0)
        elif not may_have_been_sent(error):
            self.journal.failed(announced, 0)

    def _is_about_existing(self, path: str, request: requests.PreparedRequest, body: object) -> bool:
        """Return whether a request without a unique name has changed an object instead: an annotation, for example."""
        operation = self.permissions.spec.find("POST", path)
        if operation is None or unique_name_in(_content(request.body).decode(errors="replace")) is not None:
            return False
        key = identifier_of(parameters_of(self._templates[operation.path])[-1], body)
        if key is None or is_array(body):
            return False
        item_path = f"{path}/{key}"
        own = self.permissions.own
        is_same = own.is_object(item_path) and own.identity(item_path) == identity_of(body)
        return is_same or own.existed(item_path, body)

    def _created(
        self, path: str, request: requests.PreparedRequest, response: requests.Response
    ) -> Generator[tuple[str, object]]:
        """Yield the objects in a response with their paths.

        A response with neither the name in the request nor an own object may be about one that existed before.
        """
        operation = self.permissions.spec.find("POST", path)
        if operation is None:
            return
        own, content = self.permissions.own, response.content.decode(errors="replace")
        name = unique_name_in(_content(request.body).decode(errors="replace"))
        trusted = (
            own.contains(path)
            or own.is_in(content)
            or (name is not None and name.lower() in content.lower())
            or (
                (name is None or not self._returns(operation, name, request))
                and self.permissions.may_change_existing(operation)
            )
        )
        template = self._templates[operation.path]
        # Such a request changes the object with the key that it sends.
        is_upsert = any(each.get("object") == "created" for each in self.permissions.spec.effects(operation))
        body, sent = loads_or_none(response.content), as_object(loads_or_none(_content(request.body))).values()
        for item in body if is_array(body) else [body]:
            key = identifier_of(parameters_of(template)[-1], item)
            if not trusted or key is None or not is_segment(key):
                continue
            item_path = f"{path}/{key}"
            is_below = own.contains(path)
            known = None if name is None or is_upsert else self._known(path, item, name)
            if known is not None:
                message = f"the response to a new object is about one that was created before, {known}"
                self._report(request, path, response, message)
            elif not is_below and own.existed(item_path, item):
                if self.journal is not None and (identity := identity_of(item)) is not None:
                    self.journal.existing(identity)
                if name is not None:
                    self._report(
                        request, path, response, f"the response to a new object is about an existing one, {key}"
                    )
            elif (
                is_below
                or name is None
                or str(key).lower() == identity_of(item)
                or unique_name_in(str(key).lower())
                or key in sent
            ):
                yield item_path, item

    def _known(self, collection: str, item: object, name: str) -> str | None:
        """Return the key of the object that the run has created before with the id of an item.

        After its deletion, an item with the name that was sent is another object, although it has its id.
        """
        identity = identity_of(item)
        path = self._new.get((collection, identity)) if is_uuid(identity) and identity is not None else None
        if path is None or (path in self._unverified and name_within(item, [name]) is not None):
            return None
        return path.rpartition("/")[2]

    def _is_provable(self, path: str, name: str, request: requests.PreparedRequest) -> bool:
        """Return whether a GET can show that an object is new. One below an own object is own in any case."""
        spec, collection = self.permissions.spec, path.rpartition("/")[0]
        operation = spec.find("POST", collection)
        if operation is None or spec.find("GET", path) is None or self.permissions.own.contains(collection):
            return False
        return self._returns(operation, name, request)

    def _disown(self, path: str, creation: Creation) -> None:
        """Treat an object as one of others, because it existed before or does not have the name that was sent."""
        own, key = self.permissions.own, path.rpartition("/")[2]
        identity = own.identity(path)
        own.remove(path)
        if self.journal is not None:
            self.journal.existing(key if identity is None else identity, path)
        if len(self.conflicts) < _CONFLICTS:
            message = f"the response to a new object is about an existing one, {key}, as its GET shows"
            status, text = creation.status, creation.text
            self.conflicts.append(Conflict("POST", creation.collection, status, text, message, EXISTED_BEFORE))

    def _report_unknown(
        self, request: requests.PreparedRequest, path: str, response: requests.Response, name: str | None
    ) -> None:
        """Report a new object that the run must not change, because the response lacks the name in the request."""
        operation = self.permissions.spec.find("POST", path)
        if operation is None or name is None or not self._returns(operation, name, request):
            return
        has_object = identity_of(loads_or_none(response.content)) is not None
        if has_object and name.lower() not in response.text.lower():
            message = f"the response lacks the sent name {name}, so that the run cannot delete the new object"
            self._report(request, path, response, message, VALUE)

    def _returns(self, operation: Operation, name: str, request: requests.PreparedRequest) -> bool:
        """Return whether the property with the unique name is in responses: the description of a rule is not."""
        if operation.id not in self._returned:
            schema = self.permissions.spec.response_schema(operation)
            self._returned[operation.id] = property_names(self.permissions.spec, schema)
        sent = as_object(loads_or_none(_content(request.body)))
        named = {each for each, value in sent.items() if name in str(value)}
        return not named or not named.isdisjoint(self._returned[operation.id])

    def _report(
        self,
        request: requests.PreparedRequest,
        path: str,
        response: requests.Response,
        message: str,
        check: Check = EXISTED_BEFORE,
    ) -> None:
        if len(self.conflicts) < _CONFLICTS:
            method, status = request.method or "", response.status_code
            self.conflicts.append(Conflict(method, path, status, response.text, message, check))

    def report_effects(self, requests: Iterable[Unresolved], repeated: Iterable[Unresolved] = ()) -> None:
        """Report objects that should not exist, once per operation.

        Args:
            requests: Requests that were refused, but have created an object.
            repeated: Requests that have created more than one.
        """
        refusal = "the request was refused, but has created the object"
        repetition = "the request has created more than one object with the name"
        for found, message, check in ((requests, refusal, IN_SPITE_OF_REFUSAL), (repeated, repetition, REPEATED)):
            for each in {each.operation: each for each in reversed([*found])}.values():
                status, text = each.refusal or 0, f"{message} {each.name}"
                self.conflicts.append(Conflict("POST", each.collection, status, "", text, check, "cleanup"))

    def _record_new_path(self, path: str, response: requests.Response) -> None:
        own, body = self.permissions.own, loads_or_none(response.content)
        for operation in self.permissions.spec.operations:
            if operation.parameters and operation.path == object_path(operation.path) and operation.matches(path):
                values = self.permissions.spec.values(operation, path)
                name = operation.parameters[-1]
                key = identifier_of(name, body)
                renamed = path if key is None else filled(operation.path, {**values, name: key})
                if renamed == path or self.journal is None or not is_segment(key):
                    return
                if own.existed(renamed, body) or identity_of(body) != own.identity(path) or own.identity(path) is None:
                    self._report(response.request, path, response, f"the response is about another object, {key}")
                else:
                    self.journal.renamed(path, renamed)
                    own.add(renamed, body)
                    own.confirm(renamed)
                return


def _content(body: object) -> bytes:
    """Return the body of a request. A stream is not read: only uploads of files have one, and they name no object."""
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    return body if isinstance(body, bytes) else b""
