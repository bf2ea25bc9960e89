"""Cassettes of vcrpy are checked by the rules of a run. `cassettes` were recorded by vcrpy 9 from the mock server."""

import copy
import gzip
import json
from pathlib import Path

import pytest
import yaml
from tests.conformance.traffic.recording import check

CASSETTES = sorted((Path(__file__).parent / "cassettes").iterdir())


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def with_property(cassette, value):
    """Return a copy whose first list has an undescribed property."""
    cassette = copy.deepcopy(cassette)
    body = cassette["interactions"][0]["response"]["body"]
    items = json.loads(body["string"])
    items[0]["leads"] = value
    body["string"] = json.dumps(items)
    return cassette


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.name)
def test_a_recorded_cassette_is_clean(path, tmp_path, capsys):
    status, out, err = check(tmp_path, path.read_text(encoding="utf-8"), capsys)
    assert (status, err) == (0, "")
    assert "checked: 3 exchanges of 3 operations" in out


def dump_yaml(cassette):
    return yaml.dump(cassette)


def with_bytes(cassette):
    for each in cassette["interactions"]:
        each["response"]["body"]["string"] = each["response"]["body"]["string"].encode()
        if each["request"]["body"] is not None:
            each["request"]["body"] = each["request"]["body"].encode()
    return yaml.dump(cassette)


def with_gzip(cassette):
    for each in cassette["interactions"]:
        each["response"]["body"]["string"] = gzip.compress(each["response"]["body"]["string"].encode())
        each["response"]["headers"]["Content-Encoding"] = ["gzip"]
    return yaml.dump(cassette)


def with_base64(cassette):
    for each in cassette["interactions"]:
        text = yaml.dump(each["response"]["body"]["string"].encode()).partition("|")[2]
        each["response"]["body"] = {"base64_string": text}
    return json.dumps(cassette)


def of_old_httpx(cassette):
    for each in cassette["interactions"]:
        response = each["response"]
        headers = {name: values[0] for name, values in response["headers"].items()}
        content, code = response["body"]["string"], response["status"]["code"]
        each["response"] = {"content": content, "headers": headers, "http_version": "HTTP/1.1", "status_code": code}
    return yaml.dump(cassette)


@pytest.mark.parametrize(
    "spell",
    [dump_yaml, json.dumps, with_bytes, with_gzip, with_base64, of_old_httpx],
)
def test_a_difference_is_found_in_each_spelling(spell, tmp_path, capsys):
    cassette = load(CASSETTES[0])
    assert check(tmp_path, spell(copy.deepcopy(cassette)), capsys)[0] == 0
    status, out, err = check(tmp_path, spell(with_property(cassette, "Ada")), capsys)
    assert (status, err) == (1, "")
    assert "undescribed_property: /*/leads: str [1 time, first in entry 1]" in out
    assert "Ada" not in out


@pytest.mark.parametrize("body", ["!!binary '%'", "{base64_string: '%'}", "{base64_string: [7]}"])
def test_an_invalid_body_is_counted(body, tmp_path, capsys):
    cassette = copy.deepcopy(load(CASSETTES[0]))
    cassette["interactions"][0]["response"]["body"] = "BODY"
    status, out, _ = check(tmp_path, yaml.dump(cassette).replace("BODY", body), capsys)
    assert status == 0
    assert "not checked: 1, because the body is not " in out
