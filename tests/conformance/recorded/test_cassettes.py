"""Cassettes of vcrpy are checked against the spec. `cassettes` were recorded by vcrpy 9 from the mock server."""

import copy
import gzip
import json
from pathlib import Path

import pytest
import yaml
from tests.conformance.recorded.recording import check

from buildkite_rest.conformance.recorded.cassettes import load_yaml

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


def with_members(cassette):
    for each in cassette["interactions"]:
        body = each["response"]["body"]["string"].encode()
        each["response"]["body"]["string"] = gzip.compress(body[:100]) + gzip.compress(body[100:])
        each["response"]["headers"]["Content-Encoding"] = ["gzip"]
    return yaml.dump(cassette)


def of_old_httpx(cassette):
    for each in cassette["interactions"]:
        response = each["response"]
        headers = {name: values[0] for name, values in response["headers"].items()}
        content, code = response["body"]["string"], response["status"]["code"]
        each["response"] = {"content": content, "headers": headers, "http_version": "HTTP/1.1", "status_code": code}
    return yaml.dump(cassette)


def with_aliases(cassette):
    shared = cassette["interactions"][0]["response"]["headers"]
    cassette["interactions"][0]["request"]["headers"] = shared
    text = yaml.dump(cassette)
    assert "&id001" in text
    return text


def with_merges(cassette):
    for each in cassette["interactions"]:
        body = each["response"].pop("body")
        headers = each["response"].pop("headers")
        each["response"] = {"<<": [each["response"], {"headers": headers, "body": "own"}], "body": body}
    text = yaml.dump(cassette).replace("'<<'", "<<")
    assert "<<:" in text
    return text


@pytest.mark.parametrize(
    "spell",
    [dump_yaml, json.dumps, with_bytes, with_gzip, with_members, with_base64, of_old_httpx, with_aliases, with_merges],
)
def test_a_difference_is_found_in_each_spelling(spell, tmp_path, capsys):
    cassette = load(CASSETTES[0])
    assert check(tmp_path, spell(copy.deepcopy(cassette)), capsys)[0] == 0
    status, out, err = check(tmp_path, spell(with_property(cassette, "Ada")), capsys)
    assert (status, err) == (1, "")
    assert "response body $[].leads: undescribed property: string [1 time, first in entry 1]" in out
    assert "Ada" not in out


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{','.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
HOSTILE = {
    "aliases": f"{BOMB}interactions: *k\n",
    "merged mappings": f"{MERGES}interactions: [*k]\n",
    "an alias of itself": "interactions: &a [*a, {request: *a, response: *a}]\n",
    "a tag": "interactions: [!!python/object/new:os.system [false]]\n",
    "invalid base64": "interactions: [{request: {body: !!binary '%'}, response: {body: {string: !!binary '*'}}}]\n",
    "a merge of itself": "interactions: [&a {<<: *a}]\n",
    "a merge of text": "interactions: [{<<: text}]\n",
    "a long chain of merges": "a: {x0: &a0 {k: v}, "
    + "".join(f"x{number}: &a{number} {{<<: *a{number - 1}}}, " for number in range(1, 1200))
    + "<<: *a1199}\ninteractions: []\n",
    "a mapping as a key": "interactions: [{{a: b}: c}]\n",
    "wrong types": "interactions: [1, [], {request: 1}, {request: {method: [], uri: {}}, response: 1}]\n",
}


def test_own_keys_win_over_merged_ones_and_quoted_ones_are_keys():
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {'<<': *x}\nw: {<<x: 1}\n"
    assert load_yaml(text) == {
        "x": {"a": "1", "b": "2"},
        "y": {"a": "1", "b": "3"},
        "z": {"<<": {"a": "1", "b": "2"}},
        "w": {"<<x": "1"},
    }


def test_binary_names_of_headers_are_no_headers(tmp_path, capsys):
    text = CASSETTES[-1].read_text(encoding="utf-8").replace("      date:", "      ? !!binary ZGF0ZQ==\n      :")
    assert "binary" in text
    assert check(tmp_path, text, capsys)[0] == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_cassette_is_one_line(name, tmp_path, capsys):
    status, out, err = check(tmp_path, HOSTILE[name], capsys)
    assert (status, out, err.count("\n")) == (2, "", 1)
