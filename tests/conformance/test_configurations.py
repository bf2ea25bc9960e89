"""Steps and environment of a pipeline, compared with its YAML."""

from typing import Any

import pytest

from buildkite_rest.conformance.invariants.configurations import configuration_problems
from buildkite_rest.conformance.invariants.nodes import Node

LAUGHS = "".join(f"x{n}: &x{n} [{', '.join(10 * [f'*x{n - 1}'] if n else ['ha'])}]\n" for n in range(30))


def problems(configuration: str, **step: Any) -> list[str]:
    body = {"configuration": configuration, "env": {}, "steps": [{"type": "script", **step}]}
    return list(configuration_problems(Node(body, "")))


def test_equal_steps() -> None:
    assert problems("steps: [{label: Build, command: make, env: {A: b}}]", name="Build", env={"A": "b"}) == []


def test_other_steps() -> None:
    assert problems("steps: [{command: make}]", command="mak") == [
        "steps[0].command is 'mak', but 'make' in the configuration"
    ]
    assert problems("steps: [{env: {A: b, C: d}}]", env={"A": "b"}) != []


@pytest.mark.parametrize(("value", "sent"), [("yes", "true"), ("1.10", "1.10"), ("0x1F", "31")])
def test_values_that_are_not_text_are_not_compared(value: str, sent: str) -> None:
    assert problems(f"steps: [{{env: {{A: {value}}}}}]", env={"A": sent}) == []


@pytest.mark.parametrize("value", ["false", "true", "0", "12", "1.10", "2026-01-02"])
def test_texts_that_yaml_reads_as_other_values_are_not_compared(value: str) -> None:
    step = f"{{label: {value}, command: {value}, branches: {value}, env: {{{value}: a}}}}"
    returned = {"name": value, "command": value, "branch_configuration": value, "env": {value: "a"}}
    assert problems(f"steps: [{step}]", **returned) == []


def test_other_variables_are_reported_beside_a_key_that_is_not_text() -> None:
    assert problems("steps: [{env: {12: a, B: c}}]", env={"12": "a", "B": "d"}) != []
    assert problems("steps: [{env: {12: a, B: c}}]", env={"12": "a"}) != []


@pytest.mark.parametrize("text", ["steps: [", "steps: []", "[]", f"{LAUGHS}steps: [{{env: {{A: *x29}}}}]"])
def test_other_documents_are_not_compared(text: str) -> None:
    assert problems(text, env={"A": "b"}) == []
