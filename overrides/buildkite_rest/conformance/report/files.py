"""Reports as JSON and as JUnit XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from attrs import asdict

from ..._files.targets import write_file
from ..api import Api, CannotRunError
from ..options import Options
from ..output_files import check_distinct, check_output
from ..results import Outcome, Results
from .verdict import Verdict

#: Options with the path of a report.
_JSON: Final = "--json"
_JUNIT: Final = "--junit"


def check_paths(options: Options) -> None:
    """Check the paths of the reports before a run.

    Raises:
        CannotRunError: Two options name the same file, or a path is a folder, is in none, or is not writable.
    """
    check_distinct(
        (_JSON, options.json),
        (_JUNIT, options.junit),
        ("--log-requests", options.log_requests),
        ("--journal", options.journal),
        ("--spec", options.spec),
    )
    for option, path in _paths(options):
        check_output(option, path)


def write_reports(options: Options, api: Api, results: Results, verdict: Verdict) -> None:
    """Write the reports. An error in the first does not prevent the second.

    Raises:
        CannotRunError: A report cannot be written.
    """
    problems: list[str] = []
    for option, path in _paths(options):
        try:
            if option == _JSON:
                write_json(path, options, api, results, verdict)
            else:
                write_junit(path, results)
        except OSError as error:
            problems.append(f"{option}: {path} cannot be written: {error.strerror}")
    if problems:
        raise CannotRunError("; ".join(problems))


def _paths(options: Options) -> list[tuple[str, Path]]:
    return [(name, path) for name, path in ((_JSON, options.json), (_JUNIT, options.junit)) if path is not None]


def write_json(path: Path, options: Options, api: Api, results: Results, verdict: Verdict) -> None:
    """Write all results as a JSON object."""
    report = {
        "server": options.base_url,
        "spec": api.version,
        "seed": options.seed,
        "phases": options.phases,
        "max_examples": options.max_examples,
        "write": options.write,
        "organization": options.organization,
        "budget": options.budget,
        "over_budget": results.over_budget,
        "sent": results.sent,
        "left_behind": results.left_behind,
        "seconds": round(results.seconds, 3),
        "waited": round(results.waited, 3),
        "verdict": verdict.name,
        "incomplete": [{"id": each.operation_id, "reason": each.reason} for each in verdict.incomplete],
        "requests": results.requests,
        "succeeded": results.succeeded,
        "stopped": results.stopped,
        "errors": results.errors,
        "compared": dict(sorted(results.compared.items())),
        "skipped": [asdict(skip) for skip in results.skipped],
        "undescribed": [asdict(each) for each in results.undescribed],
        "operations": [_as_json(outcome) for outcome in results.outcomes.values()],
    }
    write_file(path, f"{json.dumps(report, indent=2, ensure_ascii=False)}\n".encode())


def write_junit(path: Path, results: Results) -> None:
    """Write a JUnit report with one test per operation."""
    outcomes = results.outcomes.values()
    suite = ET.Element(
        "testsuite",
        name="buildkite_rest.conformance",
        tests=str(len(outcomes)),
        failures=str(sum(1 for outcome in outcomes if outcome.failures)),
        errors=str(len(results.errors)),
        skipped=str(sum(1 for outcome in outcomes if not outcome.requests)),
        time=f"{results.seconds:.3f}",
    )
    _add_properties(
        suite,
        succeeded=f"{results.succeeded} of {len(results.outcomes)}",
        requests=results.requests,
    )
    for outcome in outcomes:
        operation = outcome.operation
        test = ET.SubElement(
            suite, "testcase", classname=operation.tag, name=operation.label, time=f"{outcome.seconds:.3f}"
        )
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items()))
        succeeded = "yes" if outcome.succeeded else "no"
        numbers = {"requests": outcome.requests, "other_requests": outcome.other_requests}
        _add_properties(test, operation=operation.id, **numbers, statuses=statuses, succeeded=succeeded)
        for failure in outcome.failures:
            text = "\n".join([failure.message, failure.response, *failure.reproduction])
            ET.SubElement(test, "failure", type=failure.check, message=f"{failure.code} {failure.title}").text = text
        if not outcome.requests:
            ET.SubElement(test, "skipped")
    for error in results.errors:
        test = ET.SubElement(suite, "testcase", classname="run", name=error.partition(":")[0])
        ET.SubElement(test, "error", message=error.partition("\n")[0]).text = error
    document = ET.Element("testsuites")
    document.append(suite)
    ET.indent(document)
    write_file(path, ET.tostring(document, encoding="utf-8", xml_declaration=True))


def _add_properties(node: ET.Element, **properties: object) -> None:
    group = ET.SubElement(node, "properties")
    for name, value in properties.items():
        ET.SubElement(group, "property", name=name, value=str(value))


def _as_json(outcome: Outcome) -> dict[str, Any]:
    operation = outcome.operation
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "tag": operation.tag,
        "requests": outcome.requests,
        "other_requests": outcome.other_requests,
        "seconds": round(outcome.seconds, 3),
        "statuses": {str(status): count for status, count in sorted(outcome.statuses.items())},
        "succeeded": outcome.succeeded,
        "failures": [asdict(failure) for failure in outcome.failures],
    }
