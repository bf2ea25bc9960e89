"""Runs schemathesis and collects what it finds."""

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
from schemathesis import Response, engine
from schemathesis.core.failures import Failure as SchemathesisFailure
from schemathesis.engine import StopReason, events
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

from . import checks
from .aim import Aim
from .credentials import RequestAuth, Secrets
from .curl import curl
from .description import Description, Operation
from .options import PHASES, Options
from .problems import CannotRunError
from .results import Failure, Outcome, Results

#: Sequences of requests in the phase *stateful*, for each request per operation in *fuzzing*.
_SEQUENCES: Final = 4
_TIMEOUT: Final = 30
#: Characters of a body that a report repeats.
_SHOWN: Final = 300

#: Methods to try where the description does not have them.
_OTHER_METHODS: Final = ["GET", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]

Progress = Callable[[str, str], None]


@frozen
class Run:
    """A run that is ready to start."""

    options: Options
    description: Description
    aim: Aim
    secrets: Secrets
    pace: str | None

    def execute(self, progress: Progress) -> Results:
        """Send all requests. `progress` is told phase and operation when an operation is done.

        Raises:
            CannotRunError: schemathesis cannot use the description.
        """
        chosen = [operation for operation in self.description.operations if self.options.chooses(operation)]
        results = Results({operation.label: Outcome(operation) for operation in chosen})
        collector = _Collector(self.secrets, results, progress)
        with TemporaryDirectory() as folder:
            # Hypothesis would leave things in the current folder.
            os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
            for event in engine.from_schema(self._schema(chosen)).execute():
                collector.take(event)
        return results

    def _schema(self, chosen: Sequence[Operation]) -> BaseSchema:
        checks.register()
        config = schemathesis.Config.from_dict(self._config())
        left_out = {operation.label for operation in self.description.operations if operation not in chosen}
        schema: BaseSchema = schemathesis.openapi.from_dict(self.aim.described(chosen), config=config)
        schema = schema.exclude(lambda context: _label(context.operation) in left_out)
        auth = schema.auth.set_from_requests(RequestAuth(self.options.auth, self.secrets))
        if public := [operation.path for operation in self.description.operations if not operation.needs_token]:
            auth.skip_for(path=public)

        aim = self.aim
        hooks: tuple[Callable[..., Any], ...] = (
            self.filter_case,
            aim.map_case,
            aim.before_add_examples,
            aim.after_call,
            checks.filter_failure,
        )
        for hook in hooks:
            # schemathesis sets attributes on a hook, which a bound method does not allow and a partial does.
            schema.hook(hook.__name__)(partial(hook))
        return schema

    def filter_case(self, context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
        """Let no request out that the options forbid, not even one that only tries a method out."""
        return self.options.allows(case.method, case.path)

    def _config(self) -> dict[str, Any]:
        options = self.options
        phases: dict[str, dict[str, Any]] = {name: {"enabled": name in options.phases} for name in PHASES}
        for name in ("examples", "coverage", "fuzzing"):
            phases[name]["operation-ordering"] = "none"  # that of the description, see `Aim.described`
        # An operation that needs no parameters has no examples either.
        phases["examples"]["fill-missing"] = True
        # What is wrong on purpose has been sent before, and ends a sequence.
        phases["stateful"]["generation"] = {"max-examples": options.max_examples * _SEQUENCES, "mode": "positive"}
        phases["stateful"]["inference"] = {"algorithms": []}  # the description has links of its own
        # Methods that the description lacks may still do something. Nobody knows what a DELETE would remove.
        phases["coverage"]["unexpected-methods"] = _OTHER_METHODS if options.write else []
        config: dict[str, Any] = {
            "base-url": options.base_url,
            "seed": options.seed,
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
        if options.max_time is not None:
            config["max-time"] = options.max_time
        if self.pace is not None:
            config["rate-limit"] = self.pace
        return config


@define
class _Collector:
    """Turns events into results."""

    secrets: Secrets
    results: Results
    progress: Progress
    _seen: set[SchemathesisFailure] = field(factory=set[SchemathesisFailure])

    def take(self, event: events.EngineEvent) -> None:
        match event:
            case events.ScenarioFinished() if event.is_test_scenario:
                self._take_scenario(event.phase.value, event.recorder)
                self.progress(event.phase.value, event.label or "")
            case events.NonFatalError():
                self._take_error(event)
            case events.FatalError():
                raise CannotRunError(self.secrets.hide(f"schemathesis cannot go on: {event.exception}"))
            case events.EngineFinished():
                self.results.seconds = event.running_time
                self.results.interrupted = event.stop_reason is StopReason.INTERRUPTED
                self.results.stopped = event.stop_reason.skip_explanation
            case _:
                pass

    def _take_scenario(self, phase: str, recorder: ScenarioRecorder) -> None:
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


def _label(operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> str:
    """Return the label, which an operation that schemathesis makes of an undocumented method does not have."""
    return f"{operation.method.upper()} {operation.path}"


def _shortened(response: Response) -> str:
    text = " ".join(response.text.split()) if response.content else ""
    return f"{response.status_code} {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}".rstrip()
