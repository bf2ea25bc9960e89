"""`python -m tests.evidence`: its report and its exit status."""

import pytest
from tests.evidence.__main__ import main
from tests.unit.generator.spec_fixture import SPEC, edit


@pytest.fixture
def clients(tmp_path):
    """A checkout of a Go client that sends no body."""
    request = 'req, err := client.NewRequest(ctx, "GET", "v2/user", nil)'
    source = f"package client\n\nfunc Get(ctx context.Context) {{\n\t{request}\n}}\n"
    (tmp_path / "go").mkdir()
    (tmp_path / "go" / "client.go").write_text(source)
    return ["--go", str(tmp_path / "go")]


def test_no_difference(docs, capsys):
    assert main(["--docs", str(docs), "--spec", str(SPEC)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:3]] == [["docs"], ["operation", "9/9"], ["query", "6/6"]]
    assert lines[-1] == "0 differences: 0 decided, 0 new; 0 outdated decisions"


def test_each_new_difference_is_a_line(docs, capsys):
    pages = docs / "pages/apis/rest_api"
    edit(pages, "robots.md", '"legs": 3', '"toes": 3')
    assert main(["--docs", str(docs), "--spec", str(SPEC)]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    line = 1 + (pages / "robots.md").read_text().partition('"toes"')[0].count("\n")
    assert first == f"{pages / 'robots.md'}:{line}: docs response Robot.toes: not in the spec"
    assert last == "1 differences: 0 decided, 1 new; 0 outdated decisions"


def test_decided_differences_are_counted_only(docs, edited, capsys):
    edit(docs / "pages/apis/rest_api", "robots.md", '"legs": 3', '"toes": 3')
    spec = edited()
    (spec / "DECISIONS.md").write_text("### Toes\n\n### Fingers\n")
    (spec / "evidence.toml").write_text('toes = ["docs response *.toes: not in the spec"]\n')
    assert main(["--docs", str(docs), "--spec", str(spec)]) == 0
    assert capsys.readouterr().out.endswith("1 differences: 1 decided, 0 new; 0 outdated decisions\n")
    (spec / "evidence.toml").write_text(
        'toes = ["docs response *.toes: not in the spec"]\nfingers = ["docs body A: b"]'
    )
    assert main(["--docs", str(docs), "--spec", str(spec)]) == 1
    first, *_ = capsys.readouterr().out.splitlines()
    assert first == "evidence.toml: docs body A: b is decided in 'fingers', but is no longer a difference"


def test_all_sources_show_what_the_spec_has_alone(docs, clients, edited, capsys):
    spec = edited()
    assert main(["--docs", str(docs), *clients, "--spec", str(spec)]) == 1
    lines = capsys.readouterr().out.splitlines()
    line = 1 + (spec / "resources/robots.yaml").read_text().partition("        label: {")[0].count("\n")
    assert f"{spec}/resources/robots.yaml:{line}: spec body RobotCreate.label: in no source" in lines
    assert ["docs", "go", "spec"] in [each.split() for each in lines]


@pytest.mark.parametrize("source", ["docs", "go"])
@pytest.mark.parametrize("name", ["empty", "missing", "file"])
def test_a_wrong_folder_is_one_line(tmp_path, capsys, source, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    folder = tmp_path / name
    assert main([f"--{source}", str(folder)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"{folder}: no ")
    assert captured.err.count("\n") == 1


def test_a_wrong_spec_is_one_line(docs, tmp_path, capsys):
    assert main(["--docs", str(docs), "--spec", str(tmp_path / "missing")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
