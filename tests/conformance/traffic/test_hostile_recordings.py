"""Recordings that are large, nested, endless or broken are one line or counted."""

import base64
import copy
import gzip
import os
import random
import sys

import pytest
from tests.conformance.traffic.recording import changed, check, entries, with_header

from buildkite_rest.conformance import recordings
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.traffic import Report

AGENTS = "GET /agents"
DEEP = "[" * 200 + "]" * 200
UNUSABLE = {
    "empty": ("", "is not JSON: line 1, column 1: Expecting value. Record it again."),
    "not JSON": ('{"log": ', "is not JSON: line 1, column 9: Expecting value. Record it again."),
    "another object": ("{}", "is not a HAR: it has no log.entries"),
    "no entries": ('{"log": {"entries": 3}}', "is not a HAR: it has no log.entries"),
    "nothing in it": ('{"log": {"entries": []}}', "there is no response of a known path under /v2 in the files"),
    "deep JSON": ('{"log":' + "[" * 200_000, "is nested too deeply"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_file_is_one_line(name, tmp_path, capsys):
    text, expected = UNUSABLE[name]
    status, out, err = check(tmp_path, text, capsys)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert expected in err


def test_files_that_cannot_be_read_are_one_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setattr(recordings, "MAX_RECORDING", 1 << 20)
    (tmp_path / "large").write_bytes(b" " * (1 << 21))
    expected = {"binary": "is not a text file", "large": "is larger than 1 MiB", "missing": "cannot be read: No such"}
    for name, text in {**expected, ".": "cannot be read: Is a directory"}.items():
        assert main(["traffic", str(tmp_path / name)], "conf") == 2
        err = capsys.readouterr().err
        assert text in err
        assert err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO")
def test_a_fifo_is_one_line(tmp_path, capsys):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", "/dev/null"):
        assert main(["traffic", str(path)], "conf") == 2
        assert capsys.readouterr().err == f"conf traffic: '{path}' is not a regular file.\n"


@pytest.fixture
def one(har):
    """A recording of one exchange."""
    return {"log": {**har["log"], "entries": entries(har, AGENTS)[:1]}}


def compressed(entry):
    text = base64.b64encode(gzip.compress(b"[]")).decode()
    entry["response"]["content"].update(text=text, encoding="base64")
    with_header("Content-Encoding", "gzip")(entry)


def test_a_body_that_is_still_compressed_is_counted(one, tmp_path, capsys):
    status, out, _ = check(tmp_path, changed(one, compressed), capsys)
    assert status == 0
    assert "not checked: 1, because the body cannot be decoded" in out


@pytest.mark.parametrize(
    "text", [DEEP, "[" * 200_000, "9" * 10_000, "[1e999]", '["\\ud800"]', "[" + "{}," * 9999 + "{}]"]
)
def test_no_body_ends_the_command(text, one, tmp_path, capsys):
    document = changed(one, lambda entry: entry["response"]["content"].update(text=text, size=len(text)))
    status, out, err = check(tmp_path, document, capsys)
    assert (status, err) == (1, ""), out


JUNK = (None, True, -1, 10**400, 1.5, "", "Ada", "\ud800", [], [None], [[]], {}, {"name": 1}, {"a": {"b": []}})


def places(node, path=()):
    """Yield the paths of all places of a document."""
    yield path
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node[:2]):
            yield from places(value, (*path, key))


def test_junk_at_every_place_of_a_har_never_fails(har, judge):
    [entry] = entries(har, "POST /builds")
    choose = random.Random(1)
    for path in list(places(entry))[1:]:
        for junk in choose.sample(JUNK, 5):
            broken = copy.deepcopy(entry)
            node = broken
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = junk
            report = Report("1")
            recorded = recordings.entry_of(broken)
            report.add(recorded if isinstance(recorded, str) else judge.outcome(recorded))
            assert report.text()
            assert "check failed" not in report.text(), (path, junk)
