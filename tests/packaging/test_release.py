"""The check before a release: what it runs, where it stops, and what it says."""

import re
import sys

import pytest
from tests.packaging.project import ROOT
from tests.packaging.release import BY_HAND, FIRST, LAST, Step, in_the_way, plan, run, targets

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def python(name, text):
    return Step(name, (sys.executable, "-c", text))


def test_it_runs_the_targets_that_there_are():
    known = targets(MAKEFILE)
    names = [step.name for step in plan(known, None)]
    assert names == ["versions", *(name for name in (*FIRST, *LAST) if name in known)]
    assert {"lint", "types", "check-generated", "test", "coverage", "dist", "packaging"} <= set(names)


def test_targets_that_are_missing_are_passed_over():
    assert [step.name for step in plan({"lint", "dist", "packaging"}, None)] == [
        "versions",
        "lint",
        "dist",
        "packaging",
    ]


def test_the_description_is_compared_with_the_last_release():
    steps = plan(targets(MAKEFILE), "v0.1.0")
    (step,) = (step for step in steps if step.name == "spec-diff v0.1.0")
    assert "BASE=v0.1.0" in step.command
    assert steps.index(step) < steps.index(Step("dist", ("make", "dist")))


def test_each_step_is_told_with_its_result(tmp_path, capsys):
    assert run([python("one", "print('hidden')"), python("two", "")], tmp_path)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[ 1/2] one")
    assert second.split()[2:4] == ["two", "ok"]
    assert (tmp_path / "one.log").read_text() == "hidden\n"


def test_the_first_failure_ends_it_with_one_line(tmp_path, capsys):
    after = tmp_path / "after"
    steps = [
        python("good", ""),
        python("bad", "import sys; sys.exit('what is wrong')"),
        python("never", f"open({str(after)!r}, 'w')"),
    ]
    assert not run(steps, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert "FAILED" in lines[1]
    assert lines[2] == "what is wrong"
    assert lines[3] == f"release-check: bad failed; all it said is in {tmp_path / 'bad.log'}; not run: never"
    assert len(lines) == 4
    assert not after.exists()


@pytest.mark.parametrize(
    ("changes", "last_tag", "problem"),
    [
        ("", None, None),
        ("", "v1.1.9", None),
        ("", "v1.2.0", "the version 1.2.0 is not above v1.2.0"),
        ("", "v1.10.0", "not above v1.10.0"),
        (" M spec/openapi.yaml\n?? new.py", None, "2 files are not committed, such as spec/openapi.yaml"),
    ],
)
def test_what_keeps_a_tree_from_being_released(changes, last_tag, problem):
    told = in_the_way(changes, "1.2.0", last_tag)
    assert told is None if problem is None else problem in told


def test_what_is_left_is_a_step_in_the_list():
    told = BY_HAND.format(version="1.2.0")
    assert "v1.2.0" in told
    (number,) = re.findall(r"step (\d) of the release in CONTRIBUTING.md", told)
    steps = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Release")[2]
    assert f"\n{int(number) - 1}. `make release-check` " in steps
    assert f"\n{number}. Tag the commit " in steps


def test_nothing_is_tagged_or_published():
    words = {word for step in plan(targets(MAKEFILE), "v0.1.0") for word in step.command}
    assert not words & {"git", "tag", "push", "upload", "twine", "publish"}
    assert "twine upload" not in MAKEFILE
