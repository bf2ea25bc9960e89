"""What all tests need."""

import gc
import signal

import pytest

# A shell that starts something in the background lets it ignore Ctrl-C, and whatever that starts inherits it.
# Tests press Ctrl-C in programs that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Exclude what is collected, which lives until the end, from garbage collection, and thus from tests of it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 30, 100)  # With Python's own numbers, collections are a sixth of the time of tests.
        gc.enable()
