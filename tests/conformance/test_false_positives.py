"""Failures of schemathesis that the runner does not report."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from schemathesis.openapi.checks import EnsureResourceAvailability

from buildkite_rest.conformance.false_positives import filter_failure, has_valid_day, is_accepted, is_empty_body
from buildkite_rest.conformance.names import made_up, unique_name

PAGE = {"type": "integer", "minimum": 1}
BOUNDED = {**PAGE, "maximum": 100}
BOOLEAN = {"type": "boolean"}
TIME = {"type": "string", "format": "date-time"}


@pytest.mark.parametrize(
    ("query", "name", "schema", "accepted"),
    [
        ("page=0", "page", PAGE, True),
        ("per_page=abc", "per_page", PAGE, True),
        ("per_page=", "per_page", BOUNDED, True),
        ("per_page=0", "per_page", BOUNDED, False),
        ("size=0", "size", PAGE, False),
        ("flag=True", "flag", BOOLEAN, True),
        ("flag=", "flag", BOOLEAN, True),
        ("flag=maybe", "flag", BOOLEAN, False),
        ("flag=True&flag=maybe", "flag", BOOLEAN, False),
        ("since=2026-02-01", "since", TIME, True),
        ("since=2026-02-01T10:00:00%2B00:00", "since", TIME, True),
        ("since=2026-02-01T10:00:00+00:00", "since", TIME, False),
        ("since=yesterday", "since", TIME, False),
        ("state=", "state", {"type": "string", "enum": ["passed"]}, True),
        ("branch[]=true", "branch[]", {"type": "array", "items": {"type": "string"}}, True),
        ("state[]=true", "state[]", {"type": "array", "items": {"type": "string", "enum": ["passed"]}}, False),
        ("state=x", "state", {"type": "string", "enum": ["passed"]}, False),
        ("state[]=", "state[]", {"type": "array", "items": {"type": "string", "enum": ["passed"]}}, True),
        ("after=", "after", {"type": "string", "minLength": 1}, False),
        ("", "page", PAGE, False),
    ],
)
def test_values_that_rails_casts_are_accepted(query: str, name: str, schema: dict[str, object], accepted: bool) -> None:
    assert is_accepted(f"http://x/v2/builds?{query}", name, schema) is accepted


@pytest.mark.parametrize(("body", "accepted"), [(None, True), ("", True), ({}, False), ("x", False), (0, False)])
def test_null_is_an_empty_body(body: object, accepted: bool) -> None:
    assert is_empty_body(body) is accepted


@pytest.mark.parametrize(
    ("version", "has_day"),
    [
        ("2026-08-01", True), ("2024-02-29", True), ("0000-01-01", True), ("", True), ("nonsense", True),
        ("2025-02-29", False), ("2026-04-31", False),
    ],
)  # fmt: skip
def test_valid_day(version: str, has_day: bool) -> None:
    assert has_valid_day(version) == has_day


@pytest.mark.parametrize(
    ("key", "is_reported"),
    [
        ("01920000-0000-7000-8000-000000000061", True),
        (unique_name(), True),
        ("web", False),
        (str(made_up("team_uuid", 7)), False),
    ],
    ids=["id", "name of the run", "other name", "made up"],
)
def test_only_objects_that_the_run_may_have_created_are_missed(key: str, is_reported: bool) -> None:
    case = cast("Any", SimpleNamespace(path_parameters={"org": "acme", "team_uuid": key}))
    failure = EnsureResourceAvailability(operation="", message="", created_with="", not_available_with="")

    assert filter_failure(cast("Any", None), failure, case, cast("Any", None)) is is_reported
