"""The threads that write the package end before it is removed."""

import signal
import threading

import pytest
from generator import package
from generator.bundle import read_bundle
from tests.unit.generator.spec_fixture import SPEC

WAIT = 0.2
"""Seconds in which the main thread begins to wait, or would continue without waiting."""


def test_an_interruption_waits_for_the_threads(tmp_path, monkeypatch):
    all_else_is_written, is_finished = threading.Event(), threading.Event()

    def write(*_):
        all_else_is_written.wait()
        threading.Event().wait(WAIT)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        threading.Event().wait(WAIT)
        is_finished.set()
        return {}

    monkeypatch.setattr(package, "_TYPES", [("models", "Types.", write)])
    monkeypatch.setattr(package, "_write_documents", lambda *_: all_else_is_written.set())
    bundle = read_bundle(SPEC)
    with pytest.raises(KeyboardInterrupt):
        package.write_package(bundle.document, tmp_path / "out", bundle.profile)
    assert is_finished.is_set()
