"""Parsing of steps, and patterns of branches and paths."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.http.errors import UnprocessableError
from buildkite_rest.mock.resources.steps import from_configuration
from buildkite_rest.mock.values import matches_branches

from .caller import CLUSTER, PIPELINES


def steps(configuration):
    return from_configuration(configuration, lambda: "id")[0]


def test_the_words_of_a_configuration():
    found = steps("""
        steps:
          - wait
          - wait: ~
          - block: "Go?"
            key: go
          - input: Name
          - trigger: deploy
            async: true
            build: {branch: b, commit: c, message: m}
          - label: ":x: Test"
            commands: [a, b]
            agents: {queue: arm, size: large}
            parallelism: 2
            concurrency: 1
            soft_fail: true
            env: {A: 1, B: true, C: [x]}
          - group: G
            key: g
            steps: [{command: x}, wait]
    """)
    assert [step.type for step in found] == [
        "waiter",
        "waiter",
        "manual",
        "manual",
        "trigger",
        "script",
        "script",
        "waiter",
    ]
    block, trigger, script, grouped = found[2], found[4], found[5], found[6]
    assert (block.name, block.key) == ("Go?", "go")
    assert (trigger.trigger["pipeline"], trigger.trigger["async"], trigger.trigger["build"]["branch"]) == (
        "deploy",
        True,
        "b",
    )
    assert (script.command, script.agent_query_rules) == ("a\nb", ("queue=arm", "size=large"))
    assert (script.parallelism, script.concurrency, script.soft_fail) == (2, 1, True)
    assert script.env == {"A": "1", "B": "true", "C": ""}
    assert grouped.group_key == "g"


def test_groups_that_multiply_are_rejected():
    lines = ["a0: &a0 {group: x, steps: []}"]
    lines += [f"a{n}: &a{n} {{group: x, steps: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)]
    bomb = "\n".join([*lines, "steps: [*a39]"])
    with pytest.raises(UnprocessableError):
        steps(bomb)


@pytest.mark.parametrize(
    ("configuration", "branch", "result"),
    [
        (None, "x", True),
        ("", "x", True),
        ("main", "x", False),
        ("main feature/*", "feature/x", True),
        ("!main", "x", True),
        ("!main", "main", False),
        ("feature/* !feature/old", "feature/old", False),
    ],
)
def test_branch_filters(configuration, branch, result):
    assert matches_branches(configuration, branch) is result


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize("text", [LAUGHS, "steps: &a [*a]", "[" * 5000], ids=["aliases", "itself", "depth"])
def test_a_configuration_that_is_too_large_is_invalid(api, text):
    body = {"name": "x", "repository": "git@x:y.git", "cluster_id": CLUSTER, "configuration": text}
    response = api.post(PIPELINES, json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "configuration"
