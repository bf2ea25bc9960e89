"""The verdict of a run, and its report."""

import pytest
from attrs import evolve

from buildkite_rest import TokenAuth
from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.options import Options
from buildkite_rest.conformance.report import result_lines, verdict_of
from buildkite_rest.conformance.results import CheckFailure, Outcome, Results

API = Api.load()

OPERATIONS = {operation.id: operation for operation in API.operations}
OPTIONS = Options(base_url="http://127.0.0.1:1", auth=TokenAuth("bkua_x"), seed=1)
FAILURE = CheckFailure("check", "wrong", "lists", "200", ())


def results(**statuses: int) -> Results:
    """Return results with one response per operation, or none for 0."""
    found = Results({OPERATIONS[name].label: Outcome(OPERATIONS[name]) for name in statuses})
    for outcome, status in zip(found.outcomes.values(), statuses.values(), strict=True):
        outcome.requests = int(status != 0)
        outcome.statuses.update([status] if status else [])
    return found


@pytest.mark.parametrize(
    ("found", "options", "status", "reasons"),
    [
        (results(getUser=200), OPTIONS, 0, {}),
        (results(getUser=200, getMeta=404), OPTIONS, 3, {"getMeta": "404: 1"}),
        (results(getMeta=200, getUser=403), OPTIONS, 3, {"getUser": "the token lacks the scope read_user"}),
        (results(getMeta=200, getTeam=0), OPTIONS, 3, {"getTeam": "no known object"}),
        (results(getMeta=200, getTeam=0), evolve(OPTIONS, phases=("lists",)), 0, {}),
        (results(getMeta=200, getTeam=404), evolve(OPTIONS, phases=("lists",)), 3, {"getTeam": "404: 1"}),
        (results(getMeta=0), evolve(OPTIONS, phases=("lists",)), 2, {}),
        (results(getMeta=200, getTeam=401), evolve(OPTIONS, phases=("access",)), 0, {}),
    ],
)
def test_verdict(found: Results, options: Options, status: int, reasons: dict[str, str]) -> None:
    verdict = verdict_of(options, found, frozenset({"read_teams"}))

    assert verdict.status == status
    assert {each.operation_id: each.reason for each in verdict.incomplete} == reasons


def test_failures_outweigh_operations_without_success() -> None:
    found = results(getMeta=200, getUser=404)
    next(iter(found.outcomes.values())).add(FAILURE)

    assert verdict_of(OPTIONS, found, frozenset()).status == 1


def test_the_budget_is_the_reason_of_untried_operations() -> None:
    found = results(getMeta=200, getUser=0)
    found.over_budget = 1

    verdict = verdict_of(evolve(OPTIONS, budget=5), found, frozenset())

    assert (verdict.status, [each.reason for each in verdict.incomplete]) == (3, ["budget used up"])


def test_a_sampled_run_says_how_much_it_sampled() -> None:
    options = evolve(OPTIONS, budget=50, include_tag=frozenset({"teams"}), phases=("sampled",))
    found = results(listTeams=200, getTeam=200)
    lines = list(result_lines(options, API, found, verdict_of(options, found, frozenset())))

    total = sum(each.method == "GET" for each in API.operations)
    assert lines[-2] == f"sampled 2 of {total} operations with GET"
    assert lines[-1].startswith("clean: 2 of 2 operations succeeded, ")


def test_a_run_without_a_check_has_its_own_verdict() -> None:
    verdict = verdict_of(evolve(OPTIONS, phases=("effects",)), results(getMeta=0), frozenset())

    assert (verdict.status, verdict.problems) == (2, ("no response checked",))


def test_a_run_without_a_response_was_not_possible() -> None:
    """The first requests of a run have a response, or it ends before."""
    found = results(getMeta=0)
    found.errors.append("lists: the server cannot be reached: the TLS handshake failed")
    verdict = verdict_of(OPTIONS, found, frozenset())

    assert (verdict.status, verdict.problems) == (2, ("1 error", "no response checked"))


def test_the_last_line_counts_checked_and_sent_requests() -> None:
    found = results(getUser=200)
    found.sent = 5
    [*_, last] = result_lines(OPTIONS, API, found, verdict_of(OPTIONS, found, frozenset()))

    assert last == "clean: 1 of 1 operation succeeded, 1 request checked, 5 sent, 0 s"
