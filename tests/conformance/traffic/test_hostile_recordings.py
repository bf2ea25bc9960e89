"""Recordings that are large, nested, endless or broken are one line or counted."""

import base64
import copy
import gzip
import json
import os
import random
import sys

import pytest
from tests.conformance.traffic.recording import changed, check, entries, with_header

from buildkite_rest.conformance.traffic import recordings
from buildkite_rest.conformance.traffic.check import Report
from buildkite_rest.conformance.traffic.cli import main

AGENTS = "GET /agents"
DEEP = "[" * 200 + "]" * 200
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{','.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
UNUSABLE = {
    "empty": ("", "is neither a HAR nor a cassette of vcrpy"),
    "not JSON": ('{"log": ', "is not JSON: line 1, column 9: Expecting value. Record it again."),
    "broken YAML": ("interactions:\n- a: b\n c: d\n", "is neither JSON nor YAML: line 3, column 2: "),
    "another object": ("{}", "is neither a HAR nor a cassette of vcrpy"),
    "no entries": ('{"log": {"entries": 3}}', "is not a HAR: it has no log.entries"),
    "nothing in it": ('{"log": {"entries": []}}', "there is no response of a known path under /v2 in the files"),
    "deep JSON": ('{"log":' + "[" * 200_000, "is nested too deeply"),
    "deep YAML": ("[" * 200_000, "is neither JSON nor YAML: "),
    "deep block YAML": ("- " * 5000, "is nested too deeply"),
    "an endless YAML": ("interactions: &a [*a]\n", "is neither JSON nor YAML: "),
    "an object of Python": ("!!python/object/apply:os.system ['false']", "is neither a HAR nor a cassette of vcrpy"),
    "invalid base64": ("interactions: [{request: {body: !!binary '%'}, response: {}}]\n", "there is no response"),
    "wrong types": ("interactions: [1, [], {request: 1}, {request: {method: [], uri: {}}}]\n", "there is no response"),
    "merged mappings": (f"{MERGES}interactions: [*k]\n", "there is no response"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_file_is_one_line(name, tmp_path, capsys):
    text, expected = UNUSABLE[name]
    status, out, err = check(tmp_path, text, capsys)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert expected in err


def test_files_that_cannot_be_read_are_one_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setattr(recordings, "MAX_FILE", 1 << 20)
    (tmp_path / "large").write_bytes(b" " * (1 << 21))
    expected = {"binary": "is not a text file", "large": "is larger than 1 MiB", "missing": "cannot be read: No such"}
    for name, text in {**expected, ".": "cannot be read: Is a directory"}.items():
        assert main([str(tmp_path / name)], "traffic") == 2
        err = capsys.readouterr().err
        assert text in err
        assert err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO")
def test_a_fifo_is_one_line(tmp_path, capsys):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", "/dev/null"):
        assert main([str(path)], "traffic") == 2
        assert capsys.readouterr().err == f"traffic: '{path}' is not a regular file.\n"


def test_the_nodes_of_yaml_are_limited(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(recordings, "MAX_NODES", 40)
    assert "has more than 40 values" in check(tmp_path, f"interactions: [{'x,' * 50}]\n", capsys)[2]


@pytest.fixture
def one(har):
    """A recording of one exchange."""
    return {"log": {**har["log"], "entries": entries(har, AGENTS)[:1]}}


def with_bytes(body, coding):
    def change(entry):
        entry["response"]["content"].update(text=base64.b64encode(body).decode(), encoding="base64")
        with_header("Content-Encoding", coding)(entry)

    return change


BODIES = {
    "a bomb": (gzip.compress(bytes(2 * recordings.MAX_BODY)), "gzip", "is too large"),
    "garbage": (b"\x8b\xff\xfe" * 9, "gzip", "cannot be decompressed"),
    "another coding": (b"\x8b\xff\xfe" * 9, "br", "has a content coding that is not supported"),
    "an incomplete member": (gzip.compress(b"[]") + gzip.compress(b"[]")[:-9], "gzip", "cannot be decompressed"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_decoded_is_counted(name, one, tmp_path, capsys):
    body, coding, reason = BODIES[name]
    status, out, _ = check(tmp_path, changed(one, with_bytes(body, coding)), capsys)
    assert status == 0
    assert f"not checked: 1, because the body {reason}" in out


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
            recorded = recordings._har_entry(broken)
            report.add(recorded if isinstance(recorded, str) else judge.outcome(recorded))
            assert report.text()
            assert json.loads(report.as_json())
            assert "check failed" not in report.text(), (path, junk)
