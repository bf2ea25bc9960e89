"""Run of a case with one kind of client, and its problems."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

import httpx
import httpx2
from attrs import field, frozen
from tests.unit.client.support import Blocking

from buildkite_rest import AsyncBuildkite, Buildkite, BuildkiteError, RetryPolicy
from buildkite_rest._http import calls

from .cases import SECRET, Action, Case, good
from .server import Behaviour, Peer, Server, settle

FLAVOURS = ("sync-httpx", "sync-httpx2", "async-httpx", "async-httpx2")
CONNECTIONS = 1  # A single one that is not given back is then missed.
LONGEST = 45.0
"""Seconds after which a case has hung. Most end before the deadline of 5; under coverage, 100 requests take longer."""
_MODULES = {"httpx": httpx, "httpx2": httpx2}
_LOGGERS = ("buildkite_rest", "httpx", "httpx2", "httpcore", "httpcore2")
_LONGEST_TEXT = 1_500
_SMALL = 8 << 20


def _little() -> float:
    """Keep the pauses short, and the same in each run."""
    return 0.1


Cell: TypeAlias = tuple[Case, str]


@frozen
class Outcome:
    """How a case went."""

    name: str
    seconds: float
    problems: list[str] = field(factory=list)


def run_all(cells: Sequence[Cell]) -> Iterator[Outcome]:
    """Run many at the same time, for most of them wait most of the time. The outcomes come in order."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels, most = [logger.level for logger in loggers], calls.MAX_BODY_BYTES
    calls.MAX_BODY_BYTES = _SMALL  # so that a test of it does not take long
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        with ThreadPoolExecutor(12) as threads:
            yield from threads.map(lambda cell: run(*cell), cells)
    finally:
        calls.MAX_BODY_BYTES = most
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def acting(actions: Sequence[Action]) -> Behaviour:
    """Return the behaviour of a server that acts on the first request, the second and so on."""

    def behave(peer: Peer) -> None:
        while True:
            peer.hear()
            if peer.server.calm:
                good(peer)
                continue
            with peer.server.lock:
                number = min(len(peer.server.heard), len(actions)) - 1
            actions[number](peer)

    return behave


@contextmanager
def client(flavour: str, url: str, case: Case) -> Iterator[Any]:
    """Give a client with few connections, and with little patience where its end is what must come."""
    kind, _, library = flavour.partition("-")
    module = _MODULES[library]
    options = {
        "base_url": url,
        "retries": RetryPolicy(
            max_retries=3, backoff=0.01, max_backoff=0.02, max_rate_limit_wait=2, deadline=5, random=_little
        ),
        **case.options(),
    }
    patience = 1.2 if case.outcome == "APITimeoutError" else 20
    http = {"timeout": patience, "trust_env": False, "limits": module.Limits(max_connections=CONNECTIONS)}
    auth = case.auth() if case.auth is not None else SECRET
    with ExitStack() as stack:
        if kind == "sync":
            yield stack.enter_context(Buildkite(auth, http_client=module.Client(**http), **options))
        else:
            runner = stack.enter_context(asyncio.Runner())
            made = AsyncBuildkite(auth, http_client=module.AsyncClient(**http), **options)
            yield stack.enter_context(Blocking(runner, made))


def run(case: Case, flavour: str) -> Outcome:
    """Run `case`, and then check what is left."""
    with (
        Server(acting(case.actions)) as api,
        Server(acting(case.elsewhere or [good])) as elsewhere,
        _logged() as log,
    ):
        names = {b"{api}": api.url.encode(), b"{elsewhere}": elsewhere.url.encode()}
        names |= {b"{apiport}": _port(api), b"{port}": _port(elsewhere)}
        api.addresses = elsewhere.addresses = names
        with client(flavour, api.url, case) as attacked:
            started = time.monotonic()
            watch = threading.Timer(LONGEST, lambda: [server.stop() for server in (api, elsewhere)])
            watch.start()  # A server that is gone ends whatever waits for it, so that a hang is reported.
            name, text, shown = _outcome(case, attacked)
            seconds = time.monotonic() - started
            watch.cancel()
            problems = [*_judge(case, name, seconds), *_judge_requests(case, api, elsewhere, "\n".join([text, *log]))]
            problems += _judge_texts([*shown, *log])
            problems += _judge_leaks(case, api, attacked)
    return Outcome(name, seconds, problems)


def _port(server: Server) -> bytes:
    return server.url.rpartition(":")[2].encode()


def _outcome(case: Case, attacked: Any) -> tuple[str, str, list[str]]:
    """Return the name of the outcome, all that can be seen of it, and the texts of an error."""
    try:
        return "result", repr(case.call(attacked)), []
    except BuildkiteError as error:
        text = "".join(traceback.format_exception(error)) + repr(error)
        return type(error).__name__, text, [str(error), repr(error)]
    except Exception as error:
        return f"!{type(error).__name__}", "".join(traceback.format_exception(error)), [str(error)]


def _judge_texts(texts: Sequence[str]) -> Iterator[str]:
    """Each text of an error and each record must be one bounded line."""
    for text in texts:
        if not text.isprintable() or len(text) > _LONGEST_TEXT:
            yield f"a text of {len(text)} characters that begins with {text[:60]!a}"


def _judge(case: Case, name: str, seconds: float) -> Iterator[str]:
    if name != case.outcome:
        yield f"{name} and not {case.outcome}"
    if seconds > LONGEST:
        yield f"took {seconds:.1f} s"


def _judge_requests(case: Case, api: Server, elsewhere: Server, text: str) -> Iterator[str]:
    if case.sent is not None:
        settle(api, case.sent)
        if len(api.heard) != case.sent:
            yield f"{len(api.heard)} requests and not {case.sent}"
    elif sum(heard.method == "POST" for heard in api.heard) > 1:
        yield "a POST was sent twice"
    for heard in elsewhere.heard:
        if b"authorization" in heard.head.lower() or SECRET.encode() in heard.head + heard.body:
            yield "a credential reached another origin"
    # The traceback shows lines of this package, but no values.
    if SECRET in text:
        yield f"a secret is shown: …{text[max(0, text.index(SECRET) - 60) : text.index(SECRET)]}…"


def _judge_leaks(case: Case, api: Server, attacked: Any) -> Iterator[str]:
    """Use the client more often than it has connections, now that all is well."""
    if "base_url" not in case.options():  # or it calls another address
        api.calm = True
        yield from _leaks(attacked)


def _leaks(attacked: Any) -> Iterator[str]:
    """Use the client more often than it has connections: one that is not given back would be missed."""
    for number in range(2 * CONNECTIONS):
        try:
            attacked.builds.get("acme", "web", 1)
        except BuildkiteError as error:
            yield f"unusable afterwards, call {number}: {error}"
            return


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect what is logged."""
    lines: list[str] = []

    thread = threading.get_ident()

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                lines.append(record.getMessage())

    handler = Collect()
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(handler)
    try:
        yield lines
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(handler)
