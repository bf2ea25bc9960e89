"""A wrong command line and a failed request are errors of one line."""

import pytest
from tests.unit.examples.scripts import load

pytestmark = pytest.mark.exhaustive

NEEDED = [
    ("failing_builds", []),
    ("flaky_jobs", ["web"]),
    ("export_builds", ["builds.csv", "--since", "2026-02-23"]),
    ("local_history", ["web", "history.db"]),
    ("rotate_agent_tokens", ["Hosted", "--to", "token"]),
    ("trigger_and_wait", ["web"]),
    ("download_build", ["web", "1"]),
]
TOO_LONG = "has a file name longer than 255 bytes"
LONG = "x" * 300

WRONG = [
    *((name, ["", *rest], "argument organization: must not be empty") for name, rest in NEEDED),
    ("failing_builds", ["acme", "--pipeline", ".."], "argument --pipeline: must not be '..'"),
    ("failing_builds", ["acme", "--days", "0"], "argument --days: must be from 1 to 3650 days"),
    ("failing_builds", ["acme", "--days", "soon"], "argument --days: invalid days value: 'soon'"),
    ("download_build", ["acme", "web", "0"], "argument number: must be from 1 to 9223372036854775807"),
    ("download_build", ["acme", "web", "1", "--to", f"a/{LONG}"], f"argument --to: {TOO_LONG}"),
    ("export_builds", ["acme", f"{LONG}.csv", "--since", "2026-02-23"], f"argument file: {TOO_LONG}"),
    ("export_builds", ["acme", "builds.xls", "--since", "2026-02-23"], "argument file: must end in .csv or .parquet"),
    ("export_builds", ["acme", "builds.csv", "--since", "ever"], "argument --since: invalid day value: 'ever'"),
    (
        "export_builds",
        ["acme", "builds.csv", "--since", "2026-03-03", "--until", "2026-02-28"],
        "argument --since: must be before --until, which defaults to now",
    ),
    ("flaky_jobs", ["acme", "web", "--plot", "flaky.jpg"], "argument --plot: must end in .png or .svg"),
    ("flaky_jobs", ["acme", "web", "--plot", "none/x.svg"], "argument --plot: there is no folder none"),
    ("rotate_agent_tokens", ["acme", "Hosted", "--to", "/dev/null"], "argument --to: /dev/null is not a regular file"),
    ("rotate_agent_tokens", ["acme", "Hosted"], "the following arguments are required: --to"),
    (
        "trigger_and_wait",
        ["acme", "web", "--interval", "nan"],
        "argument --interval: must be more than 0 and at most 86400 seconds, a day",
    ),
    (
        "trigger_and_wait",
        ["acme", "web", "--timeout", "-1"],
        "argument --timeout: must be a finite number of seconds, and at least 0",
    ),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, which is empty and stays so."""
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "arguments", "message"), WRONG)
@pytest.mark.usefixtures("folder")
def test_a_wrong_argument_is_named(name, arguments, message, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [f"{name}.py", *arguments, "--mock"])
    with pytest.raises(SystemExit, match=r"^2$"):
        load(name).main()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == f"{name}.py: error: {message}"
