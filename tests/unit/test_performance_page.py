"""The tables of the page on performance."""

import re

import pytest
from tests.benchmarks.paths import PERFORMANCE, REPORT
from tests.benchmarks.performance import NOT_MEASURED, blocks, rewrite
from tests.benchmarks.questions import bulk
from tests.benchmarks.report import Result, Table, markdown

PAGE = PERFORMANCE.read_text(encoding="utf-8")
LAST = REPORT.read_text(encoding="utf-8")


def test_the_figures_are_those_of_the_last_benchmark():
    assert rewrite(PAGE, LAST) == PAGE, "run `python -m tests.benchmarks.performance`"


def test_every_table_has_a_place_on_the_page():
    assert sorted(re.findall(r"<!--table (.+)-->", PAGE)) == sorted(blocks(LAST))


def test_tables_are_those_of_the_report():
    speeds = Table(
        ["MB/s of logs, each of …", "10 kB", "100 kB", "1000 kB", "4000 kB"], [["buildkite-rest, sync", *"1234"]]
    )
    report = markdown([Result("Q?", "So.", tables=[speeds])], ["a machine"], by="By hand.", plots="p", profiles="")
    _, _, row = blocks(report + "\n" + LAST)["logs"].splitlines()
    assert row == "| threads | 1 | 2 | 3 | 4 |"


@pytest.mark.parametrize("name", ["concurrency", "decoding", "downloads", "first-call", "lists", "memory", "process"])
def test_tables_of_the_last_benchmark_have_rows(name):
    assert blocks(LAST)[name].count("\n") >= 3
    assert blocks(LAST)[name] != NOT_MEASURED


def test_sizes_of_logs_are_those_that_are_measured():
    assert [f"{size / 1e3:g} kB" for size in bulk.SIZES] == ["10 kB", "100 kB", "1000 kB", "4000 kB"]
