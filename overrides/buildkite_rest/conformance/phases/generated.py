"""Turns what schemathesis tells while it runs into results."""

# schemathesis has many generic types without arguments, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import define, field
from schemathesis import Response
from schemathesis.core.failures import Failure as SchemathesisFailure
from schemathesis.engine import StopReason, events
from schemathesis.engine.recorder import ScenarioRecorder

from ..credentials import Secrets
from ..errors import CannotRunError
from ..results import Failure, Progress, Results
from ..traffic import curl

#: What schemathesis calls the phase.
_STATEFUL: Final = "stateful"


#: Characters of a body that a report repeats.
_SHOWN: Final = 300


@define
class Collector:
    """Turns events into results."""

    secrets: Secrets
    results: Results
    progress: Progress
    sequences: int = 0
    """Sequences of requests in the phase *stateful*."""
    _seen: set[SchemathesisFailure] = field(factory=set[SchemathesisFailure])

    def take(self, event: events.EngineEvent) -> None:
        """Take in what schemathesis tells."""
        match event:
            case events.ScenarioFinished() if event.is_test_scenario:
                self._take_scenario(event.phase.value, event.recorder)
                self.progress(event.phase.value, event.label or "")
            case events.NonFatalError():
                self._take_error(event)
            case events.FatalError():
                raise CannotRunError(self.secrets.hide(f"schemathesis cannot go on: {event.exception}"))
            case events.EngineFinished():
                self.results.interrupted |= event.stop_reason is StopReason.INTERRUPTED
                self.results.stopped = self.results.stopped or event.stop_reason.skip_explanation
            case _:
                pass

    def _take_scenario(self, phase: str, recorder: ScenarioRecorder) -> None:
        if phase == _STATEFUL:
            self.sequences += 1
            self._take_links(recorder)
        for case_id, node in recorder.cases.items():
            outcome = self.results.outcomes.get(node.value.operation.label)
            interaction = recorder.interactions.get(case_id)
            if outcome is None or interaction is None:
                continue
            outcome.cases += 1
            if interaction.response is not None and node.value.method == outcome.operation.method:
                outcome.statuses[interaction.response.status_code] += 1
                outcome.seconds += interaction.response.elapsed
            for check in recorder.checks.get(case_id, ()):
                if check.failure_info is not None and check.failure_info.failure not in self._seen:
                    self._seen.add(check.failure_info.failure)
                    outcome.failures.append(
                        self._failure(phase, check.name, check.failure_info.failure, recorder, case_id)
                    )

    def _take_links(self, recorder: ScenarioRecorder) -> None:
        """Count the links that were followed from one success to another."""
        for case_id, node in recorder.cases.items():
            if node.parent_id is None or node.transition is None:
                continue
            source, target = self._success(recorder, node.parent_id), self._success(recorder, case_id)
            if source is not None and target is not None:
                self.results.links[source, target] += 1

    def _success(self, recorder: ScenarioRecorder, case_id: str) -> str | None:
        """Return the operation of a request that was answered with a success."""
        node, response = recorder.cases.get(case_id), recorder.find_response(case_id=case_id)
        outcome = None if node is None else self.results.outcomes.get(node.value.operation.label)
        if outcome is None or response is None or not outcome.operation.succeeds_with(response.status_code):
            return None
        return outcome.operation.id

    def _failure(
        self, phase: str, check: str, failure: SchemathesisFailure, recorder: ScenarioRecorder, case_id: str
    ) -> Failure:
        # A check may have sent requests of its own, and failed because of one of these.
        guilty = failure.case_id or case_id
        response = recorder.find_response(case_id=guilty)
        return Failure(
            check=check,
            code=failure.code,
            title=failure.title,
            message=self.secrets.hide(failure.message),
            phase=phase,
            answer="" if response is None else self.secrets.hide(_shortened(response)),
            reproduction=tuple(self._reproduction(recorder, guilty, failure.related_case_ids())),
        )

    def _reproduction(self, recorder: ScenarioRecorder, case_id: str, related: tuple[str, ...]) -> Iterator[str]:
        for case in recorder.iter_chain_cases(case_id=case_id, related_case_ids=related):
            if (interaction := recorder.interactions.get(case.id)) is not None:
                request = interaction.request
                yield curl(request.method, request.uri, request.headers, request.body, self.secrets)

    def _take_error(self, event: events.NonFatalError) -> None:
        text = self.secrets.hide(f"{event.info.title}: {event.info.message}")
        outcome = self.results.outcomes.get(event.label)
        errors = self.results.errors if outcome is None else outcome.errors
        if text not in errors:
            errors.append(text)


def _shortened(response: Response) -> str:
    text = " ".join(response.text.split()) if response.content else ""
    return f"{response.status_code} {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}".rstrip()
