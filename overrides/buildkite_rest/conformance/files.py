"""Reports for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from attrs import asdict

from .description import Description
from .options import Options
from .results import Outcome, Results


def write_json(path: Path, options: Options, description: Description, results: Results) -> None:
    """Write everything that was found as one JSON object."""
    report = {
        "server": options.base_url,
        "description": description.version,
        "seed": options.seed,
        "phases": options.phases,
        "max_examples": options.max_examples,
        "write": options.write,
        "seconds": round(results.seconds, 3),
        "requests": results.cases,
        "stopped": results.stopped,
        "errors": results.errors,
        "operations": [_as_json(outcome) for outcome in results.outcomes.values()],
    }
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_junit(path: Path, results: Results) -> None:
    """Write a JUnit report with a test per operation."""
    outcomes = results.outcomes.values()
    suite = ET.Element(
        "testsuite",
        name="buildkite_rest.conformance",
        tests=str(len(outcomes)),
        failures=str(sum(1 for outcome in outcomes if outcome.failures)),
        errors=str(sum(1 for outcome in outcomes if outcome.errors)),
        skipped=str(sum(1 for outcome in outcomes if not outcome.cases)),
        time=f"{results.seconds:.3f}",
    )
    for outcome in outcomes:
        operation = outcome.operation
        test = ET.SubElement(
            suite, "testcase", classname=operation.tag, name=operation.label, time=f"{outcome.seconds:.3f}"
        )
        for failure in outcome.failures:
            text = "\n".join([failure.message, failure.answer, *failure.reproduction])
            ET.SubElement(test, "failure", type=failure.check, message=f"{failure.code} {failure.title}").text = text
        for error in outcome.errors:
            ET.SubElement(test, "error", message=error.partition("\n")[0]).text = error
        if not outcome.cases:
            ET.SubElement(test, "skipped")
    document = ET.Element("testsuites")
    document.append(suite)
    ET.indent(document)
    ET.ElementTree(document).write(path, encoding="utf-8", xml_declaration=True)


def _as_json(outcome: Outcome) -> dict[str, Any]:
    operation = outcome.operation
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "tag": operation.tag,
        "requests": outcome.cases,
        "statuses": {str(status): count for status, count in sorted(outcome.statuses.items())},
        "succeeded": outcome.succeeded,
        "failures": [asdict(failure) for failure in outcome.failures],
        "errors": outcome.errors,
    }
