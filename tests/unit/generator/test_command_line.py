"""The command line: every problem of the spec is one line, and nothing is written."""

import shutil
from pathlib import Path

import pytest
from generator import steps
from generator.__main__ import main
from tests.unit.generator.spec_fixture import ROBOTS, ROOT, SPEC, TAPES, contents, edit, line_of

PROJECT = Path(__file__).parents[3]


def replaced(file, old, new):
    return lambda spec: edit(spec, file, old, new)


def written(file, content):
    def write(spec):
        (spec / file).parent.mkdir(exist_ok=True)
        (spec / file).write_bytes(content)

    return write


# A damage, the file in the message, the end of the line that it refers to, and the message.
DAMAGES = [
    pytest.param(
        replaced(TAPES, "  /robots/{id}/tape/download:", "  /robots:"),
        *(TAPES, "  /robots:", f"'/robots' is already in {{spec}}/{ROBOTS}:16 [duplicate]"),
        id="path in two files",
    ),
    pytest.param(
        replaced(TAPES, "    Tape: # Tape", "    Robot: # Tape"),
        *(TAPES, "# Tape", f"'Robot' is already in {{spec}}/{ROBOTS}:"),
        id="schema in two files",
    ),
    pytest.param(
        replaced(TAPES, "    Tape: # Tape", "    Error: # Tape"),
        *(TAPES, "# Tape", f"'Error' is already in {{spec}}/{ROOT}:"),
        id="schema in a fragment and the root",
    ),
    pytest.param(
        replaced(ROBOTS, "x-sdk-method: health", "x-sdk-method: health\n      x-sdk-method: ping"),
        *(ROBOTS, "ping", "duplicate key 'x-sdk-method' [yaml]"),
        id="key twice",
    ),
    pytest.param(
        replaced(ROBOTS, "'204': {description: The robot is gone.}", "204: {description: Gone.}"),
        *(ROBOTS, "204: {description: Gone.}", "the key 204 is not a string; put it in quotes [yaml]"),
        id="status without quotes",
    ),
    pytest.param(
        replaced(ROBOTS, "tags: [robots]\n      x-sdk-method: health", "tags: [robots\n      x-sdk-method: health"),
        *(ROBOTS, "x-sdk-method: health", "did not find expected ',' or ']' [yaml]"),
        id="syntax",
    ),
    *(
        pytest.param(
            replaced(ROBOTS, "type: integer} # Part parts", f"type: integer, minimum: {value}}} # Part parts"),
            *(ROBOTS, "# Part parts", message),
            id=f"minimum {value[:9]}",
        )
        for value, message in (("one", 'minimum: "one" is not of type "number" [openapi]'),)
    ),
    pytest.param(
        replaced(ROBOTS, "type: integer} # Part parts", "type: integer, minimum: !!int one} # Part parts"),
        *(ROBOTS, None, "invalid literal for int() with base 10: 'one' [yaml]"),
        id="tag",
    ),
    *(
        pytest.param(replaced(file, old, new), file, at, message, id=message)
        for file, old, new, at, message in (
            (ROBOTS, "    get: # getRobot", "    gte: # getRobot", "# getRobot", "'gte' is not a"),
            (ROBOTS, "  /health:", "  health:", "  health:", "'health' is not a"),
            (TAPES, "components:\n  schemas:", "components:\n  schema:", "  schema:", "'schema' is not a key here"),
            (ROBOTS, "enum: [planned, built]", "enum: []", "enum: [] # states", "[] has less than 1 item"),
        )
    ),
    pytest.param(written(TAPES, b"paths:\n  /caf\xe9: {}\n"), TAPES, 2, "not UTF-8: ", id="encoding"),
    pytest.param(
        written(TAPES, b"paths: {}\n\0\n"), TAPES, None, "control characters are not allowed", id="characters"
    ),
    pytest.param(written(TAPES, b"- paths\n"), TAPES, None, "the file must be a mapping [yaml]", id="list"),
    pytest.param(written(TAPES, b"# later\n"), TAPES, None, "the file must be a mapping [yaml]", id="empty"),
    pytest.param(written(ROOT, b""), ROOT, None, "the file must be a mapping [yaml]", id="empty root"),
    pytest.param(
        written(TAPES, b"paths: [/tapes]\n"), TAPES, 1, "paths must be a mapping [fragment]", id="list of paths"
    ),
    pytest.param(
        replaced(TAPES, "components:\n", "servers: []\ncomponents:\n"),
        *(TAPES, "servers: []", "a fragment has paths, webhooks and components, not 'servers' [fragment]"),
        id="key of the root in a fragment",
    ),
    *(
        pytest.param(written(file, b"paths: {}\n"), file, None, "is not read; a fragment is", id=file)
        for file in (
            "moons.yaml",
            "webhooks.yml",
            "resources/moons.yml",
            "resources/more/moons.yaml",
            "resource/moons.yaml",
        )
    ),
    pytest.param(
        replaced(ROBOTS, "label: {", "operations: {"),
        *(ROBOTS, "post: # createRobot", "argument names are reserved or repeated: operations [argument-names]"),
        id="argument",
    ),
    pytest.param(
        replaced(ROBOTS, "label: {", "3d: {"),
        *(ROBOTS, "post: # createRobot", "Python has no such argument names: 3d [argument-names]"),
        id="argument without a name in Python",
    ),
    pytest.param(
        replaced(ROOT, "RateLimit-Scope: {$ref: '#/components/headers/Text'}", "RateLimit-Scope: 7"),
        *(ROOT, "  RateLimit-Scope: 7", "x-response-headers RateLimit-Scope: 7 is not"),
        id="shared header",
    ),
    pytest.param(
        lambda spec: (spec / ROOT).unlink(),
        ROOT,
        None,
        "cannot be read: No such file or directory [file]",
        id="no root",
    ),
    pytest.param(
        lambda spec: (spec / "resources" / "moons.yaml").mkdir(),
        "resources/moons.yaml",
        None,
        "cannot be read: Is a directory [file]",
        id="folder",
    ),
    pytest.param(
        lambda spec: (spec / "webhooks.yaml").symlink_to("events.yaml"),
        *("webhooks.yaml", None, "cannot be read: No such file or directory [file]"),
        id="link to no file",
    ),
    pytest.param(
        lambda spec: shutil.rmtree(spec / "resources") or (spec / "resources").touch(),
        *("resources", None, "is not a folder [file]"),
        id="file as the folder of fragments",
    ),
    pytest.param(
        replaced(ROOT, "info:\n", "x-info:\n"), ROOT, 2, 'openapi.yaml:2: "info" is a required property', id="no info"
    ),
]


@pytest.mark.parametrize(("damage", "file", "at", "message"), DAMAGES)
def test_a_problem_is_one_line_and_nothing_is_written(damage, file, at, message, *, edited, tmp_path, capsys):
    spec = edited()
    damage(spec)
    (tmp_path / "out").mkdir()
    steps._write_manifest(tmp_path / "out")
    before = contents(tmp_path / "out")
    assert main(["generate", "--spec", str(spec), "--out", str(tmp_path / "out")]) == 1

    line = line_of(spec / file, at) if isinstance(at, str) else at
    output, error = capsys.readouterr()
    [reported] = error.splitlines()
    assert reported.startswith(f"{spec / file}: " if line is None else f"{spec / file}:{line}: ")
    assert message.format(spec=spec) in reported
    assert output == ""
    assert contents(tmp_path / "out") == before


def test_several_problems_are_several_lines(edited, capsys):
    twice = "id: {description: Id of the robot., type: string} # Flyer id"
    # The first is below an anchor, and is one problem however often its alias is used.
    spec = edited(
        (ROBOTS, "{kind: walker, id: r2, legs: 3,", "{kind: walker, id: r2, legs: 3, legs: 3,"),
        (ROBOTS, twice, f"{twice}\n        {twice.removesuffix(' id')} again"),
    )
    assert main(["lint", "--spec", str(spec)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert sorted(line.partition(": ")[2] for line in said) == [
        "duplicate key 'id' [yaml]",
        "duplicate key 'legs' [yaml]",
    ]


@pytest.mark.parametrize("command", ["generate", "check", "lint"])
def test_every_command_reports_problems(command, edited, tmp_path, capsys):
    spec = edited(
        (ROBOTS, "operationId: getRobot", "operationId: robot"), (TAPES, "x-sdk-method: head", "x-sdk-method: H")
    )
    out = ["--out", str(tmp_path / "out")] if command in {"generate", "check"} else []
    assert main([command, "--spec", str(spec), *out]) == 1
    captured = capsys.readouterr()
    assert [line.rpartition(" ")[2] for line in captured.err.splitlines()] == ["[openapi]", "[openapi]"]
    assert captured.out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["regenerate"], "invalid choice: 'regenerate'"),
        (["lint", "--spec", str(SPEC / ROOT)], f"--spec: {SPEC / ROOT} is not a folder."),
    ],
)
def test_an_invalid_command_line(command, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(command)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (OSError(28, "No space left on device", "/tmp/from", None, "/disk/to"), "/disk/to"),
        (OSError(27, "File too large"), "{out}"),  # as `write` raises it
        (OSError(28, "No space left on device", "/tmp/\x1b[7m\n"), "/tmp/\\x1b[7m\\n"),
    ],
    ids=["copy", "write", "name"],
)
def test_a_full_disk_is_one_line(error, place, tmp_path, capsys, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(steps, "write_package", fail)
    out = tmp_path / "out"
    assert main(["generate", "--spec", str(SPEC), "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"{place.format(out=out)}: {error.strerror}\n"


def test_a_name_with_control_characters_is_escaped(edited, capsys):
    spec = edited()
    (spec / "resources/a\x1b[7m\nb.yml").touch()
    assert main(["lint", "--spec", str(spec)]) == 1
    assert capsys.readouterr().err.startswith(f"{spec}/resources/a\\x1b[7m\\nb.yml: is not read; ")


def test_a_folder_that_cannot_be_created(tmp_path, capsys):
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "out"
    assert main(["generate", "--spec", str(SPEC), "--out", str(out)]) == 1
    assert capsys.readouterr() == ("", f"{out.parent}: is not a folder [output]\n")


def test_lint_prints_the_number_of_operations(capsys):
    assert main(["lint", "--spec", str(SPEC)]) == 0
    assert capsys.readouterr().out == f"{SPEC}: 9 operations, no problems\n"
