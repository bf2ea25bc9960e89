"""Recordings that are large, nested, endless or broken are one line or counted."""

import base64
import copy
import gzip
import json
import os
import random
import sys

import pytest
import yaml
from tests.conformance.recorded.recording import changed, check, entries, with_header
from tests.conformance.recorded.test_cassettes import CASSETTES, load
from tests.conformance.recorded.test_har import AGENTS, with_text

from buildkite_rest.conformance.recorded import cassettes
from buildkite_rest.conformance.recorded.cli import main
from buildkite_rest.traffic import _json
from buildkite_rest.traffic._json import JSONLimitError, decode

DEEP = "[" * 200 + "]" * 200


@pytest.fixture
def one(har):
    """A recording of one exchange."""
    return {"log": {**har["log"], "entries": entries(har, AGENTS)[:1]}}


@pytest.mark.parametrize(
    "text",
    [
        '{"log": {"entries": [' + "[]," * 1000 + "1]}}",
        '{"log": {"entries": [' + '{"a": ' * 900 + "1" + "}" * 900 + "]}}",
        '{"interactions": [' + "1," * 1000 + "1]}",
        '{"log": {"' + '\\"\\\\' * 10 + '": [' + "[]," * 1000 + "1]}}",
        '{"log": {"entries": [' + '"",' * 5000 + "1]}}",
    ],
)
def test_the_values_of_a_file_are_limited(text, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(_json, "MAX_VALUES", 800)
    status, out, err = check(tmp_path, text, capsys)
    assert (status, out) == (2, "")
    assert "has more than 800 values" in err
    assert err.count("\n") == 1


def test_the_values_of_a_body_are_limited(one, tmp_path, capsys, monkeypatch):
    body = gzip.compress(b"[" + b"[]," * 100_000 + b"[]]")

    def large(entry):
        entry["response"]["content"].update(text=base64.b64encode(body).decode(), encoding="base64")
        with_header("Content-Encoding", "gzip")(entry)

    monkeypatch.setattr(_json, "MAX_VALUES", 10_000)
    status, out, _ = check(tmp_path, changed(one, large), capsys)
    assert status == 0
    assert "not checked: 1, because the body has more than 10,000 values" in out


@pytest.mark.parametrize(
    "value",
    [
        [{}] * 9,
        [[], {"[]": {}, "a": "{}"}],
        ["[", "{,"],
        {'"': "\\", '\\"': '["'},
        "[{,",
        [",,,", 1],
        {"a": {"b": [1, "\\\\"]}, "é[": "☃,"},
    ],
)
def test_text_is_not_counted_as_values(value, monkeypatch):
    def count(node):
        if isinstance(node, dict | list):
            return 1 + sum(map(count, node.values() if isinstance(node, dict) else node))
        return 1

    for indent in (None, 2):
        monkeypatch.setattr(_json, "MAX_VALUES", count(value))
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32-le"):
            assert decode(json.dumps(value, ensure_ascii=False, indent=indent).encode(encoding)) == value
        monkeypatch.setattr(_json, "MAX_VALUES", count(value) - 1)
        with pytest.raises(JSONLimitError):
            decode(json.dumps(value, indent=indent).encode())


def test_random_strings_do_not_hide_values(monkeypatch):
    choose = random.Random(1)
    monkeypatch.setattr(_json, "MAX_VALUES", 100)
    for _ in range(300):
        text = "".join(choose.choice('"\\[{,x é') for _ in range(20))
        assert decode(json.dumps([text] * 40).encode()) == [text] * 40
        with pytest.raises(JSONLimitError):
            decode(json.dumps([text] * 120).encode())


ALIASES = {
    "nodes": ("a: &a [x,x,x]\nb: &b [*a,*a,*a]\ninteractions: [*b,*b,*b]\n", "has more than 40 values"),
    "text": (f"a: &a {'x' * 300}\ninteractions: [*a,*a,*a,*a]\n", "is larger than 0 MiB with its aliases"),
    "itself": ("interactions: [&a {b: *a}]\n", "contains itself by an alias"),
    "an unknown anchor": ("interactions: [*a]\n", "is neither JSON nor YAML"),
}


@pytest.mark.parametrize("name", ALIASES)
def test_aliases_are_limited(name, tmp_path, capsys, monkeypatch):
    text, expected = ALIASES[name]
    monkeypatch.setattr(cassettes, "MAX_NODES", 40)
    monkeypatch.setattr(cassettes, "MAX_FILE", 1000)
    status, out, err = check(tmp_path, text, capsys)
    assert (status, out) == (2, "")
    assert expected in err


def test_deep_bodies_are_counted(one, tmp_path, capsys):
    for text in (DEEP, "[" * 200_000):
        status, out, _ = check(tmp_path, with_text(one, text), capsys)
        assert status == 0
        assert "not checked: 1, because the body is nested too deeply" in out


@pytest.mark.parametrize("digits", [4300, 4301, 100_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_of_any_length_is_an_integer(sign, digits, one, tmp_path, capsys):
    body = json.loads(one["log"]["entries"][0]["response"]["content"]["text"])
    text = json.dumps([{**each, "priority": 4711} for each in body]).replace("4711", sign + "9" * digits)
    document = with_text(one, text)
    document["log"]["pages"] = 4711
    spelled = json.dumps(document).replace('"pages": 4711', f'"pages": {sign}{"9" * digits}')
    status, out, err = check(tmp_path, spelled, capsys)
    assert (status, err) == (0, ""), out


REQUESTS = {
    "{": "the request body is not JSON",
    "\x1f\x8b": "the request body is not JSON",
    DEEP: "the request body is nested too deeply",
}


@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_body_that_cannot_be_decoded_is_counted(text, har, tmp_path, capsys):
    def spoil(entry):
        entry["request"]["postData"]["text"] = text

    status, out, _ = check(tmp_path, changed(har, spoil, "POST /builds"), capsys)
    assert status == 0
    assert f"not checked: 1, because {REQUESTS[text]}" in out


UNRECORDED = {
    "null": ({"text": None}, "was not recorded"),
    "nothing": ({}, "was not recorded"),
    "params": ({"params": [{"name": "commit", "value": "ada"}]}, "was not recorded"),
    "an object": ({"text": {"commit": "ada"}}, "is not text in the recording"),
}


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data"])
@pytest.mark.parametrize("name", UNRECORDED)
def test_a_request_body_that_was_not_recorded_is_counted(name, kind, har, tmp_path, capsys):
    data, reason = UNRECORDED[name]

    def lose(entry):
        headers = entry["request"]["headers"]
        entry["request"]["headers"] = [each for each in headers if each["name"].lower() != "content-type"]
        entry["request"]["postData"] = {"mimeType": kind, **data}

    status, out, _ = check(tmp_path, changed(har, lose, "POST /builds"), capsys)
    assert status == 0
    assert f"not checked: 1, because the request body {reason}" in out
    found = "request body: undescribed media type: multipart/form-data [1 time" in out
    assert found == (kind != "application/json")


def test_params_of_a_form_are_a_body(har, tmp_path, capsys):
    def post(entry):
        headers = entry["request"]["headers"]
        entry["request"]["headers"] = [each for each in headers if each["name"].lower() != "content-type"]
        params = [{"name": "commit", "value": "\ud800"}]
        entry["request"]["postData"] = {
            "mimeType": "application/x-www-form-urlencoded; charset=UTF-8",
            "params": params,
        }

    out = check(tmp_path, changed(har, post, "POST /builds"), capsys)[1]
    assert "request body: undescribed media type: application/x-www-form-urlencoded [1 time" in out
    assert "not checked" not in out


@pytest.mark.parametrize("headers", [None, {}, [], [1]])
def test_a_response_without_headers_is_counted(headers, one, tmp_path, capsys):
    document = changed(one, lambda entry: entry["response"].update(headers=headers))
    status, out, _ = check(tmp_path, document, capsys)
    assert status == 0
    assert "not checked: 1, because the headers of the response were not recorded" in out


@pytest.mark.parametrize("text", [{"id": 1}, [1], 5, False])
def test_a_body_that_is_not_text_is_counted(text, one, tmp_path, capsys):
    document = changed(one, lambda entry: entry["response"]["content"].update(text=text))
    status, out, _ = check(tmp_path, document, capsys)
    assert status == 0
    assert "not checked: 1, because the body is not text in the recording" in out
    cassette = copy.deepcopy(load(CASSETTES[0]))
    cassette["interactions"][0]["response"]["body"]["string"] = text
    cassette["interactions"][0]["request"]["body"] = text
    out = check(tmp_path, json.dumps(cassette), capsys)[1]
    assert "not checked: 1, because the body is not text in the recording" in out
    assert "not checked: 1, because the request body is not text in the recording" in out


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate"])
def test_a_compressed_body_of_garbage_is_counted(coding, one, tmp_path, capsys):
    def spoil(entry):
        entry["response"]["content"].update(text=base64.b64encode(b"\x8b\xff\xfe" * 9).decode(), encoding="base64")
        with_header("Content-Encoding", coding)(entry)

    status, out, _ = check(tmp_path, changed(one, spoil), capsys)
    assert status == 0
    assert "not checked: 1, because the body cannot be decompressed" in out


BROKEN = {
    "YAML": lambda text: text.replace("BODY", "!!binary '%'"),
    "JSON": lambda text: json.dumps(yaml.safe_load(text.replace("BODY", "{base64_string: '%'}"))),
    "a number": lambda text: json.dumps(yaml.safe_load(text.replace("BODY", "{base64_string: 7}"))),
    "text": lambda text: text.replace("BODY", "{string: !!binary 'é'}"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("part", ["request", "response"])
def test_invalid_base64_of_a_cassette_is_counted(part, name, tmp_path, capsys):
    cassette = copy.deepcopy(load(CASSETTES[0]))
    cassette["interactions"][0][part]["body"] = "BODY"
    status, out, err = check(tmp_path, BROKEN[name](yaml.dump(cassette, allow_unicode=True)), capsys)
    assert (status, err) == (0, "")
    subject = "the request body" if part == "request" else "the body"
    assert f"not checked: 1, because {subject} is not valid base64" in out


def test_an_incomplete_member_of_gzip_is_counted(tmp_path, capsys):
    cassette = copy.deepcopy(load(CASSETTES[0]))
    response = cassette["interactions"][0]["response"]
    body = response["body"]["string"].encode()
    response["body"]["string"] = gzip.compress(body[:100]) + gzip.compress(body[100:])[:-20]
    response["headers"]["Content-Encoding"] = ["gzip"]
    status, out, _ = check(tmp_path, yaml.dump(cassette), capsys)
    assert status == 0
    assert "not checked: 1, because the body is incomplete in the recording" in out


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO")
def test_a_fifo_is_one_line(tmp_path, capsys):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", "/dev/null"):
        assert main([str(path)], "traffic") == 2
        assert capsys.readouterr().err == f"traffic: '{path}' is not a regular file.\n"


def test_long_lists_of_differences_and_parameters_are_counted(one, tmp_path, capsys):
    names = {f"{first}{second}_{third}": 1 for first in "abcdef" for second in "abcdefgh" for third in "stuvwx"}
    out = check(tmp_path, with_text(one, json.dumps([names])), capsys)[1]
    assert "not checked: 1, because only 200 differences of a body are listed" in out

    def many(entry):
        entry["request"]["url"] += "&a=1" * 1001

    assert "because the query has too many parameters" in check(tmp_path, changed(one, many), capsys)[1]
    link = with_header("Link", "<https://api.buildkite.com/x>; rel=next," * 1000)
    assert "because the Link header is too long" in check(tmp_path, changed(one, link), capsys)[1]


@pytest.mark.parametrize(
    ("parameter", "shown"),
    [
        ("nickname[][]=1", "nickname[][]"),
        ("nickname[ada][]=1", "nickname[…][]"),
        ("nickname[ada]x=1", "nickname[…]"),
        ("nickname[=1", "nickname[…]"),
        ("[]=1", "…[]"),
        ("state[][]=1", "state[][]"),
    ],
)
def test_brackets_of_a_parameter_are_shown(parameter, shown, har, tmp_path, capsys):
    def add(entry):
        entry["request"]["url"] += f"&{parameter}"

    out = check(tmp_path, changed(har, add, "GET /pipelines/web/builds"), capsys)[1]
    assert f"request query {shown}: undescribed parameter [" in out
    assert "ada" not in out


def test_the_rest_of_a_body_with_many_equal_differences_is_counted(one, tmp_path, capsys):
    status, out, _ = check(tmp_path, with_text(one, "[" + "{}," * 30_000 + "{}]"), capsys)
    assert status == 1
    assert "not checked: 1, because only the part of a body with the first 20,000 differences is compared" in out
