"""What is wrong with a command line, or with what it asks for, is told in one line."""

import pytest
from tests.unit.examples.scripts import load, run

WRONG = [
    ("failing_builds", ["acme", "--days", "0"], "argument --days: must be from 1 to 3650 days"),
    ("failing_builds", ["acme", "--days", "soon"], "argument --days: invalid days value: 'soon'"),
    ("flaky_jobs", ["acme"], "the following arguments are required: pipeline"),
    ("flaky_jobs", ["acme", "web", "--plot", "flaky.jpg"], "argument --plot: must end in .png or .svg"),
    ("export_builds", ["acme", "builds.xls", "--since", "2026-02-23"], "argument file: must end in .csv or .parquet"),
    ("export_builds", ["acme", "builds.csv", "--since", "ever"], "argument --since: invalid day value: 'ever'"),
    ("export_builds", ["acme", "builds.csv"], "the following arguments are required: --since"),
    (
        "export_builds",
        ["acme", "builds.csv", "--since", "2026-03-03", "--until", "2026-02-28"],
        "argument --since: must be before --until, which is now if left out",
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
        "argument --to: must be the name of a file, not of a folder",
    ),
    ("rotate_agent_tokens", ["acme", "Hosted", "--to", "none/token"], "argument --to: there is no folder none"),
    *(
        ("trigger_and_wait", ["acme", "web", option, value], f"argument {option}: {expected}")
        for option in ("--interval", "--timeout")
        for value, expected in {
            "inf": "must be more than 0 and at most 1000000 seconds",
            "nan": "must be more than 0 and at most 1000000 seconds",
            "1e300": "must be more than 0 and at most 1000000 seconds",
            "soon": "invalid seconds value: 'soon'",
        }.items()
    ),
    ("rotate_agent_tokens", ["acme", "Hosted"], "the following arguments are required: --to"),
    (
        "rotate_agent_tokens",
        ["acme", "Hosted", "--to", "token", "--expires-in", "0"],
        "argument --expires-in: must be from 1 to 3650 days",
    ),
]
REFUSED = [
    ("failing_builds", ["acme", "--pipeline", "none"], "listBuilds: 404: "),
    ("failing_builds", [""], "slug is empty"),
    ("flaky_jobs", ["acme", "none"], "listBuilds: 404: "),
    ("export_builds", ["none", "builds.csv", "--since", "2026-02-23"], "listOrganizationBuilds: 404: "),
    ("rotate_agent_tokens", ["acme", "Nowhere", "--to", "token"], "there are 0 clusters 'Nowhere'"),
    ("rotate_agent_tokens", ["none", "Hosted", "--to", "token"], "listClusters: 404: "),
]
SCRIPTS = {
    "failing_builds": ["acme"],
    "flaky_jobs": ["acme", "web"],
    "export_builds": ["acme", "builds.csv", "--since", "2026-02-23"],
    "rotate_agent_tokens": ["acme", "Hosted", "--to", "token"],
}


@pytest.mark.parametrize(("name", "arguments", "says"), WRONG)
def test_wrong_arguments(name, arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(name, *arguments, "--mock")
    assert (done.returncode, done.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []
    assert done.stderr.splitlines()[-1] == f"{name}.py: error: {says}"


@pytest.mark.parametrize(("name", "arguments", "says"), REFUSED)
def test_what_cannot_be_done(name, arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(name, *arguments, "--mock")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert says in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "arguments"), SCRIPTS.items())
def test_without_a_token(name, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(name, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "BUILDKITE_API_TOKEN" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "arguments", "package"),
    [
        ("flaky_jobs", ["acme", "web", "--plot", "flaky.png"], "matplotlib"),
        ("export_builds", ["acme", "builds.parquet", "--since", "2026-02-23"], "pyarrow"),
    ],
)
def test_a_package_that_is_missing(name, arguments, package, monkeypatch, capsys):
    example = load(name)
    monkeypatch.setattr(example, "find_spec", lambda wanted: None if wanted == package else ...)
    monkeypatch.setattr("sys.argv", [f"{name}.py", *arguments, "--mock"])
    with pytest.raises(SystemExit, match="2"):
        example.main()
    assert capsys.readouterr().err.splitlines()[-1].endswith(f": {package} is not installed: pip install {package}")
