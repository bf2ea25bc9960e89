"""Tests of suites: metrics and filters, labels, states, and the tests of a build."""

from __future__ import annotations

import itertools

import pytest

from buildkite_rest.mock.backend import DAY
from buildkite_rest.mock.clock import iso

from .caller import API, EPOCH, WEB

SUITES = "/v2/analytics/organizations/acme/suites"
RSPEC = f"{SUITES}/rspec"
TESTS = f"{RSPEC}/tests"
BUILDS = "/v2/analytics/organizations/acme/builds"
VERSION = {"Buildkite-Version": "2026-08-01"}


@pytest.fixture
def measured(api):
    """Return a function that lists tests with metrics."""

    def measured(path=TESTS, **query):
        response = api.get(path, params={"per_page": 100, **query}, headers=VERSION)
        assert response.status_code == 200, response.text
        return response.json()

    return measured


def names(tests):
    return [test["name"] for test in tests]


@pytest.mark.parametrize("version", [None, "", "  ", "2026-07-31", "0000-01-01", "2024-02-29"])
def test_without_a_version_there_are_no_metrics_and_one_filter(api, version):
    headers = {} if version is None else {"Buildkite-Version": version}
    everything = api.get(TESTS, headers=headers).json()
    assert len(everything) == 12
    assert {tuple(test) for test in everything} == {
        ("id", "url", "web_url", "scope", "name", "location", "file_name", "labels")
    }
    assert api.get(f"{TESTS}?labels=slow&state=muted&period=x", headers=headers).json() == everything
    slow = [test for test in everything if "slow" in test["labels"]]
    assert api.get(f"{TESTS}?label=slow", headers=headers).json() == slow != everything
    assert api.get(everything[0]["url"], headers=headers).json() == everything[0]


def test_metrics_fit_together(api, measured):
    tests = measured()
    assert len(tests) == 12
    for test in tests:
        counts = test["executions_count_by_result"]
        tried = counts["passed"] + counts["failed"]
        assert sum(counts.values()) == test["executions_count"]
        assert test["reliability"] == pytest.approx(counts["passed"] / tried)
        assert test["duration_sum"] == pytest.approx(tried * test["duration_avg"], rel=1e-4)
        assert test["duration_min"] < test["duration_avg"] < test["duration_max"]
        assert api.get(test["url"], headers=VERSION).json() == test
    assert {result for test in tests for result in test["executions_count_by_result"]} >= {"skipped", "pending"}


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ({"labels": "flaky"}, [1, 2]),
        ({"label": "flaky"}, [1, 2]),
        ({"labels": "flaky,!slow"}, [1]),
        ({"labels": "slow,flaky"}, [2]),
        ({"labels": "nope"}, []),
        ({"owners": "backend"}, [2, 3]),
        ({"owners": "frontend,backend"}, [1, 2, 3]),
        ({"owners": "backend,!frontend"}, [3]),
        ({"state": "muted"}, [2, 6, 7]),
        ({"state": "skipped"}, [3, 8, 9]),
        ({"state": "enabled"}, [0, 1, 4, 5, 10, 11]),
        ({"tags": "framework:!rspec"}, []),
        ({"tags": "framework"}, []),
        ({"tags": "framework:r*", "branch": "*"}, [*range(12)]),
        ({"tags": "result:skipped"}, [3, 8, 9]),
        ({"tags": "result:~skipped,language.version:3*"}, [3, 8, 9]),
        ({"labels": "", "owners": "", "tags": "", "branch": ""}, [*range(12)]),
    ],
)
def test_filters_of_tests(backend, measured, query, indexes):
    known = list(backend.organizations["acme"].suites["rspec"].tests.values())
    assert sorted(names(measured(**query))) == sorted(known[index].name for index in indexes)


@pytest.mark.parametrize(
    "query",
    [
        {"tags": "result:passed,result:failed"},
        {"tags": "result:^passed,framework:rspec,result:!skipped"},
        {"tags": "framework:!r*"},
        {"tags": "result:^pass*"},
        {"tags": "result:~!failed"},
        {"branch": "!release/*"},
    ],
    ids=lambda query: next(iter(query.values())),
)
def test_one_result_filter_and_one_operator_per_value(api, query):
    response = api.get(TESTS, params=query, headers=VERSION)
    assert (response.status_code, response.json().keys()) == (400, {"message"})


@pytest.mark.parametrize("result", ["passed", "failed"])
def test_conditions_on_all_results_and_on_some(measured, result):
    def with_result(test):
        return test["executions_count_by_result"].get(result, 0)

    everything = measured()
    only = [test for test in everything if with_result(test) == test["executions_count"]]
    some = [test for test in everything if with_result(test)]
    assert (len(everything), len(some) > len(only), bool(only)) == (12, True, result == "passed")
    assert measured(tags=f"result:^{result}") == only
    assert measured(tags=f"result:~{result}") == some
    assert [test["executions_count"] for test in measured(tags=f"result:{result}", sort_by="duration_min")] == [
        with_result(test) for test in measured(tags=f"result:~{result}", sort_by="duration_min")
    ]


def test_states_of_tests(api):
    test = api.get(TESTS).json()[0]

    def lists():
        states = [api.get(f"{TESTS}/{state}").json() for state in ("muted", "skipped")]
        return [test["id"] in [one["id"] for one in tests] for tests in states]

    assert lists() == [False, False]
    expected = {"mute": [True, False], "skip": [False, True], "enable": [False, False]}
    for before, after in itertools.product(expected, repeat=2):
        for action in (before, after):
            response = api.put(f"{test['url']}/{action}")
            assert response.status_code == 200
            assert response.json() == {key: value for key, value in test.items() if key != "labels"}
            assert lists() == expected[action]


def test_flaky_tests(api, clock):
    def flaky(**query):
        response = api.get(f"{RSPEC}/flaky-tests", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    everything = flaky()
    assert {test["id"] for test in everything} < {test["id"] for test in flaky(period="28days")}
    assert [test["latest_occurrence_at"] for test in everything] == sorted(
        (test["most_recent_instance_at"] for test in everything), reverse=True
    )
    bad = next(test for test in everything if test["name"] == "is zero when empty")
    assert bad["last_resolved_at"] == iso(EPOCH - 5 * DAY)
    teams = {team["id"]: team["slug"] for team in api.get("/v2/organizations/acme/teams").json()}
    assert [teams[team_id] for team_id in bad["ownership_team_ids"]] == ["frontend"]
    branches = {build["branch"] for build in api.get(f"{WEB}/builds?per_page=100").json()}
    by_branch = [test for branch in branches for test in flaky(branch=branch) if test["id"] == bad["id"]]
    assert sum(test["instances"] for test in by_branch) == bad["instances"] > 1
    assert flaky(branch="nope") == []
    for search in ("ZERO when", "basket#total", "basket_spec.rb:31"):
        assert bad in flaky(search=search)
    assert bad not in flaky(search="Login")
    assert api.get(f"{RSPEC}/flaky-tests?period=2days").status_code == 400
    assert flaky(period="1day")[0]["instances"] <= everything[0]["instances"]
    clock.advance(8 * DAY)
    assert flaky() == []
    assert flaky(period="14days") == everything


def test_the_catalog_links_the_openapi_document(api):
    stranger = api.as_owner_of(None)
    catalog = stranger.get("/.well-known/api-catalog")
    entry = catalog.json()["linkset"][0]
    assert entry["anchor"] == f"{API}/v2/analytics"
    assert catalog.headers["Content-Type"].startswith("application/json")
    linkset = stranger.get("/.well-known/api-catalog", headers={"Accept": "application/linkset+json"})
    assert (linkset.headers["Content-Type"], linkset.json()) == ("application/linkset+json", catalog.json())
    description = stranger.get(entry["service-desc"][0]["href"])
    assert description.headers["Content-Type"] == entry["service-desc"][0]["type"]
    assert "/v2/analytics/organizations/{org}/suites/{suite_slug}/tests/find:" in description.text
