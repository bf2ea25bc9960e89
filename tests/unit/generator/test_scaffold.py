"""The scaffold of a resource: what it writes passes the checks, and what it cannot write is one line."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from generator.__main__ import main
from generator.bundle import read_bundle
from generator.document import operations
from generator.scaffold import conflicts
from generator.scaffold.insertions import INSERTIONS
from generator.steps import generate, load
from tests.unit.generator.spec_fixture import contents

PROJECT = Path(__file__).parents[3]
COPIED = (
    *("spec", "overrides", "pyproject.toml", "mkdocs.yml", "tests/__init__.py"),
    *(f"tests/unit/{name}" for name in ("__init__.py", "mock/__init__.py", "mock/caller.py", "mock/conftest.py")),
)
CONFORMANCE = """
import sys
from buildkite_rest.conformance.cli import main
from buildkite_rest.mock import ALL_SCOPES_TOKEN, MockServer
with MockServer() as server:
    sys.exit(main(["--base-url", server.url, "--write", "--include-tag", "vaults", "--token", ALL_SCOPES_TOKEN]))
"""
TEST = "tests/unit/mock/test_vaults.py"


#: The whole spec is read once, for the tests that do not change it.
read_once = cache(read_bundle)


def copy_project(folder):
    """Copy the files that the scaffold changes, and those that they need."""
    for name in COPIED:
        source, target = PROJECT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    return copy_project(tmp_path)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory):
    folder = copy_project(tmp_path_factory.mktemp("project"))
    return folder, contents(folder)


@pytest.fixture
def unchanged(shared_project, monkeypatch):
    """The folder of a copy of the project for several tests, which must not change it. It is the current folder."""
    folder, before = shared_project
    monkeypatch.chdir(folder)
    monkeypatch.setattr(conflicts, "read_bundle", read_once)
    yield folder
    assert contents(folder) == before


def run(project, *arguments):
    folders = (project / "overrides", project / "generated", project)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "tag", "ids"),
    [
        pytest.param(
            ["vaults"],
            "vaults",
            ["listVaults", "createVault", "getVault", "updateVault", "deleteVault"],
            marks=pytest.mark.exhaustive,
        ),
        (
            ["key_boxes", "--noun", "key_box"],
            "key_boxes",
            ["listKeyBoxes", "createKeyBox", "getKeyBox", "updateKeyBox", "deleteKeyBox"],
        ),
    ],
)
def test_the_spec_and_the_code_pass_the_linters(arguments, tag, ids, project, capsys):
    before = contents(project)
    assert main(["new", *arguments]) == 0
    after = contents(project)
    written = {path for path in after if after[path] != before.get(path)}
    assert set(capsys.readouterr().out.split()) == written
    document = load(project / "spec").document
    found = [each.node["operationId"] for each in operations(document) if each.node["tags"] == [tag]]
    assert found == ids
    code = [path for path in written if path.endswith(".py")]
    run(project, "-m", "ruff", "check", "--no-cache", *code)
    run(project, "-m", "ruff", "format", "--no-cache", "--check", *code)
    run(project, "-c", "from buildkite_rest.mock import seeded_backend; seeded_backend(1, builds=0)")


@pytest.mark.exhaustive  # generates the whole client
def test_the_tests_and_a_conformance_run_pass(project):
    assert main(["new", "vaults"]) == 0
    generate(project / "spec", project / "generated")
    assert "6 passed" in run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST)
    assert "5 of 5 operations succeeded" in run(project, "-c", CONFORMANCE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Vaults"], "'Vaults': is not a name in snake_case."),
        (["class"], "'class': is a keyword of Python. Choose another tag, such as lockers."),
        (["vaults", "--noun", "class"], "'class': is a keyword of Python. Choose another --noun, such as locker."),
        (["s"], "'s': has no name without its last s. Name one object with --noun, such as --noun person for people."),
        (["vaults", "--noun", ""], "'': is not a name in snake_case. Choose another --noun, such as locker."),
        (["sheep", "--noun", "sheep"], "'sheep': is the name of several objects and of one. Choose another --noun."),
        (["people"], "'people': does not end in s. Name one object with --noun"),
        (["vaults", "--noun", "a vault"], "'a vault': is not a name in snake_case."),
        (["portals"], "spec/resources/portals.yaml: already exists."),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_an_invalid_resource_is_one_line(arguments, message, capsys):
    assert main(["new", *arguments]) == 1
    assert capsys.readouterr().err.startswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["vaults", "--noun", "agent"], "spec/resources/agents.yaml:0: already has the schema 'Agent'."),
        (["vaults", "--noun", "emoji"], "spec/resources/emojis.yaml:0: already has the schema 'Emoji'."),
        (["vaults", "--noun", "repository_connection"], "spec/resources/repository_connections.yaml:0: already has "),
        (["maintainers"], "spec/resources/cluster_maintainers.yaml:0: already has the parameter 'maintainer_id'."),
        (["metas"], "spec/resources/meta.yaml:0: already has the operationId 'getMeta'."),
        (["suites", "--noun", "vault"], "spec/openapi.yaml:0: already has the scope 'read_suites'."),
        (["services", "--noun", "vault"], "spec/resources/notification_services.yaml:0: already has the path '"),
        (["seeded_annotations"], "overrides/buildkite_rest/mock/ids.py: already has 'SEEDED_ANNOTATION'."),
        (["memberships"], "overrides/buildkite_rest/mock/resources/organizations.py: already has 'memberships'."),
        (["with_options", "--noun", "vault"], "'with_options': the tag 'with_options' is a name that the "),
        (["vaults", "--noun", "literal"], "'vaults': the schema 'Literal' has a name that generated modules import."),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_a_name_that_is_taken_is_one_line(arguments, message, capsys):
    assert main(["new", *arguments]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert re.sub(r"yaml:\d+", "yaml:0", line).startswith(message)


def test_a_tag_without_a_fragment_is_taken(project, capsys):
    root = project / "spec" / "openapi.yaml"
    text = root.read_text(encoding="utf-8")
    root.write_text(text.replace("\ntags:\n", "\ntags:\n  - {name: vaults, description: Vaults.}\n"), encoding="utf-8")
    assert main(["new", "vaults"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "already has the tag 'vaults'" in line


@pytest.mark.parametrize("insertion", INSERTIONS, ids=lambda each: f"{each.file} {each.begin}")
def test_a_file_without_the_list_is_one_line(insertion, unchanged, capsys):
    file = unchanged / insertion.file
    text = file.read_bytes()
    file.write_text("nothing\n", encoding="utf-8")
    try:
        assert main(["new", "vaults"]) == 1
        assert file.read_text(encoding="utf-8") == "nothing\n"
    finally:
        file.write_bytes(text)
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{insertion.file}: has no list for 'vaults': ")


def test_another_folder_than_that_of_the_project_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "vaults"]) == 1
    error = "spec/openapi.yaml: cannot be read: No such file or directory. Run the command in the folder"
    assert capsys.readouterr().err.startswith(error)


@pytest.mark.parametrize("arguments", [["new"], ["lint", "vaults"]])
def test_only_new_has_a_tag(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert "new needs the tag of the resource" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new", "vaults", "--spec", "spec"], "Run it in the project, without --spec and --out."),
        (["new", "vaults", "--out", "generated"], "Run it in the project, without --spec and --out."),
        (["lint", "--noun", "vault"], "argument --noun: lint has no noun; only new has"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_an_option_of_another_command_is_refused(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
