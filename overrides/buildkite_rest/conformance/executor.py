"""The executor: it sends what plans ask for, has rules judge each exchange, and reports failures.

It owns what every plan needs: permission to send, reads that are repeated only after a change, settling (a difference
is reported only if it is still there when everything is read again), snapshots around a change, and the limit of
failures of a kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import sleep
from typing import Any, Final

from attrs import define, field, frozen

from .._base.json_values import is_array
from .api import Api, Kind, Operation
from .credentials import Secrets
from .exchange import ANONYMOUS, NO_BODY, TOKEN, Exchange, Journal, Pages, PathValues, Query, Request, query_of
from .objects import identifier_of
from .options import Options, is_local
from .ownership import ForbiddenRequestError
from .reproduction import curl, excerpt
from .results import CheckFailure, Results, Skip
from .rules import Context, problems_of
from .rules.effects import effect_problems, representations
from .rules.frame import Effect, Snapshot, frame_problems
from .sender import MAX_BYTES, Reply, Sender
from .values import leaves
from .world import World

#: Reads before a difference is reported, because a change may take a moment to become visible.
_ATTEMPTS: Final = 3
_PAUSE: Final = 0.2
#: Items of a page, if there is a choice.
_LARGE_PAGE: Final = 100
#: Failures of a check that are recorded for an operation.
_PER_CHECK: Final = 5
#: Representations of an object, of which one may be wrong: in the response to a change, its own, and in a list.
_REPRESENTATIONS: Final = 3
#: Length of a text, with its quotes, that shows which request it comes from.
_RECOGNIZABLE: Final = 8
#: Statuses of an invalid request.
REFUSED: Final = frozenset({400, 422})
_FORBIDDEN: Final = 403
OTHER_EFFECT: Final = "other_effect"
REFUSED_EFFECT: Final = "refused_request_has_effect"
_EXISTED: Final = "created_object_existed"
_TOO_LARGE: Final = "response_too_large"


@frozen
class Finding:
    """A problem that a plan or a rule has found."""

    check: str
    message: str
    shown: Exchange
    """The exchange that shows it, whose operation is at fault."""
    before: Sequence[Exchange] = ()
    """Exchanges that must precede it for the problem to show."""


@define
class Executor:
    """Sends, judges and reports."""

    api: Api
    world: World
    context: Context
    options: Options
    secrets: Secrets
    results: Results
    sender: Sender
    phase: str = ""
    journal: Journal = field(factory=Journal)
    credentials: Mapping[str, str] = field(factory=dict[str, str])
    """Values of the header `Authorization` by name, of further tokens."""
    _failures: Counter[tuple[str, str]] = field(factory=Counter[tuple[str, str]])

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that it may be sent requests that others are not sent."""
        return is_local(self.options.base_url)

    def wants(self, *operations: Operation | None) -> bool:
        """Return whether the run checks one of the operations."""
        return any(each is not None and each.label in self.results.outcomes for each in operations)

    def permits(self, request: Request) -> bool:
        """Return whether a request may be sent: a run changes only what it has created, unless told otherwise."""
        return self._refusal(request) is None

    def _refusal(self, request: Request) -> str | None:
        return self.world.ownership.refusal(request, self.credentials.get(request.credential, ""))

    def send(self, request: Request) -> Exchange:
        """Send a request, and judge the exchange by the rules for single ones.

        Raises:
            ForbiddenRequestError: The run may not send it.
        """
        if (refusal := self._refusal(request)) is not None:
            raise ForbiddenRequestError(f"{request.sent_method} {request.path} is not allowed: {refusal}")
        self.world.ownership.begin(request)
        reply = self._sent(request)
        problem = self.world.ownership.observe(self._exchange(request, reply))
        for each in reply.limited:
            self._judge(self._exchange(request, each))
        exchange = self._exchange(request, reply)
        if problem is not None:
            self.report(Finding(_EXISTED, problem, exchange))
        if not reply.is_complete:
            self.report(Finding(_TOO_LARGE, f"the response has more than {MAX_BYTES >> 20} MiB", exchange))
        self._judge(exchange)
        return exchange

    def _sent(self, request: Request) -> Reply:
        headers = dict(request.headers)
        if request.credential not in {TOKEN, ANONYMOUS}:
            headers["Authorization"] = self.credentials.get(request.credential, request.credential)
        return self.sender.send(
            request.sent_method,
            request.path,
            headers=headers,
            is_signed=request.credential == TOKEN and request.operation.needs_token,
            params=dict(request.query) or None,
            json=None if request.body is NO_BODY else request.body,
            data=request.content,
            files=request.files,
        )

    def _exchange(self, request: Request, reply: Reply) -> Exchange:
        return Exchange(
            request,
            reply.status,
            reply.headers,
            reply.content,
            reply.url,
            reply.sent,
            reply.sent_content,
            self.journal.count,
            self.journal.changes,
        )

    def _judge(self, exchange: Exchange) -> None:
        self.journal.add(exchange)
        outcome = self.results.outcomes.get(exchange.operation.label)
        if outcome is not None:
            outcome.requests += 1
            if exchange.request.is_plain:
                outcome.statuses[exchange.status] += 1
        for check, message in problems_of(exchange, self.context):
            self.report(Finding(check, message, exchange))

    def read(
        self,
        operation: Operation,
        values: PathValues,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Send a GET, or return its exchange if nothing was changed since it was last sent."""
        known = {name: values[name] for name in operation.parameters}
        request = Request(operation, known, query or {}, headers or {})
        return self.journal.last_read(request) or self.send(request)

    def read_pages(
        self,
        operation: Operation,
        values: PathValues,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        most: int = 3,
    ) -> Pages:
        """Read a list page by page, the next one by its link, or an object. Pages are as large as possible."""
        size = {"per_page": _LARGE_PAGE} if "per_page" in operation.query else {}
        pages = [self.read(operation, values, {**size, **(query or {})}, headers)]
        while (url := pages[-1].links.get("next")) is not None and pages[-1].ok and len(pages) < most:
            pages.append(self.read(operation, values, query_of(url), headers))
        return Pages(pages, pages[-1].ok and url is None)

    def read_objects(self, operation: Operation, values: PathValues) -> Sequence[Mapping[str, Any]]:
        """Read the objects on the first page of a list."""
        return self.read_pages(operation, values, most=1).objects

    def check(self, judge: Callable[[], Iterable[Finding]], during: Request | None = None) -> bool:
        """Report what a function finds, if it still finds something when everything is read again.

        What it finds while the response to the request `during` changes, as the log of a running job does, does not
        count. Return whether it found nothing.
        """

        def found() -> Sequence[Finding]:
            before = None if during is None else self.send(during).content
            findings = list(judge())
            is_steady = not findings or during is None or self.send(during).content == before
            return findings if is_steady else []

        findings = found()
        for _ in range(_ATTEMPTS - 1):
            if not findings:
                return True
            sleep(_PAUSE)
            self.journal.forget()
            findings = found()
        for each in findings:
            self.report(each)
        return not findings

    def expect(self, request: Request, expected: Collection[int], check: str) -> Exchange | None:
        """Send a request, and report another status than the expected ones. Return None if it may not be sent."""
        if not self.permits(request):
            return None
        exchange = self.send(request)
        if exchange.status not in expected:
            wanted = " or ".join(map(str, sorted(expected)))
            self.report(Finding(check, f"a request {request.why} gets {exchange.status} instead of {wanted}", exchange))
        return exchange

    def snapshot(self, kind: Kind, values: PathValues, *, near: bool = False) -> Snapshot:
        """Read an object, what is above, beside and below it, and the lists that may have it.

        With `near`, read the object and its list only.
        """
        found = self.world.surroundings(kind, values, near=near)
        return Snapshot([self.read(each.operation, each.values, each.query) for each in found])

    def change(
        self,
        request: Request,
        kind: Kind,
        values: PathValues,
        effect: Effect,
        further: Iterable[Request] = (),
        *,
        near: bool = False,
    ) -> Exchange | None:
        """Send a request that changes an object, and report what it changes beside its effect.

        Return the exchange, or None if the request may not be sent. A refused request has no effect. Further reads
        show what is not near the object in its path.
        """
        if not self.permits(request):
            return None
        reads = {each.request.key: each for each in self.snapshot(kind, values, near=near).reads}
        for each in further:
            reads.setdefault(each.key, self.read(each.operation, each.values, each.query))
        before = Snapshot([*reads.values()])
        cause = self.send(request)
        self.compare(before, cause, effect)
        return cause

    def compare(self, before: Snapshot, cause: Exchange, effect: Effect, *, is_series: bool = False) -> None:
        """Report what a request has changed beside its effect, and what it should have changed.

        A series of requests, of which `cause` is the last, is only judged by what it should not have changed.
        """
        if cause.ok:
            effect = effect.having_created(cause) if effect.creates else effect
        else:
            effect = Effect(effect.kind, effect.target)

        def judge() -> Iterator[Finding]:
            after = Snapshot([*self._again(before, cause, effect)])
            check = OTHER_EFFECT if cause.ok else REFUSED_EFFECT
            found = [(check, *each) for each in frame_problems(self.context, before, after, effect)]
            if cause.ok and not is_series:
                found += effect_problems(self.context, before, cause, after, effect)
            showing = {each.number for each, _ in representations(self.context, [cause, *after.reads], cause, effect)}
            yield from self._attributed(found, cause, showing)

        self.check(judge)

    def _attributed(
        self, found: Sequence[tuple[str, Exchange, str]], cause: Exchange, showing: Collection[int]
    ) -> Iterator[Finding]:
        """Yield findings about a change, or about the only one of several reads of its object that shows a problem."""
        for check, shown, message in found:
            text = f"after a request {cause.request.why}, {message}"
            others = {each.number for name, each, other in found if (name, other) == (check, message)} - {shown.number}
            is_of_read = not others and shown.number in showing and len(showing) >= _REPRESENTATIONS
            if is_of_read and shown is not cause:
                yield Finding(check, text, shown, [cause])
            else:
                yield self.blame(Finding(check, text, shown), cause)

    def _again(self, before: Snapshot, cause: Exchange, effect: Effect) -> Iterator[Exchange]:
        """Read what a snapshot has again, at the path that a change has given it, and a new object."""
        name, kind = effect.kind.parameter, effect.kind
        known = {name: value for each in (*before.reads, cause) for name, value in each.values.items()}
        key = identifier_of(name, cause.body) if cause.ok and cause.operation is kind.update else None
        for each in before.reads:
            moved = {name: key} if key is not None and name in each.values else {}
            yield self.read(each.operation, {**each.values, **moved}, each.request.query)
        for item in (cause.body if is_array(cause.body) else [cause.body]) if effect.creates else ():
            new = identifier_of(name, item)
            if new is not None and kind.get is not None and {*kind.get.parameters} <= {*known, name}:
                yield self.read(kind.get, {**known, name: new})

    @contextmanager
    def unaffected(self, kind: Kind | None, values: PathValues) -> Generator[list[Exchange]]:
        """Report an effect of the refused requests of a block, which adds their exchanges to a list.

        Objects also change by themselves. So an effect is a value that a request has sent, or the end of the object.
        """
        refused: list[Exchange] = []
        before = Snapshot([]) if kind is None else self.snapshot(kind, values, near=True)
        yield refused
        if kind is None or any(each.ok for each in refused):
            return  # an accepted request may have an effect
        after = Snapshot([self.read(each.operation, each.values, each.request.query) for each in before.reads])
        for shown, message in frame_problems(self.context, before, after, Effect(kind, {})):
            old = next(each for each in before.reads if each.operation is shown.operation)
            is_end = shown.operation is kind.get and old.ok and not shown.ok
            new = _values(shown.body) - _values(old.body)
            for cause in [each for each in refused if is_end or _values(each.request.body) & new][:1]:
                what = f"after a request {cause.request.why}, {message}"
                self.report(self.blame(Finding(REFUSED_EFFECT, what, shown), cause))

    def blame(self, finding: Finding, cause: Exchange) -> Finding:
        """Return what a read shows about a change as a finding about the change, whose operation is at fault."""
        return Finding(finding.check, f"{finding.message} in {finding.shown.operation.id}", cause, finding.before)

    def report(self, finding: Finding) -> None:
        """Record a failure of the operation of an exchange, unless the run does not check that."""
        shown, operation = finding.shown, finding.shown.operation
        outcome = self.results.outcomes.get(operation.label)
        if outcome is None:
            return
        is_forbidden = shown.status == _FORBIDDEN and shown.request.credential == TOKEN and not outcome.succeeded
        if is_forbidden and not self.context.administers(str(shown.values.get("org", ""))):
            return
        self._failures[operation.id, finding.check] += 1
        if self._failures[operation.id, finding.check] > _PER_CHECK:
            return
        secrets = self.secrets
        outcome.add(
            CheckFailure(
                check=finding.check,
                message=secrets.hide(finding.message),
                phase=self.phase,
                response=excerpt(shown.status, shown.text, secrets),
                reproduction=tuple(self._command(each) for each in (*finding.before, shown)),
            )
        )

    def skip(self, check: str, operation: Operation, reason: str) -> None:
        """Record that a check was not possible."""
        skip = Skip(check, operation.id, self.secrets.hide(reason))
        if operation.label in self.results.outcomes and skip not in self.results.skipped:
            self.results.skipped.append(skip)

    def _command(self, exchange: Exchange) -> str:
        headers = {name: [value] for name, value in exchange.sent.items()}
        content = exchange.sent_content or None
        return curl(exchange.request.sent_method, exchange.url, headers, content, self.secrets)


def _values(body: Any) -> frozenset[tuple[str, str]]:
    """Return the scalars inside a body, with the names of those that are too short to recognize."""
    found = ((pointer.rpartition("/")[2], repr(each)) for pointer, each in leaves(body))
    return frozenset(("" if len(each) >= _RECOGNIZABLE and each[0] == "'" else name, each) for name, each in found)
