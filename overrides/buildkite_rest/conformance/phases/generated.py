"""The phases *examples*, *coverage*, *fuzzing* and *stateful* of schemathesis."""

# schemathesis has many generic types without arguments, which a strict type checker calls unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import schemathesis
from attrs import frozen
from hypothesis import Phase, settings
from schemathesis import engine
from schemathesis.engine import events
from schemathesis.schemas import BaseSchema

from .. import response_checks
from ..credentials import RequestAuth, Secrets
from ..false_positives import filter_failure
from ..hooks import Hooks
from ..option_values import GENERATED_PHASES
from ..options import Options
from ..pacing import PacedLimiter, RequestSchedule
from ..results import TIME_LIMIT_REACHED, ProgressReporter, Results
from ..spec import Operation, Spec
from ..traffic import TIMEOUT
from .event_recorder import STATEFUL, EventRecorder
from .hypothesis_data import without_local_constants, write_encodable_characters
from .wrong_types import WrongTypes

#: Phases that visit one operation after the other.
_SINGLE: Final = ("examples", "coverage", "fuzzing")
#: Starts of the phase *stateful* for the same operations, until there are enough sequences.
_STARTS: Final = 3
#: Share of `--max-examples` for an operation that has query parameters only.
_SHARE_OF_READ: Final = 2
#: Share of `--max-examples` for the sequences of a tag.
_SHARE_OF_TAG: Final = 4
#: Tags of a start of *stateful*.
_TAGS: Final = 5
#: Name of the settings of Hypothesis.
_FORMER_PROFILE: Final = "before buildkite_rest.conformance"
_PROFILE: Final = "buildkite-rest"
#: Methods to try where the spec does not have them. Without DELETE, because it might delete anything.
_UNEXPECTED_METHODS: Final = ["GET", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]


@frozen
class _Start:
    """A start of schemathesis."""

    operations: Sequence[Operation]
    phase: str
    depth: int
    """Examples per operation, or sequences."""
    attempt: int = 0


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
        """Run the phases for all operations, and then *stateful* for those of each tag.

        A sequence of requests that has changed something cannot be repeated exactly, and a different result ends the
        phase early. So the phase is started up to three times.
        """
        recorder = EventRecorder(self.secrets, results, progress)
        gc.freeze()  # or each collection visits the spec and the objects of the phases before
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder, _settings():  # a worker thread may still use it
            # Hypothesis writes to the working directory otherwise.
            os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
            write_encodable_characters(Path(folder))
            for phase in _SINGLE:
                if phase in self.options.phases:
                    for group, depth in self._by_depth(results.remaining(phase, operations), phase):
                        self._start(_Start(group, phase, depth), recorder)
            if STATEFUL in self.options.phases:
                self._run_stateful("all operations", operations, self.options.max_examples, recorder)
                for tags, group in _linked_groups(operations):
                    depth = ceil(self.options.max_examples / _SHARE_OF_TAG) * len(tags)
                    self._run_stateful(", ".join(tags), group, depth, recorder)

    def _by_depth(self, operations: Sequence[Operation], phase: str) -> Iterator[tuple[Sequence[Operation], int]]:
        """Return the operations with the number of examples for each. *coverage* has all of what is only a path."""
        if phase != "fuzzing":
            yield operations, self.options.max_examples
            return
        by_depth: dict[int, list[Operation]] = {}
        for each in operations:
            if each.has_body or each.query:
                share = 1 if each.has_body else _SHARE_OF_READ
                by_depth.setdefault(ceil(self.options.max_examples / share), []).append(each)
        for depth in sorted(by_depth):
            yield by_depth[depth], depth

    def _run_stateful(self, name: str, operations: Sequence[Operation], depth: int, recorder: EventRecorder) -> None:
        if not _is_linked(operations):
            return
        recorder.group = name
        minimum = recorder.sequences + depth
        for attempt in range(_STARTS):
            if recorder.sequences < minimum:
                self._start(_Start(operations, STATEFUL, depth, attempt), recorder)

    @staticmethod
    def _is_stopped(results: Results) -> bool:
        return results.interrupted or results.stopped is not None

    def _start(self, start: _Start, recorder: EventRecorder) -> None:
        if self._is_stopped(recorder.results) or not start.operations:
            return
        # `max-time` of schemathesis is the time for generating requests, not a limit.
        stream = engine.from_schema(self.schema(start.operations, start)).execute()
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

    def schema(self, operations: Sequence[Operation], start: _Start | None = None) -> BaseSchema:
        """Return the schema of schemathesis for some operations."""
        response_checks.register()
        config = schemathesis.Config.from_dict(self._config(start))
        excluded = {operation.label for operation in self.spec.operations if operation not in operations}
        schema: BaseSchema = schemathesis.openapi.from_dict(self.hooks.spec_with_objects(operations), config=config)
        schema.config.rate_limit = PacedLimiter(self.schedule)
        schema = schema.exclude(lambda context: _label(context.operation) in excluded)
        # Collecting values from responses takes a quarter of the phase *coverage*. The hooks know the objects.
        schema.create_extra_data_source = lambda: None  # type: ignore[method-assign]
        auth = schema.auth.set_from_requests(self.auth)
        if public := [operation.path for operation in self.spec.operations if not operation.needs_token]:
            auth.skip_for(path=public)
        hooks = self.hooks
        functions: tuple[Callable[..., Any], ...] = (
            hooks.filter_case,
            WrongTypes().filter_case,
            hooks.before_add_examples,
            hooks.after_call,
            hooks.filter_failure,
            filter_failure,
        )
        for function in functions:
            # schemathesis sets attributes on a hook, which a bound method does not allow and a partial does.
            schema.hook(function.__name__)(partial(function))
        return schema

    def _config(self, start: _Start | None) -> dict[str, Any]:
        options = self.options
        enabled, depth, attempt = ("", 1, 0) if start is None else (start.phase, start.depth, start.attempt)
        phases: dict[str, dict[str, Any]] = {name: {"enabled": name == enabled} for name in GENERATED_PHASES}
        for name in _SINGLE:
            phases[name]["operation-ordering"] = "none"  # keeps the order of `Hooks.spec_with_objects`
        phases["fuzzing"]["error-feedback"] = {"enabled": False}
        # An operation that needs no parameters has no examples either.
        phases["examples"]["fill-missing"] = True
        # Other phases send invalid requests, and one would end a sequence.
        phases["stateful"]["generation"] = {"max-examples": depth, "mode": "positive"}
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
                "max-examples": depth,
                "with-security-parameters": False,
            },
            "phases": phases,
            "checks": {name: {"enabled": False} for name in response_checks.REPLACED},
            "warnings": False,
        }


@contextmanager
def _settings() -> Generator[None]:
    """Turn off the search of Hypothesis for requests that succeed, which takes longer than everything else."""
    settings.register_profile(_PROFILE, phases=(Phase.explicit, Phase.generate, Phase.shrink))
    settings.register_profile(_FORMER_PROFILE, settings.default)  # older versions do not return its name
    settings.load_profile(_PROFILE)
    try:
        with without_local_constants():
            yield
    finally:
        settings.load_profile(_FORMER_PROFILE)


def _linked_groups(operations: Sequence[Operation]) -> list[tuple[list[str], list[Operation]]]:
    """Return tags with their operations, if there are several tags and links between the operations of each.

    Each start of schemathesis analyzes the whole spec, so several tags share one.
    """
    by_tag: dict[str, list[Operation]] = {}
    for operation in operations:
        by_tag.setdefault(operation.tag, []).append(operation)
    linked = [(tag, group) for tag, group in by_tag.items() if _is_linked(group)] if len(by_tag) > 1 else []
    shared = [linked[start : start + _TAGS] for start in range(0, len(linked), _TAGS)]
    return [([tag for tag, _ in each], [one for _, group in each for one in group]) for each in shared]


def _is_linked(operations: Sequence[Operation]) -> bool:
    ids = {operation.id for operation in operations}
    return any(link.operation_id in ids for operation in operations for link in operation.links)


def _label(operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> str:
    """Return the label of an operation, which that of an unexpected method lacks."""
    return f"{operation.method.upper()} {operation.path}"
