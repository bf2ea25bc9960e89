"""A run: the plans of its phases in order, and the results of all requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

import requests
from attrs import astuple

from .api import Operation
from .cli import ACCESS, PHASES
from .credentials import TOKEN, Secrets
from .discovery import discover
from .executor import Executor
from .options import SAMPLED_PHASE, Options, is_local
from .ownership import ForbiddenRequestError
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


def new_executor(
    options: Options, operations: Sequence[Operation], world: World, sender: Sender, secrets: Secrets
) -> Executor:
    """Return the executor of a run that checks some operations."""
    return Executor(
        world.api,
        world,
        Context(world.api, is_local=is_local(options.base_url), secrets=lambda: secrets.values(TOKEN)),
        options,
        secrets,
        Results({operation.label: Outcome(operation) for operation in operations}),
        sender,
        credentials={name: auth.authorization() for name, auth in options.tokens.items()},
    )


def execute(
    executor: Executor, operations: Sequence[Operation], scopes: frozenset[str], progress: ProgressReporter
) -> Results:
    """Send all requests of a run. Its token has some scopes."""
    options, results, began = executor.options, executor.results, monotonic()
    try:
        if not options.is_sampled:
            executor.phase = _DISCOVERY
            _read_user(executor)
            discover(executor.world, executor.read_objects, operations)
        for phase in (*PHASES, SAMPLED_PHASE):
            if phase == _FIRST_CHANGES and options.write:
                executor.phase = _PREPARATION
                for operation in prepare(executor, operations):
                    progress(executor.phase, operation.label)
            if phase in options.phases:
                executor.phase = phase
                _run_phase(executor, _checked_in(executor, operations, scopes), progress)
    except KeyboardInterrupt:
        results.interrupted = True
    except requests.RequestException as error:
        problem = f"{executor.phase}: the server at {options.base_url} cannot be reached: {reason_of(error)}"
        results.errors.append(executor.secrets.hide(problem))
    hidden = {Undescribed(*map(executor.secrets.hide, astuple(each))) for each in executor.context.undescribed}
    results.undescribed = sorted(hidden)
    results.seconds = monotonic() - began
    results.waited = executor.sender.schedule.waited
    return results


def _run_phase(executor: Executor, operations: Sequence[Operation], progress: ProgressReporter) -> None:
    executor.journal.forget()
    try:
        for plan in _PLANS[executor.phase]:
            for operation in plan(executor, operations):
                progress(executor.phase, operation.label)
    except requests.RequestException:
        raise
    except Exception as error:  # a response that a plan cannot handle ends only the phase
        problem = str(error) if isinstance(error, ForbiddenRequestError) else described(error)
        executor.results.errors.append(executor.secrets.hide(f"{executor.phase}: {problem}"))


def _checked_in(executor: Executor, operations: Sequence[Operation], scopes: frozenset[str]) -> Sequence[Operation]:
    """Return the operations that a phase checks. Without its scopes, an operation gets 403 whatever is sent."""
    ownership, phase = executor.world.ownership, executor.phase
    possible = [each for each in operations if ownership.refusal_of(each) is None or phase == ACCESS]
    return [each for each in possible if phase not in _OTHER_ERRORS or scopes.issuperset(each.scopes)]


def _read_user(executor: Executor) -> None:
    """Read the user of the token and its roles. Without that of an administrator, it gets less, or 403."""
    roles: dict[str, object] = {}
    executor.context.administers = lambda organization: roles.get(organization) == "admin"
    names = ("getUser", "listOrganizations", "getOrganizationMember")
    user, organizations, member = (executor.api.by_id[name] for name in names)
    executor.context.user = executor.read(user, {}).object
    key = executor.context.user.get("id")
    for each in executor.read_objects(organizations, {}) if isinstance(key, str) else ():
        slug = str(each.get("slug"))
        if executor.options.organization in {None, slug}:
            values = dict(zip(member.parameters, (slug, key), strict=True))
            roles[slug] = executor.read(member, values).object.get("role")
