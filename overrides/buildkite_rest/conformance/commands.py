"""The commands `conformance` and `conformance cleanup`, from their parsed options to their exit status.

Whatever a run creates is deleted at its end, however it ends.
"""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from math import inf
from pathlib import Path
from typing import Final

from attrs import define, field
from rich.text import Text

from .. import BuildkiteError
from .._base.command_line import report
from .._base.safe_text import plural, safe_excerpt
from .api import Api, CannotRunError
from .cleanup import MAX_RESPONSE, Cleanup, Leftover
from .creations import CreationJournal, Entries, check_writable, read_journal
from .credentials import Secrets
from .exchange import REVOCABLE
from .files import check_distinct, check_output
from .names import RUN_ID
from .options import Mode, Options, auth_of, check_remote, check_url, is_local, options_of, register, select_operations
from .output import console_for, standard_output
from .ownership import Ownership
from .pacing import Interruption, RequestSchedule
from .probe import check_access, probe
from .report import CANNOT_RUN, Report, progress, verdict_of, write_reports
from .run import Run
from .sender import Sender

_CLEAN: Final = 0
_LEFTOVERS: Final = 1
#: Seconds after which the cleanup of a run ends, and until one of its requests times out.
_CLEANUP: Final = 600
_TIMEOUT: Final = 10
#: Invalid lines of a journal that are listed.
_LISTED: Final = 20
_API: Final = "https://api.buildkite.com"


def run(namespace: argparse.Namespace, program: str, tokens: Mapping[str, str]) -> int:
    """Check a server, and return the exit status. `program` is the name of the command in messages."""
    # The client warns about responses that differ from the spec, which the report contains.
    logging.getLogger("buildkite_rest").addHandler(logging.NullHandler())
    command = _Command(program, tokens, RequestSchedule(namespace.rate_limit, namespace.max_time or inf))
    late = "--max-time expired before the first check. Allow more time."
    return command.status_of(lambda: command.check(namespace), CANNOT_RUN, late)


def clean_up(namespace: argparse.Namespace, program: str, tokens: Mapping[str, str]) -> int:
    """Delete what a journal names, and return the exit status. `program` is the name of the command in messages."""
    command = _Command(program, tokens, RequestSchedule(namespace.rate_limit, max_response=MAX_RESPONSE))
    late = f"a response was not complete within {MAX_RESPONSE} s. Repeat the command later to delete the rest."
    return command.status_of(lambda: command.clean_up(namespace), _LEFTOVERS, late)


class _Command:
    """A command: its errors are one line, and show no tokens."""

    def __init__(self, program: str, tokens: Mapping[str, str], schedule: RequestSchedule) -> None:
        self._program = program
        self._api = Api.load()
        self._secrets = Secrets(self._api.secret_names)
        for token, name in tokens.items():
            self._secrets.add(token, name)
        self._schedule = schedule
        self._interruption = Interruption(schedule)
        self._output = standard_output(self._secrets)
        self._console = console_for(self._output)

    def status_of(self, work: Callable[[], int], late_status: int, late: str) -> int:
        """Do the work, and return its exit status. The time limit has its own status and message."""
        try:
            status = work()
        except (CannotRunError, BuildkiteError) as error:
            report(f"{self._program}: {self._secrets.hide(str(error))}")
            return CANNOT_RUN
        except KeyboardInterrupt:
            if not self._schedule.is_time_limit_reached:
                return self._interruption.status
            report(f"{self._program}: {late}")
            return late_status
        if self._output is not None:
            self._output.close(self._program)
        return status

    def check(self, namespace: argparse.Namespace) -> int:
        """Check the server, and write the reports."""
        options = options_of(namespace)
        register(options, self._secrets)
        check_distinct(("--json", options.json), ("--junit", options.junit), ("--journal", options.journal))
        check_output("--json", options.json)
        check_output("--junit", options.junit)
        check_remote(options)
        operations = select_operations(options, self._api)
        with self._session(options) as session, self._interruption.interrupt_on_signals():
            scopes = probe(options, operations, session.sender)
            terminal = Report(self._console, options, self._api)
            terminal.start()
            ready = Run(options, self._api, operations, session.ownership, session.sender, self._secrets, scopes)
            with progress(self._console, len(operations)) as show:
                results = ready.execute(show)
        results.left_behind = sum(not each.is_permanent for each in session.leftovers)
        results.sent = session.sender.count
        verdict = verdict_of(options, results, scopes)
        terminal.finish(results, verdict)
        write_reports(options, self._api, results, verdict)
        ended_by = self._interruption if results.interrupted else session.interruption
        return verdict.status if ended_by is None else ended_by.status

    @contextmanager
    def _session(self, options: Options) -> Generator[_Session]:
        """Delete what a block has created when it ends.

        Raises:
            CannotRunError: The journal cannot be written. What was created until then is deleted.
        """
        journal, write = None, options.mode is Mode.WRITE
        if write:
            path = options.journal or Path(f"buildkite-conformance-{RUN_ID}.jsonl")
            check_writable(path)
            is_synced = not is_local(options.base_url)
            journal = CreationJournal(path, Entries(options.base_url), self._secrets, is_synced=is_synced)
        revocable = options.tokens[REVOCABLE].authorization() if REVOCABLE in options.tokens else None
        ownership = Ownership(self._api, write, options.write_existing, options.organization, revocable, journal)
        session = _Session(
            ownership, Sender(options.base_url, options.auth, self._secrets, self._schedule, options.budget)
        )
        try:
            yield session
        finally:
            if journal is not None and journal.is_used:
                with closing(journal):
                    self._clean_up_after(options, session, journal)
                if journal.error is not None:
                    raise CannotRunError(f"--journal: {journal.error}")

    def _clean_up_after(self, options: Options, session: _Session, journal: CreationJournal) -> None:
        """Delete the objects in the journal, and print the result and how to delete what is left."""
        schedule = RequestSchedule(options.rate_limit, _CLEANUP, MAX_RESPONSE)
        interruption = Interruption(schedule)
        session.sender.begin_cleanup(schedule, _TIMEOUT)
        number = len(journal.entries.objects) + len(journal.entries.unresolved)
        with self._console.status(Text("cleanup")) as status:
            cleanup = Cleanup(journal, self._api, session.sender, lambda text: status.update(Text(text)))
            try:
                with interruption.interrupt_on_signals():
                    if number:
                        self._print(
                            f"cleanup: deleting {plural(number, 'object')}, for at most {_CLEANUP // 60} minutes; "
                            "Ctrl-C ends it"
                        )
                    cleanup.run()
            except KeyboardInterrupt:
                if not schedule.is_time_limit_reached:
                    session.interruption = interruption
                    cleanup.stop("interrupted")
                elif schedule.is_response_late:
                    cleanup.stop(f"a response was not complete within {MAX_RESPONSE} s")
                else:
                    cleanup.stop(f"{_CLEANUP // 60} minutes have passed")
        session.leftovers.extend(cleanup.leftovers)
        self._print(*cleanup.summary)
        if any(not each.is_permanent for each in cleanup.leftovers):
            words = ["buildkite-rest", "conformance", "cleanup", str(journal.path), "--base-url", options.base_url]
            self._print(f"journal: {journal.path}; to try again: {shlex.join(words)}")
        elif options.journal is None and journal.is_written:
            journal.path.unlink(missing_ok=True)

    def clean_up(self, namespace: argparse.Namespace) -> int:
        """Delete what the journal of a run names."""
        path: Path = namespace.journal
        url = _base_url(namespace, read_journal(path))
        auth = auth_of(namespace.token)
        self._secrets.add(auth.authorization())
        sender = Sender(url, auth, self._secrets, self._schedule, timeout=_TIMEOUT)
        journal = CreationJournal(path, Entries(url), self._secrets, is_new=False, is_synced=not is_local(url))
        with closing(journal), self._interruption.interrupt_on_signals():
            journal.open()
            entries = journal.entries = read_journal(path)  # now that no other process can change it
            had_objects = bool(entries.objects)
            with self._console.status(Text("cleanup")) as status:
                check_access(sender, _organizations(entries))
                cleanup = Cleanup(journal, self._api, sender, lambda text: status.update(Text(text)))
                cleanup.run()
            self._print(*cleanup.summary, *_invalid_lines(path, entries))
        if journal.error is not None:
            raise CannotRunError(journal.error)
        if url != entries.base_url and had_objects and not cleanup.deleted and not cleanup.leftovers:
            # They may still be at the URL of the run.
            old = safe_excerpt(entries.base_url, 200)
            self._print(f"no object in {path} is at {url}. Its run was at {old}: check --base-url.")
            return _LEFTOVERS
        return _LEFTOVERS if cleanup.leftovers or entries.invalid else _CLEAN

    def _print(self, *lines: str) -> None:
        for line in lines:
            self._console.print(Text(line))


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


def _invalid_lines(path: Path, entries: Entries) -> Iterator[str]:
    for number in entries.invalid[:_LISTED]:
        yield f"{path}: line {number} is not an entry. An object that it named may be left behind."
    if (more := len(entries.invalid) - _LISTED) > 0:
        yield f"{path}: {plural(more, 'more line')} of this kind"


def _base_url(namespace: argparse.Namespace, entries: Entries) -> str:
    url: str = entries.base_url if namespace.base_url is None else namespace.base_url
    if namespace.base_url is None and url != _API and not is_local(url):
        # A file must not decide which server gets the token.
        hint = "Pass that, or the URL that the server has now, as --base-url to confirm it."
        raise CannotRunError(f"{namespace.journal} is of {safe_excerpt(url, 200)}. {hint}")
    check_url(url)
    return url.rstrip("/")
