"""A run: the generated phases, the runner's own phases, and a last attempt of operations without success."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import requests
from attrs import evolve, frozen

from .._base.json_values import loads_or_none
from . import response_checks
from .confidential import Confidential
from .connection_errors import reason_of
from .credentials import RequestAuth, Secrets
from .gate import REPEATED, Conflict, ForbiddenRequestError
from .hooks import Hooks
from .objects import Objects, ObjectSelector, with_ids, with_unique_name
from .option_values import (
    ACCESS,
    CHANGING_PHASES,
    EARLY_PHASES,
    EXCLUSIVE_PHASES,
    OTHER_ERRORS,
    READING_PHASES,
    SAMPLED_PHASE,
)
from .options import Options
from .pacing import RequestSchedule
from .permissions import ALL, Permissions
from .phases.access import check_access, check_access_to
from .phases.agreement import check_agreement
from .phases.effects import check_effects
from .phases.filters import check_filters
from .phases.generated import GeneratedPhases
from .phases.headers import check_headers
from .phases.lifecycle import check_lifecycles
from .phases.lists import check_grown_lists, check_lists
from .phases.sampled import check_sampled
from .planned import planned
from .plans.documented_errors import send_documented_errors
from .plans.errors import send_errors
from .plans.refusals import send_refusals
from .preparation import prepare
from .reading_process import PHASES as PHASES_OF_READS
from .reading_process import ReadingProcess, Reads, is_useful, started
from .request_log import RequestLog
from .response_checks import rate_limit_problems
from .results import TIME_LIMIT_REACHED, CheckFailure, Outcome, ProgressReporter, Results, Undescribed, title_of
from .spec import CannotRunError, Operation, Spec
from .strict_spec import StrictCheck
from .token_user import TokenUser
from .traffic import Response, Session, excerpt
from .unexpected_errors import described

#: The phase that is repeated for lists that have grown.
_LISTS: Final = "lists"
Phase = Callable[[Session, ObjectSelector, Sequence[Operation]], Iterator[Operation]]
_PHASES: Final[Mapping[str, Phase]] = {
    _LISTS: check_lists,
    "filters": check_filters,
    "agreement": check_agreement,
    "headers": check_headers,
    "errors": planned(send_errors),
    "statuses": planned(send_documented_errors),
    "lifecycle": check_lifecycles,
    "effects": check_effects,
    "refusals": planned(send_refusals),
    ACCESS: check_access,
    SAMPLED_PHASE: check_sampled,
}
#: The phase with valid requests for all operations. Without it, operations need not succeed.
_VALID_PHASE: Final = "examples"
#: The status of too many requests, which a run avoids.
_RATE_LIMITED: Final = "429"
#: Objects for the last attempts of an operation.
_OBJECTS: Final = 150


@frozen
class Run:
    """A run that is ready to start."""

    options: Options
    spec: Spec
    operations: Sequence[Operation]
    objects: Objects
    discover: Callable[[], Objects]
    """Finds the objects again."""
    discover_below: Callable[[Objects], object]
    """Adds the objects below known ones."""
    permissions: Permissions
    log: RequestLog
    secrets: Secrets
    schedule: RequestSchedule
    scopes: frozenset[str]
    """Scopes of the token."""
    user: TokenUser
    conflicts: Sequence[Conflict] = ()
    """Responses that no check can report, so far: those that present objects of others as new, for example."""

    @contextmanager
    def reading_process(self) -> Generator[ReadingProcess]:
        """Send the generated reads in another process until the block ends, if that is of use."""
        selector = ObjectSelector(self.spec, self.objects, self.permissions)
        reads = [
            each
            for each in self.operations
            if each.is_read_only and self.permissions.is_possible(each)
            if not each.parameters or selector.usable(each)
        ]
        if reads and is_useful(self.options):
            with started(lambda: self._read(reads)) as process:
                yield process
        else:
            yield ReadingProcess()

    def _read(self, operations: Sequence[Operation]) -> Reads:
        """Send the generated reads, and those with other credentials."""
        results, before = Results({operation.label: Outcome(operation) for operation in operations}), self.log.count
        phases = tuple(phase for phase in self.options.phases if phase in PHASES_OF_READS)
        parts = _Parts.of(evolve(self, options=evolve(self.options, phases=phases)), results)
        parts.generated.run(operations, results, _unreported)
        if ACCESS in phases:
            access = check_access_to(parts.session, parts.selector, operations)
            self._run_phases(parts.session, iter([(ACCESS, access)]), _unreported, operations)
        parts.finish()
        self.record_conflicts(results)
        own = self.permissions.own
        return Reads(results, self.log.count - before, frozenset(own.seen_ids), frozenset(own.seen_paths))

    def execute(self, progress: ProgressReporter, process: ReadingProcess) -> Results:
        """Send all requests that the other process does not send.

        Raises:
            CannotRunError: schemathesis cannot use the spec.
        """
        results = Results({operation.label: Outcome(operation) for operation in self.operations})
        parts = _Parts.of(self, results)
        session, selector = parts.session, parts.selector
        began = monotonic()
        self._run_phases(session, self._phases(session, selector, READING_PHASES), progress)
        with self._until_interrupted(results):
            self._add(process.join(), results)
        if not results.interrupted:
            exclusive = self._phases(session, selector, EXCLUSIVE_PHASES)
            early = self._phases(session, selector, EARLY_PHASES)
            self._run_phases(session, chain(exclusive, self._preparation(session, selector), early), progress)
        with self._until_interrupted(results):
            possible = [each for each in self.operations if self.permissions.is_possible(each)]
            parts.generated.run(possible, results, progress)
        session.forget()  # the requests of schemathesis have changed objects
        if not results.interrupted:
            last = self._phases(session, selector, (*CHANGING_PHASES, SAMPLED_PHASE))
            grown = self._grown_lists(session, selector)
            self._run_phases(session, chain(last, grown, self._last_attempts(session)), progress)
        parts.finish()
        if "statuses" in self.options.phases:
            skip_unprovoked(session, self.operations)
        results.seconds += monotonic() - began
        results.waited += self.schedule.waited
        return results

    def _add(self, reads: Reads | None, results: Results) -> None:
        """Add what the other process has done."""
        if reads is not None:
            results.add(reads.results)
            results.processes += 1
            self.log.count += reads.sent
            self.permissions.own.see(" ".join(reads.seen_ids), reads.seen_paths)

    @contextmanager
    def _until_interrupted(self, results: Results) -> Generator[None]:
        """End the block at the time limit or a signal, and record which."""
        try:
            yield
        except KeyboardInterrupt:
            if self.schedule.is_time_limit_reached:
                results.stopped = TIME_LIMIT_REACHED
            else:
                results.interrupted = True

    def _run_phases(
        self,
        session: Session,
        phases: Iterator[tuple[str, Iterator[Operation]]],
        progress: ProgressReporter,
        operations: Sequence[Operation] | None = None,
    ) -> None:
        try:
            with self._until_interrupted(session.results):
                for phase, visited in phases:
                    session.phase = phase
                    try:
                        for operation in visited:
                            progress(phase, operation.label)
                    except ForbiddenRequestError as error:  # ends the phase, not the run
                        self._record_refusal(session, error)
                    except (CannotRunError, requests.RequestException):
                        raise
                    except Exception as error:  # a response that a check cannot handle ends only the phase
                        session.results.errors.append(self.secrets.hide(f"{phase}: {described(error)}"))
                    session.results.complete(phase, operations or self.operations)
        except requests.RequestException as error:
            url = self.options.base_url
            problem = f"{session.phase}: the server at {url} cannot be reached: {reason_of(error)}"
            session.results.errors.append(self.secrets.hide(problem))

    def _record_refusal(self, session: Session, error: ForbiddenRequestError) -> None:
        """Record a request that was not allowed, which is an error of the runner unless a response has misled it."""
        path = urlsplit(error.url).path.removeprefix(urlsplit(self.options.base_url).path)
        operation = self.spec.find(error.method, path)
        if self.conflicts and operation is not None:
            session.skip(session.phase, operation, f"ended the phase: {error.reason}")
        else:
            session.results.errors.append(self.secrets.hide(f"{session.phase}: {error}"))

    def _phases(
        self, session: Session, selector: ObjectSelector, names: Sequence[str]
    ) -> Iterator[tuple[str, Iterator[Operation]]]:
        for name in names:
            if name in self.options.phases:
                yield name, _PHASES[name](session, selector, self._checked_in(name))

    def _checked_in(self, phase: str) -> Sequence[Operation]:
        """Return the operations that a phase checks. Without its scopes, an operation gets 403 whatever is sent."""
        if phase not in OTHER_ERRORS:
            return self.operations
        return [each for each in self.operations if self.scopes.issuperset(each.scopes)]

    def _preparation(self, session: Session, selector: ObjectSelector) -> Iterator[tuple[str, Iterator[Operation]]]:
        if self.options.write:
            yield "preparation", prepare(session, selector, self.operations, self.discover_below)

    def _grown_lists(self, session: Session, selector: ObjectSelector) -> Iterator[tuple[str, Iterator[Operation]]]:
        if self.options.write and _LISTS in self.options.phases:
            yield _LISTS, check_grown_lists(session, selector, self.operations)

    def _last_attempts(self, session: Session) -> Iterator[tuple[str, Iterator[Operation]]]:
        if _VALID_PHASE in self.options.phases:
            permissions = self.permissions
            yield "last attempts", retry_unsuccessful(session, self.spec, self.operations, self.discover, permissions)

    def record_conflicts(self, results: Results) -> None:
        """Report responses that no check can: those that present objects of others as new, for example."""
        for each in self.conflicts:
            operation = self.spec.find(each.method, each.path)
            outcome = None if operation is None else results.outcomes.get(operation.label)
            if outcome is not None:
                message, text = self.secrets.hide(each.message), excerpt(each.status, each.text, self.secrets)
                command = f"# {each.method} {each.path}"
                name, code = each.check.name, each.check.code
                outcome.add(CheckFailure(name, code, title_of(name), message, each.phase, text, (command,)))
            elif each.check == REPEATED:  # whose operation the run does not check
                results.errors.append(self.secrets.hide(f"{each.method} {each.path}: {each.message}"))


@frozen
class _Parts:
    """The parts of a run that send requests and check responses."""

    session: Session
    selector: ObjectSelector
    generated: GeneratedPhases
    _strict: StrictCheck

    @classmethod
    def of(cls, run: Run, results: Results) -> _Parts:
        strict = StrictCheck(run.spec, run.options.unknown_fields_fail, administers=run.user.administers)
        response_checks.watch(Confidential(run.spec, run.secrets), strict)
        auth = RequestAuth(run.options.auth, run.secrets, run.schedule)
        selector = ObjectSelector(run.spec, run.objects, run.permissions)
        hooks = Hooks(run.options, selector)
        generated = GeneratedPhases(run.options, run.spec, hooks, run.secrets, auth, run.schedule)
        session = Session(
            generated.schema(run.operations),
            run.options,
            run.secrets,
            results,
            auth,
            run.schedule,
            permissions=run.permissions,
            user=run.user,
            log=run.log,
        )
        return cls(session, selector, generated, strict)

    def finish(self) -> None:
        """Check the responses that no check has seen, and record what the spec lacks."""
        session = self.session
        for response in session.auth.rate_limited:
            self._check_rate_limited(response)
        listed = {Undescribed(*map(session.secrets.hide, each)) for each in self._strict.listed}
        session.results.undescribed = sorted({*session.results.undescribed, *listed})

    def _check_rate_limited(self, response: requests.Response) -> None:
        session, path = self.session, urlsplit(response.request.url or "").path
        operation = self.selector.spec.find(response.request.method or "", path)
        if operation is None:
            return
        session.phase = "rate limits"
        body = loads_or_none(response.content)
        command = f"# {response.request.method} {path}"
        recorded = Response(operation, {}, 429, response.headers, response.text, body, command=lambda: command)
        for problem in rate_limit_problems(response.headers, body):
            session.record_failure("rate_limit_not_reported", "BK204", problem, recorded)


def skip_unprovoked(session: Session, operations: Sequence[Operation]) -> None:
    """Record the documented errors of each operation that no request of the run got."""
    for operation in operations:
        outcome = session.results.outcomes[operation.label]
        documented = {status for status in operation.statuses if status.startswith("4") and status != _RATE_LIMITED}
        if missing := sorted(documented - set(map(str, outcome.statuses))):
            session.skip("status_conformance", operation, f"no request got {', '.join(missing)}")


def retry_unsuccessful(
    session: Session,
    spec: Spec,
    operations: Sequence[Operation],
    discover: Callable[[], Objects],
    permissions: Permissions | None = None,
) -> Iterator[Operation]:
    """Try operations that never succeeded on the objects that exist now.

    Yields each operation before its requests are sent.

    Another operation may have changed the objects that it needs: only a few jobs can be unblocked, for example.
    Destructive operations are left out.
    """
    permits = (permissions or Permissions(spec, existing=frozenset({ALL}))).may_change_existing
    unsuccessful = [
        each
        for each in session.results.unsuccessful
        if each in operations and each.parameters and not each.is_destructive and permits(each)
    ]
    if not unsuccessful:
        return
    selector = ObjectSelector(spec, discover())
    for operation in unsuccessful:
        yield operation
        bodies = [with_ids(body, selector.objects.known_ids) for body in operation.body_examples] or [None]
        for number, values in enumerate(selector.usable(operation)[:_OBJECTS]):
            body = with_unique_name(bodies[number % len(bodies)], operation)
            if session.send(operation, values, body=body).ok:
                break


def _unreported(phase: str, label: str) -> None:
    """Report no progress."""
