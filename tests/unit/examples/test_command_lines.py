"""A wrong command line and a failed request are errors of one line."""

import re

import pytest
from tests.unit.examples.scripts import EXAMPLES, load, python, run

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
NAMES = {"": "must not be empty", "..": "must not be '..'", "\udcff": r"invalid identifier value: '\udcff'"}
NUMBER = "must be from 1 to 9223372036854775807"
INTERVAL = "must be more than 0 and at most 86400 seconds, a day"
TIMEOUT = "must be a finite number of seconds, and at least 0"
LONG = "x" * 300
EMPTY, TOO_LONG = "must not be empty", "has a file name longer than 255 bytes"
WRONG = [
    *((name, ["", *rest], "argument organization: must not be empty") for name, rest in NEEDED),
    *(("failing_builds", ["acme", "--pipeline", value], f"argument --pipeline: {m}") for value, m in NAMES.items()),
    (
        "export_builds",
        ["acme", "x.csv", "--since", "2026-02-23", "--pipeline", ""],
        "argument --pipeline: must not be empty",
    ),
    ("trigger_and_wait", ["acme", "web", "--commit", ""], "argument --commit: must not be empty"),
    ("trigger_and_wait", ["acme", "web", "--branch", ""], "argument --branch: must not be empty"),
    ("rotate_agent_tokens", ["acme", "", "--to", "token"], "argument cluster: must not be empty"),
    (
        "rotate_agent_tokens",
        ["acme", "c", "--to", "t", "--description", ""],
        "argument --description: must not be empty",
    ),
    ("rotate_agent_tokens", ["acme", "c", "--to", "t", "--allow", ""], "argument --allow: must not be empty"),
    ("rotate_agent_tokens", ["acme", "c", "--to", LONG], "argument --to: has a file name longer than 255 bytes"),
    (
        "download_build",
        ["acme", "web", "1", "--to", f"a/{LONG}"],
        "argument --to: has a file name longer than 255 bytes",
    ),
    ("download_build", ["acme", "web", "1", "--to", "a/" * 4000], "argument --to: cannot be used: File name too long"),
    ("download_build", ["acme", "web", "1", "--to", ""], "argument --to: must not be empty"),
    *(("download_build", ["acme", "web", n], f"argument number: {NUMBER}") for n in ("0", "-1", str(1 << 63))),
    ("download_build", ["acme", "web", "9" * 5000], f"argument number: invalid number value: '{'9' * 5000}'"),
    (
        "export_builds",
        ["acme", f"{LONG}.csv", "--since", "2026-02-23"],
        "argument file: has a file name longer than 255 bytes",
    ),
    ("flaky_jobs", ["acme", "web", "--plot", f"{LONG}.svg"], "argument --plot: has a file name longer than 255 bytes"),
    ("failing_builds", ["acme", "--days", "0"], "argument --days: must be from 1 to 3650 days"),
    ("local_history", ["acme", "web", "x", "--again", "0"], "argument --again: must be from 1 to 3650 days"),
    ("failing_builds", ["acme", "--days", "soon"], "argument --days: invalid days value: 'soon'"),
    ("flaky_jobs", ["acme"], "the following arguments are required: pipeline"),
    ("flaky_jobs", ["acme", "web", "--plot", "flaky.jpg"], "argument --plot: must end in .png or .svg"),
    ("export_builds", ["acme", "builds.xls", "--since", "2026-02-23"], "argument file: must end in .csv or .parquet"),
    ("export_builds", ["acme", "builds.csv", "--since", "ever"], "argument --since: invalid day value: 'ever'"),
    ("export_builds", ["acme", "builds.csv"], "the following arguments are required: --since"),
    (
        "export_builds",
        ["acme", "builds.csv", "--since", "2026-03-03", "--until", "2026-02-28"],
        "argument --since: must be before --until, which defaults to now",
    ),
    ("rotate_agent_tokens", ["acme", "Hosted", "--to", "/dev/null"], "argument --to: /dev/null is not a regular file"),
    (
        "export_builds",
        ["acme", "none/builds.csv", "--since", "2026-02-23"],
        "argument file: there is no folder none",
    ),
    ("flaky_jobs", ["acme", "web", "--plot", "none/x.svg"], "argument --plot: there is no folder none"),
    (
        "rotate_agent_tokens",
        ["acme", "Hosted", "--to", ""],
        "argument --to: must not be empty",
    ),
    ("rotate_agent_tokens", ["acme", "Hosted", "--to", "none/token"], "argument --to: there is no folder none"),
    *(
        ("trigger_and_wait", ["acme", "web", option, value], f"argument {option}: {expected}")
        for option, value, expected in [
            *(("--interval", value, INTERVAL) for value in ("inf", "nan", "0", "-1", "86400.1", "1e6")),
            *(("--timeout", value, TIMEOUT) for value in ("inf", "nan", "-1")),
            ("--interval", "soon", "invalid interval value: 'soon'"),
            ("--timeout", "soon", "invalid timeout value: 'soon'"),
        ]
    ),
    ("rotate_agent_tokens", ["acme", "Hosted"], "the following arguments are required: --to"),
    (
        "rotate_agent_tokens",
        ["acme", "Hosted", "--to", "token", "--expires-in", "0"],
        "argument --expires-in: must be from 1 to 3650 days",
    ),
]
REFUSED = [
    ("failing_builds", ["acme", "--pipeline", "none"], "GET /v2/organizations/acme/pipelines/none/builds: 404: "),
    ("flaky_jobs", ["acme", "none"], "GET /v2/organizations/acme/pipelines/none/builds: 404: "),
    ("export_builds", ["none", "builds.csv", "--since", "2026-02-23"], ": GET /v2/organizations/none/builds: 404: "),
    ("local_history", ["acme", "none", "history.db"], "getPipeline: GET /v2/organizations/acme/pipelines/none: 404: "),
    ("rotate_agent_tokens", ["acme", "Nowhere", "--to", "token"], "there are 0 clusters 'Nowhere'"),
    ("rotate_agent_tokens", ["none", "Hosted", "--to", "token"], "GET /v2/organizations/none/clusters: 404: "),
]
SCRIPTS = {
    "failing_builds": ["acme"],
    "flaky_jobs": ["acme", "web"],
    "export_builds": ["acme", "builds.csv", "--since", "2026-02-23"],
    "local_history": ["acme", "web", "history.db"],
    "rotate_agent_tokens": ["acme", "Hosted", "--to", "token"],
}


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


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("name", "arguments"), NEEDED)
def test_a_missing_extra_is_one_line(name, arguments):
    path = str(EXAMPLES / f"{name}.py")
    code = (
        f"import runpy, sys; sys.modules['starlette'] = None; sys.argv = {[path, 'acme', *arguments, '--mock']!r};"
        f"runpy.run_path({path!r}, run_name='__main__')"
    )
    done = python("-c", code)
    assert (done.returncode, done.stdout) == (2 if name == "trigger_and_wait" else 1, "")
    assert re.fullmatch(r".*\bstarlette\b.*\n", done.stderr)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_a_failed_request_is_one_line(name, arguments, message):
    done = run(name, *arguments, "--mock")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert message in line


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("name", "arguments"), SCRIPTS.items())
def test_a_missing_token_is_one_line(name, arguments):
    done = run(name, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "BUILDKITE_API_TOKEN" in line


@pytest.mark.parametrize(
    ("name", "arguments", "package"),
    [
        ("flaky_jobs", ["acme", "web", "--plot", "flaky.png"], "matplotlib"),
        ("export_builds", ["acme", "builds.parquet", "--since", "2026-02-23"], "pyarrow"),
    ],
)
def test_a_missing_package_is_named(name, arguments, package, monkeypatch, capsys):
    example = load(name)
    monkeypatch.setattr(example, "find_spec", lambda wanted: None if wanted == package else ...)
    monkeypatch.setattr("sys.argv", [f"{name}.py", *arguments, "--mock"])
    with pytest.raises(SystemExit, match="2"):
        example.main()
    assert capsys.readouterr().err.splitlines()[-1].endswith(f": {package} is not installed: pip install {package}")
