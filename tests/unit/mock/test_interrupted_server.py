"""Starts and stops of the server at unusual moments leave nothing behind."""

import os
import signal
import socket
import threading

import httpx
import pytest

from buildkite_rest.mock import MockServer

from .test_server import address

_THREADS = 4


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


def test_only_one_of_several_threads_starts_it():
    server, meeting, before = MockServer(builds=1), threading.Barrier(_THREADS), threading.active_count()
    started, refused = [], threading.Semaphore(0)

    def start():
        meeting.wait()
        try:
            with server:
                started.append(all(refused.acquire(timeout=10) for _ in range(_THREADS - 1)))
        except RuntimeError:
            refused.release()

    threads = [threading.Thread(target=start, daemon=True) for _ in range(_THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert started == [True]
    assert threading.active_count() == before
    assert server._sockets.open == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only POSIX forks")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_does_not_keep_its_port_and_connections():
    with MockServer(builds=1) as server:
        connection = socket.create_connection(address(server), timeout=60)
        port = address(server)[1]
        assert httpx.get(server.url).status_code == 200  # The connection before it was accepted.
        child = os.fork()
        if child == 0:
            try:
                signal.pause()
            finally:
                os._exit(0)
    try:
        assert connection.recv(1) == b""
        with MockServer(builds=1, port=port) as again:
            assert httpx.get(again.url).status_code == 200
    finally:
        connection.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


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
