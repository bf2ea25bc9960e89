"""The command that compares the spec with a revision."""

import json
from pathlib import Path

import pytest
import yaml
from generator.spec_diff.__main__ import document_path, main
from tests.unit.generator.repositories import commit

DOCUMENT = document_path()
TEXT = (Path(__file__).parent / "diffed.yaml").read_text(encoding="utf-8")


def document(*edits):
    text = TEXT
    for old, new in edits:
        text = text.replace(old, new)
    return {DOCUMENT: json.dumps(yaml.safe_load(text))}


GREEN = ("red, blue", "red, blue, green")
REQUIRED = ("required: [color]", "required: [color, note]")


@pytest.fixture
def repository(tmp_path):
    """A repository with the tag v0.1.0, and a new value and version since then."""
    commit(tmp_path, document(), tag="v0.1.0")
    commit(tmp_path, document(GREEN, ("1.2.3", "1.3.0")))
    return tmp_path


def test_the_last_version_tag_is_the_default(repository, capsys):
    commit(repository, {}, tag="nightly")
    assert main([], repository) == 0
    out, err = capsys.readouterr()
    assert out == "### Added\n\n**Spec**\n\n- The value `green` of `Color`.\n"
    assert err == "spec-diff: changes since v0.1.0: 0 breaking, 1 minor, 0 patch\n"


def test_a_tag_of_the_same_commit_is_not_compared_with_itself(repository, capsys):
    commit(repository, {}, tag="v0.2.0")
    assert main([], repository) == 0
    assert "since v0.1.0: 0 breaking, 1 minor" in capsys.readouterr().err


def test_any_revision_can_be_named(repository, capsys):
    assert main(["HEAD"], repository) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "spec-diff: changes since HEAD: 0 breaking, 0 minor, 0 patch\n"


def test_without_a_tag_there_is_nothing_to_compare(tmp_path, capsys):
    commit(tmp_path, document())
    assert main([], tmp_path) == 0
    assert capsys.readouterr() == ("", "spec-diff: there is no version tag before this commit\n")


@pytest.mark.parametrize("revision", ["v9", "--help-me", "main:spec", "a b"])
def test_an_unknown_revision_is_one_line(repository, capsys, revision):
    assert main(["--", revision], repository) == 2
    problem = "is not a revision of this repository. Fetch it, or name a commit, branch or tag."
    assert capsys.readouterr() == ("", f"spec-diff: {revision!r} {problem}\n")


def test_a_revision_without_the_document_is_one_line(tmp_path, capsys):
    commit(tmp_path, {"README.md": ""}, tag="v0.0.1")
    commit(tmp_path, document())
    assert main([], tmp_path) == 2
    problem = f"spec-diff: v0.0.1 has no file {DOCUMENT}. Name a later revision.\n"
    assert capsys.readouterr() == ("", problem)


@pytest.mark.parametrize("content", ["<<<<<<< HEAD", "[]", "{}"], ids=["merge", "list", "empty"])
def test_an_invalid_document_is_one_line(content, repository, tmp_path, capsys):
    (repository / DOCUMENT).write_text(content)
    assert main([], repository) == 2
    assert capsys.readouterr().err == f"spec-diff: {DOCUMENT} is not an OpenAPI document. Run `make generate`.\n"
    commit(repository, {DOCUMENT: content}, tag="v2.0.0")
    assert main(["v2.0.0"], repository) == 2
    message = f"spec-diff: {DOCUMENT} of v2.0.0 is not an OpenAPI document. Name another revision.\n"
    assert capsys.readouterr().err == message


def test_a_folder_without_a_document_is_one_line(repository, capsys):
    (repository / DOCUMENT).unlink()
    assert main([], repository) == 2
    assert capsys.readouterr().err == (
        f"spec-diff: {repository / DOCUMENT}: No such file or directory. Run `make generate`.\n"
    )


def test_a_folder_outside_a_repository_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main(["HEAD"], tmp_path) == 2
    assert capsys.readouterr().err == f"spec-diff: {tmp_path} is not in a git repository. Run this in a clone.\n"


def test_a_missing_git_is_one_line(repository, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert main(["HEAD"], repository) == 2
    assert capsys.readouterr().err == "spec-diff: git is not installed. Install it.\n"


def test_the_version_of_the_spec_must_be_high_enough(repository, capsys):
    assert main(["--check-version"], repository) == 0
    commit(repository, document(GREEN, REQUIRED, ("1.2.3", "1.3.0")))
    assert main(["--check-version"], repository) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "spec-diff: info.version in spec/openapi.yaml: the version 1.3.0 is too low: breaking changes since 1.2.3 need "
        "2.0.0 or above"
    )
    assert main([], repository) == 0
