"""The command `conformance cleanup`, from its parsed options to its exit status."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from .. import BuildkiteError
from .._base.command_line import report
from .._base.safe_text import plural, safe_excerpt
from .api import Api, CannotRunError
from .cleanup import MAX_RESPONSE, Cleanup
from .creations import CreationJournal, Entries, read_journal
from .credentials import Credentials, Secrets, register
from .loopback import is_local
from .options import Options, check_remote_url
from .output import completed, console_for, standard_output
from .output_files import check_distinct, environment_inputs
from .pacing import Interruption, RequestSchedule
from .probe import check_access
from .request_log import RequestLog
from .sender import Sender
from .validation import auth_of, check_url

_CLEAN: Final = 0
_LEFTOVERS: Final = 1
_CANNOT_RUN: Final = 2
#: Invalid lines of a journal that are listed.
_LISTED: Final = 20
_API: Final = "https://api.buildkite.com"


def run(namespace: argparse.Namespace, program: str, tokens: Mapping[str, str]) -> int:
    """Run, and return the exit status. `program` is the name of the command in messages, which show no tokens."""
    schedule = RequestSchedule(namespace.rate_limit, max_response=MAX_RESPONSE)
    interruption = Interruption(schedule)
    shown = Secrets()
    for token, name in tokens.items():
        shown.add(token, name)
    try:
        with interruption.interrupt_on_signals():
            return _clean_up(namespace, schedule, shown, console_for(standard_output(shown, program)))
    except (CannotRunError, BuildkiteError) as error:
        report(f"{program}: {shown.hide(str(error))}")
        return _CANNOT_RUN
    except KeyboardInterrupt:
        if schedule.is_time_limit_reached:
            problem = f"a response was not complete within {MAX_RESPONSE} s"
            report(f"{program}: {problem}. Repeat the command later to delete the rest.")
            return _LEFTOVERS
        report(f"{program}: interrupted. Run it again to delete the rest.")
        return interruption.status


def _clean_up(namespace: argparse.Namespace, schedule: RequestSchedule, shown: Secrets, console: Console) -> int:
    path, log_path = namespace.journal, namespace.log_requests
    inputs = {"JOURNAL": path, "--spec": namespace.spec, "--jwt-private-key": namespace.jwt_private_key}
    for name, each in (*inputs.items(), *environment_inputs()):
        check_distinct((name, each), ("--log-requests", log_path))
    entries = read_journal(path)
    url = _base_url(namespace, entries)
    options = Options(base_url=url, auth=auth_of(namespace), seed=0, write=True, log_requests=log_path)
    register(options, shown)
    check_remote_url(url)
    api = Api.load(namespace.spec)
    secrets = Secrets(api.secret_names)
    register(options, secrets)
    log = RequestLog(secrets, options.log_requests)
    sender = Sender(url, Credentials(options.auth, secrets), schedule, log, timeout=10)
    journal = CreationJournal(path, entries, secrets, is_new=False, is_synced=not is_local(url))
    with closing(journal):
        journal.open()
        entries = journal.entries = read_journal(path)  # again, now that no other process can change it
        is_moved, had_objects = url != entries.base_url, bool(entries.objects)
        log.open()
        with closing(log), completed(console):
            with console.status(Text("cleanup")) as status:
                check_access(sender, _organizations(entries))
                cleanup = Cleanup(journal, api, sender, lambda text: status.update(Text(text)))
                cleanup.run()
            for line in (*cleanup.summary, *_invalid_lines(path, entries)):
                console.print(Text(line))
    for error in filter(None, (journal.error, log.error)):
        raise CannotRunError(error)
    if is_moved and had_objects and not cleanup.deleted and not cleanup.leftovers:
        # They may still be at the URL of the run.
        old = safe_excerpt(entries.base_url, 200)
        console.print(Text(f"no object in {path} is at {url}. Its run was at {old}: check --base-url."))
        return _LEFTOVERS
    return _LEFTOVERS if cleanup.leftovers or entries.invalid else _CLEAN


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
    shown = safe_excerpt(entries.base_url, 200)
    if namespace.base_url is None:
        if entries.base_url != _API and not is_local(entries.base_url):
            # A file must not decide which server gets the token.
            hint = "Pass that, or the URL that the server has now, as --base-url to confirm it."
            raise CannotRunError(f"{namespace.journal} is of {shown}. {hint}")
        return entries.base_url
    check_url(namespace.base_url)
    return str(namespace.base_url).rstrip("/")
