"""Lines of a changelog, and the version that changes need."""

import pytest
from tests.packaging.changes import OPERATION, Change, Severity, markdown, summary, version_problem

BREAKING, MINOR, PATCH = Severity.BREAKING, Severity.MINOR, Severity.PATCH
ADDED = Change("Added", MINOR, "`Lamp.level` in responses")


def test_the_sections_are_those_of_a_changelog_and_breaking_changes_come_first():
    changes = [
        Change("Removed", MINOR, "`b`"),
        Change("Removed", BREAKING, "`c`"),
        Change("Removed", MINOR, "`a`"),
        Change("Deprecated", MINOR, "the header `D`"),
        ADDED,
    ]
    assert markdown(changes, "Spec") == (
        "### Added\n\n**Spec**\n\n- `Lamp.level` in responses.\n\n"
        "### Deprecated\n\n**Spec**\n\n- The header `D`.\n\n"
        "### Removed\n\n**Spec**\n\n- **Breaking:** `c`.\n- `a`.\n- `b`.\n"
    )


def test_there_is_no_text_without_changes():
    assert markdown([], "Spec") == ""


def test_long_lines_are_wrapped_as_in_the_changelog():
    *_, first, second = markdown([Change("Added", MINOR, "`one` " * 30 + "`last`")], "Spec").splitlines()
    assert len(first) <= 120
    assert second.startswith("  `one`")


def test_a_change_is_listed_once_with_its_highest_severity():
    changes = [Change("Removed", MINOR, "`a`"), Change("Removed", BREAKING, "`a`"), Change("Removed", MINOR, "`a`")]
    assert markdown(changes, "Spec").endswith("\n\n- **Breaking:** `a`.\n")
    assert summary(changes, "v1.0.0") == "changes since v1.0.0: 1 breaking, 0 minor, 0 patch"


@pytest.mark.parametrize(
    ("count", "listed"),
    [(1, "`0`"), (2, "`0` and `1`"), (3, "`0`, `1` and `2`"), (4, "`0`, `1`, `2` and 1 more")],
)
def test_operations_are_named_up_to_three(count, listed):
    changes = [Change("Added", MINOR, f"a header of {OPERATION}", f"`{number}`") for number in range(count)]
    assert markdown(changes, "Spec").endswith(f"- A header of {listed}.\n")


@pytest.mark.parametrize(
    ("severity", "base", "version", "needed"),
    [
        (BREAKING, "1.2.3", "2.0.0", None),
        (BREAKING, "1.2.3", "1.3.0", "2.0.0"),
        (BREAKING, "1.2.3", "1.2.3", "2.0.0"),
        (MINOR, "1.2.3", "1.3.0", None),
        (MINOR, "1.9.3", "1.10.0", None),
        (MINOR, "1.2.3", "2.0.0", None),
        (MINOR, "1.2.3", "1.2.4", "1.3.0"),
        (PATCH, "1.2.3", "1.2.4", None),
        (PATCH, "1.2.3", "1.2.3", "1.2.4"),
        (BREAKING, "0.2.3", "0.3.0", None),
        (BREAKING, "0.2.3", "0.2.4", "0.3.0"),
        (MINOR, "0.2.3", "0.2.4", None),
        (MINOR, "0.2.3", "0.2.3", "0.2.4"),
    ],
)
def test_a_version_is_raised_as_far_as_the_changes_need(severity, base, version, needed):
    problem = version_problem([Change("Changed", PATCH, "`x`"), Change("Changed", severity, "`y`")], base, version)
    assert (problem is None) if needed is None else problem.endswith(f"since {base} need {needed} or above")


@pytest.mark.parametrize(
    ("base", "version", "needed"),
    [
        ("1.0.0rc1", "1.0.0rc2", None),
        ("1.0.0rc1", "1.0.0", None),
        ("1.0.0-beta.2", "1.0.0", None),
        ("1.0.0rc1", "1.1.0", None),
        ("1.0.0rc1", "1.0.0rc1", "2.0.0"),
        ("1.0.0rc1", "0.9.0", "2.0.0"),
        ("1.0.0.post1", "1.0.0.post2", "2.0.0"),
    ],
)
def test_after_a_pre_release_anything_may_change(base, version, needed):
    problem = version_problem([Change("Removed", BREAKING, "`x`")], base, version)
    assert problem is None if needed is None else f"need {needed} or above" in problem


def test_without_changes_any_version_is_high_enough():
    assert version_problem([], "1.0.0", "1.0.0") is None
