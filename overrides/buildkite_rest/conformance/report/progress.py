"""Progress of a run on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Final

from attrs import define, field
from rich.console import Console
from rich.text import Text

from ..results import ProgressReporter
from ..spec import Operation

#: Typical durations of the phases, relative to each other. Others take one unit.
_DURATIONS: Final[Mapping[str, float]] = {
    "filters": 8,
    "agreement": 2,
    "headers": 2,
    "statuses": 2,
    "effects": 17,
    "refusals": 4,
    "fuzzing": 17,
    "access": 7,
}
#: Share of a run after which the rest is estimated.
_MIN_SHARE: Final = 0.05


@define
class Progress:
    """The phase and operation under way, the elapsed time and an estimate of the rest."""

    operations: Sequence[Operation]
    phases: Sequence[str]
    clock: Callable[[], float] = monotonic
    _phase: str = "finding objects"
    _operation: str = ""
    _seen: set[str] = field(factory=set[str])
    """Labels of the operations of this phase."""
    _finished: float = 0.0
    """Duration of the finished phases."""
    _started: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._started = self.clock()

    def update(self, phase: str, label: str) -> None:
        """Show the operation whose requests are sent next."""
        if phase != self._phase:
            self._finished += _duration(self._phase) if self._seen else 0.0
            self._phase, self._seen = phase, set()
        self._seen.add(label)
        ids = {operation.label: operation.id for operation in self.operations}
        self._operation = ids.get(label, label)

    def __rich__(self) -> Text:
        return Text(self.line(), no_wrap=True, overflow="ellipsis")

    def line(self) -> str:
        """Return the progress as a line of text."""
        elapsed = self.clock() - self._started
        number = f" {len(self._seen)}/{len(self.operations)}" if self._seen else ""
        words = [f"{self._phase}{number}", self._operation, f"{_minutes(elapsed)} elapsed"]
        share = self._share()
        if share >= _MIN_SHARE:
            words.append(f"about {_minutes(elapsed * (1 - share) / share)} left")
        return "  ".join(filter(None, words))

    def _share(self) -> float:
        total = sum(map(_duration, self.phases))
        current = _duration(self._phase) * len(self._seen) / max(1, len(self.operations)) if self._seen else 0.0
        return min(1.0, (self._finished + current) / total) if total else 0.0


@contextmanager
def shown(console: Console, progress: Progress) -> Generator[ProgressReporter]:
    """Show the progress if the console is a terminal."""
    if not console.is_terminal:
        yield lambda phase, label: None
        return
    with console.status(progress):
        yield progress.update


def _duration(phase: str) -> float:
    return _DURATIONS.get(phase, 1.0)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
