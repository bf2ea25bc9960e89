"""The end of a run: operations that never succeeded are tried once more, on what is there by now.

What an operation needs may have come and gone: of the few jobs that can be unblocked, another operation took the last.
"""

# schemathesis has many generic types without arguments, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import schemathesis
from attrs import frozen
from schemathesis import engine
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine.events import EngineFinished, ScenarioFinished
from schemathesis.schemas import BaseSchema

from .._base.safe_text import safe_excerpt
from . import checks, false_positives
from .checks import refusal_problems
from .credentials import RequestAuth, Secrets, as_json
from .hooks import Aim
from .objects import Choice, Targets, unique, with_ids
from .options import MADE_UP, PROBE_REQUESTS, SAMPLED, Options, chosen_of
from .pacing import Pace, TimeOverError, Turns
from .phases.access import check_access
from .phases.generated import Collector
from .phases.lifecycle import check_lives
from .phases.lists import check_lists
from .phases.sampled import check_sampled
from .results import TIME_OVER, Outcome, Progress, Results
from .spec import Description, Operation
from .traffic import Answer, Wire

#: Objects that an operation is tried on.
_OBJECTS: Final = 150


def try_again(
    wire: Wire, description: Description, chosen: Sequence[Operation], discover: Callable[[], Targets]
) -> Iterator[Operation]:
    """Try what never succeeded and ends nothing, and yield each such operation before."""
    unseen = [each for each in wire.results.unseen if each in chosen and each.parameters and not each.ends]
    if not unseen:
        return
    choice = Choice(description, discover())
    for operation in unseen:
        yield operation
        bodies = [with_ids(body, choice.targets.known_ids) for body in operation.bodies] or [None]
        for number, values in enumerate(choice.objects(operation)[:_OBJECTS]):
            body = unique(bodies[number % len(bodies)], operation)
            if wire.send(operation, values, body=body).ok:
                break


Phase = Callable[[Wire, Choice, Sequence[Operation]], Iterator[Operation]]


_PHASES: Mapping[str, Phase] = {
    "lives": check_lives,
    "lists": check_lists,
    "access": check_access,
    SAMPLED: check_sampled,
}


#: The phase that tries every operation with a body that should be taken. Without it nothing is expected to succeed.
_EXPECTING = "examples"


@frozen
class Own:
    """The phases, ready to start."""

    wire: Wire
    description: Description
    choice: Choice
    chosen: Sequence[Operation]
    discover: Callable[[], Targets]
    """Looks for objects once more."""

    def execute(self, progress: Progress) -> None:
        """Send all requests, or as many as there may be."""
        results = self.wire.results
        try:
            for phase, steps in self._steps():
                self.wire.phase = phase
                for operation in steps:
                    progress(phase, operation.label)
        except requests.RequestException as error:
            results.errors.append(self.wire.secrets.hide(f"{self.wire.phase}: {_reason(error)}"))
        except TimeOverError:
            results.stopped = TIME_OVER
        except KeyboardInterrupt:
            results.interrupted = True
        self.wire.phase = "limits"
        for response in self.wire.auth.refused:
            self._check_refusal(response)

    def _steps(self) -> Iterator[tuple[str, Iterator[Operation]]]:
        for name, phase in _PHASES.items():
            if name in self.wire.options.phases:
                yield name, phase(self.wire, self.choice, self.chosen)
        if _EXPECTING in self.wire.options.phases:
            yield "last try", try_again(self.wire, self.description, self.chosen, self.discover)

    def _check_refusal(self, response: requests.Response) -> None:
        """Check an answer 429, which nobody else has seen."""
        path = urlsplit(response.request.url or "").path
        operation = self.description.find(response.request.method or "", path)
        if operation is None:
            return
        text, body = response.text, as_json(response.content)
        answer = Answer(operation, {}, 429, response.headers, text, body, f"# {response.request.method} {path}")
        for problem in refusal_problems(response.headers, body):
            self.wire.fail("refusal_tells_the_limit", "BK204", problem, answer)


def _reason(error: requests.RequestException) -> str:
    """Return what failed. The text of an error about a URL may show the password of a proxy."""
    kind = type(error).__name__
    about_url = isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.ProxyError)
    return kind if about_url else f"{kind}: {safe_excerpt(str(error))}"


_STATEFUL: Final = "stateful"


#: How often the phase *stateful* is started for the same operations until it has made up enough sequences.
_STARTS: Final = 3


_TIMEOUT: Final = 30


#: Methods to try where the description does not have them.
_OTHER_METHODS: Final = ["GET", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]


@frozen
class Run:
    """A run that is ready to start."""

    options: Options
    description: Description
    aim: Aim
    secrets: Secrets
    auth: RequestAuth
    pace: Pace
    discover: Callable[[], Targets]
    """Looks for objects."""

    def execute(self, progress: Progress) -> Results:
        """Send all requests. `progress` is told phase and operation when an operation is done.

        Raises:
            CannotRunError: schemathesis cannot use the description.
        """
        chosen = chosen_of(self.options, self.description)
        results = Results({operation.label: Outcome(operation) for operation in chosen})
        started = monotonic()
        try:
            self._make_up(chosen, results, progress)
        except TimeOverError:
            results.stopped = TIME_OVER
        except KeyboardInterrupt:
            results.interrupted = True
        if not results.interrupted:
            schema = self._schema(chosen, (), 0)
            wire = Wire(schema, self.options, self.secrets, results, self.auth, self.pace, sent=PROBE_REQUESTS)
            Own(wire, self.description, self.aim.choice, chosen, self.discover).execute(progress)
        results.seconds = monotonic() - started
        results.waited = self.pace.waited
        return results

    def _make_up(self, chosen: Sequence[Operation], results: Results, progress: Progress) -> None:
        """Run the phases of schemathesis: *stateful* for all operations first, and then for those of each tag.

        A sequence of requests can end all others, because it cannot be made up again once it has changed something.
        So there are several starts.
        """
        collector = Collector(self.secrets, results, progress)
        single = tuple(phase for phase in self.options.phases if phase in MADE_UP and phase != _STATEFUL)
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # a worker thread may still use it
            # Hypothesis would leave things in the current folder.
            os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
            if single:
                self._start(chosen, single, 0, collector)
            if _STATEFUL in self.options.phases:
                for group in (chosen, *_groups(chosen)):
                    wanted = collector.sequences + self.options.max_examples
                    for attempt in range(_STARTS):
                        if collector.sequences < wanted:
                            self._start(group, (_STATEFUL,), attempt, collector)

    def _start(
        self, operations: Sequence[Operation], phases: tuple[str, ...], attempt: int, collector: Collector
    ) -> None:
        if collector.results.interrupted or collector.results.stopped is not None:
            return
        # `max-time` of schemathesis does something else: it makes up requests until that is over.
        stream = engine.from_schema(self._schema(operations, phases, attempt)).execute()
        for event in stream:
            is_last = isinstance(event, EngineFinished)
            if not self.pace.is_over:
                collector.take(event)
            elif is_last or isinstance(event, ScenarioFinished):
                if not is_last:
                    collector.take(event)  # what was seen of the operation that the end has come upon
                collector.results.stopped = TIME_OVER
                stream.generator.close()
                return

    def _schema(self, chosen: Sequence[Operation], phases: tuple[str, ...], attempt: int) -> BaseSchema:
        checks.register()
        config = schemathesis.Config.from_dict(self._config(phases, attempt))
        left_out = {operation.label for operation in self.description.operations if operation not in chosen}
        schema: BaseSchema = schemathesis.openapi.from_dict(self.aim.described(chosen), config=config)
        schema.config.rate_limit = Turns(self.pace)
        schema = schema.exclude(lambda context: _label(context.operation) in left_out)
        auth = schema.auth.set_from_requests(self.auth)
        if public := [operation.path for operation in self.description.operations if not operation.needs_token]:
            auth.skip_for(path=public)

        aim = self.aim
        hooks: tuple[Callable[..., Any], ...] = (
            self.filter_case,
            aim.map_case,
            aim.before_add_examples,
            aim.after_call,
            false_positives.filter_failure,
        )
        for hook in hooks:
            # schemathesis sets attributes on a hook, which a bound method does not allow and a partial does.
            schema.hook(hook.__name__)(partial(hook))
        return schema

    def filter_case(self, context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
        """Let no request out that the options forbid, not even one that only tries a method out."""
        if not self.options.allows(case.method, case.path) or self.description.is_alias(case.method, case.path):
            return False
        wrong = case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH)
        return not (wrong and self.aim.is_elsewhere(case))

    def _config(self, enabled: tuple[str, ...], attempt: int) -> dict[str, Any]:
        options = self.options
        phases: dict[str, dict[str, Any]] = {name: {"enabled": name in enabled} for name in MADE_UP}
        for name in ("examples", "coverage", "fuzzing"):
            phases[name]["operation-ordering"] = "none"  # that of the description, see `Aim.described`
        # An operation that needs no parameters has no examples either.
        phases["examples"]["fill-missing"] = True
        # What is wrong on purpose has been sent before, and ends a sequence.
        phases["stateful"]["generation"] = {"max-examples": options.max_examples, "mode": "positive"}
        phases["stateful"]["inference"] = {"algorithms": []}  # the description has links of its own
        # Methods that the description lacks may still do something. Nobody knows what a DELETE would remove.
        phases["coverage"]["unexpected-methods"] = _OTHER_METHODS if options.write else []
        return {
            "base-url": options.base_url,
            "seed": options.seed + attempt,
            # More are not faster, because of the GIL, and on Python 3.11 two of them crash Hypothesis.
            "workers": 1,
            # The first failure of an operation must not hide the next.
            "continue-on-failure": True,
            "request-timeout": _TIMEOUT,
            # What an earlier run found must not steer this one, and nothing is to be left behind.
            "cache": {"enabled": False},
            # The check `ignored_auth` sends what it needs without credentials. More only ever gets 401, and a parameter
            # `Authorization` that no link provides keeps `ensure_resource_availability` from looking at any sequence.
            "generation": {
                "database": "none",
                "max-examples": options.max_examples,
                "with-security-parameters": False,
            },
            "phases": phases,
            "warnings": False,
        }


def _groups(chosen: Sequence[Operation]) -> list[list[Operation]]:
    """Return the operations of each tag, where links lead from one to another and there is more than one tag."""
    by_tag: dict[str, list[Operation]] = {}
    for operation in chosen:
        by_tag.setdefault(operation.tag, []).append(operation)
    groups = [group for group in by_tag.values() if _is_linked(group)]
    return groups if len(by_tag) > 1 else []


def _is_linked(operations: Sequence[Operation]) -> bool:
    ids = {operation.id for operation in operations}
    return any(link.operation_id in ids for operation in operations for link in operation.links)


def _label(operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> str:
    """Return the label, which an operation that schemathesis makes of an undocumented method does not have."""
    return f"{operation.method.upper()} {operation.path}"
