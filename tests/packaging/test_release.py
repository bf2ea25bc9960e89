"""Release check: steps, order, and what it refuses."""

import re
import sys

import pytest
from tests.packaging import release
from tests.packaging.project import ROOT
from tests.packaging.release import (
    DIFFS,
    FIRST,
    LAST,
    NEEDS,
    Step,
    change_problem,
    command_problem,
    placeholder_problem,
    plan,
    run,
    version_problem,
)

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def python(name, text):
    return Step(name, (sys.executable, "-c", text))


def test_it_runs_targets_of_the_makefile():
    known = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
    assert [step.name for step in plan(None)] == ["versions", *FIRST, *LAST]
    assert {*FIRST, *LAST} <= known


@pytest.mark.parametrize(("name", "module"), DIFFS.items())
def test_the_versions_are_compared_with_the_changes_since_the_last_release(name, module):
    steps = plan("v0.1.0")
    (step,) = (step for step in steps if step.name == f"{name} v0.1.0")
    assert step.command == (sys.executable, "-m", module, "--check-version", "v0.1.0")
    assert steps.index(step) < steps.index(Step("dist", ("make", "dist")))


def test_each_step_is_printed_with_its_result(tmp_path, capsys):
    assert run([python("one", "print('hidden')"), python("two", "")], tmp_path)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[ 1/2] one")
    assert second.split()[2:4] == ["two", "ok"]
    assert (tmp_path / "one.log").read_text() == "hidden\n"


def test_it_stops_at_the_first_failure(tmp_path, capsys):
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
    assert lines[3] == f"release-check: bad failed; its output is in {tmp_path / 'bad.log'}; not run: never"
    assert len(lines) == 4
    assert not after.exists()


CHANGELOG = "# Changelog\n\n## [1.2.0] - 2030-12-31\n\n- Added.\n\n## [1.1.9] - 2030-01-31\n"


@pytest.mark.parametrize(
    ("last_tag", "tags_here", "changelog", "problem"),
    [
        (None, [], CHANGELOG, None),
        ("v1.1.9", [], CHANGELOG, None),
        ("v1.1.9", ["v1.2.0"], CHANGELOG, None),
        ("v1.2.0", [], CHANGELOG, "the version 1.2.0 is not above v1.2.0"),
        ("v1.10.0", [], CHANGELOG, "not above v1.10.0"),
        ("v1.1.9", ["v1.3.0"], CHANGELOG, "the tag v1.3.0 of this commit is not v1.2.0"),
        (None, [], "# Changelog\n\n## [Unreleased]\n", "has no section for 1.2.0"),
        (None, [], "# Changelog\n", "has no section for 1.2.0"),
        (
            None,
            [],
            CHANGELOG.replace("## [1.2.0]", "## [Unreleased]\n\n- More.\n\n## [1.2.0]"),
            "[Unreleased] is above",
        ),
    ],
)
def test_version_is_above_the_last_tag_and_in_the_changelog(last_tag, tags_here, changelog, problem):
    found = version_problem("1.2.0", last_tag, tags_here, changelog)
    assert found is None if problem is None else problem in found


def test_uncommitted_changes_are_refused():
    assert change_problem("") is None
    assert change_problem(" M spec/openapi.yaml\n?? new.py") == "2 files are not committed, such as spec/openapi.yaml"


@pytest.mark.parametrize(
    "url",
    [
        *("https://github.com/OWNER/buildkite-rest", "https://github.com/TODO/x", "https://github.com/<owner>/x"),
        *("https://example.com/x", "https://docs.invalid", "https://a.example/b"),
    ],
)
def test_placeholder_urls_are_refused(url):
    problem = placeholder_problem({"Issues": "https://github.com/acme/buildkite-rest/issues", "Home": url})
    assert problem is not None
    assert "placeholders: Home;" in problem


def test_real_urls_are_accepted_and_none_are_refused():
    assert placeholder_problem({"Home": "https://github.com/acme/buildkite-rest"}) is None
    assert placeholder_problem({}) is not None


def test_the_steps_name_the_commands_that_their_targets_need():
    needed = {name: re.search(rf"^{name}:.*; needs (.*)$", MAKEFILE, re.MULTILINE) for name in (*FIRST, *LAST)}
    programs = {"Node.js": "npm", "Go": "go"}
    found = {name: tuple(programs[each] for each in text[1].split(" and ")) for name, text in needed.items() if text}
    assert found | {"test-browser": ("chromium",)} == NEEDS
    assert re.search(r"^test-browser: chromium ", MAKEFILE, re.MULTILINE)


def test_missing_commands_are_named_with_their_steps(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None if name in ("npm", "go") else name)
    assert command_problem(["lint", "lint-spec", "test-browser", "cross-check"]) == (
        "not installed: npm (for lint-spec and cross-check), go (for cross-check). "
        "Install it, or leave the steps out: WITHOUT='lint-spec cross-check'"
    )
    assert command_problem(["lint", "test-browser"]) is None


@pytest.fixture
def check(monkeypatch, capsys):
    """Run the command with options, on a clean tree with placeholder URLs, whose steps all pass."""

    def check(*options):
        monkeypatch.setattr(sys, "argv", ["release", *options])
        status = release.main()
        return status, capsys.readouterr().out

    ran = []
    monkeypatch.setattr(release, "git", lambda *arguments: "")
    monkeypatch.setattr(release, "version_problem", lambda *arguments: None)
    monkeypatch.setattr(release, "pyproject", lambda: {"project": {"urls": {"Home": "https://github.com/OWNER/x"}}})
    monkeypatch.setattr(release, "run", lambda steps, logs: ran.append([step.name for step in steps]) or True)
    monkeypatch.setattr("shutil.which", lambda name: name)
    check.ran = ran
    return check


def test_placeholders_end_it_before_the_first_step(check):
    status, printed = check()
    assert (status, check.ran) == (1, [])
    assert "placeholders: Home; " in printed
    assert "WITHOUT=urls" in printed


def test_what_is_left_out_is_printed_first_and_last(check):
    status, printed = check("--without=urls", "--without=bench")
    assert status == 0
    assert "bench" not in check.ran[0]
    assert {"versions", "lint", "packaging"} <= set(check.ran[0])
    lines = printed.splitlines()
    assert lines[0].endswith(", without urls, bench")
    assert lines[-1] == "All checks passed but for those left out: urls, bench. A release needs all of them."


def test_the_commands_of_steps_that_are_left_out_are_not_needed(check, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    status, printed = check("--without=urls")
    assert (status, check.ran) == (1, [])
    assert "chromium (for test-browser)" in printed
    assert check("--without=urls", "--without=test-browser", "--without=lint-spec", "--without=cross-check")[0] == 0


def test_unknown_steps_are_named(check):
    assert check("--without=lnt", "--without=docs") == (
        2,
        f"release-check: WITHOUT names no step: lnt; the steps are {', '.join((release.URLS, *FIRST, *LAST))}\n",
    )
    assert check.ran == []
