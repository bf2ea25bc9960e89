"""Starts and stops of the server at unusual moments leave nothing behind."""

import gc
import os
import signal
import socket
import sys
import threading

import httpx
import pytest

from buildkite_rest.mock import MockServer
from buildkite_rest.mock.server import mock_server, sockets

from .test_server import address

_CONNECTIONS = 30
_INTERRUPTS = 60


def works(server):
    with server:
        return httpx.get(server.url).status_code == 200


@pytest.mark.skipif(os.name != "posix", reason="only POSIX interrupts a thread that waits")
def test_a_start_that_is_interrupted(monkeypatch):
    main, server, run = threading.get_ident(), MockServer(builds=1), MockServer._serve

    def press(*arguments):
        signal.pthread_kill(main, signal.SIGINT)
        run(server, *arguments)

    before = threading.active_count()
    monkeypatch.setattr(server, "_serve", press)
    with pytest.raises(KeyboardInterrupt), server:
        raise AssertionError
    monkeypatch.undo()
    assert threading.active_count() == before
    assert works(server)


@pytest.mark.parametrize(
    ("module", "name"),
    [(mock_server, "create_storage_app"), (sockets, "storage"), (sockets, "_localhost")],
    ids=["app", "storage", "localhost"],
)
def test_a_start_that_is_interrupted_before_its_thread_runs(monkeypatch, module, name):
    def press(*_):
        raise KeyboardInterrupt

    def bound(*arguments):
        opened.append(bind(*arguments))
        return opened[-1]

    opened, bind, server = [], sockets.bound, MockServer(builds=1)
    monkeypatch.setattr(sockets, "bound", bound)
    monkeypatch.setattr(module, name, press)
    with pytest.raises(KeyboardInterrupt), server:
        raise AssertionError
    assert [each.fileno() for each in opened] == [-1] * len(opened) != []
    monkeypatch.undo()
    assert works(server)


def test_a_stop_that_is_interrupted(monkeypatch):
    def press():
        monkeypatch.undo()
        raise KeyboardInterrupt

    before, server = threading.active_count(), MockServer(builds=1)
    server.__enter__()
    monkeypatch.setattr(server._servers[0], "stop", press)
    with pytest.raises(KeyboardInterrupt):
        server.__exit__(None, None, None)
    assert threading.active_count() == before
    assert works(server)


def test_connections_that_have_just_been_accepted_are_closed(monkeypatch):
    """asyncio reports a transport that stays open only when it is collected."""
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", reported.append)
    for _ in range(_CONNECTIONS):
        with MockServer(builds=1) as server:
            connection = socket.create_connection(address(server))
        connection.close()
        gc.collect()
    assert [str(each.exc_value) for each in reported] == []


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="only POSIX sends a signal after a time")
def test_signals_at_any_moment_leave_nothing_behind(monkeypatch):
    """In `Thread.start` and `Thread.join` an exception would leave a thread that runs without its ports."""
    errors, server, before = [], MockServer(builds=1), threading.active_count()
    monkeypatch.setattr(threading, "excepthook", errors.append)
    former = signal.signal(signal.SIGALRM, signal.default_int_handler)
    interrupted = 0
    try:
        for number in range(_INTERRUPTS):
            try:
                with server:
                    signal.setitimer(signal.ITIMER_REAL, 2e-5 * (number + 1))
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
                server.__exit__(None, None, None)  # Python may raise it before the first line of this method.
            assert threading.active_count() == before
            assert [each.fileno() for each in server._sockets] == [-1] * len(server._sockets)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    assert errors == []
    assert interrupted > 0
    assert works(server)


def test_a_thread_that_fails(monkeypatch):
    def fail(*_):
        raise OSError("too many open files")

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    server = MockServer(builds=1)
    monkeypatch.setattr(server, "_serve", fail)
    with pytest.raises(RuntimeError, match="did not start"), server:
        raise AssertionError
    monkeypatch.undo()
    assert works(server)


def test_handlers_of_signals_are_restored():
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    with MockServer(builds=1):
        assert {number: signal.getsignal(number) for number in handlers} == handlers
    assert {number: signal.getsignal(number) for number in handlers} == handlers
