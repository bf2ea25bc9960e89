"""The commands `conformance` and `conformance cleanup`, from their parsed options to their exit status.

Whatever a run creates is deleted at its end, however it ends.
"""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from attrs import define, field

from .. import BuildkiteError
from .._base.command_line import report
from .._base.safe_text import plural, safe_excerpt
from .api import Api, CannotRunError
from .cleanup import Cleanup, Leftover
from .creations import CreationJournal, Entries, read_journal
from .credentials import Secrets
from .exchange import REVOCABLE
from .files import check_output
from .names import RUN_ID
from .objects import KnownObjects
from .options import Options, auth_of, check_remote, check_url, is_local, options_of, select_operations
from .output import Output
from .ownership import Ownership
from .pacing import Interruption, RequestSchedule
from .probe import check_access, probe
from .report import CANNOT_RUN, option_lines, result_lines, verdict_of, write_report
from .run import execute, new_executor
from .sender import Sender
from .world import World

_CLEAN: Final = 0
_LEFTOVERS: Final = 1
#: Seconds after which a cleanup ends, and until one of its requests times out.
_CLEANUP: Final = 600
_TIMEOUT: Final = 10
#: Reason for the end of a cleanup at a signal.
_INTERRUPTED: Final = "interrupted"
_API: Final = "https://api.buildkite.com"


def run(namespace: argparse.Namespace, program: str, tokens: Mapping[str, str]) -> int:
    """Check a server, and return the exit status. `program` is the name of the command in messages."""
    # The client warns about responses that differ from the spec, which the report contains.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    command = _Command(program, tokens)
    return command.status_of(lambda: command.check(options_of(namespace)))


def clean_up(namespace: argparse.Namespace, program: str, tokens: Mapping[str, str]) -> int:
    """Delete what a journal names, and return the exit status. `program` is the name of the command in messages."""
    command = _Command(program, tokens)
    return command.status_of(lambda: command.clean_up(namespace.journal, namespace.base_url, namespace.token))


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
        check_output("--json", options.json)
        check_remote(options)
        operations = select_operations(options, self._api)
        seen: dict[str, set[str]] = {}

        def show(phase: str, label: str) -> None:
            seen.setdefault(phase, set()).add(label)
            self._output.show(f"{phase}  {len(seen[phase])}/{len(operations)}  {label}")

        with self._session(options) as session, self._interruption.interrupt_on_signals():
            scopes = probe(options, operations, session.sender)
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
        """Delete what a block has created when it ends.

        Raises:
            CannotRunError: The journal cannot be written. What was created until then is deleted.
        """
        journal = None
        if options.write:
            path = Path(f"buildkite-conformance-{RUN_ID}.jsonl")
            check_output("The journal", path)
            journal = CreationJournal(path, Entries(options.base_url), self._secrets)
        revocable = options.tokens[REVOCABLE].authorization() if REVOCABLE in options.tokens else None
        ownership = Ownership(
            self._api, options.write, options.write_existing, options.organization, revocable, journal
        )
        session = _Session(
            ownership, Sender(options.base_url, options.auth, self._secrets, RequestSchedule(), options.budget)
        )
        try:
            yield session
        finally:
            if journal is not None and journal.is_used:
                with closing(journal):
                    self._clean_up_after(options, session, journal)
                if journal.error is not None:
                    raise CannotRunError(journal.error)

    def _clean_up_after(self, options: Options, session: _Session, journal: CreationJournal) -> None:
        """Delete the objects in the journal, and print the result and how to delete what is left."""
        session.sender.begin_cleanup(_TIMEOUT)
        interruption = Interruption(_CLEANUP)
        cleanup = self._cleaned_up(journal, session.sender, interruption)
        if cleanup.end == _INTERRUPTED:
            session.interruption = interruption
        session.leftovers.extend(cleanup.leftovers)
        if any(not each.is_permanent for each in cleanup.leftovers):
            words = ["buildkite-rest", "conformance", "cleanup", str(journal.path), "--base-url", options.base_url]
            self._output.print(f"journal: {journal.path}; to try again: {shlex.join(words)}")
        elif journal.is_written:
            journal.path.unlink(missing_ok=True)

    def _cleaned_up(self, journal: CreationJournal, sender: Sender, interruption: Interruption) -> Cleanup:
        """Delete the objects in a journal until a signal or the time limit, and print the result."""
        cleanup = Cleanup(journal, self._api, sender, self._output.show)
        try:
            with interruption.interrupt_on_signals():
                if number := len(journal.entries.objects) + len(journal.entries.unresolved):
                    limit = f"for at most {_CLEANUP // 60} minutes; Ctrl-C ends it"
                    self._output.print(f"cleanup: deleting {plural(number, 'object')}, {limit}")
                cleanup.run()
        except KeyboardInterrupt:
            cleanup.stop(f"{_CLEANUP // 60} minutes have passed" if interruption.is_late else _INTERRUPTED)
        self._output.print(*cleanup.summary)
        return cleanup

    def clean_up(self, path: Path, base_url: str | None, token: str | None) -> int:
        """Delete what the journal of a run names."""
        entries = read_journal(path)
        url = _base_url(path, base_url, entries)
        auth = auth_of(token)
        sender = Sender(url, auth, self._secrets, RequestSchedule(), timeout=_TIMEOUT)
        journal = CreationJournal(path, entries, self._secrets, is_new=False)
        had_objects = bool(entries.objects)
        with closing(journal):
            journal.open()
            with self._interruption.interrupt_on_signals():
                check_access(sender, _organizations(entries))
            interruption = Interruption(_CLEANUP)
            cleanup = self._cleaned_up(journal, sender, interruption)
        if entries.invalid:
            self._output.print(
                f"{path}: line {entries.invalid[0]} is not an entry. An object that it named may be left behind."
            )
        if journal.error is not None:
            raise CannotRunError(journal.error)
        if cleanup.end == _INTERRUPTED:
            return interruption.status
        if url != entries.base_url and had_objects and not cleanup.deleted and not cleanup.leftovers:
            # They may still be at the URL of the run.
            old = safe_excerpt(entries.base_url, 200)
            self._output.print(f"no object in {path} is at {url}. Its run was at {old}: check --base-url.")
            return _LEFTOVERS
        return _LEFTOVERS if cleanup.leftovers or entries.invalid else _CLEAN


@define
class _Session:
    ownership: Ownership
    sender: Sender
    leftovers: list[Leftover] = field(factory=list[Leftover])
    """Objects that the cleanup could not delete."""
    interruption: Interruption | None = None
    """The signal that ended the cleanup."""


def _organizations(entries: Entries) -> Iterator[str]:
    paths = [*entries.objects, *(each.collection for each in entries.unresolved.values())]
    found = (path.partition("/organizations/")[2].partition("/")[0] for path in paths)
    yield from dict.fromkeys(filter(None, found))


def _base_url(path: Path, given: str | None, entries: Entries) -> str:
    url = entries.base_url if given is None else given
    if given is None and url != _API and not is_local(url):
        # A file must not decide which server gets the token.
        hint = "Pass that, or the URL that the server has now, as --base-url to confirm it."
        raise CannotRunError(f"{path} is of {safe_excerpt(url, 200)}. {hint}")
    check_url(url)
    return url.rstrip("/")
