"""`BUILDKITE_LOG` enables the log on standard error, unless the program has configured logging."""

import io
import logging
import re
from contextlib import contextmanager

import httpx
import pytest
from tests.unit.client.support import Clock, Script, response

from buildkite_rest import Buildkite, ServerError
from buildkite_rest._base.log_output import enable_log_output

LOGGER = logging.getLogger("buildkite_rest")
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"
ADA = response({"id": "1", "name": "Ada", "email": "ada@acme.example"})


@pytest.fixture
def unconfigured(monkeypatch):
    """Yield in a process whose program has not configured logging."""

    @contextmanager
    def start(value):
        with monkeypatch.context() as patch:
            patch.setattr(logging.root, "handlers", [])
            patch.setattr(LOGGER, "handlers", [])
            patch.setattr(LOGGER, "propagate", True)
            patch.setenv("BUILDKITE_LOG", value)
            enable_log_output.cache_clear()
            try:
                yield
            finally:
                LOGGER.setLevel(logging.NOTSET)
                enable_log_output.cache_clear()

    return start


def client(*responses):
    http_client = httpx.Client(transport=httpx.MockTransport(Script(*(responses or (ADA,)))))
    return Buildkite("secret-token", http_client=http_client, timing=Clock().timing)


def lines(capsys):
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("value", ["debug", " DEBUG "])
def test_debug_logs_each_request(unconfigured, capsys, value):
    with unconfigured(value), client() as bk, client():
        bk.user.get()
    [line] = lines(capsys)
    assert re.fullmatch(rf"{STAMP} DEBUG buildkite_rest: getUser: GET /v2/user: 200 \(attempt 1, \d+ ms\)", line)


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_variable_has_no_effect(unconfigured, capsys, value):
    with unconfigured(value), client(response({}, 500)) as bk, pytest.raises(ServerError):
        bk.user.get()
    assert (lines(capsys), LOGGER.level) == ([], logging.NOTSET)


def test_an_unknown_level_is_reported_once(unconfigured, capsys):
    with unconfigured("s3cret"), client() as bk, client():
        bk.user.get()
    assert lines(capsys) == ["BUILDKITE_LOG has an unknown level. Set it to debug, info or warning."]


@pytest.mark.parametrize("name", ["", "buildkite_rest"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_no_line_is_printed_twice(unconfigured, capsys, name, moment):
    """A program may configure logging before its first client or after it."""
    own = io.StringIO()
    with unconfigured("debug"):
        if moment == "before":
            logging.getLogger(name).addHandler(logging.StreamHandler(own))
        with client() as bk:
            if moment == "after":
                logging.getLogger(name).addHandler(logging.StreamHandler(own))
            bk.user.get()
    assert lines(capsys) == []
    assert len(own.getvalue().splitlines()) == 1
