"""HAR files are checked by the rules of a run: planted differences are found, and no value is shown."""

import base64
import copy
import json

import pytest
from tests.conformance.traffic.recording import changed, check, entries, with_body, with_header

from buildkite_rest._base.safe_text import plural

BUILDS = "GET /pipelines/web/builds"
AGENTS = "GET /agents"
SECRETS = ("hunter2", "DEPLOY_KEY", "bkua_", "acme", "Ada", "ada@", "127.0.0.1", "01920000-", "passed ")


def of_first_build(change):
    return with_body(lambda body: change(body[0] if isinstance(body, list) else body))


def set_in(name, value):
    return of_first_build(lambda build: build.__setitem__(name, value))


def with_text(text):
    return lambda entry: entry["response"]["content"].update(text=text, size=len(text.encode()))


def test_a_recording_of_the_client_is_clean(har, tmp_path, capsys):
    status, out, err = check(tmp_path, har, capsys)
    assert (status, err) == (0, "")
    assert "no difference from the spec" in out
    assert f"checked: {len(har['log']['entries'])} exchanges" in out


PLANTED = {
    "a property": (BUILDS, set_in("deployed_by", "Ada"), "undescribed_property: /*/deployed_by: str [1 time"),
    "a value of an enum": (BUILDS, set_in("state", "on_hold"), "undescribed_value: /*/state: on_hold"),
    "a name in place of a value": (BUILDS, set_in("state", "Ada Lovelace"), "undescribed_value: /*/state: str"),
    "a variant": (
        BUILDS,
        of_first_build(lambda build: build.__setitem__("jobs", [{"id": "x", "type": "approval"}])),
        "undescribed_value: /*/jobs/*/type: approval",
    ),
    "a type": (BUILDS, set_in("number", "7"), 'response_schema_conformance: /*/number: "7" is not of type "integer"'),
    "a missing property": (
        BUILDS,
        of_first_build(lambda build: build.pop("number")),
        'response_schema_conformance: /*: "number" is a required property',
    ),
    "a format": (
        BUILDS,
        set_in("created_at", "yesterday"),
        'response_schema_conformance: /*/created_at: … is not a "date-time"',
    ),
    "a key of a map": (
        BUILDS,
        of_first_build(lambda build: build.__setitem__("env", {"DEPLOY_KEY": ["hunter2"]})),
        "undescribed_value: /*/env/…: list",
    ),
    "an order of times": (
        BUILDS,
        set_in("finished_at", "2001-01-01T00:00:00Z"),
        "time_consistency: finished_at is less",
    ),
    "a URL of another object": (
        BUILDS,
        set_in("url", "https://api.buildkite.com/v2/organizations/acme/pipelines/ada/builds/1"),
        "url_consistency: url ",
    ),
    "a status": (AGENTS, lambda entry: entry["response"].update(status=207), "the status 207 is not documented"),
    "a server error": (AGENTS, lambda entry: entry["response"].update(status=503), "the server fails with 503"),
    "a missing header": (AGENTS, with_header("RateLimit-Limit", None), "the header RateLimit-Limit is missing"),
    "a header": (AGENTS, with_header("RateLimit-Limit", "Ada"), 'RateLimit-Limit: … is not of type "integer"'),
    "a media type": (AGENTS, with_header("Content-Type", "text/html"), "the Content-Type is text/html instead of"),
    "text": (AGENTS, with_text("{Ada"), "media_type_conformance: the body is not JSON"),
    "a method": (AGENTS, lambda entry: entry["request"].update(method="PATCH"), "undescribed_operation: status 200"),
    "a link of another list": (
        BUILDS,
        lambda entry: with_header("Link", f'<{entry["request"]["url"].partition("?")[0]}/x?page=2>; rel="next"')(entry),
        "the link next has another path",
    ),
    "a lost filter": (
        BUILDS,
        lambda entry: with_header(
            "Link", f'<{entry["request"]["url"].partition("?")[0]}?page=2&per_page=10&state[]=failed>; rel="next"'
        )(entry),
        "the link next has the parameters",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_is_found_without_values(name, har, tmp_path, capsys):
    part, change, expected = PLANTED[name]
    assert entries(har, part)
    status, out, err = check(tmp_path, changed(har, change, part), capsys)
    assert (status, err) == (1, "")
    assert expected in out
    assert [secret for secret in SECRETS if secret in out] == []


def test_findings_are_counted_with_their_first_entry(har, tmp_path, capsys):
    document = changed(har, set_in("deployed_by", 1), BUILDS)
    found = entries(document, BUILDS)
    first = document["log"]["entries"].index(found[0]) + 1
    status, out, _ = check(tmp_path, document, capsys)
    assert (status, f"first in entry {first}]" in out) == (1, True)
    times = plural(len([each for each in found if each["response"]["content"]["text"].startswith("[")]), "time")
    assert f"undescribed_property: /*/deployed_by: int [{times}, first in entry {first}]" in out


def encoded(entry):
    content = entry["response"]["content"]
    content.update(text=base64.b64encode(content["text"].encode()).decode(), encoding="base64")


def decompressed(entry):
    encoded(entry)
    with_header("Content-Encoding", "gzip")(entry)


@pytest.mark.parametrize("change", [encoded, decompressed])
def test_other_spellings_of_a_recording_are_clean(change, har, tmp_path, capsys):
    assert check(tmp_path, changed(har, change), capsys)[0] == 0
    wrong = changed(changed(har, set_in("deployed_by", 1), BUILDS), change)
    status, out, _ = check(tmp_path, wrong, capsys)
    assert (status, "/*/deployed_by: int" in out) == (1, True)


@pytest.mark.parametrize("url", ["https://proxy.example:8443/ci", "https://proxy.example", "https://api.buildkite.com"])
@pytest.mark.parametrize("is_rewritten", [True, False], ids=["rewritten", "unchanged"])
def test_a_proxy_may_rewrite_urls_or_not(url, is_rewritten, har, tmp_path, capsys):
    [first, *_] = entries(har, BUILDS)
    host = first["request"]["url"].partition("/v2/")[0]
    text = json.dumps(har).replace(f"{host}/", f"{url if is_rewritten else 'https://api.buildkite.com'}/")
    document = json.loads(text)
    for entry in document["log"]["entries"]:
        entry["request"]["url"] = f"{url}/v2/{entry['request']['url'].partition('/v2/')[2]}"
    status, out, _ = check(tmp_path, document, capsys)
    assert status == 0, out
    assert "ignored" not in out


COUNTED = {
    "no text": (lambda entry: entry["response"]["content"].pop("text"), "the body was not recorded"),
    "another encoding": (
        lambda entry: entry["response"]["content"].update(encoding="rot13"),
        "the body cannot be decoded",
    ),
    "invalid base64": (
        lambda entry: entry["response"]["content"].update(text="Ada!", encoding="base64"),
        "the body cannot be decoded",
    ),
    "no headers": (
        lambda entry: entry["response"].update(headers=None),
        "the headers of the response were not recorded",
    ),
    "no status": (lambda entry: entry["response"].update(status=0), "the entry has no response"),
    "no URL": (lambda entry: entry["request"].pop("url"), "the entry has no request"),
    "an operation that nobody has": (
        lambda entry: (entry["request"].update(method="PATCH"), entry["response"].update(status=405)),
        "neither the spec nor the API has the operation",
    ),
}


@pytest.mark.parametrize("name", COUNTED)
def test_what_cannot_be_judged_is_counted(name, har, tmp_path, capsys):
    change, reason = COUNTED[name]
    status, out, _ = check(tmp_path, changed(har, change, AGENTS), capsys)
    assert status == 0
    assert f"not checked: 1, because {reason}" in out


def test_other_apis_are_ignored_and_counted(har, tmp_path, capsys):
    document = copy.deepcopy(har)
    urls = ("https://acme.example/", "https://registry.example/v2/acme/tags", "https://buildkite.com/acme", "http://[")
    for url in (*urls, "https://other.example/v3/organizations"):
        entry = copy.deepcopy(document["log"]["entries"][0])
        entry["request"]["url"] = url
        document["log"]["entries"].append(entry)
    preflight = copy.deepcopy(document["log"]["entries"][0])
    preflight["request"]["method"] = "OPTIONS"
    document["log"]["entries"].append(preflight)
    status, out, _ = check(tmp_path, document, capsys)
    assert status == 0
    assert "ignored: 6 exchanges with other APIs" in out


PATHS = {
    "/v2/organizations/acme/ada-lovelace": "/v2/organizations/{org}/…",
    "/v2/organizations/acme/pipelines/web/secret_launch": "/v2/organizations/{org}/pipelines/{pipeline}/…",
    "/v2/geheim": "/v2/…",
    "/v3/organizations/acme/v2": "/…/…/…/…",
}


@pytest.mark.parametrize("path", PATHS)
def test_only_the_described_part_of_a_path_is_shown(path, har, tmp_path, capsys):
    entry = copy.deepcopy(entries(har, AGENTS)[0])
    entry["request"]["url"] = f"https://api.buildkite.com{path}"
    status, out, _ = check(tmp_path, {"log": {"entries": [entry]}}, capsys)
    assert status == 1
    assert f"\nGET {PATHS[path]} (1 exchange)\n  undescribed_operation: status 200 [" in out


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
@pytest.mark.parametrize("status", [None, 422, 500])
def test_no_report_has_a_value(status, method, har, tmp_path, capsys):
    document = copy.deepcopy(har)
    for entry in document["log"]["entries"]:
        of_secrets(entry)
        entry["request"]["method"] = method or entry["request"]["method"]
        entry["response"]["status"] = status or entry["response"]["status"]
        entry["response"]["headers"].append({"name": MARK, "value": MARK})
    found, out, err = check(tmp_path, document, capsys)
    assert (found, err) == (1, "")
    assert not [word for word in ("Geheim", "geheim", "4711", "acme") if word in out]


def test_free_text_and_names_of_known_words_are_hidden(judge):
    for text, shown in {
        "state is 'reason for a canceled build', but": "state is …, but",
        'url: "page name" is not of type "object"': 'url: … is not of type "object"',
        "builds/10.0.0.1/my-build/12": "builds/…/12",
        "jobs.agent: number is 4711 instead of 12": "jobs.agent: number is … instead of 12",
    }.items():
        assert judge._masked(text) == shown
