"""HAR files are checked against the spec: planted differences are found, and no value is shown."""

import base64
import copy
import gzip
import json
import random

import pytest
from tests.conformance.recorded.recording import changed, check, entries, with_body, with_header

from buildkite_rest.conformance.__main__ import main as conformance
from buildkite_rest.conformance.recorded import files
from buildkite_rest.conformance.recorded.bodies import MAX_BODY
from buildkite_rest.conformance.recorded.cli import main
from buildkite_rest.conformance.recorded.errors import RecordingError
from buildkite_rest.conformance.recorded.har import entries_of
from buildkite_rest.traffic._report import Report

BUILDS = "GET /pipelines/web/builds"
AGENTS = "GET /agents"
SECRETS = ("hunter2", "DEPLOY_KEY", "bkua_", "acme", "Ada", "ada@", "127.0.0.1", "01920000-", "passed ")


def first_build(body):
    return body[0] if isinstance(body, list) else body


def of_first_build(change):
    return with_body(lambda body: change(first_build(body)))


def set_in(name, value):
    return of_first_build(lambda build: build.__setitem__(name, value))


def test_a_recording_of_the_client_is_clean(har, tmp_path, capsys):
    status, out, err = check(tmp_path, har, capsys)
    assert (status, err) == (0, "")
    assert "no difference from the spec" in out
    assert f"checked: {len(har['log']['entries'])} exchanges" in out


PLANTED = {
    "a property": (BUILDS, set_in("deployed_by", "Ada"), "response body $[].deployed_by: undescribed property: string"),
    "a nested property": (
        BUILDS,
        of_first_build(lambda build: build["pipeline"].__setitem__("phone", 1)),
        "response body $[].pipeline.phone: undescribed property: integer",
    ),
    "a time": (
        BUILDS,
        set_in("approved_at", "2026-03-02T09:15:00Z"),
        "$[].approved_at: undescribed property: string (date-time)",
    ),
    "an array": (BUILDS, set_in("labels", ["Ada", 1]), "$[].labels: undescribed property: array of integer or string"),
    "a value of an enum": (BUILDS, set_in("state", "on_hold"), "$[].state: undescribed value: 'on_hold'"),
    "a name in place of a value": (BUILDS, set_in("state", "Ada Lovelace"), "$[].state: undescribed value: string"),
    "a variant": (
        BUILDS,
        of_first_build(lambda build: build.__setitem__("jobs", [{"id": "x", "type": "approval"}])),
        "$[].jobs[].type: undescribed variant: 'approval'",
    ),
    "a type": (BUILDS, set_in("number", "7"), "$[].number: wrong type: string; the spec has integer"),
    "null": (BUILDS, set_in("id", None), "$[].id: wrong type: null; the spec has string"),
    "a missing property": (BUILDS, of_first_build(lambda build: build.pop("number")), "$[].number: missing property"),
    "a format": (
        BUILDS,
        set_in("created_at", "yesterday"),
        "$[].created_at: invalid value: string; the spec has format date-time",
    ),
    "a key of a map": (
        BUILDS,
        of_first_build(lambda build: build.__setitem__("env", {"DEPLOY_KEY": ["hunter2"]})),
        "$[].env.*: wrong type: array of string; the spec has string",
    ),
    "a status": (AGENTS, lambda entry: entry["response"].update(status=207), "response: undocumented status: 207"),
    "a missing header": (
        AGENTS,
        with_header("RateLimit-Limit", None),
        "response header RateLimit-Limit: missing header",
    ),
    "a header": (
        AGENTS,
        with_header("RateLimit-Limit", "many"),
        "response header RateLimit-Limit: wrong type: string; the spec has integer",
    ),
    "a media type": (
        AGENTS,
        with_header("Content-Type", "text/xml; charset=utf-8"),
        "response body: undescribed media type: text/xml; the spec has application/json",
    ),
    "text": (
        AGENTS,
        lambda entry: entry["response"]["content"].update(text="{Ada", size=4),
        "response body: invalid JSON",
    ),
    "an empty body": (
        AGENTS,
        lambda entry: entry["response"]["content"].update(text="", size=0),
        "response body: empty body",
    ),
    "a parameter": (
        AGENTS,
        lambda entry: entry["request"].update(url=entry["request"]["url"] + "&nickname=Ada"),
        "request query nickname: undescribed parameter",
    ),
    "an array parameter": (
        AGENTS,
        lambda entry: entry["request"].update(url=entry["request"]["url"] + "&nickname[]=Ada"),
        "request query nickname[]: undescribed parameter",
    ),
    "a value of a parameter": (
        BUILDS,
        lambda entry: entry["request"].update(url=entry["request"]["url"] + "&state=retired&page=first"),
        "request query state: undescribed value: 'retired'",
    ),
    "a property of a request": (
        "POST /builds",
        lambda entry: entry["request"]["postData"].update(text='{"commit":"HEAD","branch":"main","urgent":true}'),
        "request body $.urgent: undescribed property: boolean",
    ),
    "a missing property of a request": (
        "POST /builds",
        lambda entry: entry["request"]["postData"].update(text='{"branch":"main"}'),
        "request body $.commit: missing property",
    ),
    "a method": (
        AGENTS,
        lambda entry: entry["request"].update(method="PATCH"),
        "operation: undescribed operation: status 200",
    ),
    "a path": (
        AGENTS,
        lambda entry: entry["request"].update(url="https://api.buildkite.com/v2/organizations/acme/widgets/ada"),
        "GET /v2/organizations/{org}/…/… (1 exchange)",
    ),
    "a link of another list": (
        BUILDS,
        with_header("Link", '<https://api.buildkite.com/v2/organizations/acme/builds?page=2>; rel="next"'),
        "Link rel='next' has another path",
    ),
    "a link to another host": (
        BUILDS,
        with_header("Link", '<https://ada.example/v2/organizations/acme/pipelines/web/builds?page=2>; rel="next"'),
        "Link rel='next' has another origin",
    ),
    "a relation": (AGENTS, with_header("Link", '<https://api.buildkite.com/v2/x>; rel="Ada"'), "unknown relation 'x'"),
    "a malformed link": (AGENTS, with_header("Link", 'Ada "Lovelace'), "Link is malformed: 'x \"x"),
    "a lost filter": (
        BUILDS,
        lambda entry: with_header(
            "Link", f'<{entry["request"]["url"].partition("?")[0]}?page=2&per_page=10&state[]=failed>; rel="next"'
        )(entry),
        "links: Link rel='next' has the parameters",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_is_found_without_values(name, har, tmp_path, capsys):
    part, change, expected = PLANTED[name]
    assert entries(har, part)
    status, out, err = check(tmp_path, changed(har, change, part), capsys, "--json", str(tmp_path / "report.json"))
    assert (status, err) == (0 if expected.startswith("request ") else 1, "")
    assert expected in out
    report = (tmp_path / "report.json").read_text(encoding="utf-8")
    shown = [secret for secret in SECRETS for text in (out, report) if secret in text]
    assert shown == []


def test_findings_are_counted_with_their_first_entry(har, tmp_path, capsys):
    document = changed(har, set_in("deployed_by", 1), BUILDS)
    found = entries(document, BUILDS)
    first = document["log"]["entries"].index(found[0]) + 1
    status, out, _ = check(tmp_path, document, capsys, "--json", str(tmp_path / "report.json"))
    assert status == 1
    assert "first in entry" in out
    findings = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["findings"]
    [counted] = [each for each in findings if each["path"] == "$[].deployed_by"]
    assert counted["first"] == {"file": 1, "entry": first}
    assert counted["count"] == len([each for each in found if each["response"]["content"]["text"].startswith("[")])


def encoded(entry):
    content = entry["response"]["content"]
    content.update(text=base64.b64encode(content["text"].encode()).decode(), encoding="base64")


def compressed(entry):
    content = entry["response"]["content"]
    content.update(text=base64.b64encode(gzip.compress(content["text"].encode())).decode(), encoding="base64")
    with_header("Content-Encoding", "gzip")(entry)


def of_http2(entry):
    for headers in (entry["request"]["headers"], entry["response"]["headers"]):
        headers.insert(0, {"name": ":status", "value": "200"})
    entry["response"]["headers"] = [{**each, "name": each["name"].lower()} for each in entry["response"]["headers"]]


def behind_a_proxy(entry):
    path = entry["request"]["url"].partition("/v2/")[2]
    entry["request"]["url"] = f"https://proxy.example:8443/ci/v2/{path}"


def without_headers(entry):
    entry["request"]["headers"] = entry["response"]["headers"] = []


@pytest.mark.parametrize("change", [encoded, compressed, of_http2, without_headers])
def test_other_spellings_of_a_recording_are_clean(change, har, tmp_path, capsys):
    assert check(tmp_path, changed(har, change), capsys)[0] == 0
    wrong = changed(changed(har, set_in("deployed_by", 1), BUILDS), change)
    status, out, _ = check(tmp_path, wrong, capsys)
    assert status == 1
    assert "$[].deployed_by: undescribed property: integer" in out


def test_a_prefix_before_the_path_is_allowed(har, tmp_path, capsys):
    status, out, _ = check(tmp_path, changed(har, behind_a_proxy), capsys)
    assert (status, "another" in out) == (0, False)


def test_a_body_that_was_not_recorded_is_counted(har, tmp_path, capsys):
    status, out, _ = check(tmp_path, changed(har, lambda entry: entry["response"]["content"].pop("text")), capsys)
    assert status == 0
    assert "because the body was not recorded" in out


def test_other_hosts_are_ignored_and_counted(har, tmp_path, capsys):
    document = copy.deepcopy(har)
    for url in ("https://acme.example/", "https://registry.example/v2/acme/tags", "https://buildkite.com/acme", "::"):
        entry = copy.deepcopy(document["log"]["entries"][0])
        entry["request"]["url"] = url
        document["log"]["entries"].append(entry)
    preflight = copy.deepcopy(document["log"]["entries"][0])
    preflight["request"]["method"] = "OPTIONS"
    document["log"]["entries"].append(preflight)
    status, out, _ = check(tmp_path, document, capsys)
    assert status == 0
    assert "ignored: 5 exchanges with other APIs" in out


MARK = "Geheim-4711"


def marked(node):
    """Return JSON in which each text is a secret, and each object has a secret key."""
    if isinstance(node, dict):
        return {**{name: marked(value) for name, value in node.items()}, f"{MARK}@acme.example": MARK}
    if isinstance(node, list):
        return [marked(value) for value in node]
    return f"{MARK} {node}" if isinstance(node, str) else node


def of_secrets(entry):
    path, _, query = entry["request"]["url"].partition("?")
    path = path.replace("/acme", f"/{MARK}").replace("/web", f"/{MARK}")
    pairs = "&".join(f"{pair.partition('=')[0]}={MARK}" for pair in query.split("&") if pair)
    entry["request"]["url"] = f"{path}?{pairs}&{MARK}={MARK}&meta_data[{MARK}]={MARK}"
    if "text" in (entry["request"].get("postData") or {}):
        body = json.loads(entry["request"]["postData"]["text"])
        entry["request"]["postData"]["text"] = json.dumps(marked(body))
    entry["response"]["content"]["text"] = json.dumps(marked(json.loads(entry["response"]["content"]["text"])))
    entry["response"]["content"]["size"] = 0
    for header in entry["response"]["headers"]:
        if header["name"].lower() == "link":
            header["value"] = f'<https://{MARK}.example/{MARK}?{MARK}={MARK}&page={MARK}>; {MARK}="{MARK}"; rel="next"'
        elif header["name"].lower() != "content-type":
            header["value"] = MARK


@pytest.mark.parametrize("method", [None, MARK, "PROPFIND"])
def test_no_report_has_a_value(method, har, tmp_path, capsys):
    document = copy.deepcopy(har)
    for entry in document["log"]["entries"]:
        of_secrets(entry)
        entry["request"]["method"] = method or entry["request"]["method"]
        if method is None:
            entry["response"]["headers"].append({"name": MARK, "value": MARK})
    status, out, err = check(tmp_path, document, capsys, "--json", str(tmp_path / "report.json"))
    assert (status, err) == (1, "")
    for text in (out, (tmp_path / "report.json").read_text(encoding="utf-8")):
        assert "Geheim" not in text
        assert "4711" not in text
        assert "acme" not in text


UNUSABLE = {
    "empty": ("", "is neither a HAR nor a cassette of vcrpy"),
    "not JSON": ('{"log": ', "is not JSON: line 1, column 9: Expecting value. Record it again."),
    "broken JSON": ('{"log":\n{"entries":[}', "is not JSON: line 2, column 13: Expecting value. Record it again."),
    "broken YAML": (
        "interactions:\n- a: b\n c: d\n",
        "is neither JSON nor YAML: line 3, column 2: ",
    ),
    "several documents": ("interactions: []\n---\ninteractions: []\n", "has several YAML documents. Save each as a"),
    "a list as a key": ("interactions:\n- ? [a]\n  : b\n", "has a list or a mapping as a key: line 2, column 5."),
    "another object": ("{}", "is neither a HAR nor a cassette of vcrpy"),
    "no entries": ('{"log": {"entries": 3}}', "is not a HAR: it has no log.entries"),
    "nothing in it": ('{"log": {"entries": []}}', "there is no response of a known path under /v2 in the files"),
    "a list": ("[1]", "is neither a HAR nor a cassette of vcrpy"),
    "deep JSON": ('{"log":' + "[" * 200_000, "is nested too deeply"),
    "deep YAML": ("[" * 200_000, "is neither JSON nor YAML: "),
    "an endless YAML": ("interactions: &a [*a]\n", "contains itself by an alias"),
    "deep block YAML": ("- " * 5000, "is nested too deeply"),
    "text": ("key: [", "is neither JSON nor YAML"),
    "an object of Python": ("!!python/object/apply:os.system ['false']", "is neither a HAR nor a cassette of vcrpy"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_file_is_one_line(name, tmp_path, capsys):
    text, expected = UNUSABLE[name]
    status, out, err = check(tmp_path, text, capsys)
    assert (status, out) == (2, "")
    assert expected in err
    assert err.count("\n") == 1


def test_files_that_cannot_be_read_are_one_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setattr(files, "MAX_FILE", 1 << 20)
    (tmp_path / "large").write_bytes(b" " * (1 << 21))
    expected = {"binary": "is not a text file", "large": "is larger than 1 MiB", "missing": "cannot be read: No such"}
    for name, text in {**expected, ".": "cannot be read: Is a directory"}.items():
        assert main([str(tmp_path / name)], "traffic") == 2
        err = capsys.readouterr().err
        assert text in err
        assert err.count("\n") == 1


@pytest.mark.parametrize("encoding", ["BASE64", "base64", "rot13", 3, "", None])
def test_the_encoding_of_a_body(encoding, har, tmp_path, capsys):
    def encode(entry):
        content = entry["response"]["content"]
        text = base64.b64encode(content["text"].encode()).decode() if "64" in str(encoding) else content["text"]
        content.update(text=text, encoding=encoding)

    status, out, _ = check(tmp_path, changed(har, encode, AGENTS), capsys)
    assert status == 0
    reason = "because the body has an encoding that is not supported"
    assert (reason in out) == (encoding in ("rot13", 3))


def test_a_page_number_of_any_size_is_an_integer(har, tmp_path, capsys):
    def ask(entry):
        entry["request"]["url"] = entry["request"]["url"].replace("page=1", "page=12345678901234567890")

    def link(entry):
        entry["request"]["url"] = f"{entry['request']['url'].partition('?')[0]}?page=12345678901234567890"
        with_header("Link", '<https://api.buildkite.com/x?page=2>; rel="next"')(entry)

    assert "wrong type" not in check(tmp_path, changed(har, ask, AGENTS), capsys)[1]
    assert "has another path" in check(tmp_path, changed(har, link, AGENTS), capsys)[1]


def test_a_link_to_the_api_may_be_behind_any_host(har, tmp_path, capsys):
    for url, host, expected in (
        ("https://proxy.example", "https://api.buildkite.com", False),
        ("https://proxy.example", "https://other.example", True),
        ("https://proxy.example/buildkite", "https://other.example", False),
    ):

        def move(entry, url=url, host=host):
            path = "/v2/organizations/acme/agents"
            entry["request"]["url"] = f"{url}{path}"
            with_header("Link", f'<{host}{path}?page=2>; rel="next", <{host}{path}?page=2>; rel="last"')(entry)

        assert ("has another origin" in check(tmp_path, changed(har, move, AGENTS), capsys)[1]) == expected


@pytest.mark.parametrize("status", [404, 405])
def test_an_operation_that_the_api_lacks_too_is_no_difference(status, har, tmp_path, capsys):
    def unknown(entry):
        entry["request"]["method"] = "PATCH"
        entry["response"]["status"] = status

    found, out, _ = check(tmp_path, changed(har, unknown, AGENTS), capsys)
    assert found == 0
    assert "because neither the spec nor the API has the operation" in out


def test_both_commands_check_traffic(har, tmp_path, capsys):
    path = tmp_path / "recording.har"
    path.write_text(json.dumps(har), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        conformance(["traffic", str(path)], "buildkite-rest conformance")
    assert ended.value.code == 0
    with pytest.raises(SystemExit) as ended:
        conformance(["traffic"], "buildkite-rest conformance")
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("buildkite-rest conformance traffic: the following arguments are")


JUNK = (None, True, -1, 10**400, 1.5, "", "Ada", "\ud800", [], [None], [[]], {}, {"name": 1}, {"a": {"b": []}})


def places(node, path=()):
    """Yield the paths of all places of a document."""
    yield path
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node[:2]):
            yield from places(value, (*path, key))


def test_junk_at_every_place_of_a_har_never_fails(har, checker):
    document = {"log": {**har["log"], "entries": entries(har, "POST /builds") + entries(har, AGENTS)[:1]}}
    choose, usable = random.Random(1), 0
    for path in list(places(document))[1:]:
        for junk in choose.sample(JUNK, 5):
            broken = copy.deepcopy(document)
            node = broken
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = junk
            report = Report(checker.version)
            try:
                for entry in entries_of(broken):
                    if entry.exchange is not None:
                        report.add(checker.check(entry.exchange), 1, entry.number)
            except RecordingError:
                continue
            usable += 1
            assert report.text().encode()
            assert json.loads(report.as_json())
    assert usable > 500


def with_text(document, text):
    """Return a copy with `text` as the body of each response."""

    def change(entry):
        entry["response"]["content"].update(text=text, size=len(text.encode()))

    return changed(document, change)


def test_huge_bodies_are_bounded(har, tmp_path, capsys):
    def bomb(entry):
        data = gzip.compress(bytes(2 * MAX_BODY))
        entry["response"]["content"].update(text=base64.b64encode(data).decode(), encoding="base64")
        with_header("Content-Encoding", "gzip")(entry)

    document = {"log": {"entries": entries(har, AGENTS)[:1]}}
    status, out, _ = check(tmp_path, changed(document, bomb), capsys)
    assert status == 0
    assert "not checked: 1, because the body is too large" in out
    for text, expected in {"Ada!": "not valid base64", "QWRh": ""}.items():
        broken = changed(
            document, lambda entry, text=text: entry["response"]["content"].update(text=text, encoding="base64")
        )
        assert expected in check(tmp_path, broken, capsys)[1]
    for text in ("9" * 10_000, "[1e999]", "[NaN]"):
        assert check(tmp_path, with_text(document, text), capsys)[0] == 1
