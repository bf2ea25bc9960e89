"""docs/traffic.md and the help name everything that a report shows."""

from pathlib import Path

from buildkite_rest.conformance.recorded.cassettes import MAX_NODES
from buildkite_rest.conformance.recorded.cli import parser
from buildkite_rest.conformance.recorded.errors import MAX_FILE
from buildkite_rest.traffic import _checks
from buildkite_rest.traffic._arguments import BODY_PROBLEMS
from buildkite_rest.traffic._differences import MAX_COMPARED, MAX_DIFFERENCES
from buildkite_rest.traffic._json import MAX_VALUES
from buildkite_rest.traffic._redacted_links import MAX_HEADER
from buildkite_rest.traffic._shapes import FORMATS

PAGE = Path(__file__).parents[3].joinpath("docs", "traffic.md").read_text(encoding="utf-8")
SHOWN = PAGE.partition("## What a report shows")[2]


def test_the_page_lists_the_formats():
    line = next(line for line in SHOWN.splitlines() if "format of a string" in line)
    assert sorted(line.partition(":")[2].split("`")[1::2]) == sorted(FORMATS)


def test_the_page_and_the_help_name_the_numbers_that_are_shown():
    assert "values of `page` and `per_page`" in SHOWN
    assert "values of page and per_page" in parser("traffic").format_help()


def test_the_page_has_the_limits():
    assert f"{MAX_FILE >> 20} MiB and {MAX_VALUES:,} values; in YAML {MAX_NODES:,}" in " ".join(PAGE.split())


REASONS = PAGE.partition("with the reason:")[2].partition("A proxy")[0]


def test_the_page_lists_the_reasons_why_something_is_not_checked():
    text = " ".join(REASONS.split())
    for phrase in (
        "without a request or a response",
        *(each.removeprefix("the body is too large, or ").removeprefix("the body ") for each in BODY_PROBLEMS.values()),
        "was not recorded",
        "is not text in the recording",
        "or decompressed",
        "encoding that is not supported",
        f"deeper than {_checks._MAX_LEVELS} levels",
        f"{_checks._MAX_BODY >> 20} MiB or {MAX_VALUES:,} values",
        "a request body that is not JSON",
        f"after {MAX_DIFFERENCES} different or {MAX_COMPARED:,} equal differences",
        f"query with more than {_checks._MAX_PARAMETERS} of them",
        f"a `Link` header of more than {MAX_HEADER:,} characters",
        "a schema is an alternative of itself",
        "neither the spec nor the API has",
        "the check failed with an internal error",
    ):
        assert phrase in text, phrase
