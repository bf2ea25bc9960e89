"""A run: the plans of its phases in order, and the results of all requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

import requests
from attrs import astuple, define, field

from .api import Api, Operation
from .cli import ACCESS, PHASES
from .credentials import TOKEN, Secrets
from .discovery import discover
from .executor import Executor
from .objects import KnownObjects
from .options import SAMPLED_PHASE, Options, is_local
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
from .plans.lists import send_lists, send_sample
from .plans.refusals import send_refusals
from .preparation import prepare
from .results import Outcome, ProgressReporter, Results, Undescribed, described
from .rules import Context
from .sender import Sender, reason_of
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
    ACCESS: (send_access,),
    SAMPLED_PHASE: (send_sample,),
}
#: Phases that expect another status than 403.
_OTHER_ERRORS: Final = frozenset({"errors", "statuses", _EFFECTS, "refusals"})
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
            if SAMPLED_PHASE not in self.options.phases:
                executor.phase = _DISCOVERY
                self._read_user(executor)
                discover(executor.world, executor.read_objects, self.operations)
            for phase in (*PHASES, SAMPLED_PHASE):
                if phase == _FIRST_CHANGES and self.options.write:
                    executor.phase = _PREPARATION
                    for operation in prepare(executor, self.operations):
                        progress(executor.phase, operation.label)
                if phase in self.options.phases:
                    self._run_phase(executor, phase, progress)
        except KeyboardInterrupt:
            results.interrupted = True
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
            administers=lambda organization: self._roles.get(organization) == "admin",
            secrets=lambda: self.secrets.values(TOKEN),
        )
        return Executor(
            self.api,
            World(self.api, self.ownership, KnownObjects(self.options.organization)),
            context,
            self.options,
            self.secrets,
            results,
            self.sender,
            credentials={name: auth.authorization() for name, auth in self.options.tokens.items()},
        )

    def _read_user(self, executor: Executor) -> None:
        """Read the user of the token and its roles. Without that of an administrator, it gets less, or 403."""
        names = ("getUser", "listOrganizations", "getOrganizationMember")
        user, organizations, member = (self.api.by_id.get(name) for name in names)
        if user is None or organizations is None or member is None:
            return
        executor.context.user = executor.read(user, {}).object
        key = executor.context.user.get("id")
        for each in executor.read_objects(organizations, {}) if isinstance(key, str) else ():
            slug = str(each.get("slug"))
            if self.options.organization in {None, slug}:
                values = dict(zip(member.parameters, (slug, key), strict=True))
                self._roles[slug] = executor.read(member, values).object.get("role")

    def _checked_in(self, phase: str) -> Sequence[Operation]:
        """Return the operations that a phase checks. Without its scopes, an operation gets 403 whatever is sent."""
        possible = [each for each in self.operations if self.ownership.refusal_of(each) is None or phase == ACCESS]
        if phase not in _OTHER_ERRORS:
            return possible
        return [each for each in possible if self.scopes.issuperset(each.scopes)]
