"""Rules about filters of lists and the order of items."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.filter_effects import Effect
from buildkite_rest.conformance.filter_trials import (
    Trial,
    best,
    candidates,
    filter_problems,
    literal_values,
    parse_duration,
    period_problems,
    reference_problems,
    trial,
    variants,
)
from buildkite_rest.conformance.filters import Filter, filters_of
from buildkite_rest.conformance.order import order_problems
from buildkite_rest.conformance.phases.filter_operators import partition_problems, sum_problems

OPERATIONS = {operation.id: operation for operation in SPEC.operations}
PAGING = {"page", "per_page", "after", "before"}
BLOCKED = Filter("state", ("state",), flags=("blocked",), values={"finished": ["passed", "blocked"]})


def filter_of(operation: str, name: str) -> Filter:
    return next(each for each in filters_of(SPEC, OPERATIONS[operation]) if each.name == name)


#: Undocumented operations whose parameters select no items of a list.
WITHOUT_ITEMS = {"getBuildPreflight", "getTestPlan", "listSuiteCommits"}


def test_every_query_parameter_of_a_get_has_a_meaning() -> None:
    keys = {"x-filters", "x-includes", "x-excludes", "x-sorts"}
    for operation in SPEC.operations:
        if operation.id in WITHOUT_ITEMS:
            continue
        for name, parameter in SPEC.query_parameters(operation).items() if operation.method == "GET" else ():
            assert name in PAGING or keys & parameter.keys(), f"{operation.id} {name}"


@pytest.mark.parametrize(
    ("each", "wanted", "item", "expected"),
    [
        (Filter("a", ("b/c",)), "x", {"b": {"c": "x"}}, True),
        (Filter("a", ("b/c",)), "x", {"b": None}, False),
        (Filter("a", ("b",)), "true", {"b": True}, True),
        (Filter("a", ("b",)), "x", {"b": ["y", "x"]}, True),
        (Filter("a", ("b", "c")), "x", {"b": "y", "c": "x"}, True),
        (Filter("a", ("b",), "contains"), "X", {"b": "axb"}, False),
        (Filter("a", ("b",), "contains", ignores_case=True), "X", {"b": "axb"}, True),
        (Filter("a", ("b",), "glob"), "f*/b", {"b": "foo/bar/b"}, True),
        (Filter("a", ("b",), "glob"), "f.o", {"b": "foo"}, False),
        (Filter("a", ("b",), "from"), "2026-01-01T00:00:00Z", {"b": "2026-01-01 00:00:00 UTC"}, True),
        (Filter("a", ("b",), "before"), "2026-01-01T00:00:00Z", {"b": "2026-01-01T01:00:00+01:00"}, False),
        (Filter("a", ("b",), "from"), "2026-01-01T00:00:00Z", {"b": None}, False),
        (Filter("a", ("b",), "entries"), {"k": "v"}, {"b": {"k": "v"}}, True),
        (Filter("a", (), "entries"), {"k": "v"}, {"k": "w"}, False),
        (Filter("a", ("b",), "labels"), "x,!y", {"b": ["x", "z"]}, True),
        (Filter("a", ("b",), "labels"), "x,!y", {"b": ["x", "y"]}, False),
        (Filter("a", ("b",), values={"all": None}), "all", {"b": "x"}, True),
        (Filter("a", ("b",), values={"false": ["false", None]}), "false", {}, True),
        (Filter("a", ("b",), perhaps=("c",)), "x", {"b": "y", "c": 1}, None),
        (Filter("a", ("b",), perhaps=("c",)), "x", {"b": "y", "c": None}, False),
        (BLOCKED, "blocked", {"state": "passed", "blocked": True}, True),
        (BLOCKED, "finished", {"state": "passed", "blocked": True}, True),
        (BLOCKED, "passed", {"state": "passed", "blocked": True}, None),
        (BLOCKED, "passed", {"state": "passed", "blocked": False}, True),
        (BLOCKED, "blocked", {"state": "passed", "blocked": False}, False),
    ],
)
def test_what_a_filter_matches(each: Filter, wanted: Any, item: Mapping[str, Any], expected: bool | None) -> None:
    assert each.matches(wanted, item) is expected


def test_filters_of_the_spec() -> None:
    jobs = filter_of("getBuild", "job_states[]")
    assert (jobs.parent, jobs.properties, jobs.is_array) == ("jobs", ("state",), True)
    assert filter_of("listBuildAnnotations", "scope").widest == {"scope": "all"}
    assert filter_of("listFlakyTests", "period").widest == {"period": "28days"}
    assert filter_of("listJobs", "include_retried_jobs").widest == {}
    assert filter_of("listBuilds", "include_retried_jobs").widest == {"include_retried_jobs": "true"}
    assert filter_of("listStepUploads", "filter").enum == ("source_job_id",)


ITEMS: list[dict[str, Any]] = [
    {"id": "1", "b": "x"},
    {"id": "2", "b": "x"},
    {"id": "3", "b": "y"},
    {"id": "4", "b": None},
]
B = Filter("a", ("b",))


def problems(one: Trial, *keys: str, is_complete: bool = True) -> str:
    listed = {item["id"]: item for item in [*ITEMS, {"id": "5", "b": "x"}]}
    found = [listed[key] for key in keys]
    return "; ".join(filter_problems(one, ITEMS, found, is_complete=is_complete, base_is_complete=True))


def test_results_of_a_filter() -> None:
    one = trial(B, "x")
    assert problems(one, "1", "2") == ""
    assert "1 of 3 items do not match, such as 3" in problems(one, "1", "2", "3")
    assert "1 matching item missing, such as 2" in problems(one, "1")
    assert problems(one, "1", is_complete=False) == ""
    assert "1 item repeated" in problems(one, "1", "2", "2")
    assert "not in the list without the filter, such as 5" in problems(one, "1", "2", "5")


def test_results_of_two_filters_and_two_values() -> None:
    both = trial(B, "x") & trial(Filter("id", ("id",)), "1")
    assert both.text == "a=x&id=1"
    assert problems(both, "1") == ""
    assert problems(both, "1", "2")
    either = trial(Filter("a[]", ("b",), is_array=True), ["x", "y"])
    assert either.query == {"a[]": ["x", "y"]}
    assert problems(either, "1", "2", "3") == ""
    assert problems(either, "3")


def test_results_in_elements() -> None:
    each = Filter("a", ("b",), parent="jobs")
    base: list[Any] = [{"id": "0", "jobs": ITEMS}]

    def compared(found: list[Any]) -> list[str]:
        return list(filter_problems(trial(each, "x"), base, found, is_complete=True, base_is_complete=True))

    assert compared([{"id": "0", "jobs": ITEMS[:2]}]) == []
    assert "which does not match" in compared(base)[0]
    assert "lacks 2" in compared([{"id": "0", "jobs": ITEMS[:1]}])[0]
    assert "0 is missing" in compared([])[0]


def test_the_value_that_divides_the_items_is_chosen() -> None:
    chosen = best([trial(B, value) for value in candidates(B, ITEMS, None)], ITEMS)
    assert chosen is not None
    assert chosen.query == {"a": "x"}
    assert best([trial(B, "z")], ITEMS) is None


def test_further_values() -> None:
    assert {"featu*", "*re/xy", "*eature/x*", "featu"} <= set(variants(Filter("a", ("b",), "glob"), "feature/xy", ()))
    assert list(variants(Filter("a", ("b",), ignores_case=True), "Ab", ())) == ["aB"]
    assert list(variants(Filter("a", ("b",), "labels"), "x", [{"b": ["y"]}])) == ["!x", "x,y", "x,!y"]
    assert list(variants(Filter("a", ("b",), enum=("x",)), "x", ())) == []


def test_characters_of_patterns_match_only_themselves() -> None:
    assert list(literal_values(Filter("a", ("b",)), "a-core")) == ["a-c_re", "a-c.re", "a-c%"]
    assert list(literal_values(Filter("a", ("b",), is_array=True), "main")) == [["ma_n", "ma.n", "ma%"]]
    entries = Filter("a", ("b",), "entries")
    assert list(literal_values(entries, {"k": "v"})) == [{"k": "_"}, {"k": "."}, {"k": "%"}]
    assert not list(literal_values(Filter("a", ("b",)), "2026"))
    assert not list(literal_values(Filter("a", ("b",), is_uuid=True), "abcd"))
    assert not list(literal_values(Filter("a", ("b",), enum=("open",)), "open"))


def test_times_in_other_offsets_match_the_same_items() -> None:
    each = Filter("a", ("b",), "from")
    others = list(variants(each, "2026-01-01T22:00:00Z", []))
    assert others == ["2026-01-02T03:30:00+05:30", "2026-01-01T19:00:00-03:00"]
    assert next(variants(each, "2026-01-01T22:00:00.500Z", [])) == "2026-01-02T03:30:00.500+05:30"
    for other in others:
        assert each.matches(other, {"b": "2026-01-01T22:00:00Z"})
        assert not each.matches(other, {"b": "2026-01-01T21:59:59Z"})


def test_references_between_items() -> None:
    each = Filter("a", ("b",), refers="of")
    assert list(reference_problems(each, [{"id": "1"}, {"id": "2", "of": "1"}])) == []
    assert "1 is missing, to which 2 refers" in next(reference_problems(each, [{"id": "2", "of": "1"}]))


def test_periods() -> None:
    each = Filter("period", ("at",))
    base = [{"id": str(hour), "at": f"2026-01-01T0{hour}:00:00Z"} for hour in range(4)]
    assert parse_duration("7days") == 7 * (parse_duration("1day") or 0)
    assert parse_duration("soon") is None
    assert list(period_problems(each, "1hour", base, base[2:])) == []
    assert "the items are of" in next(period_problems(each, "1hour", base, base))
    assert "is not" in next(period_problems(each, "4hours", base, base[:2]))
    assert "not in the list" in next(period_problems(each, "4hours", base[:1], base[1:2]))


def test_partitions_and_sums() -> None:
    assert list(partition_problems("s", {"x": ["1"], "y": ["2"]}, ["1", "2"])) == []
    assert "no value of s" in next(partition_problems("s", {"x": ["1"]}, ["2"]))
    assert "s=x and s=y" in next(partition_problems("s", {"x": ["1"], "y": ["1"]}, ["1"]))
    base = [{"id": "1", "n": 3}]
    assert list(sum_problems("s", "n", ([{"id": "1", "n": 1}], [{"id": "1", "n": 2}]), base)) == []
    assert "3 + 3 instead of 3" in next(sum_problems("s", "n", (base, base), base))


@pytest.mark.parametrize(
    ("order", "values", "is_sorted"),
    [
        ("b", [1, 1, 2], True),
        ("-b", [2, None, 1], True),
        ("b", [2, 1], False),
        ("-b", ["2026-01-01T01:00:00+01:00", "2026-01-01 00:00:00 UTC"], True),
        ("-b", ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"], False),
        ("b", ["a", "B", "c"], True),
        ("b", ["B", "a"], True),
        ("b", ["b", "a"], False),
        ("b", [[], {}], True),
    ],
)
def test_order(order: str, values: list[Any], is_sorted: bool) -> None:
    found = list(order_problems(order, [{"id": number, "b": value} for number, value in enumerate(values)]))
    assert (found == []) is is_sorted


def test_effects() -> None:
    with_it, without = [{"id": 1, "b": {"x": 1, "y": 2}}], [{"id": 1}]
    adds, omits = Effect("a", "b", includes=True), Effect("a", "b", includes=False)
    assert list(adds.problems({"": without, "true": with_it, "false": without})) == []
    assert [query for query, _ in adds.problems({"": with_it, "true": without, "false": without})] == ["", "true"]
    assert list(omits.problems({"": with_it, "true": without, "false": with_it})) == []
    rest, empty = [{"id": 1, "b": {"x": 1}}], [{"id": 1, "b": None}]
    assert list(evolve(omits, leaves_rest=True).problems({"": with_it, "true": rest, "false": with_it})) == []
    assert [query for query, _ in omits.problems({"": with_it, "true": empty, "false": with_it})] == ["true"]
    assert [query for query, _ in omits.problems({"": with_it, "true": [{}], "false": with_it})] == []
    more = [{"id": 1, "c": 2}]
    assert [query for query, _ in omits.problems({"": with_it, "true": more, "false": with_it})] == ["true"]
    assert [query for query, _ in omits.problems({"": with_it, "true": with_it, "false": with_it})] == ["true"]
