"""Runs the phases that the runner has itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import requests
from attrs import frozen

from .._base.safe_text import safe_excerpt
from .access import check_access
from .choice import Choice
from .collector import Progress
from .credentials import as_json
from .description import Description
from .hand_picked import check_hand_picked
from .last_try import try_again
from .lists import check_lists
from .live import is_hand_picked
from .lives import check_lives
from .operation import Operation
from .pace import TimeOverError, refusal_problems
from .results import TIME_OVER
from .targets import Targets
from .wire import Answer, Wire

Phase = Callable[[Wire, Choice, Sequence[Operation]], Iterator[Operation]]
_PHASES: Mapping[str, Phase] = {"lives": check_lives, "lists": check_lists, "access": check_access}

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
        if is_hand_picked(self.wire.options):
            organization = self.wire.options.organization
            yield "hand-picked", check_hand_picked(self.wire, self.description, organization, self.chosen)
            return
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
