"""docs/traffic.md and the help name everything that a report shows."""

from pathlib import Path

from buildkite_rest.conformance.recorded.cassettes import MAX_NODES
from buildkite_rest.conformance.recorded.cli import parser
from buildkite_rest.conformance.recorded.errors import MAX_FILE
from buildkite_rest.traffic._json import MAX_VALUES
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
