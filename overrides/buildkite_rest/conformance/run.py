"""A run: the plans of its phases in order, and the results of all requests."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from attrs import Factory, astuple, field, frozen

from .._base.json_values import as_object
from . import behaviour
from .api import Api
from .argument_tokens import EXPIRED_TOKEN, FOREIGN_TOKEN, LIMITED_TOKEN, NO_SCOPE_TOKEN, REVOCABLE_TOKEN, TOKEN
from .connection_errors import reason_of
from .credentials import RequestAuth, Secrets
from .exchange import EXPIRED, FOREIGN, LIMITED, NO_SCOPE, REVOCABLE, exchange_of
from .executor import Executor, Finding
from .gate import REPEATED, Conflict, ForbiddenRequestError
from .loopback import is_local
from .objects import Objects, ObjectSelector
from .option_values import ACCESS, OTHER_ERRORS, PHASES, SAMPLED_PHASE
from .options import Options
from .pacing import RequestSchedule
from .permissions import Permissions
from .plans import Plan
from .plans.access import send_access
from .plans.actions import send_actions
from .plans.agreement import send_reads
from .plans.bodies import send_bodies
from .plans.deletions import send_deletions
from .plans.documented_errors import send_documented_errors
from .plans.errors import send_errors
from .plans.filters import send_filters
from .plans.generated import send_examples, send_generated
from .plans.headers import send_headers
from .plans.lists import send_grown_lists, send_lists
from .plans.refusals import send_refusals
from .plans.sampled import send_sample
from .preparation import prepare
from .reproduction import excerpt
from .request_log import RequestLog
from .results import TIME_LIMIT_REACHED, CheckFailure, Outcome, ProgressReporter, Results, Undescribed, title_of
from .rules import Context, problems_of
from .spec import Operation, Spec
from .token_user import TokenUser
from .unexpected_errors import described
from .world import World

_PREPARATION: Final = "preparation"
_EFFECTS: Final = "effects"
#: The plans of each phase.
_PLANS: Final[Mapping[str, Sequence[Plan]]] = {
    "lists": (send_lists,),
    "filters": (send_filters,),
    "agreement": (send_reads,),
    "headers": (send_headers,),
    "errors": (send_errors,),
    "statuses": (send_documented_errors,),
    _EFFECTS: (send_bodies, send_actions, send_deletions, send_examples),
    "refusals": (send_refusals,),
    "fuzzing": (send_generated,),
    ACCESS: (send_grown_lists, send_access),
    SAMPLED_PHASE: (send_sample,),
}
#: The first phase that changes something.
_FIRST_CHANGES: Final = "statuses"


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
    api: Api = field(default=Factory(lambda run: Api(run.spec.raw, behaviour.load()), takes_self=True), init=False)

    def execute(self, progress: ProgressReporter) -> Results:
        """Send all requests."""
        results = Results({operation.label: Outcome(operation) for operation in self.operations})
        began = monotonic()
        auth = RequestAuth(self.options.auth, self.secrets, self.schedule)
        selector = ObjectSelector(self.spec, self.objects, self.permissions)
        executor = self._executor(results, auth, selector)
        try:
            with self._until_interrupted(results):
                if SAMPLED_PHASE not in self.options.phases:
                    executor.context.user = as_object(executor.read(self.api.by_id["getUser"], {}).body)
                for phase in (*PHASES, SAMPLED_PHASE):
                    if phase == _FIRST_CHANGES and self.options.write:
                        executor.phase = _PREPARATION
                        for operation in prepare(executor, selector, self.operations, self.discover_below):
                            progress(executor.phase, operation.label)
                    if phase in self.options.phases:
                        self._run_phase(executor, phase, progress)
        except requests.RequestException as error:
            url = self.options.base_url
            problem = f"{executor.phase}: the server at {url} cannot be reached: {reason_of(error)}"
            results.errors.append(self.secrets.hide(problem))
        self._finish(executor, auth)
        results.seconds += monotonic() - began
        results.waited += self.schedule.waited
        return results

    def _run_phase(self, executor: Executor, phase: str, progress: ProgressReporter) -> None:
        executor.phase = phase
        executor.journal.forget()
        operations = [self.api.by_id[each.id] for each in self._checked_in(phase)]
        try:
            for plan in _PLANS[phase]:
                for operation in plan(executor, operations):
                    progress(phase, operation.label)
        except ForbiddenRequestError as error:  # ends the phase, not the run
            self._record_refusal(executor, error)
        except requests.RequestException:
            raise
        except Exception as error:  # a response that a plan cannot handle ends only the phase
            executor.results.errors.append(self.secrets.hide(f"{phase}: {described(error)}"))
        executor.results.complete(phase, self.operations)

    def _executor(self, results: Results, auth: RequestAuth, selector: ObjectSelector) -> Executor:
        context = Context(
            self.api,
            is_local=is_local(self.options.base_url),
            unknown_fields_fail=self.options.unknown_fields_fail,
            administers=self.user.administers,
            secrets=lambda: self.secrets.values(TOKEN),
        )
        executor = Executor(
            self.api,
            World(self.api, selector),
            context,
            self.options,
            self.secrets,
            results,
            auth,
            self.schedule,
            self.permissions,
            frozenset(each.id for each in self.operations),
            credentials=self._credentials(),
        )
        executor.phase = _PREPARATION
        return executor

    def _credentials(self) -> dict[str, str]:
        """Return the further tokens, which no report shows."""
        options = self.options
        named = [
            (NO_SCOPE, options.no_scope_auth, NO_SCOPE_TOKEN),
            (EXPIRED, options.expired_auth, EXPIRED_TOKEN),
            (FOREIGN, options.foreign_auth, FOREIGN_TOKEN),
            (REVOCABLE, options.revocable_auth, REVOCABLE_TOKEN),
            *((f"{LIMITED} {number}", auth, LIMITED_TOKEN) for number, auth in enumerate(options.limited_auths, 1)),
        ]
        for _, auth, variable in named:
            if auth is not None:
                self.secrets.add(auth.authorization(), variable)
        return {name: auth.authorization() for name, auth, _ in named if auth is not None}

    def _checked_in(self, phase: str) -> Sequence[Operation]:
        """Return the operations that a phase checks. Without its scopes, an operation gets 403 whatever is sent."""
        possible = [each for each in self.operations if self.permissions.is_possible(each) or phase == ACCESS]
        if phase not in OTHER_ERRORS:
            return possible
        return [each for each in possible if self.scopes.issuperset(each.scopes)]

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

    def _record_refusal(self, executor: Executor, error: ForbiddenRequestError) -> None:
        """Record a request that was not allowed, which is an error of the runner unless a response has misled it."""
        path = urlsplit(error.url).path.removeprefix(urlsplit(self.options.base_url).path)
        found = self.api.find(error.method, path)
        if self.conflicts and found is not None:
            executor.skip(executor.phase, found[0], f"ended the phase: {error.reason}")
        else:
            executor.results.errors.append(self.secrets.hide(f"{executor.phase}: {error}"))

    def _finish(self, executor: Executor, auth: RequestAuth) -> None:
        """Judge the responses that no plan has seen, and record what the spec lacks."""
        executor.phase = "rate limits"
        for exchange in self._rate_limited(auth):
            for check, message in problems_of(exchange, executor.context):
                executor.report(Finding(check, message, exchange))
        listed = {Undescribed(*map(self.secrets.hide, astuple(each))) for each in executor.context.undescribed}
        executor.results.undescribed = sorted(listed)

    def _rate_limited(self, auth: RequestAuth) -> Iterator[Any]:
        for response in auth.rate_limited:
            path = urlsplit(response.request.url or "").path
            found = self.api.find(response.request.method or "", path)
            if found is not None:
                yield exchange_of(found[0], response.request, response.status_code, response.headers, response.content)

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
