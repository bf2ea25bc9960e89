"""A run from its validated options to its exit status. Whatever it creates is deleted at its end, however it ends."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from attrs import define, field
from rich.console import Console
from rich.text import Text

from .._base.safe_text import plural
from .api import Api, CannotRunError, Operation
from .cleanup import MAX_RESPONSE, Cleanup, Leftover
from .creations import CreationJournal, Entries, check_writable
from .credentials import Credentials, Secrets, register
from .loopback import is_local
from .names import RUN_ID
from .options import Mode, Options
from .output import completed
from .ownership import Ownership
from .pacing import Interruption, RequestSchedule
from .probe import probe
from .report.files import write_reports
from .report.progress import Progress, shown
from .report.terminal import Report
from .report.verdict import verdict_of
from .request_log import RequestLog
from .run import Run
from .sender import Sender

#: Seconds after which the cleanup ends.
_CLEANUP: Final = 600


def run(
    options: Options,
    api: Api,
    operations: Sequence[Operation],
    *,
    console: Console,
    schedule: RequestSchedule,
    interruption: Interruption,
) -> int:
    """Check the server, write the reports, and return the exit status.

    Args:
        options: Validated options.
        api: The API.
        operations: Those to check.
        console: Where the report is shown.
        schedule: When requests are sent.
        interruption: What ends the run early.
    """
    with _session(options, api, console, schedule) as session, interruption.interrupt_on_signals():
        access = probe(options, operations, session.sender)
        terminal = Report(console, options, api, access)
        terminal.start()
        ready = Run(options, api, operations, session.ownership, session.sender, session.secrets, access.scopes)
        with shown(console, Progress(operations, options.phases)) as progress:
            results = ready.execute(progress)
    results.left_behind = sum(not each.is_permanent for each in session.leftovers)
    results.sent = session.sender.log.count
    verdict = verdict_of(options, results, access.scopes)
    terminal.finish(results, verdict)
    write_reports(options, api, results, verdict)
    ended_by = interruption if results.interrupted else session.interruption
    return verdict.status if ended_by is None else ended_by.status


@define
class _Session:
    secrets: Secrets
    ownership: Ownership
    sender: Sender
    leftovers: list[Leftover] = field(factory=list[Leftover])
    """Objects that the cleanup could not delete."""
    interruption: Interruption | None = None
    """The signal that ended the cleanup."""


@contextmanager
def _session(options: Options, api: Api, console: Console, schedule: RequestSchedule) -> Generator[_Session]:
    """Delete what a block has created when it ends.

    Raises:
        CannotRunError: The journal or the log cannot be written. What was created until then is deleted.
    """
    secrets = Secrets(api.secret_names)
    register(options, secrets)
    write = options.mode is Mode.WRITE
    journal = None
    if write:
        path = options.journal or Path(f"buildkite-conformance-{RUN_ID}.jsonl")
        check_writable(path)
        is_synced = not is_local(options.base_url)
        journal = CreationJournal(path, Entries(options.base_url), secrets, is_synced=is_synced)
    revocable = None if options.revocable_auth is None else options.revocable_auth.authorization()
    ownership = Ownership(api, write, options.write_existing, options.organization, revocable, journal)
    log = RequestLog(secrets, options.log_requests, options.budget)
    log.open()
    sender = Sender(options.base_url, Credentials(options.auth, secrets), schedule, log)
    session = _Session(secrets, ownership, sender)
    with closing(log):
        try:
            yield session
        finally:
            log.finish()
            if journal is not None and journal.is_used:
                with closing(journal), completed(console):
                    _clean_up(options, session, journal, console)
            errors = [log.error] if journal is None else [journal.error and f"--journal: {journal.error}", log.error]
            for error in filter(None, errors):
                raise CannotRunError(error)


def _clean_up(options: Options, session: _Session, journal: CreationJournal, console: Console) -> None:
    """Delete the objects in the journal, and print the result and how to delete what is left."""
    schedule = RequestSchedule(options.interval, _CLEANUP, MAX_RESPONSE)
    interruption = Interruption(schedule)
    sender = Sender(options.base_url, session.sender.credentials, schedule, session.sender.log, timeout=10)
    number = len(journal.entries.objects) + len(journal.entries.unresolved)
    with console.status(Text("cleanup")) as status:
        cleanup = Cleanup(journal, session.ownership.api, sender, lambda text: status.update(Text(text)))
        try:
            with interruption.interrupt_on_signals():
                if number:
                    limit = f"at most {_CLEANUP // 60} minutes"
                    console.print(Text(f"cleanup: deleting {plural(number, 'object')}, for {limit}; Ctrl-C ends it"))
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
    for line in cleanup.summary:
        console.print(Text(line))
    if any(not each.is_permanent for each in cleanup.leftovers):
        words = ["buildkite-rest", "conformance", "cleanup", str(journal.path), "--base-url", options.base_url]
        console.print(Text(f"journal: {journal.path}; to try again: {shlex.join(words)}"))
    elif options.journal is None and journal.is_written:
        journal.path.unlink(missing_ok=True)
