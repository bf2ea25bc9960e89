"""The command `conformance`, from its parsed options to its exit status.

Whatever a run creates is deleted at its end, however it ends.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final

from attrs import define, field

from .. import BuildkiteError
from .._base.command_line import report
from .._base.safe_text import plural
from .api import Api, CannotRunError
from .cleanup import Cleanup, Leftover
from .credentials import Secrets
from .exchange import REVOCABLE
from .objects import KnownObjects
from .options import Options, check_remote, options_of, select_operations
from .output import Output
from .ownership import Ownership
from .pacing import Interruption, RequestSchedule
from .probe import probe
from .report import CANNOT_RUN, check_output, option_lines, result_lines, verdict_of, write_report
from .run import execute, new_executor
from .sender import Sender
from .world import World

#: Seconds until a request of a cleanup times out.
_TIMEOUT: Final = 10


def run(namespace: argparse.Namespace, program: str, tokens: Mapping[str, str]) -> int:
    """Check a server, and return the exit status. `program` is the name of the command in messages."""
    # The client warns about responses that differ from the spec, which the report contains.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    command = _Command(program, tokens)
    return command.status_of(lambda: command.check(options_of(namespace)))


class _Command:
    """A command: its errors are one line, and show no tokens."""

    def __init__(self, program: str, tokens: Mapping[str, str]) -> None:
        self._program = program
        self._api = Api.load()
        self._secrets = Secrets(self._api.secret_names)
        for token, name in tokens.items():
            self._secrets.add(token, name)
        self._interruption = Interruption()
        self._output = Output(self._secrets)

    def status_of(self, work: Callable[[], int]) -> int:
        """Do the work, and return its exit status."""
        try:
            status = work()
        except (CannotRunError, BuildkiteError) as error:
            report(f"{self._program}: {self._secrets.hide(str(error))}")
            return CANNOT_RUN
        except KeyboardInterrupt:
            return self._interruption.status
        self._output.close(self._program)
        return status

    def check(self, options: Options) -> int:
        """Check the server, and write the report."""
        check_output(options.json)
        check_remote(options)
        operations = select_operations(options, self._api)
        seen: dict[str, set[str]] = {}

        def show(phase: str, label: str) -> None:
            seen.setdefault(phase, set()).add(label)
            self._output.show(f"{phase}  {len(seen[phase])}/{len(operations)}  {label}")

        with self._session(options) as session, self._interruption.interrupt_on_signals():
            scopes = probe(options, session.sender)
            self._output.print(*option_lines(options, self._api))
            world = World(self._api, session.ownership, KnownObjects(options.organization))
            executor = new_executor(options, operations, world, session.sender, self._secrets)
            results = execute(executor, operations, scopes, show)
        results.left_behind = sum(not each.is_permanent for each in session.leftovers)
        results.sent = session.sender.count
        verdict = verdict_of(options, results, scopes)
        self._output.print(*result_lines(options, self._api, results, verdict))
        write_report(options, self._api, results, verdict)
        ended_by = self._interruption if results.interrupted else session.interruption
        return verdict.status if ended_by is None else ended_by.status

    @contextmanager
    def _session(self, options: Options) -> Generator[_Session]:
        """Delete what a block has created when it ends."""
        revocable = options.tokens[REVOCABLE].authorization() if REVOCABLE in options.tokens else None
        ownership = Ownership(self._api, options.write, options.write_existing, options.organization, revocable)
        session = _Session(
            ownership, Sender(options.base_url, options.auth, self._secrets, RequestSchedule(), options.budget)
        )
        try:
            yield session
        finally:
            if ownership.creations.objects or ownership.creations.unresolved:
                self._clean_up_after(session)

    def _clean_up_after(self, session: _Session) -> None:
        """Delete what a run has created until a signal, and print the result."""
        session.sender.begin_cleanup(_TIMEOUT)
        interruption, creations = Interruption(), session.ownership.creations
        cleanup = Cleanup(creations, self._api, session.sender)
        try:
            with interruption.interrupt_on_signals():
                number = plural(len(creations.objects) + len(creations.unresolved), "object")
                self._output.print(f"cleanup: deleting {number}; Ctrl-C ends it")
                cleanup.run()
        except KeyboardInterrupt:
            cleanup.stop("interrupted")
            session.interruption = interruption
        self._output.print(*cleanup.summary)
        session.leftovers.extend(cleanup.leftovers)


@define
class _Session:
    ownership: Ownership
    sender: Sender
    leftovers: list[Leftover] = field(factory=list[Leftover])
    """Objects that the cleanup could not delete."""
    interruption: Interruption | None = None
    """The signal that ended the cleanup."""
