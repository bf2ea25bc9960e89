"""A run: the plans of its phases in order, and the results of all requests."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Final

import requests
from attrs import astuple, define, field

from .._base.json_values import as_object
from .api import Api, Operation
from .argument_tokens import EXPIRED_TOKEN, FOREIGN_TOKEN, LIMITED_TOKEN, NO_SCOPE_TOKEN, REVOCABLE_TOKEN, TOKEN
from .connection_errors import reason_of
from .credentials import Secrets
from .discovery import discover
from .exchange import EXPIRED, FOREIGN, LIMITED, NO_SCOPE, REVOCABLE
from .executor import Executor
from .loopback import is_local
from .objects import KnownObjects
from .option_values import ACCESS, OTHER_ERRORS, PHASES, SAMPLED_PHASE
from .options import Options
from .ownership import ForbiddenRequestError, Ownership
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
from .results import TIME_LIMIT_REACHED, Outcome, ProgressReporter, Results, Undescribed
from .rules import Context
from .sender import Sender
from .unexpected_errors import described
from .world import World

_DISCOVERY: Final = "discovery"
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


@define
class Run:
    """A run that is ready to start."""

    options: Options
    api: Api
    operations: Sequence[Operation]
    ownership: Ownership
    sender: Sender
    secrets: Secrets
    scopes: frozenset[str]
    """Scopes of the token."""
    _roles: dict[str, object] = field(factory=dict[str, object], init=False)
    """Role of the user of the token, by organization."""

    def execute(self, progress: ProgressReporter) -> Results:
        """Send all requests."""
        results = Results({operation.label: Outcome(operation) for operation in self.operations})
        began = monotonic()
        executor = self._executor(results)
        try:
            with self._until_interrupted(results):
                if SAMPLED_PHASE not in self.options.phases:
                    executor.phase = _DISCOVERY
                    executor.context.user = as_object(executor.read(self.api.by_id["getUser"], {}).body)
                    discover(executor.world, executor.read_objects, self.operations)
                for phase in (*PHASES, SAMPLED_PHASE):
                    if phase == _FIRST_CHANGES and self.options.write:
                        executor.phase = _PREPARATION
                        for operation in prepare(executor, self.operations):
                            progress(executor.phase, operation.label)
                    if phase in self.options.phases:
                        self._run_phase(executor, phase, progress)
        except requests.RequestException as error:
            url = self.options.base_url
            problem = f"{executor.phase}: the server at {url} cannot be reached: {reason_of(error)}"
            results.errors.append(self.secrets.hide(problem))
        listed = {Undescribed(*map(self.secrets.hide, astuple(each))) for each in executor.context.undescribed}
        results.undescribed = sorted(listed)
        results.seconds = monotonic() - began
        results.waited = self.sender.schedule.waited
        return results

    def _run_phase(self, executor: Executor, phase: str, progress: ProgressReporter) -> None:
        executor.phase = phase
        executor.journal.forget()
        operations = self._checked_in(phase)
        try:
            for plan in _PLANS[phase]:
                for operation in plan(executor, operations):
                    progress(phase, operation.label)
        except requests.RequestException:
            raise
        except ForbiddenRequestError as error:  # an error of a plan, which ends the phase, not the run
            executor.results.errors.append(self.secrets.hide(f"{phase}: {error}"))
        except Exception as error:  # a response that a plan cannot handle ends only the phase
            executor.results.errors.append(self.secrets.hide(f"{phase}: {described(error)}"))

    def _executor(self, results: Results) -> Executor:
        context = Context(
            self.api,
            is_local=is_local(self.options.base_url),
            unknown_fields_fail=self.options.unknown_fields_fail,
            administers=lambda organization: self._administers(executor, organization),
            secrets=lambda: self.secrets.values(TOKEN),
        )
        executor = Executor(
            self.api,
            World(self.api, self.ownership, KnownObjects(self.options.organization)),
            context,
            self.options,
            self.secrets,
            results,
            self.sender,
            self.ownership,
            frozenset(each.id for each in self.operations),
            credentials=self._credentials(),
        )
        return executor

    def _administers(self, executor: Executor, organization: str) -> bool:
        """Return whether the user of the token is an administrator. Others see less, and get 403 for some requests."""
        operation, user = self.api.by_id.get("getOrganizationMember"), executor.context.user.get("id")
        if organization not in self._roles:
            self._roles[organization] = None  # also while it is read, which may be judged by this
            if operation is not None and organization and isinstance(user, str):
                values = dict(zip(operation.parameters, (organization, user), strict=True))
                self._roles[organization] = executor.read(operation, values).object.get("role")
        return self._roles[organization] == "admin"

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
        possible = [each for each in self.operations if self.ownership.refusal_of(each) is None or phase == ACCESS]
        if phase not in OTHER_ERRORS:
            return possible
        return [each for each in possible if self.scopes.issuperset(each.scopes)]

    @contextmanager
    def _until_interrupted(self, results: Results) -> Generator[None]:
        """End the block at the time limit or a signal, and record which."""
        try:
            yield
        except KeyboardInterrupt:
            if self.sender.schedule.is_time_limit_reached:
                results.stopped = TIME_LIMIT_REACHED
            else:
                results.interrupted = True
