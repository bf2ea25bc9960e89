"""The commands on the handwritten pages exist, with the options that are shown."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from tests.docs.blocks import page

from buildkite_rest import Buildkite
from buildkite_rest._cli.main import main
from buildkite_rest.mock import MockServer

ROOT = Path(__file__).parents[2]
PROGRAM = "buildkite-rest"
COMMANDS = {
    f"{path.name}:{block.line}: {line}": words
    for path in sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
    for block in page(path)
    if block.language == "sh"
    for line in block.text.replace("\\\n", " ").splitlines()
    if (words := shlex.split(line, comments=True))
}


@cache
def help_of(command):
    """Return the output of `--help` of a module, of a command of one, or of a script."""
    if command[0].endswith(".py"):
        return help_of_script(ROOT / command[0])
    command = [sys.executable, "-m", *command, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout


def help_of_script(path):
    """Run `--help` of an example in this process: most import the same packages, which takes long."""
    with pytest.MonkeyPatch.context() as patch, StringIO() as output:
        patch.setattr(sys, "argv", [path.name, "--help"])
        patch.syspath_prepend(path.parent)
        with redirect_stdout(output), pytest.raises(SystemExit, match=r"^0$"):
            runpy.run_path(str(path), run_name="__main__")
        return output.getvalue()


@cache
def extras():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["optional-dependencies"])


def unknown_option(command, arguments):
    """Return what is wrong with the options of a command, or None."""
    known = re.findall(r"--[\w-]+", help_of(command))
    return next((f"no option {word}" for word in arguments if word.startswith("--") and word not in known), None)


def pipeline_start(words):
    """Return the words before a pipe."""
    return words[: words.index("|")] if "|" in words else words


def problem(words):
    """Return what is wrong with a command, or None."""
    match words:
        case ["make", *arguments]:
            targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            unknown = {word for word in arguments if "=" not in word} - set(targets)
            return f"no target: {unknown}" if unknown else None
        case ["python", "-m", "generator" | "pytest" as module, *arguments]:
            return unknown_option((module, *arguments[:1]) if module == "generator" else (module,), arguments)
        case ["buildkite-rest", *arguments]:
            command = [argument for argument in arguments[:1] if not argument.startswith("-")]
            return unknown_option(("buildkite_rest", *command), pipeline_start(arguments))
        case ["python", "-m", module, *arguments]:
            return unknown_option((module,), arguments)
        case ["python", script, *arguments] if script.startswith("examples/"):
            return unknown_option((script,), arguments) if (ROOT / script).is_file() else f"no file {script}"
        case ["pip", "install", what]:
            wanted = set(re.findall(r"[\w-]+", what.partition("[")[2]))
            return None if wanted <= extras() else f"no extra: {wanted - extras()}"
        case ["export", *_] | ["openssl", "genrsa" | "rsa", *_]:
            return None
        case _:
            return "an unknown command"


def test_commands_exist():
    problems = {name: problem(words) for name, words in COMMANDS.items()}
    assert {name: problem for name, problem in problems.items() if problem is not None} == {}


def test_there_are_commands():
    assert len(COMMANDS) >= 20


def test_requests_of_pages_succeed(monkeypatch, tmp_path, capfdbinary):
    api = {name: words for name, words in COMMANDS.items() if words[:2] == [PROGRAM, "api"]}
    requests = {name: words for name, words in api.items() if "--help" not in words}
    monkeypatch.chdir(tmp_path)
    Path("build.json").write_text('{"commit": "HEAD", "branch": "main"}')
    failures = {}
    with MockServer(builds=20) as server, Buildkite(server.token, base_url=server.url) as client:
        build = next(build for build in client.builds.list("acme", "web", state=["passed"]) if build.jobs)
        artifact = next(iter(client.artifacts.list("acme", "web", build.number)))
        server.respond_graphql({"organization": {"name": "Acme Inc"}})
        monkeypatch.setenv("BUILDKITE_API_TOKEN", server.token)
        monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")
        monkeypatch.setenv("BUILDKITE_PIPELINE_SLUG", "web")
        monkeypatch.setenv("BUILDKITE_BUILD_NUMBER", str(build.number))
        monkeypatch.setenv("BUILDKITE_JOB_ID", artifact.job_id)
        monkeypatch.setenv("ARTIFACT_ID", artifact.id)
        for name, words in requests.items():
            arguments = map(os.path.expandvars, pipeline_start(words[1:]))
            status = main([*arguments, "--base-url", server.url, "--graphql-url", server.graphql_url])
            output, errors = capfdbinary.readouterr()
            if status or errors or not output:
                failures[name] = status, errors
    assert failures == {}
    assert len(requests) >= 8


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_makes_a_key_that_the_client_accepts(tmp_path):
    from buildkite_rest import JWTAuth

    commands = [words for words in COMMANDS.values() if words[0] == "openssl"]
    assert len(commands) == 2
    for command in commands:
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    assert (
        JWTAuth("01920000-feed-7003-8000-000000000006", tmp_path / "private_key.pem")
        .authorization()
        .startswith("Bearer ey")
    )
    assert "BEGIN PUBLIC KEY" in (tmp_path / "public_key.pem").read_text()
