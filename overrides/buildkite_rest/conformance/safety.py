"""What keeps a run safe: its permissions, its journal and its cleanup."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final
from urllib.parse import quote, urlsplit

from attrs import define, field
from rich.console import Console
from rich.text import Text

from .._base.plurals import plural
from . import proxies
from .cleanup import MAX_RESPONSE, Cleanup
from .cleanup_access import sender
from .credentials import RequestAuth, Secrets, register
from .gate import Gate
from .journal import Journal, check_writable
from .leftovers import Leftover, summary
from .loopback import is_local
from .names import RUN_ID
from .options import Mode, Options
from .output import completed
from .pacing import Interruption, RequestSchedule
from .permissions import Permissions
from .request_log import RequestLog
from .spec import CannotRunError, Spec

#: Seconds to wait for the results of requests in flight.
_GRACE: Final = 3.0
_POLL: Final = 0.05
#: Seconds after which a cleanup ends.
_LIMIT: Final = 600


@define
class Safety:
    """The parts that watch the requests of a run."""

    secrets: Secrets
    permissions: Permissions
    log: RequestLog
    gate: Gate
    leftovers: list[Leftover] = field(factory=list[Leftover])
    """Objects that the cleanup could not delete."""
    interruption: Interruption | None = None
    """The signal that ended the cleanup."""

    def observe(self, path: str, status: int, content: Callable[[], bytes]) -> None:
        """Remember the objects in a response to the client."""
        self.gate.observe(path.removeprefix(urlsplit(self.gate.base_url).path), status, content)


@contextmanager
def safety(options: Options, spec: Spec, console: Console, schedule: RequestSchedule) -> Generator[Safety]:
    """Watch the requests of a block, and delete what it has created when it ends, however it ends.

    Raises:
        CannotRunError: The journal or the log cannot be written. What was created until then is deleted.
    """
    secrets = Secrets(spec.secret_keys)
    register(options, secrets)
    organizations = set[str]() if options.organization is None else {options.organization}
    write = options.mode is Mode.WRITE
    revocable = None if options.revocable_auth is None else options.revocable_auth.authorization()
    permissions = Permissions(spec, write, options.write_existing, organizations=organizations, revocable=revocable)
    log = RequestLog(secrets, options.log_requests, options.budget)
    journal = None
    if write:
        path = options.journal or Path(f"buildkite-conformance-{RUN_ID}.jsonl")
        check_writable(path, is_new=True)
        journal = Journal(path, options.base_url, is_synced=not is_local(options.base_url), secrets=secrets)
    log.open()
    gate = Gate(permissions, log, options.base_url, journal)
    send = sender(options, RequestAuth(options.auth, secrets, schedule), schedule)
    gate.proofs.read = lambda path: send("GET", quote(path))
    safe = Safety(secrets, permissions, log, gate)
    with closing(log), proxies.read_once(), gate.installed():
        try:
            yield safe
        finally:
            gate.close()
            if journal is not None and journal.exists:
                with closing(journal), completed(console):
                    _clean_up(options, spec, console, safe, journal)
            errors = [log.error] if journal is None else [journal.error and f"--journal: {journal.error}", log.error]
            for error in filter(None, errors):
                raise CannotRunError(error)


def _command(options: Options, journal: Path) -> str:
    """Return the command that deletes what is left. It reads the credential from the environment."""
    words = ["buildkite-rest", "conformance", "cleanup", str(journal), "--base-url", options.base_url]
    return shlex.join(words)


def _clean_up(options: Options, spec: Spec, console: Console, safe: Safety, journal: Journal) -> None:
    """Delete the objects in a journal, and print the result and how to delete what is left."""
    gate, own = safe.gate, safe.permissions.own
    schedule = RequestSchedule(options.interval, _LIMIT, MAX_RESPONSE)
    interruption = Interruption(schedule)
    send = sender(options, RequestAuth(options.auth, gate.log.secrets, schedule), schedule)
    number = len(journal.entries().created) + len(journal.entries().unresolved)
    cleanup = Cleanup(journal.entries(), spec, send, lambda text: None, own, journal)
    try:
        with interruption.interrupt_on_signals(), console.status(Text("cleanup")) as status:
            if number:
                minutes = f"at most {_LIMIT // 60} minutes"
                console.print(Text(f"cleanup: deleting {plural(number, 'object')}, for {minutes}; Ctrl-C ends it"))
            _wait_for_results(gate)
            cleanup = Cleanup(
                journal.entries(), spec, send, lambda text: status.update(Text(text)), own, journal, is_run=True
            )
            cleaned = cleanup.run()
    except KeyboardInterrupt:
        if not schedule.is_time_limit_reached:
            safe.interruption = interruption
            reason = "interrupted"
        elif schedule.is_response_late:
            reason = f"a response was not complete within {MAX_RESPONSE} s"
        else:
            reason = f"{_LIMIT // 60} minutes have passed"
        cleaned = cleanup.ended(reason)
    safe.leftovers.extend(cleaned.leftovers)
    gate.report_effects(cleaned.effective, cleaned.repeated)
    for line in summary(cleaned):
        console.print(Text(line))
    if any(not each.is_permanent for each in cleaned.leftovers):
        console.print(Text(f"journal: {journal.path}; to try again: {_command(options, journal.path)}"))
    elif options.journal is None and journal.is_written:
        journal.path.unlink(missing_ok=True)


def _wait_for_results(gate: Gate) -> None:
    """Wait for the results of requests in flight, which name objects."""
    end = monotonic() + _GRACE
    while gate.in_flight and monotonic() < end:
        sleep(_POLL)
