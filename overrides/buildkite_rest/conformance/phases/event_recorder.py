"""Conversion of the events of schemathesis to results."""

# schemathesis has many generic types without arguments, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import define, field
from schemathesis.core.failures import Failure as SchemathesisFailure
from schemathesis.engine import Status, StopReason, events
from schemathesis.engine.recorder import ScenarioRecorder

from ..credentials import Secrets
from ..response_checks import PREFIX
from ..results import CheckFailure, ProgressReporter, Results, title_of
from ..spec import CannotRunError
from ..traffic import curl, excerpt

STATEFUL: Final = "stateful"


@define
class EventRecorder:
    """Converts the events of schemathesis to results."""

    secrets: Secrets
    results: Results
    progress: ProgressReporter
    sequences: int = 0
    """Sequences of requests in the phase *stateful*."""
    group: str = ""
    """Name of the operations of these sequences."""
    _seen: set[SchemathesisFailure] = field(factory=set[SchemathesisFailure])

    def record(self, event: events.EngineEvent) -> None:
        """Add an event to the results.

        Raises:
            CannotRunError: schemathesis cannot continue.
        """
        match event:
            case events.ScenarioStarted():
                self.progress(event.phase.value, event.label or self.group)
            case events.ScenarioFinished() if event.is_test_scenario:
                self._record_scenario(event.phase.value, event.recorder)
                outcome = self.results.outcomes.get(event.label or "")
                if outcome is not None and event.status is not Status.INTERRUPTED:
                    self.results.complete(event.phase.value, [outcome.operation])
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
        if phase == STATEFUL:
            self.sequences += 1
            self._count_links(recorder)
        for case_id, node in recorder.cases.items():
            outcome = self.results.outcomes.get(node.value.operation.label)
            interaction = recorder.interactions.get(case_id)
            if outcome is None or interaction is None:
                continue
            outcome.requests += 1
            outcome.unanswered += interaction.response is None
            if interaction.response is not None and node.value.method == outcome.operation.method:
                outcome.statuses[interaction.response.status_code] += 1
                outcome.seconds += interaction.response.elapsed
            for check in recorder.checks.get(case_id, ()):
                if check.failure_info is not None and check.failure_info.failure not in self._seen:
                    self._seen.add(check.failure_info.failure)
                    outcome.failures.append(
                        self._failure(
                            phase, check.name.removeprefix(PREFIX), check.failure_info.failure, recorder, case_id
                        )
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
        text = response.text if response is not None and response.content else ""
        return CheckFailure(
            check=check.removeprefix(PREFIX),
            code=failure.code,
            title=title_of(check.removeprefix(PREFIX)),
            message=self.secrets.hide(failure.message or failure.title),
            phase=phase,
            response="" if response is None else excerpt(response.status_code, text, self.secrets),
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
