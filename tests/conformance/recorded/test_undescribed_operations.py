"""Operations that the spec lacks are found on any server that has the API, and their paths are not shown."""

import copy
from itertools import permutations

import pytest
from tests.conformance.recorded.recording import changed, check, entries

from buildkite_rest.traffic._checks import Finding, Outcome
from buildkite_rest.traffic._report import Report

UUID = "01920000-feed-7003-8000-000000000006"
PATHS = {
    "/v2/organizations/acme/ada-lovelace": "/v2/organizations/{org}/…",
    f"/v2/organizations/acme/widgets/4711/{UUID}/hunter": "/v2/organizations/{org}/…/{number}/{uuid}/…",
    "/v2/organizations/acme/pipelines/web/secret_launch": "/v2/organizations/{org}/pipelines/{pipeline}/…",
    "/v2/geheim": "/v2/…",
    "/v2/organizations//pipelines": "/v2/organizations//pipelines",
    "/v2/organizations/%2Fada/secret_launch": "/v2/organizations/{org}/…",
    "/v3/organizations/acme/v2": "/v3/…/…/v2",
}


def test_the_described_form_of_a_path_is_found(har, tmp_path, capsys):
    url = "https://api.buildkite.com/v2/organizations/acme/%61gents?per_page=100"
    status, out, _ = check(tmp_path, requests(har, url), capsys)
    assert status == 0, out


def requests(har, *urls):
    """Return a recording of requests for `urls`, with the response of another."""
    document = {"log": {**har["log"], "entries": []}}
    for url in urls:
        entry = copy.deepcopy(entries(har, "GET /agents")[0])
        entry["request"]["url"] = url
        document["log"]["entries"].append(entry)
    return document


@pytest.mark.parametrize("path", PATHS)
def test_only_the_shape_of_a_path_is_shown(path, har, tmp_path, capsys):
    document = requests(har, f"https://api.buildkite.com{path}")
    status, out, err = check(tmp_path, document, capsys, "--json", str(tmp_path / "report.json"))
    report = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert (status, err) == (1, "")
    assert f"GET {PATHS[path]} (1 exchange)" in out
    for word in ("ada", "acme", "hunter", "secret", "geheim", "4711", UUID):
        assert word not in out
        assert word not in report


KNOWN = "https://proxy.example:8443/ci/v2/organizations/acme/agents"


@pytest.mark.parametrize("path", ["v3/reports", "v2/new"])
@pytest.mark.parametrize("order", list(permutations([0, 1, 2])))
def test_a_new_path_is_found_on_a_server_with_the_api(path, order, har, tmp_path, capsys):
    urls = (KNOWN, f"https://proxy.example:8443/ci/{path}", f"https://other.example/{path}")
    status, out, _ = check(tmp_path, requests(har, *(urls[index] for index in order)), capsys)
    assert status == 1
    assert f"GET /{path[:2]}/… (1 exchange)" in out
    assert "ignored: 1 exchange with other APIs" in out


@pytest.mark.parametrize("url", ["https://other.example/v3/x", "https://proxy.example:8443/v3/x"])
def test_a_version_in_a_path_is_no_proof(url, har, tmp_path, capsys):
    out = check(tmp_path, requests(har, KNOWN, url), capsys)[1]
    assert "ignored: 1 exchange with other APIs" in out


def test_only_unknown_paths_of_an_unknown_server_are_an_error(har, tmp_path, capsys):
    status, out, err = check(tmp_path, requests(har, "https://proxy.example/ci/v2/new"), capsys)
    assert (status, out) == (2, "")
    assert err == (
        "traffic: there is no response of a known path under /v2 in the files. Record requests to the API.\n"
    )


def test_a_failed_request_is_no_proof(har, tmp_path, capsys):
    document = requests(har, KNOWN)
    document = changed(document, lambda entry: entry["response"].update(status=404))
    document["log"]["entries"] += requests(har, "https://proxy.example:8443/ci/v3/x")["log"]["entries"]
    assert "ignored: 1 exchange with other APIs" in check(tmp_path, document, capsys)[1]


def test_many_operations_are_counted():
    report = Report("1")
    for number in range(2_005):
        operation = f"GET /v2/{number}"
        report.add(Outcome(operation, (Finding(operation, "operation", "undescribed operation"),)))
    assert "checked: 2005 exchanges of more than 2000 operations" in report.text()
    assert "1005 more findings not listed\n5 exchanges of more operations not listed\n" in report.text()
    assert '"dropped_operations": 5' in report.as_json()
