"""The phases *examples*, *coverage*, *fuzzing* and *stateful* of schemathesis."""

# schemathesis has many generic types without arguments, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any, Final

import schemathesis
from attrs import define, field, frozen
from schemathesis import engine
from schemathesis.core.failures import Failure as SchemathesisFailure
from schemathesis.engine import StopReason, events
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

from .. import response_checks
from ..credentials import RequestAuth, Secrets
from ..false_positives import filter_failure
from ..hooks import Hooks
from ..options import GENERATED_PHASES, Options
from ..pacing import PacedLimiter, RequestSchedule
from ..results import TIME_LIMIT_REACHED, CheckFailure, ProgressReporter, Results
from ..spec import CannotRunError, Operation, Spec
from ..traffic import TIMEOUT, curl, excerpt

_STATEFUL: Final = "stateful"
#: Starts of the phase *stateful* for the same operations, until there are enough sequences.
_STARTS: Final = 3
#: Methods to try where the spec does not have them. Without DELETE, because it might delete anything.
_UNEXPECTED_METHODS: Final = ["GET", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]


@frozen
class GeneratedPhases:
    """The phases of schemathesis, with the hooks and credentials of a run."""

    options: Options
    spec: Spec
    hooks: Hooks
    secrets: Secrets
    auth: RequestAuth
    schedule: RequestSchedule

    def run(self, operations: Sequence[Operation], results: Results, progress: ProgressReporter) -> None:
        """Run *stateful* for all operations first, and then for those of each tag.

        A sequence of requests that has changed something cannot be repeated exactly, and a different result ends the
        phase early. So the phase is started up to three times.
        """
        recorder = _Recorder(self.secrets, results, progress)
        single = tuple(phase for phase in self.options.phases if phase in GENERATED_PHASES and phase != _STATEFUL)
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # a worker thread may still use it
            # Hypothesis writes to the working directory otherwise.
            os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
            if single:
                self._start(operations, single, 0, recorder)
            if _STATEFUL in self.options.phases:
                for group in (operations, *_linked_groups(operations)):
                    minimum = recorder.sequences + self.options.max_examples
                    for attempt in range(_STARTS):
                        if recorder.sequences < minimum:
                            self._start(group, (_STATEFUL,), attempt, recorder)

    def _start(
        self, operations: Sequence[Operation], phases: tuple[str, ...], attempt: int, recorder: _Recorder
    ) -> None:
        if recorder.results.interrupted or recorder.results.stopped is not None:
            return
        # `max-time` of schemathesis is the time for generating requests, not a limit.
        stream = engine.from_schema(self.schema(operations, phases, attempt)).execute()
        for event in stream:
            is_last = isinstance(event, events.EngineFinished)
            if not self.schedule.is_time_limit_reached:
                recorder.record(event)
            elif is_last or isinstance(event, events.ScenarioFinished):
                if not is_last:
                    recorder.record(event)  # the part before the time limit
                recorder.results.stopped = TIME_LIMIT_REACHED
                stream.generator.close()
                return

    def schema(self, operations: Sequence[Operation], phases: tuple[str, ...] = (), attempt: int = 0) -> BaseSchema:
        """Return the schema of schemathesis for some operations."""
        response_checks.register()
        config = schemathesis.Config.from_dict(self._config(phases, attempt))
        excluded = {operation.label for operation in self.spec.operations if operation not in operations}
        schema: BaseSchema = schemathesis.openapi.from_dict(self.hooks.spec_with_objects(operations), config=config)
        schema.config.rate_limit = PacedLimiter(self.schedule)
        schema = schema.exclude(lambda context: _label(context.operation) in excluded)
        auth = schema.auth.set_from_requests(self.auth)
        if public := [operation.path for operation in self.spec.operations if not operation.needs_token]:
            auth.skip_for(path=public)
        hooks = self.hooks
        functions: tuple[Callable[..., Any], ...] = (
            hooks.filter_case,
            hooks.map_case,
            hooks.before_add_examples,
            hooks.after_call,
            filter_failure,
        )
        for function in functions:
            # schemathesis sets attributes on a hook, which a bound method does not allow and a partial does.
            schema.hook(function.__name__)(partial(function))
        return schema

    def _config(self, enabled: tuple[str, ...], attempt: int) -> dict[str, Any]:
        options = self.options
        phases: dict[str, dict[str, Any]] = {name: {"enabled": name in enabled} for name in GENERATED_PHASES}
        for name in ("examples", "coverage", "fuzzing"):
            phases[name]["operation-ordering"] = "none"  # keeps the order of `Hooks.spec_with_objects`
        # An operation that needs no parameters has no examples either.
        phases["examples"]["fill-missing"] = True
        # Other phases send invalid requests, and one would end a sequence.
        phases["stateful"]["generation"] = {"max-examples": options.max_examples, "mode": "positive"}
        phases["stateful"]["inference"] = {"algorithms": []}  # the spec has links
        phases["coverage"]["unexpected-methods"] = _UNEXPECTED_METHODS if options.write else []
        return {
            "base-url": options.base_url,
            "seed": options.seed + attempt,
            # More are not faster, because of the GIL, and on Python 3.11 two of them crash Hypothesis.
            "workers": 1,
            # The first failure of an operation must not hide the next.
            "continue-on-failure": True,
            "request-timeout": TIMEOUT,
            # Runs must not depend on earlier ones, and must leave no files.
            "cache": {"enabled": False},
            # The check `ignored_auth` sends its own requests without credentials. Generated ones would only get 401,
            # and a parameter `Authorization` without a link disables `ensure_resource_availability`.
            "generation": {
                "database": "none",
                "max-examples": options.max_examples,
                "with-security-parameters": False,
            },
            "phases": phases,
            "warnings": False,
        }


def _linked_groups(operations: Sequence[Operation]) -> list[list[Operation]]:
    """Return the operations of each tag, if there are several tags and links between its operations."""
    by_tag: dict[str, list[Operation]] = {}
    for operation in operations:
        by_tag.setdefault(operation.tag, []).append(operation)
    groups = [group for group in by_tag.values() if _is_linked(group)]
    return groups if len(by_tag) > 1 else []


def _is_linked(operations: Sequence[Operation]) -> bool:
    ids = {operation.id for operation in operations}
    return any(link.operation_id in ids for operation in operations for link in operation.links)


def _label(operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> str:
    """Return the label of an operation, which that of an unexpected method lacks."""
    return f"{operation.method.upper()} {operation.path}"


@define
class _Recorder:
    """Converts the events of schemathesis to results."""

    secrets: Secrets
    results: Results
    progress: ProgressReporter
    sequences: int = 0
    """Sequences of requests in the phase *stateful*."""
    _seen: set[SchemathesisFailure] = field(factory=set[SchemathesisFailure])

    def record(self, event: events.EngineEvent) -> None:
        """Add an event to the results.

        Raises:
            CannotRunError: schemathesis cannot continue.
        """
        match event:
            case events.ScenarioFinished() if event.is_test_scenario:
                self._record_scenario(event.phase.value, event.recorder)
                self.progress(event.phase.value, event.label or "")
            case events.NonFatalError():
                self._record_error(event)
            case events.FatalError():
                raise CannotRunError(self.secrets.hide(f"schemathesis cannot continue: {event.exception}"))
            case events.EngineFinished():
                self.results.interrupted |= event.stop_reason is StopReason.INTERRUPTED
                self.results.stopped = self.results.stopped or event.stop_reason.skip_explanation
            case _:
                pass

    def _record_scenario(self, phase: str, recorder: ScenarioRecorder) -> None:
        if phase == _STATEFUL:
            self.sequences += 1
            self._count_links(recorder)
        for case_id, node in recorder.cases.items():
            outcome = self.results.outcomes.get(node.value.operation.label)
            interaction = recorder.interactions.get(case_id)
            if outcome is None or interaction is None:
                continue
            outcome.requests += 1
            if interaction.response is not None and node.value.method == outcome.operation.method:
                outcome.statuses[interaction.response.status_code] += 1
                outcome.seconds += interaction.response.elapsed
            for check in recorder.checks.get(case_id, ()):
                if check.failure_info is not None and check.failure_info.failure not in self._seen:
                    self._seen.add(check.failure_info.failure)
                    outcome.failures.append(
                        self._failure(phase, check.name, check.failure_info.failure, recorder, case_id)
                    )

    def _count_links(self, recorder: ScenarioRecorder) -> None:
        """Count the links from one successful request to another."""
        for case_id, node in recorder.cases.items():
            if node.parent_id is None or node.transition is None:
                continue
            source = self._successful_operation(recorder, node.parent_id)
            target = self._successful_operation(recorder, case_id)
            if source is not None and target is not None:
                self.results.links[source, target] += 1

    def _successful_operation(self, recorder: ScenarioRecorder, case_id: str) -> str | None:
        node, response = recorder.cases.get(case_id), recorder.find_response(case_id=case_id)
        outcome = None if node is None else self.results.outcomes.get(node.value.operation.label)
        if outcome is None or response is None or not outcome.operation.is_success(response.status_code):
            return None
        return outcome.operation.id

    def _failure(
        self, phase: str, check: str, failure: SchemathesisFailure, recorder: ScenarioRecorder, case_id: str
    ) -> CheckFailure:
        # The failing request may be one that the check itself has sent.
        failing = failure.case_id or case_id
        response = recorder.find_response(case_id=failing)
        text = self.secrets.hide(response.text) if response is not None and response.content else ""
        return CheckFailure(
            check=check,
            code=failure.code,
            title=failure.title,
            message=self.secrets.hide(failure.message),
            phase=phase,
            response="" if response is None else excerpt(response.status_code, text),
            reproduction=tuple(self._reproduction(recorder, failing, failure.related_case_ids())),
        )

    def _reproduction(self, recorder: ScenarioRecorder, case_id: str, related: tuple[str, ...]) -> Iterator[str]:
        for case in recorder.iter_chain_cases(case_id=case_id, related_case_ids=related):
            if (interaction := recorder.interactions.get(case.id)) is not None:
                request = interaction.request
                yield curl(request.method, request.uri, request.headers, request.body, self.secrets)

    def _record_error(self, event: events.NonFatalError) -> None:
        text = self.secrets.hide(f"{event.info.title}: {event.info.message}")
        outcome = self.results.outcomes.get(event.label)
        errors = self.results.errors if outcome is None else outcome.errors
        if text not in errors:
            errors.append(text)
